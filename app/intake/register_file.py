"""Reads the caller register from a CSV file."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.intake.checks import one_of, validity
from rota_adapter.table import file_content, read_table
from rota_adapter.times import calendar_date
from routing.errors import InvalidInput, Place
from routing.ids import ClientId, DistrictId, TherapistId
from routing.numbers import PhoneNumber, holds_number, parse_number
from routing.organisation import Organisation, Validity
from routing.register import RegisterEntry
from routing.role import Role

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
_RESERVED = ("unknown-", "withheld-")  # the contact log's names for callers it does not know


def read_register(path: Path, organisation: Organisation) -> tuple[RegisterEntry, ...]:
    """
    Every entry of the register in the file at *path*, in its order; all or none.

    Raises:
        InvalidInput: naming the file, the line and the field of the first fault; no value is
            quoted.
    """
    seen = _Seen()
    entries: list[RegisterEntry] = []
    for number, values in read_table(path.name, file_content(path), COLUMNS):
        row = _Row(path.name, number, values)
        entry = _entry(row, organisation)
        seen.add(entry, row)
        entries.append(entry)
    return tuple(entries)


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    line: int
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
        before = self._lines.setdefault((entry.phone, entry.client), row.line)
        if before != row.line:
            raise InvalidInput(f"the same phone and client as on line {before}", row.place("phone"))
        for other, line in self._homes[entry.client]:
            if other.district != entry.district and entry.validity.overlaps(other.validity):
                raise InvalidInput(
                    f"another district than on line {line} for the same client and time",
                    row.place("district"),
                )
        self._homes[entry.client].append((entry, row.line))


def _entry(row: _Row, organisation: Organisation) -> RegisterEntry:
    languages = {language for line in organisation.lines.values() for language in line.languages}
    return RegisterEntry(
        phone=parse_number(row["phone"], row.place("phone")),
        client=_client(row),
        role=Role(one_of(row["role"], Role, row.place("role"))),
        district=_district(row, organisation.districts),
        language=_language(row, languages),
        validity=_validity(row),
        therapist=_therapist(row, organisation.therapists),
        sms_ok=_yes_or_no(row, "sms_ok", otherwise=True),
        protected=_yes_or_no(row, "protected", otherwise=False),
    )


def _client(row: _Row) -> ClientId:
    text, place = row["client"], row.place("client")
    if not text:
        raise InvalidInput("is empty", place)
    if _PERSONAL_NUMBER.search(text):
        raise InvalidInput("looks like a personal identity number: use a reference", place)
    if holds_number(text):
        raise InvalidInput("holds a telephone number: use a reference", place)
    if not _REFERENCE.fullmatch(text):
        raise InvalidInput(
            "a reference is one word of letters, digits, hyphens and full stops, at most 64", place
        )
    if text.startswith(_RESERVED):
        raise InvalidInput("begins like the log's own name for somebody unknown", place)
    return ClientId(text)


def _district(row: _Row, districts: Collection[DistrictId]) -> DistrictId:
    district = DistrictId(row["district"])
    if district not in districts:
        raise InvalidInput("there is no such district", row.place("district"))
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
