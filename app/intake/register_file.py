"""Reads the caller register from a CSV file."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.intake.checks import one_of, validity
from rota_adapter.table import file_content, read_table
from rota_adapter.times import calendar_date
from routing.errors import InvalidInput, Place
from routing.ids import ClientId, DistrictId, TherapistId
from routing.numbers import PhoneNumber, holds_number, parse_number
from routing.organisation import Organisation, Validity
from routing.register import RegisterEntry
from routing.role import Role

_T = TypeVar("_T")

COLUMNS = (
    "phone", "client", "role", "district", "language", "valid_from", "valid_to",
    "therapist", "sms_ok", "protected",
)  # fmt: skip
# One word, so that a person's full name is refused; no slash, since it joins two references.
_REFERENCE = re.compile(r"[^\W_][\w.-]{0,63}")
# Ten to twelve digits in a row, or a date of birth (a day above 60 in a co-ordination number) and
# four more characters, of which the first two are letters in a temporary number.
_PERSONAL_NUMBER = re.compile(
    r"(?<!\d)(?:\d{10,12}"
    r"|(?:\d\d)?\d\d-?(?:0[1-9]|1[0-2])-?(?:[06][1-9]|[1278]\d|[39][01])[-.]?\w\w\d\d)(?!\d)",
    re.ASCII,
)
_NO_REFERENCE = "a reference is one word of letters, digits, hyphens and full stops, at most 64"
_RESERVED = ("unknown-", "withheld-")  # the contact log's names for callers it does not know


LONGEST_REFERENCE = 64
FORM = "register form"  # stands for the file's name where a person filled in a form


def read_register(path: Path, organisation: Organisation) -> tuple[RegisterEntry, ...]:
    """
    Every entry of the register in the file at *path*, in its order; all or none.

    Raises:
        InvalidInput: naming the file, the line and the field of the first fault; no value is
            quoted.
    """
    entries: list[RegisterEntry] = []
    for found in _each(path.name, file_content(path), organisation):
        if isinstance(found, InvalidInput):
            raise found
        entries.append(found)
    return tuple(entries)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file says, and everything that is wrong with it; with a fault it is of no use."""

    entries: tuple[RegisterEntry, ...]
    faults: tuple[InvalidInput, ...]


def check_register(
    file: str,
    content: bytes,
    organisation: Organisation,
    *,
    districts: Collection[DistrictId],
    most: int,
) -> Checked:
    """
    As `read_register`, but every fault is told, and only *districts* may be named.

    Raises:
        InvalidInput: it is no table at all, or has more than *most* rows.
    """
    entries: list[RegisterEntry] = []
    faults: list[InvalidInput] = []
    for found in _each(file, content, organisation, districts=districts, most=most):
        if isinstance(found, InvalidInput):
            faults.append(found)
        else:
            entries.append(found)
    return Checked(tuple(entries), tuple(faults))


def check_entry(
    values: Mapping[str, str],
    organisation: Organisation,
    *,
    districts: Collection[DistrictId],
    others: Iterable[RegisterEntry],
) -> Checked:
    """One entry as a form has it, *values* by column, judged as a row after those of *others*."""
    row = _Row(FORM, None, {column: values.get(column, "") for column in COLUMNS})
    seen = _Seen()
    for other in others:
        with suppress(InvalidInput):  # what was there before is not this entry's fault
            seen.add(other, _Row(FORM, 0, {}))
    read = _entry(row, organisation, districts)
    if isinstance(read, RegisterEntry):
        try:
            seen.add(read, row)
        except InvalidInput as err:
            return Checked((), (err,))
        return Checked((read,), ())
    return Checked((), read)


def _each(
    file: str,
    content: bytes,
    organisation: Organisation,
    *,
    districts: Collection[DistrictId] | None = None,
    most: int | None = None,
) -> Iterator[RegisterEntry | InvalidInput]:
    seen = _Seen()
    table = read_table(file, content, COLUMNS)
    if most is not None and len(table) > most:
        raise InvalidInput(f"more than {most} rows", Place(file))
    for number, values in table:
        row = _Row(file, number, values)
        read = _entry(row, organisation, districts)
        if not isinstance(read, RegisterEntry):
            yield from read
            continue
        try:
            seen.add(read, row)
        except InvalidInput as err:
            yield err
        else:
            yield read


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    line: int | None
    values: Mapping[str, str] = field(repr=False)

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def place(self, column: str) -> Place:
        return Place(self.file, self.line, column)


class _Seen:
    """The entries so far, to notice that a new one contradicts them."""

    def __init__(self) -> None:
        self._lines: dict[tuple[PhoneNumber, ClientId], int] = {}
        self._homes: defaultdict[ClientId, list[tuple[RegisterEntry, int]]] = defaultdict(list)

    def add(self, entry: RegisterEntry, row: _Row) -> None:
        before = self._lines.get((entry.phone, entry.client))
        if before is not None:
            said = f" as on line {before}" if before else " as in another entry"
            raise InvalidInput(f"the same phone and client{said}", row.place("phone"))
        for other, line in self._homes[entry.client]:
            if other.district != entry.district and entry.validity.overlaps(other.validity):
                said = f"on line {line}" if line else "in another entry"
                raise InvalidInput(
                    f"another district than {said} for the same client and time",
                    row.place("district"),
                )
        self._lines[entry.phone, entry.client] = row.line or 0
        self._homes[entry.client].append((entry, row.line or 0))


def _entry(
    row: _Row, organisation: Organisation, districts: Collection[DistrictId] | None
) -> RegisterEntry | tuple[InvalidInput, ...]:
    """What the row says, or everything that is wrong with it."""
    faults: list[InvalidInput] = []

    def read(part: Callable[[], _T]) -> _T | None:
        try:
            return part()
        except InvalidInput as err:
            faults.append(err)
            return None

    languages = {language for line in organisation.lines.values() for language in line.languages}
    phone = read(lambda: parse_number(row["phone"], row.place("phone")))
    client = read(lambda: _client(row))
    role = read(lambda: Role(one_of(row["role"], Role, row.place("role"))))
    district = read(lambda: _district(row, organisation.districts, districts))
    language = read(lambda: _language(row, languages))
    validity_ = read(lambda: _validity(row))
    therapist = read(lambda: _therapist(row, organisation.therapists))
    sms_ok = read(lambda: _yes_or_no(row, "sms_ok", otherwise=True))
    protected = read(lambda: _yes_or_no(row, "protected", otherwise=False))
    if (
        phone is None
        or client is None
        or role is None
        or district is None
        or language is None
        or validity_ is None
        or sms_ok is None
        or protected is None
        or faults  # the therapist's, who may be nobody
    ):
        return tuple(faults)
    return RegisterEntry(
        phone, client, role, district, language, validity_, therapist, sms_ok, protected
    )


def _client(row: _Row) -> ClientId:
    text, place = row["client"], row.place("client")
    if not text:
        raise InvalidInput("is empty", place)
    if len(text) > LONGEST_REFERENCE:  # before anything looks through it
        raise InvalidInput(_NO_REFERENCE, place)
    if _PERSONAL_NUMBER.search(text):
        raise InvalidInput("looks like a personal identity number: use a reference", place)
    if holds_number(text):
        raise InvalidInput("holds a telephone number: use a reference", place)
    if not _REFERENCE.fullmatch(text):
        raise InvalidInput(_NO_REFERENCE, place)
    if text.startswith(_RESERVED):
        raise InvalidInput("begins like the log's own name for somebody unknown", place)
    return ClientId(text)


def _district(
    row: _Row, known: Collection[DistrictId], allowed: Collection[DistrictId] | None
) -> DistrictId:
    district = DistrictId(row["district"])
    if district not in known:
        raise InvalidInput("there is no such district", row.place("district"))
    if allowed is not None and district not in allowed:
        raise InvalidInput("another district's than one's own", row.place("district"))
    return district


def _therapist(row: _Row, therapists: Collection[TherapistId]) -> TherapistId | None:
    therapist = TherapistId(row["therapist"])
    if not therapist:
        return None
    if therapist not in therapists:
        raise InvalidInput("there is no such therapist", row.place("therapist"))
    return therapist


def _language(row: _Row, languages: Collection[str]) -> str:
    return one_of(row["language"], sorted(languages), row.place("language"))


def _validity(row: _Row) -> Validity:
    first, last = (
        calendar_date(row[column], row.place(column)) if row[column] else None
        for column in ("valid_from", "valid_to")
    )
    return validity(first, last, row.place("valid_to"))


def _yes_or_no(row: _Row, column: str, *, otherwise: bool) -> bool:
    if not row[column]:
        return otherwise
    return one_of(row[column], ("yes", "no"), row.place(column)) == "yes"
