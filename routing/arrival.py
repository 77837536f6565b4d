"""How a call is laid out when it comes in: everyone who will be tried for this caller."""

from collections.abc import Iterable
from datetime import datetime

from routing.call import FallbackNumber, OfficeNumber, Person, Target
from routing.ids import DistrictId, TherapistId
from routing.organisation import Closed, Line, Organisation


def targets(
    organisation: Organisation,
    line: Line,
    home: DistrictId | None,
    therapists: Iterable[TherapistId],
    at: datetime,
) -> tuple[Target, ...]:
    """
    Everyone who is tried, in order: *therapists*, then the line's fallbacks.

    Outside the line's hours no therapist is rung: the home district's office while it is staffed,
    or the fallbacks, or nobody when the line only gives a message.
    """
    fallbacks = tuple(FallbackNumber(place) for place in range(len(line.fallback)))
    if line.hours.is_open(at):
        return (*(Person(therapist) for therapist in therapists), *fallbacks)
    match line.closed:
        case Closed.MESSAGE:
            return ()
        case Closed.FALLBACK:
            return fallbacks
        case Closed.OFFICE:
            return (*_office(organisation, home, at), *fallbacks)


def fallbacks_open(line: Line, at: datetime) -> frozenset[int]:
    """The places of the fallbacks that take calls at *at*."""
    return frozenset(
        place
        for place, fallback in enumerate(line.fallback)
        if fallback.hours is None or fallback.hours.is_open(at)
    )


def _office(
    organisation: Organisation, home: DistrictId | None, at: datetime
) -> tuple[OfficeNumber, ...]:
    district = organisation.districts.get(home) if home is not None else None
    if district is None or district.office is None or not organisation.office_hours.is_open(at):
        return ()
    return (OfficeNumber(district.id),)
