"""From the night to the meeting: handovers, notes, who has read what."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy.types import Boolean, Integer, LargeBinary, String

from app.store.schema import UtcDateTime, metadata

handovers = Table(
    "handovers",
    metadata,
    Column("id", String, primary_key=True),
    Column("line", String, nullable=False),
    Column("district", String, nullable=False),
    Column("duty_ended_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("built_at", UtcDateTime, nullable=False),
    Column("notified_at", UtcDateTime),
    # What comes to light when the first has been acknowledged is a handover of its own.
    Column("part", Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("line", "district", "duty_ended_at", "part"),
    Index("ix_handovers_state_due_at", "state", "due_at"),
)

# A contact is in exactly one handover: its own key says so.
handover_contacts = Table(
    "handover_contacts",
    metadata,
    Column("contact", String, primary_key=True),
    Column("handover", ForeignKey("handovers.id"), nullable=False, index=True),
)

# Each state a handover has reached, when and by whom; each is reached once.
handover_events = Table(
    "handover_events",
    metadata,
    Column("handover", ForeignKey("handovers.id"), primary_key=True),
    Column("event", String, primary_key=True),
    Column("actor", String),  # None is the clock
    Column("at", UtcDateTime, nullable=False),
)

# What a therapist wrote of a contact; it belongs to the caller's home district.
notes = Table(
    "notes",
    metadata,
    Column("contact", String, primary_key=True),
    Column("line", String, nullable=False),
    Column("district", String, index=True),  # None while nobody knows whose the caller is
    Column("author", String, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("role", String),
    Column("broken_agreement", Boolean, nullable=False),
    Column("urgency", String, nullable=False),
    Column("escalated_to", String),
    Column("escalated_at", UtcDateTime),
    Column("content", LargeBinary, nullable=False),  # sealed
    # When the broken agreement was met and by whom; the only thing that is ever filled in later.
    Column("reacted_at", UtcDateTime),
    Column("reacted_by", String),
    Index("ix_notes_urgency_written_at", "urgency", "written_at"),
)

addenda = Table(
    "addenda",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contact", ForeignKey("notes.contact"), nullable=False, index=True),
    Column("author", String, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("content", LargeBinary, nullable=False),  # sealed
)

# Who has read or done what with whose data; only ever added to.
readings = Table(
    "readings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("viewer", String, nullable=False),
    Column("viewer_district", String, nullable=False),
    Column("office", String, nullable=False),
    Column("act", String, nullable=False),
    Column("district", String),  # whose data it is
    Column("contact", String),
    Column("handover", String),
    Column("denied", String),
    Column("link", Integer, index=True),  # of the audit chain; None until the clock has sealed it
    Index("ix_readings_district_at", "district", "at"),
    Index("ix_readings_handover", "handover"),
)

# A duty that has ended, and whether whoever had it has written what there is to write.
sign_offs = Table(
    "sign_offs",
    metadata,
    Column("line", String, primary_key=True),
    Column("therapist", String, primary_key=True),
    Column("duty_ended_at", UtcDateTime, primary_key=True),
    Column("asked_at", UtcDateTime),  # None where nothing was missing
    Column("chased_at", UtcDateTime),
    Column("signed_at", UtcDateTime),
)

# What people are called to: one meeting for all the handovers that a district takes up at once.
# Its id is for ever the event's UID in their calendars.
meetings = Table(
    "meetings",
    metadata,
    Column("id", String, primary_key=True),
    Column("line", String, nullable=False),
    Column("district", String, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("organiser", String, nullable=False),  # in whose name it was called; never another's
    Index(
        "uq_meetings_line_district_due_at",
        "line",
        "district",
        "due_at",
        unique=True,
        sqlite_where=sa.text("state = 'called'"),
        postgresql_where=sa.text("state = 'called'"),
    ),
)

meeting_handovers = Table(
    "meeting_handovers",
    metadata,
    Column("handover", ForeignKey("handovers.id"), primary_key=True),
    Column("meeting", ForeignKey("meetings.id"), nullable=False, index=True),
)

# What each person was told of a meeting last, and at which address.
meeting_guests = Table(
    "meeting_guests",
    metadata,
    Column("meeting", ForeignKey("meetings.id"), primary_key=True),
    Column("therapist", String, primary_key=True),
    Column("address", LargeBinary, nullable=False),  # sealed
    Column("due_at", UtcDateTime, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("invited", Boolean, nullable=False),
)
