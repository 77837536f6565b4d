"""What a swap would do to the rest and the mandates of everyone in it, before it is done."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.duty.ledger import besides
from app.duty.rota_findings import rota_findings
from app.phrases import FIRST
from app.store import absences
from app.store import rota as stored_rota
from rota_adapter.findings import faults
from rota_adapter.rest_findings import AROUND, check_rest
from routing.errors import InvalidInput, Place
from routing.finding import Finding
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Manager, Organisation
from routing.override import Override, overlaid
from routing.rota import Rota, Shift
from routing.swap import Slot, Terms
from routing.swap_rules import (
    Candidate,
    Hindrance,
    Obstacle,
    SwapBarred,
    Verdict,
    added,
    arrangers,
    broken_by,
    employer,
    in_the_way,
    managers_of,
    verdict,
)
from routing.work import dates

# A duty is whole only when what touches it is seen too.
_AROUND_A_DUTY = timedelta(days=14)
_BEFORE_ITS_END = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RotaNow:
    """A line's rota at *now*, seen from inside the transaction that decides by it."""

    connection: sa.Connection
    organisation: Organisation
    line: Line
    now: datetime

    def during(self, slots: Iterable[Slot]) -> tuple[Shift, ...]:
        """Who is on standby at the time of any of *slots*."""
        found = (stored_rota.in_force(self.connection, self.line.id, slot.time) for slot in slots)
        return tuple(sorted({shift for shifts in found for shift in shifts}))

    def near(self, at: datetime) -> tuple[Shift, ...]:
        """Who is on standby around a moment, far enough to see whole duties."""
        around = Interval(at - _AROUND_A_DUTY, at + _AROUND_A_DUTY)
        return stored_rota.in_force(self.connection, self.line.id, around)


def candidates(
    rota: RotaNow, terms: Terms, people: Iterable[TherapistId] | None = None
) -> tuple[Candidate, ...]:
    """
    What a swap on *terms* would meet with each of *people*, or with every colleague, by id.

    Both sides of each are judged: whoever takes, and the giver for what she gets in return.

    Source: docs/architecture.md, promises 2 and 6.
    """
    everybody = rota.organisation.therapists if people is None else people
    before = _wrong(rota, terms.slots, ())
    return tuple(
        _judged(rota, terms, taker, terms.effect(taker), before)
        for taker in sorted(everybody)
        if taker != terms.giver
    )


def undoing(rota: RotaNow, terms: Terms, taker: TherapistId) -> Candidate:
    """What it would meet if everybody had again what she had before the swap with *taker*."""
    before = _wrong(rota, terms.slots, ())
    return _judged(rota, terms, taker, terms.undoing(taker), before)


def rest_in_words(rota: RotaNow, made: Sequence[Override]) -> tuple[Finding, ...]:
    """What *made* would add to what is wrong with anybody's rest, in the language of the staff."""
    found = (
        finding
        for span in dict.fromkeys(one.time for one in made)
        for finding in added(_rest(rota, span, ()), _rest(rota, span, made))
    )
    return tuple(dict.fromkeys(found))


def check_partner(rota: RotaNow, terms: Terms, to: TherapistId | None) -> None:
    """Raises InvalidInput where *to* is nobody to swap with; None is everybody."""
    if to is None:
        if terms.back is not None:
            raise InvalidInput("is needed: an exchange is with one colleague", Place("to"))
        return
    if to not in rota.organisation.therapists:
        raise InvalidInput("there is no such therapist", Place("to"))
    if to == terms.giver:
        raise InvalidInput("has the duty already", Place("to"))


def check_allowed(rota: RotaNow, found: Candidate, manager: Manager | None, reason: str) -> None:
    """
    Nothing, where *manager*, or nobody in particular, may let what was *found* be done.

    A broken law needs a manager of everybody whose rest it is, and a reason.

    Raises:
        SwapBarred: somebody may not be on standby then, or a rule is not this manager's.
        InvalidInput: there is no reason.
    """
    broken = broken_by(found.added)
    if found.verdict is Verdict.MAY_NOT:
        raise SwapBarred(found)
    if not broken:
        return
    if manager is None or manager not in arrangers(rota.organisation, rota.line, broken, rota.now):
        raise SwapBarred(found)
    if not reason.strip():
        raise InvalidInput("is needed to break a rule: it is kept with the swap", Place("reason"))


def manager_among(rota: RotaNow, author: str, people: Sequence[TherapistId]) -> Manager | None:
    """The manager with the id *author*, if one of *people*'s employers is hers; else None."""
    districts = {employer(rota.organisation, rota.line, who, rota.now) for who in people}
    found = managers_of(rota.organisation, rota.line, districts - {None}, rota.now)
    return next((manager for manager in found if manager.id == author), None)


def _judged(
    rota: RotaNow,
    terms: Terms,
    taker: TherapistId,
    made: Sequence[Override],
    before: Sequence[Finding],
) -> Candidate:
    hindrances = tuple(found for one in made for found in _hindrances(rota, terms, one, made))
    # The rest of somebody who may not anyway is nobody's concern.
    found = () if hindrances else added(before, _wrong(rota, terms.slots, made))
    said = verdict(hindrances, found, rota.organisation, rota.line, rota.now)
    return Candidate(taker, said, hindrances, found)


def _hindrances(
    rota: RotaNow, terms: Terms, one: Override, made: Sequence[Override]
) -> Iterator[Hindrance]:
    last = rota.line.today(one.time.end - _BEFORE_ITS_END)
    messages = dict.fromkeys(
        fault.message
        for day in dates(rota.line.today(one.time.start), last)
        for fault in faults(rota.organisation, rota.line, one.therapist, day)
    )
    for message in messages:
        yield Hindrance(Obstacle.NOT_ELIGIBLE, one.therapist, message)
    away = absences.within(rota.connection, one.time)
    yield from in_the_way(one, rota.during(terms.slots), made, away)


def _wrong(rota: RotaNow, slots: Iterable[Slot], made: Sequence[Override]) -> tuple[Finding, ...]:
    """What is wrong around each of *slots*: in an exchange they may lie months apart."""
    found = (
        finding
        for slot in slots
        for finding in rota_findings(
            rota.connection, rota.organisation, rota.line, slot.time, rota.now, made
        )
    )
    return tuple(dict.fromkeys(found))


def _rest(rota: RotaNow, span: Interval, made: Sequence[Override]) -> tuple[Finding, ...]:
    around = Interval(span.start - AROUND, span.end + AROUND)
    shifts = overlaid(stored_rota.in_force(rota.connection, rota.line.id, around), made)
    then = Rota(rota.line.id, shifts, source=stored_rota.KEPT_HERE, read_at=rota.now)
    others = besides(rota.connection, rota.organisation, rota.line.id, around, rota.now)
    return check_rest(rota.organisation, rota.line, then, span, others, FIRST)
