"""Who is rung for a caller, in order, and why anyone on standby is left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from routing.ids import DistrictId, TherapistId
from routing.numbers import PhoneNumber
from routing.organisation import Line, Organisation, Therapist
from routing.rota import Shift


class Reason(StrEnum):
    """Why somebody on standby is not rung."""

    NO_MANDATE = "no_mandate"
    INACTIVE = "inactive"
    NO_PHONE = "no_phone"
    OPTED_OUT = "opted_out"
    PAUSED = "paused"
    IN_CALL = "in_call"
    SAME_NUMBER = "same_number"
    CONFLICT = "conflict"  # she knows the family otherwise, and is not to be rung for it


@dataclass(frozen=True, slots=True)
class Rung:
    """One therapist to try, the position held, and until when."""

    therapist: TherapistId
    position: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Ladder:
    """Those who are tried, in order, and those on standby who are not; either may be empty."""

    rungs: tuple[Rung, ...]
    left_out: tuple[tuple[TherapistId, Reason], ...]

    @property
    def therapists(self) -> tuple[TherapistId, ...]:
        return tuple(rung.therapist for rung in self.rungs)


@dataclass(frozen=True, slots=True)
class Seeker:
    """
    Who seeks help: home district and the family's own therapist if known, number if shown.

    *label* is the client reference, or several joined by ``/``, as contacts have it.
    """

    home: DistrictId | None = None
    own: TherapistId | None = None
    number: PhoneNumber | None = None
    label: str | None = field(default=None, repr=False)

    @property
    def clients(self) -> frozenset[str]:
        return frozenset() if self.label is None else frozenset(self.label.split("/"))


def ladder(
    organisation: Organisation,
    line: Line,
    on_call: Iterable[Shift],
    seeker: Seeker,
    at: datetime,
    out: Mapping[TherapistId, Reason],
) -> Ladder:
    """
    Who is tried for *seeker* at *at*: the shifts *on_call*, less those who may not or cannot.

    The family's own therapist stands first when on standby in any position; then positions in
    order.  Nobody and no number is tried twice, nor the caller's own.  An unassigned caller
    (home None) may be heard by anyone on the line, since no district's secrecy is known yet.

    Args:
        out: who cannot be rung just now, and why (in a call, paused, opted out).

    Source: docs/architecture.md, promises 1 and 2.
    """
    rungs: list[Rung] = []
    left_out: dict[TherapistId, Reason] = {}
    numbers: set[PhoneNumber] = set()
    for shift in sorted(on_call, key=lambda shift: (shift.therapist != seeker.own, shift.position)):
        if shift.therapist in left_out or any(r.therapist == shift.therapist for r in rungs):
            continue
        therapist = organisation.therapists.get(shift.therapist)
        reason = _why_not(organisation, line, therapist, seeker, at) or out.get(shift.therapist)
        if reason is None and therapist is not None and therapist.phone in numbers:
            reason = Reason.SAME_NUMBER
        if reason is not None or therapist is None or therapist.phone is None:
            left_out[shift.therapist] = reason or Reason.INACTIVE
            continue
        numbers.add(therapist.phone)
        rungs.append(Rung(therapist.id, shift.position, shift.time.end))
    return Ladder(tuple(rungs), tuple(left_out.items()))


def _why_not(
    organisation: Organisation,
    line: Line,
    therapist: Therapist | None,
    seeker: Seeker,
    at: datetime,
) -> Reason | None:
    today = line.today(at)
    if therapist is None or today not in therapist.active:
        return Reason.INACTIVE
    if seeker.home is not None and not organisation.may_answer(therapist, seeker.home, today):
        return Reason.NO_MANDATE
    if therapist.not_for and therapist.not_for & seeker.clients:
        return Reason.CONFLICT
    if therapist.phone is None:
        return Reason.NO_PHONE
    if therapist.phone == seeker.number:
        return Reason.SAME_NUMBER
    return None
