"""Whether somebody may take a duty in a swap: what it would break, and who may allow that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routing.absence import Absence
from routing.finding import Finding, Severity
from routing.ids import DistrictId, TherapistId
from routing.organisation import Line, Manager, Organisation
from routing.override import Override, overlaid
from routing.rota import Shift
from routing.swap import SwapRefused, Why


class Verdict(StrEnum):
    """What becomes of a swap with somebody."""

    LAWFUL = "lawful"  # warnings are shown, and stop nobody
    WITH_A_REASON = "with_a_reason"  # breaks a rule that a manager of hers may set aside
    UNLAWFUL = "unlawful"  # breaks a rule, and there is no one manager who may
    MAY_NOT = "may_not"  # and no manager changes that here


class Obstacle(StrEnum):
    """Why somebody may not be on standby then at all."""

    NOT_ELIGIBLE = "not_eligible"  # no mandate, not active, or no telephone
    ABSENT = "absent"
    ON_STANDBY = "on_standby"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What stands in *therapist*'s way, and a sentence about it that names nobody but by id."""

    obstacle: Obstacle
    therapist: TherapistId
    message: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a swap with *therapist* would meet; *added* is what it would add to what is wrong."""

    therapist: TherapistId
    verdict: Verdict
    hindrances: tuple[Hindrance, ...] = ()
    added: tuple[Finding, ...] = ()

    @property
    def may_accept(self) -> bool:
        """Whether her own yes is enough."""
        return self.verdict is Verdict.LAWFUL


class SwapBarred(SwapRefused):
    """A rule stands in the way; *candidate* says which, and for whom."""

    def __init__(self, candidate: Candidate) -> None:
        may_not = candidate.verdict is Verdict.MAY_NOT
        messages = (
            (one.message for one in candidate.hindrances)
            if may_not
            else (f"{one.rule}: {one.message}" for one in broken_by(candidate.added))
        )
        said = "; ".join(dict.fromkeys(messages))
        more = "" if may_not else " (only a manager of the employer concerned may arrange it)"
        super().__init__(Why.MAY_NOT if may_not else Why.UNLAWFUL, said + more)
        self.candidate = candidate


def added(before: Sequence[Finding], after: Iterable[Finding]) -> tuple[Finding, ...]:
    """
    Those of *after* that are new.

    One is not new if the same rule was broken by the same person as badly, for a time that holds
    all of it: a duty of which a part goes leaves two findings where there was one.
    """
    return tuple(dict.fromkeys(f for f in after if not any(_holds(b, f) for b in before)))


def in_the_way(
    one: Override,
    shifts: Iterable[Shift],
    made: Iterable[Override],
    absences: Iterable[Absence],
) -> tuple[Hindrance, ...]:
    """
    What else the therapist of *one* has at its time, once all of *made* lies on top of *shifts*.

    Nobody answers in two positions: she would be rung once, and the next one would be missing.
    """
    found: list[Hindrance] = []
    who = one.therapist
    if any(a.therapist == who and a.time.overlap(one.time) for a in absences):
        found.append(Hindrance(Obstacle.ABSENT, who, f"{who} is away then"))
    also = {
        shift.position
        for shift in overlaid(shifts, made)
        if shift.therapist == who and shift.time.overlap(one.time)
    }
    for position in sorted(also - {one.position}):
        said = f"{who} is in position {position} then"
        found.append(Hindrance(Obstacle.ON_STANDBY, who, said))
    return tuple(found)


def verdict(
    hindrances: Sequence[Hindrance],
    found: Iterable[Finding],
    organisation: Organisation,
    line: Line,
    now: datetime,
) -> Verdict:
    """What *hindrances*, and what would be *found* that was not there before, come to."""
    if hindrances:
        return Verdict.MAY_NOT
    broken = tuple(broken_by(found))
    if not broken:
        return Verdict.LAWFUL
    allowed = arrangers(organisation, line, broken, now)
    return Verdict.WITH_A_REASON if allowed else Verdict.UNLAWFUL


def broken_by(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those of *found* that break a law: each needs a manager, or stops the swap."""
    return tuple(finding for finding in found if finding.severity is Severity.ERROR)


def arrangers(
    organisation: Organisation, line: Line, broken: Iterable[Finding], now: datetime
) -> tuple[Manager, ...]:
    """
    The managers who may set all of *broken* aside: each is a manager of everybody whose rule it is.

    Nobody decides about the rest of another employer's staff.

    Source: ATL 3 § and 13 §, the duty is the employer's.
    """
    employers = {
        employer(organisation, line, f.therapist, now) if f.therapist is not None else None
        for f in broken
    }
    if len(employers) != 1:
        return ()
    return managers_of(organisation, line, employers, now)


def managers_of(
    organisation: Organisation, line: Line, districts: Iterable[DistrictId | None], now: datetime
) -> tuple[Manager, ...]:
    """The managers of any of *districts*, as they are today; None is nobody's."""
    today, wanted = line.today(now), frozenset(districts)
    return tuple(
        m for m in organisation.managers if organisation.current(m.district, today) in wanted
    )


def employer(
    organisation: Organisation, line: Line, therapist: TherapistId, now: datetime
) -> DistrictId | None:
    """The district that employs *therapist* today; None for somebody unknown."""
    known = organisation.therapists.get(therapist)
    return None if known is None else organisation.current(known.district, line.today(now))


def _holds(known: Finding, new: Finding) -> bool:
    severities = list(Severity)
    if (known.rule, known.therapist) != (new.rule, new.therapist):
        return False
    if severities.index(known.severity) > severities.index(new.severity):
        return False
    if None in {known.starts_at, known.ends_at, new.starts_at, new.ends_at}:
        return (known.starts_at, known.ends_at) == (new.starts_at, new.ends_at)
    return bool(known.starts_at <= new.starts_at and new.ends_at <= known.ends_at)  # type: ignore[operator] # none is None here
