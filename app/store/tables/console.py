"""The console: who may sign in, what is kept while somebody writes, and what is looked after."""

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, Table
from sqlalchemy.types import Boolean, Double, Integer, LargeBinary, String

from app.store.schema import UtcDateTime, metadata

# One for each person and office.  What signs in is kept here, and nothing else of the person.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String, nullable=False, unique=True),  # in lower case
    Column(
        "person", String, nullable=False
    ),  # a therapist's or a manager's id, or a name of its own
    Column("office", String, nullable=False),
    Column("district", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password", String),  # argon2; none until the person has chosen one
    Column("stamp", String, nullable=False, unique=True),  # changed, it ends every session
    Column("passkey_handle", String, unique=True),
    Column("second_factor", String),
    Column("totp_secret", String),  # sealed
    Column("totp_counter", Integer),  # of the last code, which works no second time
    Column("recovery_codes", JSON),  # sealed
    Column("language", String),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ix_accounts_person", "person"),
    sqlite_autoincrement=True,
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("transports", JSON),
    Column("extensions", String),
    Column("backup_state", Boolean, nullable=False),
    Column("device_type", String, nullable=False),
    Column("name", String, nullable=False),
    Column("usage", String, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
)

# Who is signed in, and where from; ended by the person, by an administrator, or by idling.
sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),  # of what the cookie holds
    Column("account", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("agent", String, nullable=False),  # which browser on what, in two words
    Column("began_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    sqlite_autoincrement=True,
)

# Sign-ins that failed, by a keyed digest of what was typed; they slow down the next.
refusals = Table(
    "refusals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login_key", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_refusals_login_key_at", "login_key", "at"),
)

# What somebody is writing and has not sent: of a contact, a thread, a follow-up.
writings = Table(
    "writings",
    metadata,
    Column("person", String, primary_key=True),
    Column("subject", String, primary_key=True),  # such as note:<contact>, never a fact
    Column("body", LargeBinary, nullable=False),  # sealed
    Column("saved_at", UtcDateTime, nullable=False),
)

# The month's sample of the reading log, and who answers for having looked through it.
reading_samples = Table(
    "reading_samples",
    metadata,
    Column("district", String, primary_key=True),
    Column("month", Date, primary_key=True),  # its first day
    Column("readings", JSON, nullable=False),  # ids
    Column("drawn_by", String, nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("signed_by", String),
    Column("signed_at", UtcDateTime),
    Column("remark", LargeBinary),  # sealed
)

# When something last happened that should keep happening, or should not: the clock, webhooks.
pulses = Table(
    "pulses",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("count", Integer, nullable=False),
)

# What every process has counted, as sums: which measure, which series, which part of it.
measures = Table(
    "measures",
    metadata,
    Column("name", String, primary_key=True),
    Column("labels", String, primary_key=True),
    Column("part", String, primary_key=True),
    Column("value", Double, nullable=False),
)

# The contacts of the last days that are in those sums, so that each is counted once.
counted = Table(
    "counted",
    metadata,
    Column("id", String, primary_key=True),
    Column("counted_at", UtcDateTime, nullable=False, index=True),
)

# What somebody would rather have or not have in the next rota.
wishes = Table(
    "wishes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("therapist", String, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("wanted", String, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ix_wishes_therapist_ends_at", "therapist", "ends_at"),
)

# What was hard to use, as somebody wrote it: the law asks for a way to say so.
feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("page", String, nullable=False),
    Column("body", LargeBinary, nullable=False),  # sealed
    Column("sent_at", UtcDateTime, nullable=False),
)

# What was changed from a page in the organisation or the register: who, when, and of what.
alterations = Table(
    "alterations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("author", String, nullable=False),
    Column("district", String, nullable=False),
    Column("what", String, nullable=False),  # such as client.added
    Column("about", LargeBinary),  # sealed
    Column("at", UtcDateTime, nullable=False),
    Column("link", Integer, index=True),  # of the audit chain; None until the clock has sealed it
    Index("ix_alterations_district_at", "district", "at"),
)
