"""Who is on standby: versions, what lies on top of them, drafts, sources, and what was found."""

from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy.types import Integer, LargeBinary, String

from app.store.schema import UtcDateTime, metadata

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

# A duty offered to others, and how far that has come; what it does to the rota are overrides.
swaps = Table(
    "swaps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("line", String, nullable=False),
    Column("giver", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("back_position", Integer),  # these three where something is taken in return
    Column("back_starts_at", UtcDateTime),
    Column("back_ends_at", UtcDateTime),
    Column("begins_at", UtcDateTime, nullable=False),  # the first of the two
    Column("state", String, nullable=False),
    Column("taker", String),
    Column("reminded_at", UtcDateTime),
    Index("ix_swaps_line_state", "line", "state"),
    sqlite_autoincrement=True,  # a number that stands in somebody's texts never means another swap
)

swap_answers = Table(
    "swap_answers",
    metadata,
    Column("swap", ForeignKey("swaps.id"), primary_key=True),
    Column("therapist", String, primary_key=True),
    Column("declined_at", UtcDateTime),
    Index("ix_swap_answers_therapist", "therapist"),
)

# Append-only: who did what about a swap, and what was wrong with the rota for it.
swap_events = Table(
    "swap_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("swap", ForeignKey("swaps.id"), nullable=False, index=True),
    Column("what", String, nullable=False),
    Column("author", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reason", LargeBinary),  # sealed: it may say that somebody is ill
    Column("findings", String, nullable=False, server_default=""),
)
