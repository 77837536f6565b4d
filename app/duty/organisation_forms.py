"""Forms over the organisation's document: what each asks for, and the edit that it makes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from app.intake.document import (
    Document,
    FallbackTable,
    ManagerTable,
    MandateTable,
    TherapistTable,
    WindowTable,
)
from rota_adapter.times import calendar_date
from routing.errors import InvalidInput, NotFound, Place

Edit = Callable[[Document], Document]
Values = Mapping[str, Sequence[str]]  # what a form sends: each name with everything under it

FORM = "form"
MOST_WINDOWS = 12
_NUMBER = re.compile(r"[0-9]{1,4}")  # what a field allows is checked with everything else


class Kind(StrEnum):
    """The lists of the document that have forms; each is the list's own name there."""

    DISTRICTS = "districts"
    THERAPISTS = "therapists"
    MANAGERS = "managers"
    MANDATES = "mandates"
    LINES = "lines"


class Sort(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    OPTIONAL = "optional"  # a text, or nothing
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    DISTRICT = "district"
    PEOPLE = "people"
    PEOPLE_OR_ALL = "people_or_all"  # nobody chosen means the district's own therapists
    TASKS = "tasks"
    HOURS = "hours"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a form asks for; *name* is where it stands in the table."""

    name: str
    sort: Sort
    is_required: bool = False


_PERSON = (
    Field("name", Sort.TEXT, is_required=True),
    Field("district", Sort.DISTRICT, is_required=True),
    Field("phone", Sort.OPTIONAL),
    Field("email", Sort.OPTIONAL),
)
_ID = Field("id", Sort.TEXT, is_required=True)
_SERVICE = (Field("active_from", Sort.DATE), Field("active_to", Sort.DATE))

ADDED: Mapping[Kind, tuple[Field, ...]] = {
    Kind.MANDATES: (
        Field("principal", Sort.DISTRICT, is_required=True),
        Field("staff_of", Sort.DISTRICT, is_required=True),
        Field("reference", Sort.TEXT, is_required=True),
        Field("tasks", Sort.TASKS, is_required=True),
        Field("valid_from", Sort.DATE),
        Field("valid_to", Sort.DATE),
    ),
    Kind.THERAPISTS: (_ID, *_PERSON, *_SERVICE),
    Kind.MANAGERS: (_ID, *_PERSON),
}
CHANGED: Mapping[Kind, tuple[Field, ...]] = {
    # What was decided stays as it was decided; it can end, and another be added.
    Kind.MANDATES: (Field("valid_to", Sort.DATE),),
    Kind.THERAPISTS: (*_PERSON, *_SERVICE),
    Kind.MANAGERS: _PERSON,
    Kind.DISTRICTS: (
        Field("office_number", Sort.OPTIONAL),
        Field("handover.at", Sort.TIME, is_required=True),
        Field("handover.notify", Sort.PEOPLE_OR_ALL),
        Field("handover.urgent", Sort.PEOPLE),
    ),
    Kind.LINES: (
        Field("hours", Sort.HOURS, is_required=True),
        Field("ring_seconds", Sort.NUMBER, is_required=True),
        Field("fallback", Sort.ORDER),
    ),
}
_EMPTY: Mapping[Kind, Any] = {
    Kind.MANDATES: MandateTable("", "", ""),
    Kind.THERAPISTS: TherapistTable("", "", ""),
    Kind.MANAGERS: ManagerTable("", "", ""),
}


def adding(kind: Kind, values: Values) -> Edit:
    """
    The edit that puts what was filled in behind the others of its *kind*.

    Raises, when it is made:
        InvalidInput: naming the field.
    """

    def edit(document: Document) -> Document:
        made = _filled(kind, ADDED[kind], _EMPTY[kind], values)
        return _with(document, kind, [*_tables(document, kind), made])

    return edit


def changing(kind: Kind, place: int, values: Values) -> Edit:
    """
    The edit that lets the one at *place* of its *kind* say what was filled in.

    Raises, when it is made:
        InvalidInput: naming the field.
        NotFound: nothing stands there.
    """

    def edit(document: Document) -> Document:
        before = table_at(document, kind, place)
        tables = list(_tables(document, kind))
        tables[place] = _filled(kind, CHANGED[kind], before, values)
        return _with(document, kind, tables)

    return edit


def table_at(document: Document, kind: Kind, place: int) -> Any:  # noqa: ANN401 - a table of five kinds
    """What stands at *place* of its *kind*; raises NotFound where nothing does."""
    tables = _tables(document, kind)
    if not 0 <= place < len(tables):
        raise NotFound("nothing stands there in the organisation")
    return tables[place]


def filled_in(kind: Kind, table: object | None) -> dict[str, list[str]]:
    """What the form shows of *table* before anybody changes it; None is the empty form."""
    fields = ADDED[kind] if table is None else CHANGED[kind]
    shown: dict[str, list[str]] = {}
    for field in fields:
        shown.update(_shown(field, _get(_EMPTY[kind] if table is None else table, field.name)))
    return shown


def _filled(kind: Kind, fields: Sequence[Field], table: Any, values: Values) -> Any:  # noqa: ANN401 - as above
    for field in fields:
        place = Place(FORM, field=f"{kind}.{field.name}")
        before = _get(table, field.name)
        table = _put(table, field.name.split("."), _read(field, values, place, before))
    return table


def _read(field: Field, values: Values, place: Place, before: Any) -> Any:  # noqa: ANN401 - by its sort
    if field.sort is Sort.HOURS:
        return _windows(field, values)
    if field.sort is Sort.ORDER:
        return _ordered(field, values, place, before)
    given = [text.strip() for text in values.get(field.name, ())]
    match field.sort:
        case Sort.PEOPLE_OR_ALL:
            return given or None
        case Sort.PEOPLE | Sort.TASKS:
            return given
        case _:
            return _one(field, given[0] if given else "", place)


def _one(field: Field, text: str, place: Place) -> object:
    """What a field for one thing says."""
    match field.sort:
        case Sort.OPTIONAL:
            return text or None
        case Sort.DATE:
            return calendar_date(text, place) if text else None
        case Sort.NUMBER:
            return _number(text, place)
        case _:
            if not text:
                raise InvalidInput("is empty", place)
            return text


def _number(text: str, place: Place) -> int:
    if not _NUMBER.fullmatch(text):
        raise InvalidInput("not a whole number", place)
    return int(text)


def _windows(field: Field, values: Values) -> list[WindowTable]:
    """The windows that say anything, each under its place."""
    found: list[WindowTable] = []
    for n in range(MOST_WINDOWS):
        days = [day.strip() for day in values.get(f"{field.name}.{n}.days", ())]
        opens, closes = (
            "".join(values.get(f"{field.name}.{n}.{end}", ())[:1]).strip() for end in ("from", "to")
        )
        if days or opens or closes:
            found.append(WindowTable(days, opens, closes))
    return found


def _ordered(
    field: Field, values: Values, place: Place, before: Sequence[FallbackTable]
) -> list[FallbackTable]:
    """Those that there are, in the order of the numbers they were given."""
    numbers = [
        _number("".join(values.get(f"{field.name}.{n}", ())[:1]).strip(), place)
        for n in range(len(before))
    ]
    if len(set(numbers)) != len(numbers):
        raise InvalidInput("stands there twice", place)
    return [one for _, one in sorted(zip(numbers, before, strict=True), key=lambda pair: pair[0])]


def _shown(field: Field, value: Any) -> dict[str, list[str]]:  # noqa: ANN401 - by its sort
    name = field.name
    if field.sort is Sort.HOURS:
        shown: dict[str, list[str]] = {}
        for n, window in enumerate(value):
            shown[f"{name}.{n}.days"] = list(window.days)
            shown[f"{name}.{n}.from"], shown[f"{name}.{n}.to"] = [window.opens], [window.closes]
        return shown
    if field.sort is Sort.ORDER:
        return {f"{name}.{n}": [str(n + 1)] for n in range(len(value))}
    if isinstance(value, list):
        return {name: list(value)}
    return {name: [] if value is None else [str(value)]}


def _tables(document: Document, kind: Kind) -> Sequence[Any]:
    tables: Sequence[Any] = getattr(document, kind)
    return tables


def _with(document: Document, kind: Kind, tables: Sequence[Any]) -> Document:
    return msgspec.structs.replace(document, **{str(kind): list(tables)})


def _get(table: Any, name: str) -> Any:  # noqa: ANN401 - as above
    for part in name.split("."):
        table = getattr(table, part)
    return table


def _put(table: Any, path: Sequence[str], value: Any) -> Any:  # noqa: ANN401 - as above
    head, *rest = path
    own = _put(getattr(table, head), rest, value) if rest else value
    return msgspec.structs.replace(table, **{head: own})
