"""Numbers that a district's manager has refused for a time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.duty.gate import Gate, NotAllowed
from app.duty.register_desk import about_of, keep_alteration, own_districts
from app.store import alterations, staff
from rota_adapter.times import moment
from routing.access import Act, Denial, Office
from routing.errors import InvalidInput, NotFound, Place
from routing.ids import ContactId, DistrictId
from routing.numbers import PhoneNumber, parse_number
from routing.working_time import HOME_ZONE

LONGEST_REASON = 500
LONGEST_BLOCK = timedelta(days=366)
_FORM = "block form"
_ADDED = "block.added"
_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class Blocked:
    """A block in force that the own district has made; the number itself is not kept."""

    id: int
    until: datetime
    reason: str = field(repr=False)
    blocked_at: datetime
    author: str


def listed(gate: Gate) -> tuple[Blocked, ...]:
    """
    The own district's blocks in force, the first to end first.

    Raises:
        NotAllowed: the viewer is no manager.
    """
    authors = _made(gate, _own(gate))
    return tuple(
        Blocked(one.id, one.until, one.reason, one.blocked_at, authors[one.id])
        for one in staff.blocks_in_force(gate.connection, gate.cipher, gate.now)
        if one.id in authors
    )


def add_number(gate: Gate, number: str, until: str, reason: str) -> datetime:
    """
    Refuse *number*, as somebody wrote it, until that time on the wall; when that is.

    Raises:
        NotAllowed: as `listed`.
        InvalidInput: naming the field.
    """
    _own(gate)
    refused = parse_number(number, Place(_FORM, field="number"))
    if refused in _our_numbers(gate):
        raise InvalidInput("is a number of the service's own", Place(_FORM, field="number"))
    last, why = _until(gate, until), _reason(reason)
    made = staff.block_number(gate.connection, gate.cipher, refused, last, why, gate.now)
    keep_alteration(gate, _ADDED, block=made)
    return last


def add_contact(gate: Gate, contact: ContactId, until: str, reason: str) -> datetime:
    """
    As `add_number`, for the number that a contact of the own district came from.

    Raises:
        NotFound: there is no such contact, or its number was withheld.
        NotAllowed: it is not of the own district.
    """
    _own(gate)
    gate.item(contact, Act.LOG)
    last, why = _until(gate, until), _reason(reason)
    made = staff.block(gate.connection, gate.cipher, contact, last, why, gate.now)
    keep_alteration(gate, _ADDED, block=made)
    return last


def lift(gate: Gate, block: int) -> None:
    """
    End a block of the own district early.

    Raises:
        NotFound: there is none such in force.
    """
    if block not in _made(gate, _own(gate)):
        raise NotFound("there is no such block in force")
    staff.lift(gate.connection, block, gate.now)
    keep_alteration(gate, "block.lifted", block=block)


def _own(gate: Gate) -> frozenset[DistrictId]:
    own = own_districts(gate)
    if gate.viewer.office is not Office.MANAGER:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    return own


def _made(gate: Gate, own: frozenset[DistrictId]) -> dict[int, str]:
    """Who made each block of the own district's: a block itself says of no district."""
    found = alterations.latest(gate.connection, gate.cipher, ("block",), own, most=_EVERY)
    return {
        block: one.author
        for one in found
        if one.what == _ADDED and isinstance(block := about_of(one).get("block"), int)
    }


def _our_numbers(gate: Gate) -> set[PhoneNumber]:
    who = gate.organisation
    offices = {d.office for d in who.districts.values() if d.office is not None}
    managers = {m.phone for m in who.managers if m.phone is not None}
    fallbacks = {f.number for line in who.lines.values() for f in line.fallback}
    return {*who.staff_of, *who.line_of, *offices, *managers, *fallbacks}


def _until(gate: Gate, text: str) -> datetime:
    place = Place(_FORM, field="until")
    last = moment(text, HOME_ZONE, place)
    if last <= gate.now:
        raise InvalidInput("has passed already", place)
    if last > gate.now + LONGEST_BLOCK:
        raise InvalidInput("more than a year ahead", place)
    return last


def _reason(text: str) -> str:
    place = Place(_FORM, field="reason")
    if not text.strip():
        raise InvalidInput("is empty", place)
    if len(text) > LONGEST_REASON:
        raise InvalidInput(f"longer than {LONGEST_REASON} characters", place)
    return text.strip()
