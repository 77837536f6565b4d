"""After a disturbed night: when to begin the next day, told to the one whose rest was broken."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import absences, contacts, watched
from app.store import rota as stored_rota
from app.store.outbox import By, Letter
from app.store.watched import Scope
from app.wording import when
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.intervals import Interval, union
from routing.ledger import JOINED_WITHIN, call_outs
from routing.organisation import Line, Organisation
from routing.rest import Debt, Work, debts

log = structlog.get_logger()

_BACK = timedelta(hours=36)
_AROUND = timedelta(days=15)  # a debt falls due when the series of duties is over


def advise_on_rest(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Tell everyone whose daily rest a call-out has broken when to begin work; how many were told.

    Once the call-out is certainly over, and once for each time that is advised: a later call makes
    it later.  The managers see what is owed; the text holds no fact about anybody.

    Source: ATL 13 §; AB 13 § mom. 8.
    """
    lines = tuple(organisation.lines.values())
    if not lines:
        return 0
    line = lines[0]  # whose wording of times is used
    told = 0
    with desk.engine.begin() as connection:
        found: list[Finding] = []
        for work in _works(connection, organisation, now):
            for debt in debts(work, Interval(now - _BACK, now)):
                found.append(_finding(work, debt))
                if _is_over(work, now) and _matters(work, debt, now):
                    letters = _letters(organisation, line, work.therapist, debt)
                    post(connection, desk, letters, now)
                    told += 1
        watched.update(connection, line.id, Scope.REST, found, now)
    return told


def _works(connection: sa.Connection, organisation: Organisation, now: datetime) -> Iterator[Work]:
    """What everybody did who was called out lately, with their duties on every line."""
    around = Interval(now - _AROUND, now + _AROUND)
    recent = [
        contact
        for line in organisation.lines
        for contact in contacts.received_between(connection, line, now - _BACK, now)
    ]
    called = call_outs(recent, now)
    if not called:
        return
    standby: defaultdict[TherapistId, list[Interval]] = defaultdict(list)
    for line in organisation.lines:
        for shift in stored_rota.in_force(connection, line, around):
            standby[shift.therapist].append(shift.time)
    away = absences.within(connection, around)
    for therapist, times in called.items():
        yield Work(
            therapist,
            organisation.working_time_of(therapist),
            standby=union(standby[therapist]),
            callouts=times,
            absences=tuple(a for a in away if a.therapist == therapist),
        )


def _is_over(work: Work, now: datetime) -> bool:
    return now - max(c.end for c in work.callouts) >= JOINED_WITHIN


def _next_work(work: Work, debt: Debt) -> datetime | None:
    """When ordinary work would begin before the rest is whole."""
    ahead = Interval(debt.restart_at - work.terms.daily_rest, debt.restart_at)
    return next((planned.start for planned in work.planned(ahead)), None)


def _matters(work: Work, debt: Debt, now: datetime) -> bool:
    return _next_work(work, debt) is not None and now < debt.restart_at


def _letters(
    organisation: Organisation, line: Line, therapist_id: TherapistId, debt: Debt
) -> Iterator[Letter]:
    therapist = organisation.therapists.get(therapist_id)
    if therapist is None or therapist.phone is None:
        return
    minutes = round(debt.deficit.total_seconds() / 60)
    said = (
        phrases(FIRST)
        .written["rest"]
        .format(
            when=when(debt.restart_at, line),
            owed=f"{minutes // 60} h {minutes % 60:02} min",
        )
    )
    key = f"rest/{therapist_id}/{debt.restart_at:%Y%m%dT%H%MZ}"
    yield Letter(key, By.TEXT, line.id, therapist.phone.e164, said)


def _finding(work: Work, debt: Debt) -> Finding:
    minutes = round(debt.deficit.total_seconds() / 60)
    return Finding(
        "R2",
        Severity.INFO,  # to be seen, and not a reason to wake a manager
        work.therapist,
        debt.period.start,
        debt.period.end,
        f"call-outs broke the daily rest of {work.therapist}: {minutes} minutes owed (ATL 13 §)",
        f"let {work.therapist} begin at {debt.restart_at.astimezone(work.zone):%Y-%m-%d %H:%M}, "
        "or give the time with the next rest",
    )
