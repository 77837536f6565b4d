"""Reads the rotas that are kept elsewhere, and lets calls go by what may be gone by."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import partial

import sqlalchemy as sa
import structlog

from app.store import drafts, feeds, watched
from app.store import rota as stored_rota
from app.store.database import reading
from app.store.drafts import Draft
from app.store.feeds import FeedState
from app.store.rota import Signed
from app.store.watched import Scope
from rota_adapter.judge import Verdict, judge
from rota_adapter.people import People
from rota_adapter.sources.feeds import FeedSource
from rota_adapter.sources.fetch import Fetcher
from routing.errors import RotaUnavailable
from routing.feed import Feed
from routing.finding import Finding, Severity
from routing.hours import wall
from routing.intervals import Interval
from routing.organisation import Line, Organisation
from routing.rota import Rota, Shift

log = structlog.get_logger()

# How far ahead a source is asked: longer than any outage that nobody sees to.
AHEAD = timedelta(days=120)
_BACK = timedelta(days=2)  # so that a shift that is going on is read whole
_MOST = 200  # findings of one reading; the last are the gravest
_AWAY_FOR_LONG = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class FeedReader:
    """What reading feeds needs; the fetcher remembers what it has seen between readings."""

    engine: sa.Engine
    clock: Callable[[], datetime]
    fetcher: Fetcher = field(default_factory=Fetcher)


def read_feeds(reader: FeedReader, organisation: Organisation, now: datetime) -> int:
    """
    Read every feed that is due; how many were.

    A source is asked outside any transaction, and no call ever waits for it: what it says is
    published as a version of the rota, or kept as a draft when it may not be gone by.
    """
    fed = frozenset(line.id for line in organisation.lines.values() if line.feed is not None)
    with reading(reader.engine) as connection:
        known = feeds.known(connection)
        complained = watched.open_everywhere(connection, Scope.SOURCE).keys() & organisation.lines
    settled = complained - fed
    if settled or known.keys() - fed:
        with reader.engine.begin() as connection:
            feeds.forget_all_but(connection, fed)
            for line_id in settled:
                watched.update(connection, line_id, Scope.SOURCE, (), now)
    count = 0
    for line in organisation.lines.values():
        if line.feed is None or not _may_be_due(known.get(line.id), line.feed, now):
            continue
        with reader.engine.begin() as connection:
            if not feeds.claim(connection, line.id, line.feed.kind, line.feed.refresh, now):
                continue
        count += 1
        people = People(organisation.therapists.values(), line.feed.names)
        source = FeedSource(line, line.feed, people, reader.fetcher, reader.clock)
        try:
            new = source.load(line.id, Interval(now - _BACK, _ahead(line, now).end))
        except RotaUnavailable as err:
            _keep_away(reader.engine, line, line.feed, err, now)
        except Exception:
            # A fault of our own in a reader is for somebody to know of, like one of the source's.
            log.exception("rota.reader_failed", line=line.id)
            fault = RotaUnavailable("it cannot be read, by a fault of this service")
            _keep_away(reader.engine, line, line.feed, fault, now)
        else:
            _take(reader.engine, organisation, line, line.feed, new, now)
    return count


def _may_be_due(known: tuple[str, datetime] | None, feed: Feed, now: datetime) -> bool:
    """Whether it is worth trying to claim it, which writes."""
    return known is None or known[0] != feed.kind or known[1] <= now


def _take(
    engine: sa.Engine,
    organisation: Organisation,
    line: Line,
    feed: Feed,
    new: Rota,
    now: datetime,
) -> None:
    """Go by *new* as far as it may be gone by; all in one transaction."""
    ahead = _ahead(line, now)
    with engine.begin() as connection:
        stored_rota.lock(connection, line.id)  # somebody may be publishing the draft right now
        lying = stored_rota.published(connection, line.id, ahead)
        in_use = Rota(line.id, lying, source=stored_rota.KEPT_HERE, read_at=now)
        said_before = _said_before(connection, line, feed, now)
        verdict = judge(line, new, in_use, ahead, said_before, partial(_fits, organisation, line))
        state = _state(verdict)
        if verdict.shifts is not None:
            signed = Signed(str(feed.kind), "read from its source", now)
            stored_rota.publish(connection, line.id, verdict.shifts, signed, ahead)
        asked = None
        if state is not FeedState.READ:
            coming = tuple(s for s in new.shifts if s.time.overlap(ahead) is not None)
            signed = Signed(str(feed.kind), f"the source as it stands: {state}", now)
            asked = Draft(0, line.id, ahead, signed, coming)
        drafts.replace_of(connection, line.id, str(feed.kind), asked)
        found = _once(verdict.findings)[-_MOST:]
        watched.update(connection, line.id, Scope.SOURCE, found, now)
        feeds.settle(connection, line.id, state, _reason(verdict), now)
    log.info("rota.read", line=line.id, state=state, shifts=len(new.shifts), held=len(verdict.held))


def _said_before(connection: sa.Connection, line: Line, feed: Feed, now: datetime) -> Rota | None:
    """What the source said when it was last gone by, where somebody is held besides."""
    status = feeds.status(connection, line.id)
    if status is None or status.state is not FeedState.HELD:
        return None
    for draft in drafts.of_line(connection, line.id):
        if draft.signed.author == feed.kind:
            return Rota(line.id, draft.shifts, source=str(feed.kind), read_at=now)
    return None


def _fits(organisation: Organisation, line: Line, shift: Shift) -> bool:
    """Whether whoever has *shift* can be rung at all, for somebody at least."""
    day = line.today(shift.time.start)
    therapist = organisation.therapists.get(shift.therapist)
    return (
        therapist is not None
        and therapist.phone is not None
        and day in therapist.active
        and any(
            organisation.may_answer(therapist, organisation.current(home, day), day)
            for home in line.districts
        )
    )


def _ahead(line: Line, now: datetime) -> Interval:
    """
    To the end of a day: a shift that is only begun there is cut.

    An edge that moved with every reading would cut it anew each time, and make a version of that.
    """
    return Interval(now, wall(line.today(now + AHEAD), time(0), line.zone, last=False))


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for what a series repeats every week, from its first time to its last."""
    found: dict[object, Finding] = {}
    for one in findings:
        known = found.setdefault((one.rule, one.severity, one.message, one.place), one)
        starts = [at for at in (known.starts_at, one.starts_at) if at is not None]
        ends = [at for at in (known.ends_at, one.ends_at) if at is not None]
        found[one.rule, one.severity, one.message, one.place] = replace(
            known, starts_at=min(starts, default=None), ends_at=max(ends, default=None)
        )
    return list(found.values())


def _state(verdict: Verdict) -> FeedState:
    if verdict.shifts is None:
        return FeedState.REFUSED
    return FeedState.HELD if verdict.held else FeedState.READ


def _reason(verdict: Verdict) -> str | None:
    return verdict.findings[-1].message if verdict.shifts is None else None


def _keep_away(
    engine: sa.Engine, line: Line, feed: Feed, err: RotaUnavailable, now: datetime
) -> None:
    """The last good rota stays; a source that makes no sense is told of at once, silence later."""
    with engine.begin() as connection:
        feeds.settle(connection, line.id, FeedState.AWAY, str(err), now)
        status = feeds.status(connection, line.id)
        rule = getattr(err, "rule", "SOURCE_AWAY")
        since = now if status is None else status.since
        if rule != "SOURCE_AWAY" or now - since >= max(_AWAY_FOR_LONG, 3 * feed.refresh):
            finding = Finding(
                rule,
                Severity.ERROR,
                None,
                None,
                None,
                f"the rota cannot be read: {err}; the last good one stays in force",
                "see to the source, or import the rota from a file",
            )
            watched.update(connection, line.id, Scope.SOURCE, [finding], now)
    log.warning("rota.source_away", line=line.id, rule=rule, reason=str(err))
