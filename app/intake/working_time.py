"""Working time and retention, out of the organisation file."""

from datetime import date, timedelta
from itertools import pairwise

from app.intake.checks import hours, one_of, written
from app.intake.document import RetentionTable, WorkingTimeFields, WorkingTimeTable
from app.intake.locate import KeyPath, Whereabouts
from app.intake.spans import clock_time, length_of_time, term
from routing.errors import InvalidInput
from routing.hours import Hours
from routing.organisation import Retention
from routing.weekdays import DAY_NAMES
from routing.working_time import HOME_ZONE, Schedule, Terms, WeekBreak, WorkingTime

_A_DAY = timedelta(days=1)
_LEAST_KEPT, _SOME_DAY = timedelta(days=60), date(2026, 1, 1)
_A_WEEK = timedelta(days=7)
_LONGEST_WAIT = 14  # AB 13 §, mom. 8


def working_time(
    table: WorkingTimeTable, otherwise: Terms, where: Whereabouts, path: KeyPath
) -> Terms:
    """
    What the table at *path* says, and *otherwise* for what it does not; each from its date on.

    Raises:
        InvalidInput: naming the field.
    """
    since = [change.valid_from for change in table.changes]
    for n, (one, after) in enumerate(pairwise(since), start=1):
        if after <= one:
            at = where.of(*path, "changes", n, "valid_from")
            raise InvalidInput("not later than the change before it", at)

    def on(day: date) -> WorkingTime:
        found = _changed(table, otherwise.on(day), where, path)
        for n, change in enumerate(table.changes):
            if change.valid_from <= day:
                found = _changed(change, found, where, (*path, "changes", n))
        return found

    dates = sorted({*since, *(day for day, _ in otherwise.later)})
    return Terms(on(date.min), tuple((day, on(day)) for day in dates))


def _changed(
    table: WorkingTimeFields, otherwise: WorkingTime, where: Whereabouts, path: KeyPath
) -> WorkingTime:
    standby_breaks = _or(table.standby_breaks_weekly_rest, otherwise.standby_breaks_weekly_rest)
    agreement = otherwise.agreement
    if table.agreement is not None:
        agreement = written(table.agreement, where.of(*path, "agreement"))
    if not standby_breaks and agreement is None:
        raise InvalidInput(
            "only an agreement lets standby leave the weekly rest whole: name it as agreement",
            where.of(*path, "standby_breaks_weekly_rest"),
        )
    if table.shortest_callout is not None and agreement is None:
        raise InvalidInput(
            "only an agreement leaves short call-outs uncounted: name it as agreement",
            where.of(*path, "shortest_callout"),
        )
    reference = otherwise.reference
    if table.reference is not None:
        reference = written(table.reference, where.of(*path, "reference"))

    def length(name: str, other: timedelta | None, most: timedelta) -> timedelta | None:
        text = getattr(table, name)
        return other if text is None else _length(text, most, where, (*path, name))

    was = otherwise
    return WorkingTime(
        ordinary=_ordinary(table, was, where, path),
        day_break=(
            was.day_break
            if table.day_break is None
            else clock_time(table.day_break, where.of(*path, "day_break"))
        ),
        week_break=_week_break(table, was, where, path),
        daily_rest=length("daily_rest", was.daily_rest, _A_DAY) or was.daily_rest,
        weekly_rest=length("weekly_rest", was.weekly_rest, _A_WEEK) or was.weekly_rest,
        standby_breaks_weekly_rest=standby_breaks,
        agreement=agreement,
        full_weekly_rest=length("full_weekly_rest", was.full_weekly_rest, _A_WEEK)
        or was.full_weekly_rest,
        repaid_within=(
            was.repaid_within
            if table.repaid_within_days is None
            else _days(table.repaid_within_days, where, (*path, "repaid_within_days"))
        ),
        shortest_callout=length("shortest_callout", was.shortest_callout, _A_DAY)
        or was.shortest_callout,
        joined_within=length("joined_within", was.joined_within, _A_DAY) or was.joined_within,
        meal_break=length("meal_break", was.meal_break, _A_DAY) or was.meal_break,
        answer_within=length("answer_within", was.answer_within, _A_DAY),
        on_site_within=length("on_site_within", was.on_site_within, _A_DAY),
        schedule=_schedule(table, was, where, path),
        reference=reference,
    )


def retention(table: RetentionTable, where: Whereabouts) -> Retention:
    """
    How long each kind of thing is kept.

    Contacts for longer than one can be handed over; and a slip of the pen, a day for a month, must
    not empty the log overnight.  Notes wait for the case file in any case.
    """
    at = where.of("retention", "contacts")
    contacts = term(table.contacts, at)
    if contacts.before(_SOME_DAY) > _SOME_DAY - _LEAST_KEPT:
        raise InvalidInput(f"must be at least {_LEAST_KEPT.days} days", at)
    return Retention(
        contacts=contacts,
        notes=term(table.notes, where.of("retention", "notes")),
        message_bodies=term(table.message_bodies, where.of("retention", "message_bodies")),
        audit=term(table.audit, where.of("retention", "audit")),
    )


def _ordinary(
    table: WorkingTimeFields, otherwise: WorkingTime, where: Whereabouts, path: KeyPath
) -> Hours:
    if table.ordinary is None:
        return otherwise.ordinary
    return hours(table.ordinary, HOME_ZONE, where, (*path, "ordinary"), weekdays_only=True)


def _week_break(
    table: WorkingTimeFields, otherwise: WorkingTime, where: Whereabouts, path: KeyPath
) -> WeekBreak:
    if table.week_break is None:
        return otherwise.week_break
    at = (*path, "week_break")
    day = one_of(table.week_break.day, DAY_NAMES, where.of(*at, "day"))
    return WeekBreak(DAY_NAMES.index(day), clock_time(table.week_break.at, where.of(*at, "at")))


def _schedule(
    table: WorkingTimeFields, otherwise: WorkingTime, where: Whereabouts, path: KeyPath
) -> Schedule | None:
    if table.schedule is None:
        return otherwise.schedule
    if table.schedule.weeks < 1:
        raise InvalidInput("not a number of weeks", where.of(*path, "schedule", "weeks"))
    return Schedule(table.schedule.first, table.schedule.weeks)


def _length(text: str, most: timedelta, where: Whereabouts, path: KeyPath) -> timedelta:
    length = length_of_time(text, where.of(*path))
    if length >= most:
        raise InvalidInput("longer than the period it is taken in", where.of(*path))
    return length


def _days(days: int, where: Whereabouts, path: KeyPath) -> timedelta:
    if not 1 <= days <= _LONGEST_WAIT:
        raise InvalidInput(f"not between 1 and {_LONGEST_WAIT} days", where.of(*path))
    return timedelta(days=days)


def _or(given: bool | None, otherwise: bool) -> bool:  # noqa: FBT001 - the file's own yes or no
    return otherwise if given is None else given
