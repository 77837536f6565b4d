"""What came in and what went out: events, threads and letters."""

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table
from sqlalchemy.types import Boolean, Integer, LargeBinary, String

from app.store.schema import UtcDateTime, metadata

# Append-only.  The hot path writes here and nowhere else.
contact_events = Table(
    "contact_events",
    metadata,
    Column("contact", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String, nullable=False),
    Column("line", String, nullable=False),
    Column("target", String),
    Column("result", String),
    Column("seconds", Integer),
    Column("channel", String),
    Column("direction", String),
    Column("caller", String),  # the register's reference or an opaque number
    Column("home_district", String),
    Column("role", String),
    Column("language", String),
    Column("caller_key", LargeBinary),
    Column("caller_number", LargeBinary),  # sealed
    Index(
        "ix_contact_events_home_district_at",
        "home_district",
        "at",
        sqlite_where=sa.text("home_district IS NOT NULL"),
        postgresql_where=sa.text("home_district IS NOT NULL"),
    ),
    Index(
        "ix_contact_events_line_at",
        "line",
        "at",
        sqlite_where=sa.text("kind = 'received'"),
        postgresql_where=sa.text("kind = 'received'"),
    ),
    Index(
        "ix_contact_events_accepted",
        "at",
        sqlite_where=sa.text("kind = 'accepted'"),
        postgresql_where=sa.text("kind = 'accepted'"),
    ),
)

# Each text as it came in: *staff* where a therapist wrote it.  *handled_at* is set in the very
# transaction that does what the text asks for, so that it is done once.
texts = Table(
    "texts",
    metadata,
    Column("contact", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # sealed
    Column("line", String, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("staff", String),
    Column("media", Integer, nullable=False, server_default="0"),
    Column("thread", String),
    Column("handled_at", UtcDateTime),
    Column("redacted_at", UtcDateTime),
    Column("emptied_at", UtcDateTime),  # when its words went, their time having come
    Index("ix_texts_handled_at_received_at", "handled_at", "received_at"),
    Index("ix_texts_emptied_at", "emptied_at", "received_at"),
    Index("ix_texts_thread", "thread"),
)

threads = Table(
    "threads",
    metadata,
    Column("id", String, primary_key=True),
    Column("line", String, nullable=False),
    Column("sender_key", LargeBinary),
    Column("sender", LargeBinary),  # sealed
    Column("answerable", Boolean, nullable=False),
    Column("caller", String, nullable=False),
    Column("home_district", String),
    Column("role", String),
    Column("language", String),
    Column("tag", String, nullable=False),
    Column("holder", String),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Index("ix_threads_line_last_at", "line", "last_at"),
)

# Numbers that no text may be sent to, by their keyed index; *therapist* where it is a colleague's.
optouts = Table(
    "optouts",
    metadata,
    Column("number_key", LargeBinary, primary_key=True),
    Column("therapist", String),
    Column("since", UtcDateTime, nullable=False),
    Column("number", LargeBinary),  # sealed, so that a new key finds it; older rows lack it
)

pauses = Table(
    "pauses",
    metadata,
    Column("therapist", String, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", String, primary_key=True),  # what makes sending it twice impossible
    Column("channel", String, nullable=False),
    Column("line", String, nullable=False),
    Column("recipient", LargeBinary, nullable=False),  # sealed
    Column("body", LargeBinary, nullable=False),  # sealed
    Column("calendar", LargeBinary),  # sealed; what a mail carries besides its words
    Column("contact", String),
    Column("therapist", String),
    Column("state", String, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("first_tried_at", UtcDateTime),
    Column("carrier_id", String),
    Column("error", String),
    Column("created_at", UtcDateTime),
    Column("delivery", String),  # the carrier's last word, which never goes back
    Column("rank", Integer, nullable=False, server_default="0"),
    Column("passed_on_at", UtcDateTime),
    Column("redacted_at", UtcDateTime),
    Column("emptied_at", UtcDateTime),
    Index("ix_outbox_contact", "contact"),
    Index("ix_outbox_state_due_at", "state", "due_at"),
    Index("ix_outbox_created_at", "created_at"),
)
