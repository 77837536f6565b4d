"""The gap watch: what is wrong with the coming fortnight becomes somebody's to put right."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk
from app.duty.ledger import Everywhere, everywhere
from app.duty.post import post
from app.duty.rota_findings import around_of, rota_findings
from app.phrases import FIRST, phrases
from app.store import rota as stored_rota
from app.store import watched
from app.store.database import reading
from app.store.outbox import By, Letter
from app.store.watched import Scope, Watched
from app.wording import when
from routing.finding import Finding, Severity
from routing.hours import wall
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Manager, Organisation
from routing.watch import is_due, is_urgent, owners

log = structlog.get_logger()

# From days ago, so that what is going on has the same beginning in every sweep.
_BACK, _AHEAD = timedelta(days=2), timedelta(days=14)


def watch_rotas(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Look at the coming fortnight of every line, and tell the managers what they are due to hear.

    How many findings somebody was told of.  Nobody is told of the past, nor of a line's closed
    hours; a finding that two clocks see at once is told of by one.
    """
    told = 0
    spans = {line.id: _fortnight(line, now) for line in organisation.lines.values()}
    known = _everywhere(desk, organisation, spans.values(), now)
    for line in organisation.lines.values():
        with desk.engine.begin() as connection:
            stored_rota.lock(connection, line.id)
            span = spans[line.id]
            before = watched.still_open(connection, line.id)
            every = rota_findings(connection, organisation, line, span, now, known=known)
            # A rest that a call-out broke is told of by the ledger, with what is owed.
            seen = (finding for finding in every if finding.rule != "R2")
            found = (_as_known(f, span, before) for f in seen)
            ahead = [f for f in found if f.ends_at is None or f.ends_at > now]
            new = watched.update(connection, line.id, Scope.ROTA, ahead, now)
            if new:
                log.warning("rota.findings", line=line.id, new=new, open=len(ahead))
        with desk.engine.begin() as connection:
            stored_rota.lock(connection, line.id)
            told += _tell(connection, desk, organisation, line, now)
    return told


def _everywhere(
    desk: Desk, organisation: Organisation, spans: Collection[Interval], now: datetime
) -> Everywhere | None:
    """Read once for all lines: each would else ask about every other."""
    if not spans:
        return None
    whole = Interval(min(span.start for span in spans), max(span.end for span in spans))
    with reading(desk.engine) as connection:
        return everywhere(connection, organisation, around_of(whole), now)


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


def _tell(
    connection: sa.Connection, desk: Desk, organisation: Organisation, line: Line, now: datetime
) -> int:
    to_tell: defaultdict[Manager, list[Watched]] = defaultdict(list)
    told = 0
    for one in watched.still_open(connection, line.id):
        people = owners(organisation, line, one.finding, now)
        if one.finding.severity is Severity.INFO:
            continue
        if not people or not is_due(one.finding, one.found_at, one.told_at, line.zone, now):
            continue
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
