"""The calls that lines make to themselves."""

from sqlalchemy import Column, Index, Table
from sqlalchemy.types import Boolean, Integer, String

from app.store.schema import UtcDateTime, metadata

canaries = Table(
    "canaries",
    metadata,
    Column("id", String, primary_key=True),
    Column("line", String, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", UtcDateTime),
    Column("heard_at", UtcDateTime),
    Column("call", String),  # the carrier's id of the call that was heard
    Column("asks", Integer, nullable=False),
    Column("asked_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("over_at", UtcDateTime),
    Column("outcome", String),
    Column("fault", String),
    Column("code", String),  # the carrier's, where it refused
    Column("told_at", UtcDateTime),
    Index("ix_canaries_line_due_at", "line", "due_at"),
)
