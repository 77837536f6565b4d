"""The gap watch: what is wrong with the coming fortnight becomes somebody's to put right."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk
from app.duty.ledger import Everywhere, everywhere
from app.duty.post import post
from app.duty.rota_findings import Judge, Judged, around_of
from app.phrases import FIRST, phrases
from app.store import rota as stored_rota
from app.store import texts, watched
from app.store.database import reading
from app.store.outbox import By, Letter
from app.store.watched import Scope, Watched
from app.wording import when
from routing.finding import Finding, Severity
from routing.hours import wall
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Manager, Organisation
from routing.rota import Shift
from routing.watch import is_due, is_urgent, owners

log = structlog.get_logger()

# From days ago, so that what is going on has the same beginning in every sweep.
_BACK, _AHEAD = timedelta(days=2), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class _Sight:
    """All that findings follow from, read at one moment for all lines."""

    organisation: Organisation
    known: Everywhere
    opted_out: frozenset[TherapistId]
    now: datetime
    judge: Judge

    def ahead(
        self, line: Line, span: Interval, shifts: tuple[Shift, ...], before: Iterable[Watched]
    ) -> list[Finding]:
        """What is wrong with *shifts*, and not over; *before* is what is open already."""
        others = self.known.besides(line.id, {shift.therapist for shift in shifts})
        judged = Judged(self.organisation, line, span, shifts, self.opted_out, others)
        # A rest that a call-out broke is told of by the ledger, with what is owed.
        seen = (finding for finding in self.judge.findings(judged) if finding.rule != "R2")
        found = (_as_known(finding, span, before) for finding in seen)
        return [f for f in found if f.ends_at is None or f.ends_at > self.now]


def watch_rotas(desk: Desk, judge: Judge, organisation: Organisation, now: datetime) -> int:
    """
    Look at the coming fortnight of every line, and tell the managers what they are due to hear.

    How many findings somebody was told of.  Nobody is told of the past, nor of a line's closed
    hours; a finding that two clocks see at once is told of by one.

    All lines are asked about at once; one of which there is news, once more by itself.
    """
    spans = [(line, _fortnight(line, now)) for line in organisation.lines.values()]
    if not spans:
        return 0
    first, last = min(span.start for _, span in spans), max(span.end for _, span in spans)
    with reading(desk.engine) as connection:
        known = everywhere(connection, organisation, around_of(Interval(first, last)), now)
        sight = _Sight(organisation, known, texts.opted_out_staff(connection), now, judge)
        kept = watched.open_everywhere(connection)
    told = 0
    for line, span in spans:
        around, before = around_of(span), kept.get(line.id, ())
        shifts = tuple(shift for shift in known.rotas[line.id] if shift.time.touches(around))
        found = sight.ahead(line, span, shifts, before)
        if not watched.is_so(before, line.id, Scope.ROTA, found):
            before = _take_down(desk, sight, line, span)
        if any(_due(organisation, line, before, now)):
            with desk.engine.begin() as connection:
                stored_rota.lock(connection, line.id)
                told += _tell(connection, desk, organisation, line, now)
    return told


def _take_down(desk: Desk, sight: _Sight, line: Line, span: Interval) -> Sequence[Watched]:
    """Keep what is wrong with the rota of *line*, which nobody changes meanwhile; what is open."""
    with desk.engine.begin() as connection:
        stored_rota.lock(connection, line.id)
        shifts = stored_rota.in_force(connection, line.id, around_of(span))
        ahead = sight.ahead(line, span, shifts, watched.still_open(connection, line.id))
        new = watched.update(connection, line.id, Scope.ROTA, ahead, sight.now)
        if new:
            log.warning("rota.findings", line=line.id, new=new, open=len(ahead))
        return watched.still_open(connection, line.id)


def _fortnight(line: Line, now: datetime) -> Interval:
    """Whole days of the line's own calendar."""
    first, last = line.today(now - _BACK), line.today(now + _AHEAD)
    start, end = (wall(day, time(0), line.zone, last=False) for day in (first, last))
    return Interval(start, end)


def _as_known(finding: Finding, span: Interval, before: Iterable[Watched]) -> Finding:
    """What began before *span* keeps its beginning, or every midnight would find it anew."""
    if finding.starts_at != span.start:
        return finding
    began = [
        one.finding.starts_at
        for one in before
        if _fault(one.finding) == _fault(finding)
        and one.finding.starts_at is not None
        and one.finding.starts_at < span.start
    ]
    return replace(finding, starts_at=max(began)) if began else finding


def _fault(finding: Finding) -> tuple[str, TherapistId | None, str]:
    return finding.rule, finding.therapist, finding.message


def _due(
    organisation: Organisation, line: Line, known: Iterable[Watched], now: datetime
) -> Iterator[tuple[Watched, tuple[Manager, ...]]]:
    """What of *known* is to be told of now, and to whom."""
    for one in known:
        people = owners(organisation, line, one.finding, now)
        if (
            one.finding.severity is not Severity.INFO
            and people
            and is_due(one.finding, one.found_at, one.told_at, line.zone, now)
        ):
            yield one, people


def _tell(
    connection: sa.Connection, desk: Desk, organisation: Organisation, line: Line, now: datetime
) -> int:
    to_tell: defaultdict[Manager, list[Watched]] = defaultdict(list)
    told = 0
    for one, people in _due(organisation, line, watched.still_open(connection, line.id), now):
        if watched.claim_telling(connection, one, now):
            told += 1
            for person in people:
                to_tell[person].append(one)
    for person, findings in to_tell.items():
        post(connection, desk, _notice(desk, line, person, findings, now), now)
    return told


def _notice(
    desk: Desk, line: Line, person: Manager, findings: list[Watched], now: datetime
) -> Iterator[Letter]:
    """How much there is to do and by when; who it concerns stands where one signs in."""
    written, address = phrases(FIRST).written, f"{desk.public_url}/"
    times = [one.finding.starts_at for one in findings if one.finding.starts_at is not None]
    body = (
        written["rota_findings"].format(
            count=len(findings), when=when(min(times), line), address=address
        )
        if times
        else written["rota_source"].format(count=len(findings), address=address)
    )
    key = f"rota/{line.id}/{person.id}/{now.isoformat()}"
    cannot_wait = any(is_urgent(one.finding, now) for one in findings)
    if person.phone is not None and (cannot_wait or not desk.mails or person.email is None):
        yield Letter(key, By.TEXT, line.id, person.phone.e164, body)
    elif person.email is not None and desk.mails:
        yield Letter(key, By.MAIL, line.id, person.email, body)
    else:
        log.error("rota.nobody_can_be_told", line=line.id, manager=person.id)
