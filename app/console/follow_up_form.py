"""The form in which a follow-up is ordered: what was typed, what is wrong with it, what it says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.intake.follow_up_file import WrittenOrder
from rota_adapter.times import moment
from routing.errors import InvalidInput, Place
from routing.follow_up import MOST_ATTEMPTS, IfNotReached, Window
from routing.ids import ClientId
from routing.intervals import Interval
from routing.organisation import Line

ROWS = 4  # windows that can be ordered at once: an evening, and both days of a weekend
_ATTEMPTS = 3
_PLACE = re.compile(r"[0-9]{1,3}")  # of a number among the client's
_WEEK = timedelta(days=7)

# What `app.duty.follow_ups.order` says in its own words, and what people are told of it.
_SAID: Sequence[tuple[str, str, object]] = (
    ("client", "", lazy_gettext(
        "Your district's register has no such reference on those days. Check it in Callers."
    )),
    ("number", "", lazy_gettext("The client has several numbers. Choose which to call.")),
    ("language", "", lazy_gettext("The line does not speak that language. Choose another.")),
    ("line", "", lazy_gettext("That line does not serve your district. Choose another.")),
    ("instruction", "empty", lazy_gettext("Write what the therapist is to ask or say.")),
    ("instruction", "", lazy_gettext("It is too long. Write at most 2000 characters.")),
    ("attempts", "", lazy_gettext("Choose from 1 to 9 calls.")),
    ("windows", "", lazy_gettext("Fill in at least one time.")),
    ("window", "over already", lazy_gettext("That time is over already. Choose a later one.")),
    ("window", "days ahead", lazy_gettext("Choose a time within 31 days.")),
    ("window", "above it", lazy_gettext(
        "It begins before the time above it has ended. Put the earliest first."
    )),
    ("window", "not open", lazy_gettext(
        "The line is not open all that time. Choose a time within the hours that stand above."
    )),
    ("window", "fallback", lazy_gettext("The line has no Socialjouren to turn to.")),
    ("if_not_reached", "", lazy_gettext(
        "After the last time there is no next one. Choose who takes over then."
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filled:
    """
    A form as it was typed.

    *order* is None where it cannot be read; *problems* are sentences by the name of the field, and
    *rows* the rows of the form that the windows of the order stand in.
    """

    typed: Mapping[str, str] = field(repr=False)
    order: WrittenOrder | None = field(repr=False)
    problems: Mapping[str, str]
    rows: tuple[int, ...]


def blank(line: Line, now: datetime) -> Mapping[str, str]:
    """What the form says before anybody has typed: the day on which the line is next open."""
    stretches = open_hours(line, now)
    first = stretches[0].start.astimezone(line.zone).date().isoformat() if stretches else ""
    rule = IfNotReached.SOCIALJOUREN if line.fallback else IfNotReached.HOME_DISTRICT
    rules = {f"then_{row}": str(rule) for row in range(1, ROWS + 1)}
    return {"line": line.id, "day_1": first, "attempts": str(_ATTEMPTS), **rules}


def open_hours(line: Line, now: datetime) -> tuple[Interval, ...]:
    """When the line is open in the next week: no window lies outside it."""
    return line.hours.within(Interval(now, now + _WEEK))


def read(form: Mapping[str, str], line: Line) -> Filled:
    """What *form* orders; whatever can be said of single fields is said of all at once."""
    problems: dict[str, str] = {}
    client = form.get("client", "").strip()
    if not client:
        problems["client"] = _("Write the client's reference in the register.")
    if not form.get("instruction", "").strip():
        problems["instruction"] = _("Write what the therapist is to ask or say.")
    attempts = form.get("attempts", "").strip()
    if attempts not in map(str, range(1, MOST_ATTEMPTS + 1)):
        problems["attempts"] = _("Choose from 1 to 9 calls.")
    windows, rows = _windows(form, line.zone, problems)
    if not windows and not any(name.startswith(("day_", "from_")) for name in problems):
        problems["day_1"] = _("Fill in at least one time.")
    if problems:
        return Filled(form, None, problems, rows)
    number = form.get("number", "")
    order = WrittenOrder(
        client=ClientId(client),
        instruction=form["instruction"].strip(),
        windows=windows,
        number=int(number) if _PLACE.fullmatch(number) else None,
        line=line.id,
        district=None,
        language=form.get("language") or None,
        may_leave_voicemail="voicemail" in form,
        may_say_who_calls="say_who_calls" in form,
        max_attempts=int(attempts),
    )
    return Filled(form, order, problems, rows)


def refused(filled: Filled, err: InvalidInput) -> Filled:
    """*filled*, with what the order was refused for at the field where it can be mended."""
    said = "" if err.place is None else err.place.field or ""
    kind, _dot, number = said.partition(".")
    name = said
    if kind == "windows":
        place = int(number) - 1 if _PLACE.fullmatch(number) else 0
        name = f"day_{filled.rows[place] if place < len(filled.rows) else 1}"
        kind = "window" if number else kind
    elif kind == "if_not_reached":
        name = f"then_{filled.rows[-1]}"
    message = str(err)
    sentence = next(
        (str(words) for of, part, words in _SAID if of == kind and part in message),
        _("This cannot be ordered. Check what you have filled in."),
    )
    return Filled(filled.typed, None, {name: sentence}, filled.rows)


def _windows(
    form: Mapping[str, str], zone: ZoneInfo, problems: dict[str, str]
) -> tuple[tuple[Window, ...], tuple[int, ...]]:
    """The rows that are filled in; what is wrong with one is put into *problems*."""
    windows: list[Window] = []
    rows: list[int] = []
    for row in range(1, ROWS + 1):
        day, start, end = (form.get(f"{n}_{row}", "").strip() for n in ("day", "from", "to"))
        if not start and not end:
            continue  # a day alone is where the form began
        if not (day and start and end):
            problems[f"day_{row}"] = _("Fill in day, start and end, or leave all three empty.")
            continue
        try:
            begins, ends = (moment(f"{day}T{at}", zone, Place("order")) for at in (start, end))
        except InvalidInput:
            problems[f"day_{row}"] = _("There is no such time. Write it as 2026-03-03 and 19:00.")
            continue
        rule = form.get(f"then_{row}", "")
        if rule not in {str(one) for one in IfNotReached}:
            problems[f"then_{row}"] = _("Choose who takes over if nobody is reached.")
        elif ends <= begins:
            problems[f"day_{row}"] = _("It ends before it begins. Change the start or the end.")
        else:
            windows.append(Window(Interval(begins, ends), IfNotReached(rule)))
            rows.append(row)
    return tuple(windows), tuple(rows)
