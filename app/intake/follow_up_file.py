"""Reads what is ordered of a follow-up out of a TOML file: no word of it is on a command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.intake.checks import one_of
from app.intake.locate import Whereabouts, lines_of
from app.intake.toml import table_of
from rota_adapter.times import moment
from routing.errors import InvalidInput, Place
from routing.follow_up import IfNotReached, Window
from routing.ids import ClientId, DistrictId, LineId
from routing.intervals import Interval

_LARGEST = 100_000
_KINDS: Mapping[str, type] = {
    "client": str,
    "line": str,
    "district": str,
    "number": int,
    "language": str,
    "voicemail": bool,
    "say_who_calls": bool,
    "attempts": int,
    "if_not_reached": str,
    "instruction": str,
    "windows": list,
}
_NEEDED = ("client", "if_not_reached", "instruction", "windows")
_PLAIN = {str: "a text in quotes", int: "a whole number", bool: "true or false", list: "a list"}
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class WrittenOrder:
    """
    What the file says.

    *number* is the place, from 1, of one of the client's registered numbers; None where there is
    only one.  *line*, *district* and *language* are None where they follow from the rest.
    """

    client: ClientId = field(repr=False)
    instruction: str = field(repr=False)
    windows: tuple[Window, ...]
    number: int | None
    line: LineId | None
    district: DistrictId | None
    language: str | None
    may_leave_voicemail: bool  # both are no until somebody has said yes
    may_say_who_calls: bool
    max_attempts: int


def read_order(name: str, data: bytes, zone: ZoneInfo) -> WrittenOrder:
    """
    The order in *data*, the content of the file called *name*.

    Raises:
        InvalidInput: naming the file, the line and the field; what was written is never quoted.
    """
    table, where = _table(name, data)
    for key in table:
        if key not in _KINDS:
            raise InvalidInput("unknown field", where.of(key))
    for key in _NEEDED:
        if key not in table:
            raise InvalidInput("is missing", where.of(key))
    for key, value in table.items():
        if type(value) is not _KINDS[key]:  # true is no number
            raise InvalidInput(f"must be {_PLAIN[_KINDS[key]]}", where.of(key))
    rule = _rule(table["if_not_reached"], where.of("if_not_reached"))
    if not table["client"].strip():
        raise InvalidInput("is empty", where.of("client"))
    return WrittenOrder(
        client=ClientId(table["client"].strip()),
        instruction=table["instruction"].strip(),
        windows=tuple(_window(one, rule, zone, where, n) for n, one in enumerate(table["windows"])),
        number=table.get("number"),
        line=LineId(table["line"]) if "line" in table else None,
        district=DistrictId(table["district"]) if "district" in table else None,
        language=table.get("language"),
        may_leave_voicemail=table.get("voicemail", False),
        may_say_who_calls=table.get("say_who_calls", False),
        max_attempts=table.get("attempts", _ATTEMPTS),
    )


def _table(name: str, data: bytes) -> tuple[dict[str, Any], Whereabouts]:
    if len(data) > _LARGEST:
        raise InvalidInput(f"larger than {_LARGEST} bytes", Place(name))
    try:
        text = data.decode("utf-8-sig")
        return table_of(name, text), Whereabouts(name, lines_of(text))
    except UnicodeDecodeError as err:
        raise InvalidInput("not UTF-8: save the file as UTF-8", Place(name)) from err
    except (ValueError, RecursionError) as err:
        raise InvalidInput("not TOML", Place(name)) from err


def _window(
    table: object, rule: IfNotReached, zone: ZoneInfo, where: Whereabouts, n: int
) -> Window:
    at = ("windows", n)
    if not isinstance(table, dict):
        raise InvalidInput("must be a table", where.of(*at))
    for key in table:
        if key not in {"from", "to", "if_not_reached"}:
            raise InvalidInput("unknown field", where.of(*at, key))
    start, end = (_moment(table.get(k), zone, where.of(*at, k)) for k in ("from", "to"))
    if end <= start:
        raise InvalidInput("is not after its start", where.of(*at, "to"))
    if "if_not_reached" in table:
        rule = _rule(table["if_not_reached"], where.of(*at, "if_not_reached"))
    return Window(Interval(start, end), rule)


def _moment(value: object, zone: ZoneInfo, place: Place) -> datetime:
    if value is None:
        raise InvalidInput("is missing", place)
    if isinstance(value, datetime):  # TOML knows times without quotes
        value = value.isoformat()
    if not isinstance(value, str):
        raise InvalidInput("not a time such as 2026-03-03T17:00", place)
    return moment(value, zone, place)


def _rule(value: object, place: Place) -> IfNotReached:
    if not isinstance(value, str):
        raise InvalidInput(f"must be {_PLAIN[str]}", place)
    return IfNotReached(one_of(value, IfNotReached, place))
