"""How the service itself is: what an administrator looks at, with nothing of any caller in it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import migrations
from app.intake.organisation_file import organisation_of
from app.review.canaries import CanaryOf, canaries_of
from app.review.coverage import Coverage, cover
from app.review.system_files import Files, files_in
from app.review.system_people import People, people
from app.store import feeds, organisation, pulses, texts
from app.store import rota as stored_rota
from app.store.canaries import CALLED as CANARY
from app.store.database import file_of, reading
from app.store.feeds import FeedStatus
from app.store.fields import FieldCipher, UnreadableField
from app.store.outbox import State
from app.store.pulses import Pulse
from app.store.rights import Lift, Wall, lifted, wall
from app.store.tables import alterations, outbox
from routing.errors import InvalidInput
from routing.ids import LineId
from routing.intervals import Interval
from routing.organisation import Line, Organisation
from routing.rota import Rota

AHEAD = timedelta(days=14)
_RECENT = timedelta(days=7)
# A carrier's code, or a word of ours; whatever else stands there is not shown.
_CODE = re.compile(r"[A-Za-z0-9_]{1,40}")
_OTHER = "other"
KEYS_RENEWED = "keys.renewed"  # as `beredskap keys renew` writes it down


@dataclass(frozen=True, slots=True)
class Database:
    """Which engine, whether it answers, and how far its tables have come."""

    engine: str
    error: str | None = None  # why it does not answer, as a class of errors
    version: str | None = None
    head: str = ""
    wall: Wall | None = None  # on PostgreSQL: what holds back one district's from the other
    is_missing: bool = False  # SQLite's file is not there

    @property
    def is_current(self) -> bool:
        return self.error is None and self.version == self.head


@dataclass(frozen=True, slots=True)
class Failed:
    """Letters that did not arrive, by the carrier's code."""

    channel: str
    code: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Outbox:
    """
    Letters, by channel and state: all that are owed, and the others of a week.

    *oldest* is when the first of those owed was written, and *overdue* since when one should have
    been tried.
    """

    counts: Mapping[tuple[str, str], int]
    oldest: datetime | None
    overdue: datetime | None
    failed: tuple[Failed, ...]

    @property
    def owed(self) -> int:
        return sum(count for (_, state), count in self.counts.items() if state in _OWED)


@dataclass(frozen=True, slots=True)
class FeedOf:
    """How it stands with the place that a line's rota is read from."""

    line: LineId
    source: str
    status: FeedStatus


@dataclass(frozen=True, slots=True)
class Beats:
    """
    What keeps happening, and what should not.

    *unsigned* requests are today's, in UTC, and yesterday's, and *unsigned_ours* those of them that
    name our account and show a signature; *lost* rows are all there ever were.
    """

    clock: datetime | None
    webhook: datetime | None
    unsigned: int
    unsigned_at: datetime | None
    unsigned_ours: int = 0
    unsigned_ours_at: datetime | None = None
    lost: int = 0
    lost_at: datetime | None = None
    reconciled: datetime | None = None  # how far the log has been compared with the carrier's lists
    purged: datetime | None = None  # when a purge last came to its end
    unexported: int = 0  # what it left, since no case file has it


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says."""

    organisation: Organisation | None
    outbox: Outbox
    feeds: tuple[FeedOf, ...]
    beats: Beats
    coverage: tuple[Coverage, ...]
    is_locked: bool = False  # there is an organisation, and no key of ours opens it
    people: People = field(default_factory=People)
    canaries: tuple[CanaryOf, ...] = ()
    renewed_at: datetime | None = None  # when everything was last brought under the newest key


@dataclass(frozen=True, slots=True)
class System:
    """All of it, as it was *at* a moment; *known* is None where the database does not answer."""

    at: datetime
    database: Database
    files: Files
    known: Known | None


_OWED = frozenset({State.PENDING.value, State.SENDING.value})


def examine(engine: sa.Engine, cipher: FieldCipher, state_dir: Path, now: datetime) -> System:
    """Look at everything, and change nothing."""
    database, known, file = Database(engine.dialect.name, head=head()), None, file_of(engine.url)
    if file is not None and not file.exists():
        return System(now, replace(database, is_missing=True), files_in(state_dir, file), None)
    try:
        with reading(engine) as connection:
            database = Database(engine.dialect.name, None, _version(connection), head())
            if database.is_current:
                database = replace(database, wall=_wall(connection))
                known = _known(connection, cipher, now)
    except sa.exc.SQLAlchemyError as err:
        # The driver's own sentence may quote an address with a password in it.
        error = type(getattr(err, "orig", None) or err).__name__
        database = Database(engine.dialect.name, error, head=head())
    return System(now, database, files_in(state_dir, file), known)


def head() -> str:
    """The newest version that the tables can have: migrations are named by their numbers."""
    folder = Path(migrations.__file__).parent / "versions"
    return max(path.name[:4] for path in folder.glob("[0-9]*.py"))


def _wall(connection: sa.Connection) -> Wall | None:
    with lifted(connection, Lift.COUNTS):  # as the service itself finds it
        return wall(connection)


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return version


def _known(connection: sa.Connection, cipher: FieldCipher, now: datetime) -> Known:
    known = _organisation(connection, cipher)
    lines = () if known is None else tuple(known.lines.values())
    return Known(
        known,
        _outbox(connection, now),
        tuple(_feeds(connection, lines)),
        beats(pulses.read(connection), now),
        () if known is None else tuple(_coverage(connection, known, line, now) for line in lines),
        known is None and _is_locked(connection, cipher),
        people(connection, [line.id for line in lines], now),
        tuple(canaries_of(connection, lines)),
        _renewed_at(connection),
    )


def _renewed_at(connection: sa.Connection) -> datetime | None:
    with lifted(connection, Lift.COUNTS):
        a = alterations.c
        at: datetime | None = connection.scalar(
            sa.select(a.at).where(a.what == KEYS_RENEWED).order_by(a.id.desc()).limit(1)
        )
        return at


def beats(found: Mapping[str, Pulse], now: datetime) -> Beats:
    """What *found* says of the clock, the carrier, and whoever else asked."""
    names = (pulses.CLOCK, pulses.WEBHOOK, pulses.RECONCILED, pulses.LOST, pulses.PURGED)
    clock, webhook, reconciled, lost, purged = (found.get(name) for name in names)
    refused, ours = (_refused(found, now, is_ours=is_ours) for is_ours in (False, True))
    return Beats(
        clock=None if clock is None else clock.at,
        webhook=None if webhook is None else webhook.at,
        unsigned=sum(day.count for day in refused),
        unsigned_at=max((day.at for day in refused), default=None),
        unsigned_ours=sum(day.count for day in ours),
        unsigned_ours_at=max((day.at for day in ours), default=None),
        lost=0 if lost is None else lost.count,
        lost_at=None if lost is None else lost.at,
        reconciled=None if reconciled is None else reconciled.at,
        purged=None if purged is None else purged.at,
        unexported=0 if purged is None else purged.count,
    )


def _refused(found: Mapping[str, Pulse], now: datetime, *, is_ours: bool) -> list[Pulse]:
    """Of today and yesterday."""
    days = [(now - timedelta(days=n)).date() for n in (0, 1)]
    names = [pulses.unsigned_on(day, is_ours=is_ours) for day in days]
    return [found[name] for name in names if name in found]


def _organisation(connection: sa.Connection, cipher: FieldCipher) -> Organisation | None:
    try:
        document = organisation.load(connection, cipher)
        return None if document is None else organisation_of(document)
    except (InvalidInput, UnreadableField):
        return None


def _is_locked(connection: sa.Connection, cipher: FieldCipher) -> bool:
    try:
        organisation.load(connection, cipher)
    except UnreadableField:
        return True
    return False


def _outbox(connection: sa.Connection, now: datetime) -> Outbox:
    with lifted(connection, Lift.COUNTS):
        return _counted(connection, now)


def _counted(connection: sa.Connection, now: datetime) -> Outbox:
    o = outbox.c
    is_owed, is_recent = o.state.in_(sorted(_OWED)), o.created_at > now - _RECENT
    counts: dict[tuple[str, str], int] = {}
    for which in (is_owed, sa.and_(is_recent, ~is_owed)):
        query = sa.select(o.channel, o.state, sa.func.count()).where(which)
        grouped = connection.execute(query.group_by(o.channel, o.state))
        counts.update({(channel, state): count for channel, state, count in grouped})
    oldest, overdue = connection.execute(
        sa.select(sa.func.min(o.created_at), sa.func.min(o.due_at)).where(is_owed)
    ).one()
    failed = sa.or_(o.state == State.FAILED, o.delivery.in_(["failed", "undelivered"]))
    # What came of a canary's call stands there; that one is refused each day is no fault.
    is_recent = sa.and_(is_recent, ~o.key.startswith(f"{CANARY}/"))
    rows = connection.execute(
        sa.select(o.channel, o.error, sa.func.count(), sa.func.max(o.created_at))
        .where(is_recent, failed)
        .group_by(o.channel, o.error)
    )
    return Outbox(counts, oldest, overdue, tuple(_failures(rows)))


def _failures(rows: Iterable[sa.Row[Any]]) -> Iterator[Failed]:
    by_code: dict[tuple[str, str], Failed] = {}
    for channel, error, count, last in map(tuple, rows):
        code = error if error is not None and _CODE.fullmatch(error) else _OTHER
        known = by_code.get((channel, code), Failed(channel, code, 0, last))
        last_at = max(known.last_at, last)
        by_code[channel, code] = Failed(channel, code, known.count + count, last_at)
    yield from sorted(by_code.values(), key=lambda one: (-one.count, one.channel, one.code))


def _feeds(connection: sa.Connection, lines: tuple[Line, ...]) -> Iterator[FeedOf]:
    for line in lines:
        status = feeds.status(connection, line.id)
        if line.feed is not None and status is not None:
            yield FeedOf(line.id, line.feed.kind, status)


def _coverage(
    connection: sa.Connection, known: Organisation, line: Line, now: datetime
) -> Coverage:
    span = Interval(now, now + AHEAD)
    shifts = stored_rota.in_force(connection, line.id, span)
    rota = Rota(line.id, shifts, source=stored_rota.KEPT_HERE, read_at=now)
    opted_out = texts.opted_out_staff(connection)
    return cover(known, line, rota, span, opted_out)
