"""Keeps the organisation's telephone numbers apart, so that no call comes round to itself."""

from app.intake.locate import Whereabouts
from routing.errors import InvalidInput
from routing.numbers import PhoneNumber
from routing.organisation import Organisation


def check_numbers(organisation: Organisation, where: Whereabouts) -> None:
    """
    Refuse a number that two therapists share, and one that a line shares with whom it rings.

    Raises:
        InvalidInput: at the later of the two; the number is not quoted.
    """
    staff = _staff(organisation, where)
    lines: dict[PhoneNumber, str] = {}
    for n, line in enumerate(organisation.lines.values()):
        _refuse_taken(line.number, staff | lines, where, "lines", n, "number")
        lines[line.number] = f"line {line.id}"
    for n, line in enumerate(organisation.lines.values()):
        for m, fallback in enumerate(line.fallback):
            path = ("lines", n, "fallback", m, "number")
            _refuse_taken(fallback.number, staff | lines, where, *path)
    for n, manager in enumerate(organisation.managers):
        if manager.phone is not None:
            _refuse_taken(manager.phone, lines, where, "managers", n, "phone")
    for n, district in enumerate(organisation.districts.values()):
        if district.office is not None:
            _refuse_taken(district.office, lines, where, "districts", n, "office_number")


def _staff(organisation: Organisation, where: Whereabouts) -> dict[PhoneNumber, str]:
    staff: dict[PhoneNumber, str] = {}
    for n, therapist in enumerate(organisation.therapists.values()):
        if therapist.phone is not None:
            _refuse_taken(therapist.phone, staff, where, "therapists", n, "phone")
            staff[therapist.phone] = f"therapist {therapist.id}"
    return staff


def _refuse_taken(
    number: PhoneNumber, taken: dict[PhoneNumber, str], where: Whereabouts, *path: str | int
) -> None:
    holder = taken.get(number)
    if holder is not None:
        raise InvalidInput(f"the same number as {holder}", where.of(*path))
