"""After a disturbed night: what is owed and when to begin work, told to who has it to know."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.duty.handover import Desk
from app.duty.ledger import works_of_all, works_of_called
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import ledger, watched
from app.store.outbox import By, Letter
from app.store.watched import Scope
from app.wording import when
from routing.intervals import Interval
from routing.organisation import Organisation
from routing.rest_debts import Debt, debt_findings, debts
from routing.rest_load import LOOKED_BACK, load_findings
from routing.rest_words import in_words
from routing.work import RestFinding, Work

_NIGHT = timedelta(hours=36)  # how long after a call-out its advice is of any use
# A debt falls due when the series of duties is over, and fourteen days later at the latest.
_BACK, _AHEAD = timedelta(days=30), timedelta(days=15)


def advise_on_rest(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Tell everyone whose daily rest a call-out has broken when to begin work; how many were told.

    Once the call-out is certainly over, and once for each time that is advised: a later call makes
    it later.  The text holds no fact about anybody.

    Source: ATL 13 §; AB 13 § mom. 8.
    """
    told = 0
    with desk.engine.begin() as connection:
        around = Interval(now - _NIGHT, now + _AHEAD)
        for work in works_of_called(connection, organisation, around, now):
            for debt in debts(work, Interval(now - _NIGHT, now)):
                if _is_over(work, now) and debt.next_work is not None and now < debt.restart_at:
                    post(connection, desk, _letters(organisation, debt), now)
                    told += 1
    return told


def review_rest(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Let the managers see what rest is owed and overdue; how many such findings there are.

    Source: AB 13 § mom. 8 and 9.
    """
    with desk.engine.begin() as connection:
        reasons = ledger.reasons(connection, now - _BACK)
        span, around = Interval(now - _BACK, now), Interval(now - _BACK, now + _AHEAD)
        found = [
            finding
            for work in works_of_called(connection, organisation, around, now)
            for finding in debt_findings(
                work, span, now, {start for who, start in reasons if who == work.therapist}
            )
        ]
        _watch(connection, organisation, Scope.REST, found, now)
    return len(found)


def review_load(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Let the managers see what adds up over weeks and months, R11 to R15; how many findings.

    Source: ATL 6, 8 and 10 b §§; `routing.rest_load`.
    """
    with desk.engine.begin() as connection:
        past = Interval(now - LOOKED_BACK, now)
        works = works_of_all(connection, organisation, past, now)
        found = [finding for work in works for finding in load_findings(work, now)]
        _watch(connection, organisation, Scope.LOAD, found, now)
    return len(found)


def _watch(
    connection: sa.Connection,
    organisation: Organisation,
    scope: Scope,
    found: Iterable[RestFinding],
    now: datetime,
) -> None:
    """What is somebody's and of no line in particular stands with the first."""
    line = next(iter(organisation.lines.values()), None)
    if line is not None:
        said = [in_words(finding, line.zone) for finding in found]
        watched.update(connection, line.id, scope, said, now)


def _is_over(work: Work, now: datetime) -> bool:
    return now - max(c.end for c in work.callouts) >= work.terms.at(now).joined_within


def _letters(organisation: Organisation, debt: Debt) -> Iterator[Letter]:
    therapist = organisation.therapists.get(debt.therapist)
    line = next(iter(organisation.lines.values()), None)  # whose wording of times is used
    if line is None or therapist is None or therapist.phone is None:
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
    key = f"rest/{therapist.id}/{debt.restart_at:%Y%m%dT%H%MZ}"
    yield Letter(key, By.TEXT, line.id, therapist.phone.e164, said)
