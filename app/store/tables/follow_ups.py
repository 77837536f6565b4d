"""Follow-ups: what was ordered, the windows, the calls that were made, and what became of each."""

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint
from sqlalchemy.types import Boolean, Integer, LargeBinary, String

from app.store.schema import UtcDateTime, metadata

# What is the same for all windows that were ordered together.
follow_up_orders = Table(
    "follow_up_orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("line", String, nullable=False),
    Column("district", String, nullable=False),  # whose it is
    Column("client", String, nullable=False),
    Column("number_key", LargeBinary, nullable=False),  # which of the client's registered numbers
    Column("may_leave_voicemail", Boolean, nullable=False),
    Column("may_say_who_calls", Boolean, nullable=False),
    Column("language", String, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("instruction", LargeBinary, nullable=False),  # sealed
    Column("ordered_by", String, nullable=False),
    Column("ordered_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

follow_ups = Table(
    "follow_ups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("series", ForeignKey("follow_up_orders.id"), nullable=False, index=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("if_not_reached", String, nullable=False),
    Column("state", String, nullable=False),
    Column("outcome", String),
    Column("report", LargeBinary),  # sealed
    Column("reported_by", String),
    Column("reported_at", UtcDateTime),
    Index("ix_follow_ups_state_starts_at", "state", "starts_at"),
    sqlite_autoincrement=True,  # a number that stands in somebody's letters never means another
)

# Each call to the family, numbered within its follow-up: two at once cannot have one number.
follow_up_attempts = Table(
    "follow_up_attempts",
    metadata,
    Column("follow_up", ForeignKey("follow_ups.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("contact", String, nullable=False),  # the outgoing contact, whose events tell the rest
    Column("therapist", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("contact"),
)

# Each state and each letter, when and by whom; each happens once.
follow_up_events = Table(
    "follow_up_events",
    metadata,
    Column("follow_up", ForeignKey("follow_ups.id"), primary_key=True),
    Column("event", String, primary_key=True),
    Column("actor", String),  # None is the clock
    Column("at", UtcDateTime, nullable=False),
)
