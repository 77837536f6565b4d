"""The register of callers, as the home district's therapists and managers keep it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from app.duty.gate import Gate, NotAllowed
from app.duty.organisation_state import State, state_on
from app.intake.register_file import LONGEST_REFERENCE, check_entry
from app.store import alterations, readings
from app.store import register as stored
from app.store.alterations import Alteration
from app.store.readings import Reading
from app.store.register import Kept
from routing.access import Act, Matter, denied
from routing.errors import BeredskapError, Conflict, InvalidInput, NotFound, Place
from routing.ids import ClientId, DistrictId, TherapistId
from routing.numbers import PhoneNumber, parse_number
from routing.organisation import Line, Organisation, Validity
from routing.register import RegisterEntry
from routing.role import Role

A_PAGE = 50
_TAIL = 2  # digits of a number that are shown without asking


class Faulty(InvalidInput):
    """What was filled in cannot be used; *faults* has each field's."""

    code = "faulty"

    def __init__(self, faults: tuple[InvalidInput, ...]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class Hidden(BeredskapError):
    """The identity is protected, and its number is shown on no page."""

    code = "hidden"


@dataclass(frozen=True, slots=True)
class Shown:
    """
    An entry as a page may show it.

    Of a protected identity there is neither number nor therapist, and nobody writes to it.
    """

    id: int
    stamp: str
    client: ClientId = field(repr=False)
    role: Role
    district: DistrictId
    language: str
    validity: Validity
    state: State
    tail: str | None = field(repr=False)  # the number's last digits
    therapist: TherapistId | None
    takes_texts: bool
    protected: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the register, and the entry behind which the next page begins."""

    rows: tuple[Shown, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Changed:
    """What a page changed in the register, and when."""

    alteration: Alteration
    about: Mapping[str, object] = field(repr=False)


def own_districts(gate: Gate) -> frozenset[DistrictId]:
    """
    The viewer's district and those merged into it, once leave is given to keep their register.

    Raises:
        NotAllowed: the viewer keeps no register.
    """
    line, organisation = _line(gate), gate.organisation
    matter = Matter(line, home=gate.viewer.district, is_contact=False)
    why = denied(gate.viewer, Act.REGISTER, matter, organisation, gate.now)
    reading = Reading(gate.viewer, Act.REGISTER, gate.now, gate.viewer.district, denied=why)
    readings.add(gate.connection, [reading])
    if why is not None:
        raise NotAllowed(why)
    today = line.today(gate.now)
    mine = organisation.current(gate.viewer.district, today)
    return frozenset(d for d in organisation.districts if organisation.current(d, today) == mine)


def listed(gate: Gate, after: int | None = None) -> Listing:
    """A page of the own register, by reference; *after* is the last entry of the page before."""
    own = own_districts(gate)
    found = stored.page(gate.connection, gate.cipher, own, after=after, most=A_PAGE + 1)
    return _listing(gate, found)


def with_reference(gate: Gate, begins: str) -> Listing:
    """
    The entries whose reference is or begins so; the first page of them.

    Raises:
        InvalidInput: nothing to look for, or more than a reference is long.
    """
    own = own_districts(gate)
    wanted = begins.strip()
    if not 1 <= len(wanted) <= LONGEST_REFERENCE:
        raise InvalidInput("is empty", Place("search", field="reference"))
    found = stored.page(gate.connection, gate.cipher, own, begins=wanted, most=A_PAGE + 1)
    return _listing(gate, found)


def with_number(gate: Gate, number: str) -> Listing:
    """
    The entries with exactly that number, however it is written.

    Raises:
        InvalidInput: it is no number.
    """
    own = own_districts(gate)
    wanted = parse_number(number, Place("search", field="number"))
    return _listing(gate, stored.of_number(gate.connection, gate.cipher, wanted, own))


def opened(gate: Gate, entry: int) -> Shown:
    """
    One entry.

    Raises:
        NotFound: there is none of the own district.
    """
    return shown(gate, _found(gate, own_districts(gate), entry))


def number_of(gate: Gate, entry: int, stamp: str) -> PhoneNumber:
    """
    The whole number; that it was asked for is written down, with whose it is.

    Raises:
        NotFound: there is no such entry any more.
        Conflict: the register was changed since.
        Hidden: the identity is protected.
    """
    kept = _found(gate, own_districts(gate), entry, stamp)
    if kept.entry.protected:
        raise Hidden("a protected identity's number is not shown")
    _alter(gate, "client.number_shown", kept.entry.client)
    return kept.entry.phone


def add(gate: Gate, values: Mapping[str, str]) -> None:
    """
    A new entry, from what was filled in for each column of the register's file.

    Raises:
        Faulty: as the file would be refused.
    """
    stored.claim(gate.connection)
    own = own_districts(gate)
    entry = _checked(gate, own, values, None)
    stored.add(gate.connection, gate.cipher, entry)
    _alter(gate, "client.added", entry.client)


def change(gate: Gate, entry: int, stamp: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """
    Let an entry say what was filled in; the fields that differ.

    No number is shown to be changed, and stays unless another is given; nor is a protected
    identity's therapist.

    Raises:
        NotFound, Conflict: as `number_of`.
        Faulty: as `add`.
    """
    stored.claim(gate.connection)
    own = own_districts(gate)
    kept = _found(gate, own, entry, stamp)
    before = kept.entry
    given = {**values, "phone": values.get("phone", "").strip() or before.phone.e164}
    if before.protected:
        given["therapist"] = given.get("therapist", "").strip() or (before.therapist or "")
    after = _checked(gate, own, given, kept)
    differs = tuple(
        name
        for name in ("phone", "client", "role", "district", "language", "validity", "therapist",
                     "sms_ok", "protected")
        if getattr(before, name) != getattr(after, name)
    )  # fmt: skip
    if differs:
        stored.change(gate.connection, gate.cipher, kept, after)
        _alter(gate, "client.changed", after.client, fields=list(differs))
    return differs


def end(gate: Gate, entry: int, stamp: str, last: str) -> None:
    """
    Let an entry count until and with the date *last*, and no longer.

    Raises:
        NotFound, Conflict: as `number_of`.
        Faulty: as `add`, or no date was given.
    """
    if not last.strip():
        raise Faulty((InvalidInput("is empty", Place("register form", field="valid_to")),))
    stored.claim(gate.connection)
    own = own_districts(gate)
    kept = _found(gate, own, entry, stamp)
    values = {**written(kept.entry), "valid_to": last.strip()}
    after = _checked(gate, own, values, kept)
    stored.change(gate.connection, gate.cipher, kept, after)
    _alter(gate, "client.ended", after.client)


def history(gate: Gate, kinds: tuple[str, ...] = ("client",)) -> tuple[Changed, ...]:
    """What was changed from a page in the own register, the newest first."""
    own = own_districts(gate)
    found = alterations.latest(gate.connection, gate.cipher, kinds, own)
    return tuple(Changed(one, about_of(one)) for one in found)


def about_of(one: Alteration) -> Mapping[str, object]:
    """What an alteration is about, by name."""
    return msgspec.json.decode(one.about, type=dict[str, object]) if one.about else {}


def shown(gate: Gate, kept: Kept) -> Shown:
    """*kept* as a page may show it."""
    return shown_entry(gate, kept.entry, kept.id, kept.stamp)


def shown_entry(gate: Gate, entry: RegisterEntry, id_: int = 0, stamp: str = "") -> Shown:
    """An entry that is perhaps not stored yet, as a page may show it."""
    hidden = entry.protected
    return Shown(
        id=id_,
        stamp=stamp,
        client=entry.client,
        role=entry.role,
        district=entry.district,
        language=entry.language,
        validity=entry.validity,
        state=state_on(entry.validity, _line(gate).today(gate.now)),
        tail=None if hidden else entry.phone.e164[-_TAIL:],
        therapist=None if hidden else entry.therapist,
        takes_texts=entry.sms_ok and not hidden,
        protected=hidden,
    )


def written(entry: RegisterEntry) -> dict[str, str]:
    """*entry* as a row of the register's file has it."""
    first, last = entry.validity.first, entry.validity.last
    return {
        "phone": entry.phone.e164,
        "client": entry.client,
        "role": str(entry.role),
        "district": entry.district,
        "language": entry.language,
        "valid_from": first.isoformat() if first else "",
        "valid_to": last.isoformat() if last else "",
        "therapist": entry.therapist or "",
        "sms_ok": "yes" if entry.sms_ok else "no",
        "protected": "yes" if entry.protected else "no",
    }


def languages(organisation: Organisation) -> tuple[str, ...]:
    """Every language that a line speaks, in the lines' order."""
    spoken = (language for line in organisation.lines.values() for language in line.languages)
    return tuple(dict.fromkeys(spoken))


def _checked(
    gate: Gate, own: frozenset[DistrictId], values: Mapping[str, str], kept: Kept | None
) -> RegisterEntry:
    """What was filled in, judged like a row of the file beside the other entries of the own."""
    row = {column: text.strip() for column, text in values.items()}
    if not row.get("district"):
        today = _line(gate).today(gate.now)
        row["district"] = gate.organisation.current(gate.viewer.district, today)
    if row.get("protected") == "yes":
        row["sms_ok"] = "no"  # nobody writes to a protected identity
    others = stored.of_districts(gate.connection, gate.cipher, own)
    checked = check_entry(
        row,
        gate.organisation,
        districts=own,
        others=[one.entry for one in others if kept is None or one.id != kept.id],
    )
    if checked.faults:
        raise Faulty(checked.faults)
    (entry,) = checked.entries
    return entry


def _found(gate: Gate, own: frozenset[DistrictId], entry: int, stamp: str | None = None) -> Kept:
    kept = stored.of_id(gate.connection, gate.cipher, entry, own)
    if kept is None:
        raise NotFound("there is no such entry in the register")
    if stamp is not None and kept.stamp != stamp:
        raise Conflict("the entry was changed since it was shown")
    return kept


def _listing(gate: Gate, found: tuple[Kept, ...]) -> Listing:
    rows = found[:A_PAGE]
    more = rows[-1].id if len(found) > A_PAGE else None
    return Listing(tuple(shown(gate, kept) for kept in rows), more)


def _alter(gate: Gate, what: str, client: ClientId, **more: object) -> None:
    keep_alteration(gate, what, client=client, **more)


def keep_alteration(gate: Gate, what: str, **about: object) -> None:
    """Write down that the viewer did *what*, with what it is about."""
    told = msgspec.json.encode(about).decode()
    made = Alteration(gate.viewer.id, gate.viewer.district, what, gate.now, told)
    alterations.add(gate.connection, gate.cipher, made)


def _line(gate: Gate) -> Line:
    """A line that serves the viewer's district, by whose calendar dates are judged; else any."""
    lines = tuple(gate.organisation.lines.values())
    return next((line for line in lines if gate.viewer.district in line.districts), lines[0])
