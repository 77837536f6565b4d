"""What must not be removed, and what the carrier still has to."""

from sqlalchemy import Column, Index, Table
from sqlalchemy.types import Integer, LargeBinary, String

from app.store.schema import UtcDateTime, metadata

# Legal holds: of one contact, or of all that concerns a client of a district.
holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contact", String),
    Column("district", String),
    Column("client", String),
    Column("reason", LargeBinary, nullable=False),  # sealed
    Column("author", String, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("lifted_at", UtcDateTime),
    sqlite_autoincrement=True,  # a number that stands in somebody's papers never means another
)

# Calls and texts that are gone here and not yet at the carrier; a row goes when they are.
carrier_purges = Table(
    "carrier_purges",
    metadata,
    Column("sid", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Index("ix_carrier_purges_due_at", "due_at"),
)
