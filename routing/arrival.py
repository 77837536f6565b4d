"""How a call is laid out when it comes in: everyone who will be tried for this caller."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime

from routing.call import FallbackNumber, OfficeNumber, Person, Target
from routing.ids import DistrictId, TherapistId
from routing.numbers import PhoneNumber
from routing.organisation import Closed, Line, Organisation


def targets(
    organisation: Organisation,
    line: Line,
    home: DistrictId | None,
    therapists: Iterable[TherapistId],
    at: datetime,
    own: PhoneNumber | None = None,
) -> tuple[Target, ...]:
    """
    Everyone who is tried, in order: *therapists*, then the line's fallbacks.

    Outside the line's hours no therapist is rung: the home district's office while it is staffed,
    or the fallbacks, or nobody when the line only gives a message.

    Args:
        own: the caller's number, which an office or a fallback may have: it is not rung.
    """
    fallbacks = tuple(
        FallbackNumber(place)
        for place, fallback in enumerate(line.fallback)
        if fallback.number != own
    )
    if line.hours.is_open(at):
        return (*(Person(therapist) for therapist in therapists), *fallbacks)
    match line.closed:
        case Closed.MESSAGE:
            return ()
        case Closed.FALLBACK:
            return fallbacks
        case Closed.OFFICE:
            office = _office(organisation, home, at)
            is_own = any(organisation.districts[o.district].office == own for o in office)
            return fallbacks if is_own else (*office, *fallbacks)


def must_ask(organisation: Organisation, line: Line, home: DistrictId | None, at: datetime) -> bool:
    """
    Whether the caller has to be asked for the home district.

    Only where nobody knows it, the line has several, and the answer decides who is rung.
    """
    if home is not None or len(line.districts) == 1:
        return False
    if line.hours.is_open(at):
        return True
    return line.closed is Closed.OFFICE and any(
        _office(organisation, district, at) for district in line.districts
    )


def unreachable(
    organisation: Organisation,
    line: Line,
    planned: Iterable[Target],
    in_call: AbstractSet[TherapistId],
    at: datetime,
) -> frozenset[Target]:
    """Those of the *planned* targets that cannot be tried at *at*."""

    def is_reachable(target: Target) -> bool:
        match target:
            case Person(therapist):
                known = organisation.therapists.get(therapist)
                return therapist not in in_call and known is not None and known.phone is not None
            case OfficeNumber(district):
                known_district = organisation.districts.get(district)
                return known_district is not None and known_district.office is not None
            case FallbackNumber(place):
                if place >= len(line.fallback):  # the file was changed in mid-call
                    return False
                hours = line.fallback[place].hours
                return hours is None or hours.is_open(at)

    return frozenset(target for target in planned if not is_reachable(target))


def _office(
    organisation: Organisation, home: DistrictId | None, at: datetime
) -> tuple[OfficeNumber, ...]:
    district = organisation.districts.get(home) if home is not None else None
    if district is None or district.office is None:
        return ()
    if not organisation.working_time.at(at).ordinary.is_open(at):
        return ()
    return (OfficeNumber(district.id),)
