"""Working time and retention, out of the organisation file."""

from datetime import timedelta

from app.intake.checks import hours, one_of, written
from app.intake.document import RetentionTable, WorkingTimeTable
from app.intake.locate import KeyPath, Whereabouts
from app.intake.spans import clock_time, length_of_time, term
from routing.errors import InvalidInput
from routing.hours import Hours
from routing.organisation import HOME_ZONE, Retention, WeekBreak, WorkingTime
from routing.weekdays import DAY_NAMES

_A_DAY = timedelta(days=1)
_A_WEEK = timedelta(days=7)


def working_time(
    table: WorkingTimeTable, otherwise: WorkingTime, where: Whereabouts, path: KeyPath
) -> WorkingTime:
    """What the table at *path* says, and *otherwise* for what it does not."""
    standby_breaks = table.standby_breaks_weekly_rest
    if standby_breaks is None:
        standby_breaks = otherwise.standby_breaks_weekly_rest
    agreement = otherwise.agreement
    if table.agreement is not None:
        agreement = written(table.agreement, where.of(*path, "agreement"))
    if not standby_breaks and agreement is None:
        raise InvalidInput(
            "only an agreement lets standby leave the weekly rest whole: name it as agreement",
            where.of(*path, "standby_breaks_weekly_rest"),
        )
    daily, weekly = table.daily_rest, table.weekly_rest
    return WorkingTime(
        ordinary=_ordinary(table, otherwise, where, path),
        day_break=(
            otherwise.day_break
            if table.day_break is None
            else clock_time(table.day_break, where.of(*path, "day_break"))
        ),
        week_break=_week_break(table, otherwise, where, path),
        daily_rest=_rest(daily, _A_DAY, otherwise.daily_rest, where, (*path, "daily_rest")),
        weekly_rest=_rest(weekly, _A_WEEK, otherwise.weekly_rest, where, (*path, "weekly_rest")),
        standby_breaks_weekly_rest=standby_breaks,
        agreement=agreement,
    )


def retention(table: RetentionTable, where: Whereabouts) -> Retention:
    """How long each kind of thing is kept."""
    return Retention(
        contacts=term(table.contacts, where.of("retention", "contacts")),
        notes=term(table.notes, where.of("retention", "notes")),
        message_bodies=term(table.message_bodies, where.of("retention", "message_bodies")),
        audit=term(table.audit, where.of("retention", "audit")),
    )


def _ordinary(
    table: WorkingTimeTable, otherwise: WorkingTime, where: Whereabouts, path: KeyPath
) -> Hours:
    if table.ordinary is None:
        return otherwise.ordinary
    return hours(table.ordinary, HOME_ZONE, where, (*path, "ordinary"), weekdays_only=True)


def _week_break(
    table: WorkingTimeTable, otherwise: WorkingTime, where: Whereabouts, path: KeyPath
) -> WeekBreak:
    if table.week_break is None:
        return otherwise.week_break
    at = (*path, "week_break")
    day = one_of(table.week_break.day, DAY_NAMES, where.of(*at, "day"))
    return WeekBreak(DAY_NAMES.index(day), clock_time(table.week_break.at, where.of(*at, "at")))


def _rest(
    text: str | None, period: timedelta, otherwise: timedelta, where: Whereabouts, path: KeyPath
) -> timedelta:
    if text is None:
        return otherwise
    rest = length_of_time(text, where.of(*path))
    if rest >= period:
        raise InvalidInput("longer than the period it is taken in", where.of(*path))
    return rest
