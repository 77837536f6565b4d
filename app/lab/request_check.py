"""Holds every REST request against the carrier's own description of it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

Json = dict[str, Any]
# The description gives these a pattern, and an empty value is how an application is taken away:
# Twilio's own libraries do so, and its pages do not say.  See docs/fidelity.md.
_MAY_BE_EMPTIED = frozenset({"VoiceApplicationSid", "SmsApplicationSid", "TrunkSid"})
DESCRIPTION = Path(__file__).with_name("openapi") / "requests.json"


@dataclass(frozen=True, slots=True)
class Matched:
    """The operation that a request asks for, and the ids in its path."""

    path: str  # the template
    ids: dict[str, str]
    operation: Json


@cache
def _operations() -> list[tuple[re.Pattern[str], str, Json]]:
    described = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return [
        (re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))), path, methods)
        for path, methods in described.items()
    ]


def match(method: str, path: str) -> Matched | None:
    """The operation for a request; None when the lab has none such."""
    for pattern, template, methods in _operations():
        found = pattern.fullmatch(path)
        if found and method in methods:
            return Matched(template, found.groupdict(), methods[method])
    return None


def problems(
    matched: Matched, query: MultiDict[str, str], form: MultiDict[str, str]
) -> Iterator[str]:
    """What is wrong with a request's shape, in words that hold names but no values."""
    operation = matched.operation
    for name, value in matched.ids.items():
        yield from _value(name, operation["path"][name], [value])
    for kind, given in (("query", query), ("form", form)):
        known = operation[kind]
        for name in given:
            if name in known:
                yield from _value(name, known[name], given.getlist(name))
            else:
                yield f"there is no {kind} parameter “{name}”"
    for name in operation["required"]:
        if name not in form:
            yield f"“{name}” is missing"


def _value(name: str, schema: Json, values: list[str]) -> Iterator[str]:
    if schema.get("type") == "array":
        schema = schema.get("items", {})
    elif len(values) > 1:
        yield f"“{name}” is given more than once"
    for value in values:
        if value == "" and name in _MAY_BE_EMPTIED:
            continue
        if not _fits(schema, value):
            yield f"“{name}” is not a {schema.get('format') or schema.get('type')} as described"


def _fits(schema: Json, value: str) -> bool:
    kind, form = schema.get("type"), schema.get("format")
    if value == "" and kind == "string" and "pattern" not in schema:
        return True  # an empty string takes a setting away
    checks = {
        "integer": lambda: _within(schema, value),
        "number": lambda: re.fullmatch(r"-?\d+(\.\d+)?", value) is not None,
        "boolean": lambda: value in {"true", "false"},
    }
    if kind in checks and not checks[kind]():
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    if form == "uri":
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    return form != "date-time" or _is_moment(value)


def _within(schema: Json, value: str) -> bool:
    if not re.fullmatch(r"-?\d+", value):
        return False
    return bool(
        schema.get("minimum", int(value)) <= int(value) <= schema.get("maximum", int(value))
    )


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
