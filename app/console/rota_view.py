"""A rota laid out for a page: weeks of days, days of positions, and what is marked in each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import format_date
from flask_babel import gettext as _

from app.console.filters import clock
from app.console.rota_words import language, people, person
from app.duty.rota_desk import Calendar, Day, Piece
from routing.finding import Severity
from routing.intervals import Interval
from routing.organisation import Line, Organisation
from routing.weekdays import name_of_day
from routing.work import A_DAY, A_WEEK

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Slot:
    """A piece of a position as it is shown: whose, when, and what is remarkable about it."""

    piece: Piece
    who: str
    hours: str
    is_whole: bool  # exactly the line's hours, so that a month need not say them
    is_own: bool
    marks: tuple[str, ...]

    @property
    def code(self) -> str:
        """By what a form names it."""
        slot = self.piece.slot
        return f"{slot.position}|{slot.time.start.isoformat()}|{slot.time.end.isoformat()}"

    @property
    def kind(self) -> str:
        """Its classes in the style sheet."""
        kinds = {
            "gap": self.piece.therapist is None,
            "own": self.is_own,
            "swapped": self.piece.is_on_top,
            "changed": self.piece.is_changed,
        }
        return " ".join(name for name, holds in kinds.items() if holds)


@dataclass(frozen=True, slots=True)
class Shown:
    """A day as it is shown."""

    day: date
    label: str
    name: str | None  # of a holiday or an eve
    is_red: bool
    is_today: bool
    is_outside: bool  # of the month that is shown
    hours: str
    positions: tuple[tuple[Slot, ...], ...]
    errors: int
    warnings: int

    @property
    def kind(self) -> str:
        kinds = {"today": self.is_today, "red": self.is_red, "outside": self.is_outside}
        return " ".join(name for name, holds in kinds.items() if holds)


def weeks_of(
    calendar: Calendar,
    organisation: Organisation,
    viewer: str,
    today: date,
    month: date | None = None,
) -> list[list[Shown | None]]:
    """The days of *calendar* in weeks, nothing before its first; all but *month*'s are grey."""
    days = [shown(calendar, day, organisation, viewer, today, month) for day in calendar.days]
    before = [None] * (days[0].day.weekday() if days else 0)
    padded: list[Shown | None] = [*before, *days]
    padded.extend([None] * (-len(padded) % 7))
    return [padded[at : at + 7] for at in range(0, len(padded), 7)]


def shown(
    calendar: Calendar,
    day: Day,
    organisation: Organisation,
    viewer: str,
    today: date,
    month: date | None = None,
) -> Shown:
    """One day of *calendar*."""
    found = Counter(finding.severity for finding in calendar.findings_on(day.day))
    name = name_of_day(day.day, language())
    return Shown(
        day.day,
        format_date(day.day, _("EEE d MMM")),
        name,
        is_red=name is not None or day.day.weekday() == 6,  # noqa: PLR2004 - Sunday
        is_today=day.day == today,
        is_outside=month is not None and (day.day.year, day.day.month) != (month.year, month.month),
        hours=", ".join(hours(time) for time in day.open),
        positions=tuple(
            tuple(_slot(piece, day, organisation, viewer) for piece in day.of(position))
            for position in range(1, calendar.line.positions + 1)
        ),
        errors=found[Severity.ERROR],
        warnings=found[Severity.WARNING],
    )


def hours(time: Interval) -> str:
    """From when to when on the clock."""
    return f"{clock(time.start)}–{clock(time.end)}"


def span_of_month(month: date) -> tuple[date, date]:
    """The Monday and the Sunday around a month."""
    first = month - timedelta(days=month.weekday())
    last = _next_month(month) - A_DAY
    return first, last + timedelta(days=6 - last.weekday())


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def month_asked(text: str, today: date) -> date:
    """The first of the month written as ``2026-03``; this month where it makes no sense."""
    return day_asked(f"{text}-01", today.replace(day=1))


def day_asked(text: str, otherwise: date) -> date:
    """The date written as ``2026-03-02``; *otherwise* where it makes no sense."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else otherwise


def around_month(month: date) -> tuple[str, str]:
    """The month before and the month after, as they stand in an address."""
    return f"{month - A_DAY:%Y-%m}", f"{_next_month(month):%Y-%m}"


def around_week(monday: date) -> tuple[date, date]:
    """The Mondays before and after."""
    return monday - A_WEEK, monday + A_WEEK


def month_in_words(month: date) -> str:
    """Such as ``mars 2026``."""
    return format_date(month, "LLLL y")


def weekdays() -> list[tuple[str, str]]:
    """Monday to Sunday, short and in full."""
    monday = date(2026, 3, 2)
    days = [monday + timedelta(days=n) for n in range(7)]
    return [(format_date(d, "EEE"), format_date(d, "EEEE")) for d in days]


def moments_in(form_day: str, starts: str, ends: str, line: Line) -> tuple[datetime, datetime]:
    """
    The moments of a day and two times of a form; an end that is not after its start is next day's.

    Raises:
        ValueError: it is no day and times.
    """
    first = datetime.fromisoformat(f"{form_day}T{starts}").replace(tzinfo=line.zone)
    last = datetime.fromisoformat(f"{form_day}T{ends}").replace(tzinfo=line.zone)
    return first, last if last > first else last + A_DAY


def _slot(piece: Piece, day: Day, organisation: Organisation, viewer: str) -> Slot:
    return Slot(
        piece,
        _("Nobody") if piece.therapist is None else person(organisation, piece.therapist),
        hours(piece.slot.time),
        is_whole=piece.slot.time in day.open,
        is_own=piece.therapist is not None and piece.therapist == viewer,
        marks=tuple(_marks(piece, organisation)),
    )


def _marks(piece: Piece, organisation: Organisation) -> Iterable[str]:
    if piece.is_on_top:
        before = person(organisation, piece.instead_of)
        if piece.swap is not None:
            yield _("Swapped, was %(who)s", who=before)
        else:
            yield _("Taken over, was %(who)s", who=before)
    if piece.offered is not None:
        yield _("Offered to others")
    if piece.is_changed:
        yield _("Changes, today %(who)s", who=people(organisation, piece.was))


def _next_month(month: date) -> date:
    year, number = divmod(month.year * _MONTHS + month.month, _MONTHS)
    return date(year, number + 1, 1)


def options(
    organisation: Organisation, team: Sequence[str], also: Iterable[str | None] = ()
) -> list[tuple[str, str]]:
    """The people of a list to choose from, by name, with whoever else holds something."""
    known = dict.fromkeys([*team, *(who for who in also if who)])
    return [(who, person(organisation, who)) for who in known]
