"""Reads the organisation file, in TOML from people and in JSON from the database."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec

from app.intake import lines, staff, working_time
from app.intake.checks import check_ids
from app.intake.document import Document
from app.intake.locate import KeyPath, Whereabouts, lines_of
from app.intake.numbers import check_numbers
from app.intake.toml import table_of
from routing.errors import InvalidInput, Place
from routing.organisation import Organisation
from routing.working_time import STANDARD_TERMS

_LARGEST = 400_000  # bytes; a file for every district of Stockholm is a quarter of it
_SYNTAX_ERROR_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_SHAPE_ERROR_AT = re.compile(r" - at .*?`\$(.*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_FIELD_ERROR = re.compile(r"Object (missing required|contains unknown) field `(.*)`$")
_TYPE_ERROR = re.compile(r"Expected `(.*)`, got `(.*)`$")
_PLAIN = {
    "str": "a text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a date without quotes",
    "datetime": "a date with a time",
    "time": "a time without quotes",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """An organisation, and the *document* to store: equal content gives equal bytes."""

    organisation: Organisation
    document: bytes = field(repr=False)


def read_organisation(path: Path) -> Loaded:
    """
    The organisation that the TOML file at *path* describes, complete and checked.

    Raises:
        InvalidInput: naming the file, the line and the field of the first fault.
    """
    return organisation_from(path.name, _content(path))


def organisation_from(name: str, file: bytes) -> Loaded:
    """As `read_organisation`, of the bytes of a file called *name*."""
    text = _text(name, file)
    try:
        content = table_of(name, text)
    except (ValueError, RecursionError) as err:
        raise _syntax_error(err, name, text) from err
    where = Whereabouts(name, lines_of(text))
    try:
        document = msgspec.convert(content, Document, builtin_types=(date,))
    except msgspec.ValidationError as err:
        raise _shape_error(err, where) from err
    return Loaded(_organisation(document, where), msgspec.json.encode(document))


@lru_cache(maxsize=2)  # it changes once a month, and is read again with each import of a register
def organisation_of(document: bytes) -> Organisation:
    """
    The organisation in a stored *document*, checked like a file.

    Raises:
        InvalidInput: naming the field; the document is older than a rule, or damaged.
    """
    where = Whereabouts("stored organisation")
    try:
        return _organisation(msgspec.json.decode(document, type=Document), where)
    except msgspec.ValidationError as err:
        raise _shape_error(err, where) from err
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise InvalidInput("is not JSON", Place(where.file)) from err


def document_of(stored: bytes) -> Document:
    """
    The tables of a stored document, unchecked: `organisation_of` checks what is made of them.

    Raises:
        InvalidInput: it is damaged.
    """
    try:
        return msgspec.json.decode(stored, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise InvalidInput("is not JSON", Place("stored organisation")) from err


def _organisation(document: Document, where: Whereabouts) -> Organisation:
    check_ids(document, where)
    everyone = working_time.working_time(
        document.working_time, STANDARD_TERMS, where, ("working_time",)
    )
    organisation = Organisation(
        districts=staff.districts(document, where),
        therapists=staff.therapists(document, everyone, where),
        mandates=staff.mandates(document, where),
        lines=lines.lines(document, where),
        working_time=everyone,
        retention=working_time.retention(document.retention, where),
        managers=staff.managers(document, where),
    )
    check_numbers(organisation, where)
    return organisation


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except OSError as err:
        raise InvalidInput("cannot be read", Place(path.name)) from err


def _text(name: str, content: bytes) -> str:
    if len(content) > _LARGEST:
        raise InvalidInput(f"larger than {_LARGEST} bytes", Place(name))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = content.count(b"\n", 0, err.start) + 1
        raise InvalidInput("not UTF-8: save the file as UTF-8", Place(name, line)) from err


def _syntax_error(err: Exception, file: str, text: str) -> InvalidInput:
    message = str(err)
    match = _SYNTAX_ERROR_AT.search(message)
    if match is None:
        return InvalidInput("not TOML", Place(file))
    line = int(match[1]) if match[1] else text.rstrip().count("\n") + 1
    # Only the parser's own words before any colon: what follows may quote the file.
    said = message[: match.start()].partition(":")[0].partition("'")[0].strip()
    if said.lower() == "expected":  # and what, between quotes, is cut off
        said = "a sign is missing, or out of place"
    return InvalidInput(f"not TOML: {said[:1].lower()}{said[1:]}", Place(file, line))


def _shape_error(err: msgspec.ValidationError, where: Whereabouts) -> InvalidInput:
    message = str(err)
    path: KeyPath = ()
    match = _SHAPE_ERROR_AT.search(message)
    if match is not None:
        message = message[: match.start()]
        path = tuple(name or int(place) for name, place in _STEP.findall(match[1]))
    if (fault := _FIELD_ERROR.match(message)) is not None:
        said = "is missing" if fault[1] == "missing required" else "unknown field"
        return InvalidInput(said, where.of(*path, fault[2]))
    if (fault := _TYPE_ERROR.match(message)) is not None:
        wanted, got = (_plain(types) for types in fault.groups())
        return InvalidInput(f"must be {wanted}, not {got}", where.of(*path))
    return InvalidInput("has the wrong shape", where.of(*path))


def _plain(types: str) -> str:
    names = (name for name in types.split(" | ") if name != "null")
    return " or ".join(_PLAIN.get(name, name) for name in names)
