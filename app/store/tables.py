"""The tables; one page that shows the whole schema."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy.types import Boolean, Date, Integer, LargeBinary, String

from app.store.schema import UtcDateTime as UtcDateTime  # noqa: PLC0414 - migrations find it here
from app.store.schema import metadata as metadata  # noqa: PLC0414 - whole once this is loaded

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

rota_versions = Table(
    "rota_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("line", String, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("note", String, nullable=False),
    Column("author", String, nullable=False, server_default=""),
    Column("reason", String),  # why it was published although a finding was an error
)

# A shift is in force from the version that published it until the one that withdrew it, so that
# who was on call at any past moment can be answered from what was in force then.
shifts = Table(
    "shifts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("line", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("therapist", String, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("published_in", ForeignKey("rota_versions.id"), nullable=False),
    Column("withdrawn_in", ForeignKey("rota_versions.id")),
    Index("ix_shifts_line_ends_at", "line", "ends_at"),
)

# Somebody else in a position for a while, laid over whatever the rota says; later ones win.
overrides = Table(
    "overrides",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("line", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("therapist", String, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("author", String, nullable=False),
    Column("note", String, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ix_overrides_line_ends_at", "line", "ends_at"),
)

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

# A rota that nobody goes by yet: loaded as a draft, or read from a source and not trusted.
drafts = Table(
    "drafts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("line", String, nullable=False, index=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("author", String, nullable=False),
    Column("note", String, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,  # a number that was looked at never means another draft
)

draft_shifts = Table(
    "draft_shifts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("draft", ForeignKey("drafts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("therapist", String, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
)

# How it stands with the place that a line's rota is read from.
feeds = Table(
    "feeds",
    metadata,
    Column("line", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),  # when it is to be read next
    Column("read_at", UtcDateTime),  # when it last gave a rota that calls go by
    Column("state", String, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("reason", String),
)

# Findings as things that happen: opened when seen, told of until they are gone.
watched = Table(
    "watched",
    metadata,
    Column("id", String, primary_key=True),
    Column("scope", String, nullable=False),  # who looks for it, and so may close it
    Column("line", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("therapist", String),
    Column("starts_at", UtcDateTime),
    Column("ends_at", UtcDateTime),
    Column("message", String, nullable=False),
    Column("remedy", String, nullable=False),
    Column("place", String),
    Column("found_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Index("ix_watched_line_closed_at", "line", "closed_at"),
)

# Whether somebody has said that she is there for the duty that begins soon.
check_ins = Table(
    "check_ins",
    metadata,
    Column("id", String, primary_key=True),
    Column("line", String, nullable=False),
    Column("therapist", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("called_at", UtcDateTime),
    Column("told_at", UtcDateTime),
    Column("confirmed_at", UtcDateTime),
    Column("confirmed_by", String),
    Index("ix_check_ins_line_ends_at", "line", "ends_at"),
)

# Addresses of calendars that therapists subscribe to; only a digest of the secret part is kept.
calendar_links = Table(
    "calendar_links",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("line", String, nullable=False),
    Column("therapist", String),  # whose shifts; everybody's where there is none
    Column("made_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("seen_at", UtcDateTime),
)

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", ForeignKey("rota_versions.id"), nullable=False, index=True),
    Column("rule", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("therapist", String),
    Column("starts_at", UtcDateTime),  # none where it concerns a file as a whole
    Column("ends_at", UtcDateTime),
    Column("message", String, nullable=False),
    Column("remedy", String, nullable=False),
)

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
    Index("ix_texts_handled_at_received_at", "handled_at", "received_at"),
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
)

pauses = Table(
    "pauses",
    metadata,
    Column("therapist", String, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

takeovers = Table(
    "takeovers",
    metadata,
    Column("id", String, primary_key=True),
    Column("line", String, nullable=False),
    Column("taker", String, nullable=False),
    Column("giver", String, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("agreed_at", UtcDateTime),
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", String, primary_key=True),  # what makes sending it twice impossible
    Column("channel", String, nullable=False),
    Column("line", String, nullable=False),
    Column("recipient", LargeBinary, nullable=False),  # sealed
    Column("body", LargeBinary, nullable=False),  # sealed
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
    Index("ix_outbox_state_due_at", "state", "due_at"),
    Index("ix_outbox_created_at", "created_at"),
)

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
    sa.UniqueConstraint("line", "district", "duty_ended_at"),
    Index("ix_handovers_state_due_at", "state", "due_at"),
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
)

# A contact is in exactly one handover: its own key says so.
handover_contacts = Table(
    "handover_contacts",
    metadata,
    Column("contact", String, primary_key=True),
    Column("handover", ForeignKey("handovers.id"), nullable=False, index=True),
)
