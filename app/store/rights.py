"""
What the console may see at all on PostgreSQL, whatever a query asks for: the second wall.

The gate decides, contact by contact.  Behind it the database holds back what a query forgot to:
each transaction of the console's becomes `VIEWER`, a role that owns nothing, for whoever is signed
in.  Calls, texts and the clock act for everybody, and stay what they are.  SQLite has no such
thing, and nothing here changes it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from routing.ids import DistrictId, TherapistId

VIEWER = "beredskap_viewer"
_NARROW = (
    "SELECT set_config('beredskap.districts', %s, true), set_config('beredskap.viewer', %s, true),"
    f" set_config('beredskap.therapist', %s, true), set_config('role', '{VIEWER}', true)"
)
_ROLE = sa.text("SELECT current_setting('role')")
# Said to the database, too, so that its own log of statements can be read by it.
_LIFT = sa.text(
    "SELECT set_config('beredskap.lifted', :why, true), set_config('role', 'none', true)"
)
_SET_ROLE = sa.text("SELECT set_config('role', :role, true)")
_IS_NARROWED = "narrowed"


@dataclass(frozen=True, slots=True)
class Scope:
    """
    For whom a transaction is.

    *therapist* sees what she took part in, too, whosever it is; what she may do with it is for the
    gate to say.
    """

    districts: frozenset[DistrictId] = frozenset()
    viewer: str = ""
    therapist: TherapistId | None = None


NOBODY = Scope()  # has not signed in, and is shown no contact


class Lift(StrEnum):
    """Why a service may see further for a moment; a test knows where each of them is."""

    JUDGED = (
        "who is turned away is to be seen by whom it concerns, so the gate looks at what it judges"
    )
    LEDGER = "hours of work are the person's, whoever's callers they were spent on"
    FIGURES = "totals of a line are counts of all its districts, with the small ones hidden"
    HELPED = (
        "who waits is known by whether anybody has helped her since, whosever she was said to be"
    )
    PROTECTED = "that an identity is not seen must not mean that it is not protected"
    CHANGE = "a district with callers must not vanish from the organisation"
    COUNTS = "how many letters wait or calls fail, and nothing of them"


class Whose(StrEnum):
    """By what the rows of a table are somebody's."""

    DISTRICT = "its district"
    CONTACT = "the contact that it is about"
    PARENT = "what it hangs on"
    PERSON = "the person who writes it"
    EVERYBODY = "nobody's: no caller is in it"
    UNGUARDED = "somebody's, and not told apart here"


@dataclass(frozen=True, slots=True)
class Right:
    """Whose a table's rows are, and what the console may do with those it sees (S, I, U, D)."""

    whose: Whose
    may: str
    why: str = ""  # where it is not told apart although it could be somebody's


_ALL, _KEPT, _NEVER_GONE, _NONE = "SIUD", "SI", "SIU", ""
_DISTRICT, _CONTACT, _PARENT = Whose.DISTRICT, Whose.CONTACT, Whose.PARENT
_PERSON, _EVERYBODY, _UNGUARDED = Whose.PERSON, Whose.EVERYBODY, Whose.UNGUARDED

# Every table is here, and a test asks for those that are not: whoever makes one says whose it is,
# and in the migration what the console may do with it, since without a word it may do nothing.
RIGHTS: Mapping[str, Right] = {
    "absences": Right(_EVERYBODY, _ALL),
    "accounts": Right(_UNGUARDED, _NEVER_GONE, "who signs in is not known before; no caller's"),
    "addenda": Right(_CONTACT, _KEPT),
    "alterations": Right(_DISTRICT, _KEPT),
    "audit_links": Right(_EVERYBODY, _NONE),
    "blocks": Right(_UNGUARDED, _NEVER_GONE, "a number for the whole line; its reason is sealed"),
    "calendar_links": Right(_EVERYBODY, _ALL),
    "canaries": Right(_EVERYBODY, "S"),
    "carrier_purges": Right(_EVERYBODY, _NONE),
    "changes": Right(_EVERYBODY, _NEVER_GONE),
    "check_ins": Right(_EVERYBODY, _ALL),
    "clients": Right(_DISTRICT, _ALL),
    # It may be locked, and is never changed.
    "contact_events": Right(_CONTACT, _KEPT),
    "corrections": Right(_EVERYBODY, _KEPT),
    "counted": Right(_EVERYBODY, _NONE),
    "draft_shifts": Right(_EVERYBODY, _ALL),
    "drafts": Right(_EVERYBODY, _ALL),
    "feedback": Right(_EVERYBODY, _KEPT),
    "feeds": Right(_EVERYBODY, _ALL),
    "findings": Right(_EVERYBODY, _ALL),
    "follow_up_attempts": Right(_PARENT, _KEPT),
    "follow_up_events": Right(_PARENT, _KEPT),
    "follow_up_orders": Right(_DISTRICT, _NEVER_GONE),
    "follow_ups": Right(_PARENT, _NEVER_GONE),
    "handover_contacts": Right(_CONTACT, "SD"),
    "handover_events": Right(_PARENT, _KEPT),
    "handovers": Right(_DISTRICT, "SU"),
    "holds": Right(_UNGUARDED, _NONE, "kept and lifted by a command"),
    "measures": Right(_EVERYBODY, _NONE),
    "meeting_guests": Right(_PARENT, "S"),
    "meeting_handovers": Right(_PARENT, "S"),
    "meetings": Right(_DISTRICT, "S"),
    "notes": Right(_CONTACT, _NEVER_GONE),
    "optouts": Right(_EVERYBODY, _ALL),
    "organisations": Right(_EVERYBODY, _KEPT),
    "outbox": Right(_CONTACT, _NEVER_GONE),
    "overrides": Right(_EVERYBODY, _ALL),
    "passkeys": Right(_EVERYBODY, _ALL),
    "pauses": Right(_EVERYBODY, _ALL),
    "pins": Right(_EVERYBODY, _ALL),
    "pulses": Right(_EVERYBODY, _ALL),
    "reading_samples": Right(_DISTRICT, _NEVER_GONE),
    "readings": Right(_DISTRICT, _KEPT),
    "refusals": Right(_EVERYBODY, _ALL),
    "rest_reasons": Right(_EVERYBODY, _KEPT),
    "rota_versions": Right(_EVERYBODY, _KEPT),
    "sessions": Right(_EVERYBODY, _ALL),
    "shifts": Right(_EVERYBODY, _ALL),
    "sign_offs": Right(_EVERYBODY, _ALL),
    "swap_answers": Right(_EVERYBODY, _ALL),
    "swap_events": Right(_EVERYBODY, _KEPT),
    "swaps": Right(_EVERYBODY, _ALL),
    "takeovers": Right(_EVERYBODY, _ALL),
    "texts": Right(_CONTACT, _KEPT),
    "threads": Right(_CONTACT, "S"),
    "watched": Right(_EVERYBODY, _ALL),
    "wishes": Right(_EVERYBODY, _ALL),
    "writings": Right(_PERSON, _ALL),
}
GUARDED = frozenset(
    name for name, right in RIGHTS.items() if right.whose not in {_EVERYBODY, _UNGUARDED}
)


def narrowed(engine: sa.Engine, scope: Callable[[], Scope]) -> sa.Engine:
    """
    *engine* for those who look: each of its transactions sees what *scope* says at its beginning.

    It has the same connections as *engine*, whose own transactions stay as they are.
    """
    if engine.dialect.name != "postgresql":
        return engine

    def begin(connection: sa.Connection) -> None:
        now = scope()
        districts = ",".join(sorted(now.districts))
        # Until the transaction ends, however it does.
        connection.exec_driver_sql(_NARROW, (districts, now.viewer, now.therapist or ""))

    own = engine.execution_options(**{_IS_NARROWED: True})
    sa.event.listen(own, "begin", begin)
    return own


@contextmanager
def lifted(connection: sa.Connection, why: Lift) -> Iterator[None]:
    """See everything meanwhile, because of *why*; where nothing is narrowed it changes nothing."""
    if _IS_NARROWED not in connection.get_execution_options():
        yield
        return
    before = connection.scalar(_ROLE)
    connection.execute(_LIFT, {"why": why.name})
    try:
        yield
    finally:
        # Where it cannot be put back the transaction has failed, and its role goes with it.
        with suppress(sa.exc.DBAPIError):
            connection.execute(_SET_ROLE, {"role": before})


@dataclass(frozen=True, slots=True)
class Wall:
    """How the second wall stands: what is *open* and should not be, and what is *shut*."""

    has_role: bool  # and the service may become it
    open: tuple[str, ...]  # tables whose rows are held back from nobody
    shut: tuple[str, ...]  # tables that the service itself does not see all of

    @property
    def stands(self) -> bool:
        return self.has_role and not self.open and not self.shut


def wall(connection: sa.Connection) -> Wall | None:
    """How it stands; None on SQLite, which has none."""
    if connection.dialect.name != "postgresql":
        return None
    is_known = sa.text("SELECT count(*) > 0 FROM pg_roles WHERE rolname = :role")
    has_role = bool(connection.scalar(is_known, {"role": VIEWER}))
    if has_role:
        may = "SELECT pg_has_role(session_user, :role, 'MEMBER')"
        has_role = bool(connection.scalar(sa.text(may), {"role": VIEWER}))
    rows = connection.execute(_TABLES, {"names": sorted(GUARDED)}).all()
    kept = {row.relname for row in rows if row.relrowsecurity}
    return Wall(
        has_role,
        tuple(sorted(GUARDED - kept)),
        tuple(sorted(row.relname for row in rows if row.binds_us)),
    )


_TABLES = sa.text(
    """
    SELECT c.relname, c.relrowsecurity, row_security_active(c.oid) AS binds_us
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:names)
    """
)
