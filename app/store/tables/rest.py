"""Absences, and what people say of their call-outs and their rest."""

from sqlalchemy import Column, Index, Table
from sqlalchemy.types import Boolean, Integer, String

from app.store.schema import UtcDateTime, metadata

# When somebody is not to be on standby, and does no ordinary work either.
absences = Table(
    "absences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("therapist", String, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("kind", String, nullable=False),
    Index("ix_absences_therapist_ends_at", "therapist", "ends_at"),
)

# Time that was work, or was none, whatever the contacts say; laid over them in order.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("therapist", String, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("was_work", Boolean, nullable=False),
    Column("author", String, nullable=False),
    Column("note", String, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ix_corrections_ends_at", "ends_at"),
)

# Why the rest that a broken night owes could not be given with the next one.
rest_reasons = Table(
    "rest_reasons",
    metadata,
    Column("therapist", String, primary_key=True),
    Column("period_starts_at", UtcDateTime, primary_key=True),
    Column("author", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
