"""Who is who: the organisation file, the caller register, codes and blocks."""

from sqlalchemy import Column, Table
from sqlalchemy.types import Boolean, Date, Integer, LargeBinary, String

from app.store.schema import UtcDateTime, metadata

# Counts how often each thing that processes keep in memory has changed.
changes = Table(
    "changes",
    metadata,
    Column("topic", String, primary_key=True),
    Column("version", Integer, nullable=False),
)

organisations = Table(
    "organisations",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("loaded_at", UtcDateTime, nullable=False),
    Column("document", LargeBinary, nullable=False),  # sealed: it names the staff
)

clients = Table(
    "clients",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("phone_key", LargeBinary, nullable=False, index=True),
    Column("phone", LargeBinary, nullable=False),  # sealed
    Column("client", String, nullable=False),
    Column("role", String, nullable=False),
    Column("district", String, nullable=False, index=True),
    Column("language", String, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("therapist", String),
    Column("sms_ok", Boolean, nullable=False),
    Column("protected", Boolean, nullable=False),
)

# A therapist's code for calling back as the line, as a keyed digest.
pins = Table(
    "pins",
    metadata,
    Column("therapist", String, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)

blocks = Table(
    "blocks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("caller_key", LargeBinary, nullable=False, index=True),
    Column("until", UtcDateTime, nullable=False),
    Column("reason", LargeBinary, nullable=False),  # sealed
    Column("blocked_at", UtcDateTime, nullable=False),
    Column("lifted_at", UtcDateTime),
    Column("number", LargeBinary),  # sealed, so that a new key finds it; older rows lack it
)
