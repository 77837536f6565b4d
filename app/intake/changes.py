"""What differs between two organisations, told without anybody's name, number or address."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import time, timedelta
from functools import singledispatch
from typing import Any

from routing.check_in import CheckIn
from routing.feed import Feed
from routing.hours import Hours, Window
from routing.organisation import (
    Manager,
    Mandate,
    Organisation,
    Task,
    Term,
    Validity,
)
from routing.weekdays import DAY_NAMES, EVE, HOLIDAY
from routing.working_time import Schedule, Terms, WeekBreak

# The file's own words, where the code has others.
_WORDS = {
    "office": "office_number",
    "ring_for": "ring_seconds",
    "zone": "timezone",
    "feed": "rota",
    "handover_at": "handover",
    "wants_empty": "handover.empty",
}
_DAYS = (*DAY_NAMES, HOLIDAY, EVE)
_NEVER_SHOWN = frozenset({"name", "not_for", "phone", "email", "number", "office", "fallback"})


def changes(old: Organisation | None, new: Organisation) -> tuple[str, ...]:
    """
    One line for each thing that *new* has, lacks or says differently, in the file's order.

    Empty when nothing differs.  Names, telephone numbers and mail addresses are said to change,
    never what they are; other values are shown, old → new.
    """
    return (
        *_things("district", old.districts if old else {}, new.districts),
        *_things("therapist", old.therapists if old else {}, new.therapists),
        *_mandates(old.mandates if old else (), new.mandates),
        *_things("manager", _managers(old), _managers(new)),
        *_things("line", old.lines if old else {}, new.lines),
        *(_working_time(old.working_time, new.working_time) if old else ()),
        *(_fields("retention", old.retention, new.retention) if old else ()),
    )


def _working_time(old: Terms, new: Terms) -> Iterator[str]:
    yield from _fields("working_time", old.first, new.first)
    before, after = dict(old.later), dict(new.later)
    for day in sorted({*before, *after}):
        label = f"working_time from {day}"
        if day not in before:
            yield f"{label}: added"
        elif day not in after:
            yield f"{label}: removed"
        else:
            yield from _fields(label, before[day], after[day])


def _things(kind: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[str]:
    for id_, thing in new.items():
        if id_ not in old:
            yield f"{kind} {id_}: added"
        else:
            yield from _fields(f"{kind} {id_}", old[id_], thing)
    for id_ in old:
        if id_ not in new:
            yield f"{kind} {id_}: removed"


def _fields(label: str, old: Any, new: Any) -> Iterator[str]:  # noqa: ANN401 - any dataclass
    for field in fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        word = _WORDS.get(field.name, field.name)
        if before == after:
            continue
        if field.name in _NEVER_SHOWN or isinstance(after or before, Terms):
            yield f"{label}: {word} changed"
        else:
            was, is_now = _shown(before), _shown(after)
            if field.name == "feed":  # None is the rota that is kept here
                was, is_now = (_shown(feed) if feed else "database" for feed in (before, after))
            yield f"{label}: {word} " + (f"{was} → {is_now}" if was != is_now else "changed")


def _managers(organisation: Organisation | None) -> Mapping[str, Manager]:
    return {} if organisation is None else {m.id: m for m in organisation.managers}


def _mandates(old: tuple[Mandate, ...], new: tuple[Mandate, ...]) -> Iterator[str]:
    before, after = Counter(old), Counter(new)
    for mandate in (after - before).elements():
        yield f"{_mandate(mandate)}: added"
    for mandate in (before - after).elements():
        yield f"{_mandate(mandate)}: removed"


def _mandate(mandate: Mandate) -> str:
    # Nearly every mandate is for standby alone, and says no more.
    tasks = "" if mandate.tasks == {Task.STANDBY} else f", for {_shown(mandate.tasks)}"
    return (
        f"mandate {mandate.reference} of {mandate.principal} for the staff of {mandate.staff_of}, "
        f"{_shown(mandate.valid)}{tasks}"
    )


@singledispatch
def _shown(value: object) -> str:
    return "none" if value is None else str(value)


@_shown.register
def _(value: bool) -> str:  # noqa: FBT001 - chosen by its type
    return "true" if value else "false"


@_shown.register
def _(value: Validity) -> str:
    return f"{value.first or '…'} to {value.last or '…'}"


@_shown.register
def _(value: Term) -> str:
    return f"{value.months} months" if value.months else f"{value.days} days"


@_shown.register
def _(value: WeekBreak) -> str:
    return f"{DAY_NAMES[value.weekday]} {value.at:%H:%M}"


@_shown.register
def _(value: Schedule) -> str:
    return f"{value.weeks} weeks from {value.first}"


@_shown.register
def _(value: time) -> str:
    return f"{value:%H:%M}"


@_shown.register
def _(value: timedelta) -> str:
    if not value % timedelta(hours=1):
        return f"{value // timedelta(hours=1)} h"
    if not value % timedelta(minutes=1):
        return f"{value // timedelta(minutes=1)} min"
    return f"{value.total_seconds():.0f} s"


@_shown.register
def _(value: tuple) -> str:  # type: ignore[type-arg]  # singledispatch takes no arguments of types
    return ", ".join(map(_shown, value)) or "none"


@_shown.register
def _(value: frozenset) -> str:  # type: ignore[type-arg]  # as above
    return _shown(tuple(sorted(value)))


@_shown.register
def _(value: Feed) -> str:
    return str(value.kind)  # never its address, which may hold a password


@_shown.register
def _(value: CheckIn) -> str:
    return f"{_shown(value.ask)}, {_shown(value.call)}, {_shown(value.tell)} before"


@_shown.register
def _(value: Hours) -> str:
    return "; ".join(map(_window, value.windows)) or "none"


def _window(window: Window) -> str:
    days = ",".join(sorted(window.days, key=_DAYS.index))
    return f"{days} {window.opens:%H:%M}-{window.closes:%H:%M}"
