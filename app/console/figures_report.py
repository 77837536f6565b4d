"""The figures as tables in the reader's language: for the page, and for the files made of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from flask_babel import format_date, format_percent
from flask_babel import gettext as _

from app.console.figures_words import (
    CHANNELS,
    HOW,
    METHOD,
    OUTCOMES,
    ROLES,
    STATES,
    TABLES,
    TITLES,
    WEEKDAYS,
    Measure,
    of_total,
)
from app.console.filters import day, duration, moment
from app.review.figures import Figures, LineTotals
from app.review.figures_own import Spread
from routing.follow_up import State

_HOUR = timedelta(hours=1)
_STEPS = 5  # how many shades the map of hours has


@dataclass(frozen=True, slots=True)
class Hidden:
    """A count that is not told."""

    def __str__(self) -> str:
        return _("hidden")


Cell = str | int | Hidden
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads, the first cell of each its name; *kind* is how a page may show it."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    kind: str = ""  # "bars", "stacked" or "heat"

    def step(self, cell: Cell) -> int:
        """From 0, nothing, to 5, as much as in the fullest cell."""
        most = max((c for row in self.rows for c in row[1:] if isinstance(c, int)), default=0)
        return 0 if not most or not isinstance(cell, int) else -(-_STEPS * cell // most)


@dataclass(frozen=True, slots=True)
class Section:
    """One measure: what it means, the few numbers that matter, and the tables behind them."""

    measure: Measure
    title: str
    how: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a district in a period."""

    title: str
    district: str
    period: str
    made: str
    as_of: str  # where a copy was counted on, which is a little behind; else empty
    sections: tuple[Section, ...]


def report_of(figures: Figures) -> Report:
    """*figures* in the language of the request."""
    leave = figures.leave
    first, last = leave.period.first, leave.period.last
    return Report(
        title=_("Figures"),
        district=leave.organisation.name_of(leave.district) or leave.district,
        period=f"{day(first)} – {day(last)}",
        made=day(leave.now),
        as_of=""
        if figures.as_of is None
        else _(
            "Counted on a copy of the database as it was %(moment)s.", moment=moment(figures.as_of)
        ),
        sections=tuple(_sections(figures)),
    )


def _sections(figures: Figures) -> Iterator[Section]:
    own = figures.own
    yield _section(Measure.CONTACTS, ((_("Contacts"), str(own.number)),), (_weeks(figures),))
    yield _section(Measure.HOURS, (), (_heat(figures),))
    yield _answered(figures)
    yield _missed(figures)
    calls = own.calls
    yield _section(
        Measure.FALLBACK,
        (
            (_("Calls in which the fallback was rung"), _share(calls.sent_on, calls.number)),
            (_("Answered there"), _share(calls.by_fallback, calls.sent_on)),
        ),
    )
    handed = figures.handovers
    yield _section(
        Measure.HANDOVERS,
        (
            (_("Due"), str(handed.number)),
            (_("Acknowledged on time"), _share(handed.on_time, handed.number)),
            (_("Acknowledged late"), str(handed.late)),
            (_("Not acknowledged"), str(handed.number - handed.on_time - handed.late)),
        ),
    )
    yield _follow_ups(figures)
    told = figures.agreements
    yield _section(
        Measure.AGREEMENTS,
        (
            (_("Told of"), str(told.number)),
            (_("Met"), _share(told.met, told.number)),
            (_("Met in time"), _share(told.on_time, told.number)),
            *_times(told.until_met),
        ),
    )
    yield _channels(figures)
    yield _roles(figures)
    hours = figures.hours
    yield _section(
        Measure.STANDBY,
        (
            (_("Standby hours"), _in_hours(hours.standby)),
            (_("of it on red days"), _in_hours(hours.standby_red)),
            (_("Called out"), _in_hours(hours.called_out)),
            (_("of it on red days"), _in_hours(hours.called_out_red)),
        ),
    )
    yield _totals(figures)


def _section(
    measure: Measure,
    facts: tuple[tuple[str, str], ...],
    tables: tuple[Table, ...] = (),
    notes: tuple[str, ...] = (),
) -> Section:
    return Section(measure, str(TITLES[measure]), str(HOW[measure]), facts, tables, notes)


def _weeks(figures: Figures) -> Table:
    rows = tuple(
        (_week(one.monday), one.calls, one.texts, one.outgoing, one.total)
        for one in figures.own.weeks
    )
    heads = (_("Week"), _("Calls"), _("Texts"), _("Outgoing"), _("All"))
    return Table(_("Contacts per week"), heads, rows, "stacked")


def _week(monday: date) -> str:
    year, week, _day = monday.isocalendar()
    return _("w %(week)d %(year)d", week=week, year=year)


def _heat(figures: Figures) -> Table:
    counts = figures.own.hours
    came = [hour for (_day, hour), number in counts.items() if number]
    hours = range(min(came, default=8), max(came, default=21) + 1)
    rows: tuple[Row, ...] = tuple(
        (str(WEEKDAYS[place]), *(counts.get((place, hour), 0) for hour in hours))
        for place in range(7)
    )
    heads = (_("Weekday"), *(f"{hour:02}" for hour in hours))
    return Table(_("Incoming contacts by weekday and hour"), heads, rows, "heat")


def _answered(figures: Figures) -> Section:
    calls = figures.own.calls
    return _section(
        Measure.ANSWERED,
        (
            (_("Calls to answer"), str(calls.number)),
            (_("Answered by a therapist"), _share(calls.answered, calls.number)),
            (_("Answered by the fallback"), _share(calls.by_fallback, calls.number)),
            (_("Hung up before anybody answered"), _share(calls.abandoned, calls.number)),
            (_("Nobody answered"), _share(calls.unmet, calls.number)),
            (_("Time to answer, median"), _time(calls.wait.median)),
            (_("Time to answer, 90 per cent within"), _time(calls.wait.p90)),
        ),
    )


def _missed(figures: Figures) -> Section:
    missed = figures.own.missed
    met = missed.called_back + missed.came_back
    return _section(
        Measure.MISSED,
        (
            (_("Nobody answered"), str(missed.number)),
            (_("Met within 48 hours"), _share(met, missed.share_base)),
            (_("Called back"), str(missed.called_back)),
            (_("Called or wrote again and was met"), str(missed.came_back)),
            (_("Withheld number, cannot be called back"), str(missed.withheld)),
            (_("Less than 48 hours ago"), str(missed.open)),
            *_times(missed.until_met),
        ),
    )


def _follow_ups(figures: Figures) -> Section:
    found = figures.follow_ups
    number = sum(found.values()) - found[State.CANCELLED]
    facts = [(_("Done, of those not cancelled"), _share(found[State.DONE], number))]
    facts += [
        (str(words), str(found[state])) for state, words in STATES.items() if state != State.DONE
    ]
    return _section(Measure.FOLLOW_UPS, tuple(facts))


def _channels(figures: Figures) -> Section:
    own = figures.own
    heads = (_("Outcome"), *(str(words) for words in CHANNELS.values()))
    rows: list[Row] = [
        (str(words), *(own.outcomes.get((outcome, channel), 0) for channel in CHANNELS))
        for outcome, words in OUTCOMES.items()
    ]
    rows.append((_("Outgoing"), *(own.outgoing.get(channel, 0) for channel in CHANNELS)))
    some = tuple(row for row in rows if any(row[1:]))
    return _section(Measure.CHANNELS, (), (Table(_("Channel and outcome"), heads, some, "bars"),))


def _roles(figures: Figures) -> Section:
    roles = figures.own.roles
    heads = (_("Who"), *(str(words) for words in CHANNELS.values()))
    rows: tuple[Row, ...] = tuple(
        (str(words), *(roles.get((role, channel), 0) for channel in CHANNELS))
        for role, words in ROLES.items()
    )
    return _section(Measure.ROLES, (), (Table(_("Who sought help"), heads, rows),))


def _totals(figures: Figures) -> Section:
    tables: list[Table] = []
    notes: list[str] = []
    for one in figures.totals:
        name = f"{one.line.name}, {_half(one)}"
        if one.totals is None:
            notes.append(_("%(what)s: not given yet, or no longer kept whole.", what=name))
            continue
        number = Hidden() if one.totals.number is None else one.totals.number
        notes.append(_("%(what)s: %(number)s contacts.", what=name, number=number))
        for table, cells in one.totals.tables.items():
            rows = tuple(
                (_cell(table, cell), Hidden() if count is None else count)
                for cell, count in cells.items()
            )
            heads = (str(TABLES[table]), _("Contacts"))
            tables.append(Table(f"{name}: {TABLES[table]}", heads, rows))
    if not figures.totals:
        notes.append(_("Choose a half-year or a year to see the line's totals."))
    return _section(Measure.TOTALS, (), tuple(tables), (*notes, str(METHOD)))


def _half(one: LineTotals) -> str:
    half = 1 if one.half.first.month == 1 else 2
    return _("half-year %(half)d of %(year)d", half=half, year=one.half.first.year)


def _cell(table: str, cell: str) -> str:
    if table == "month":
        return cast(str, format_date(date.fromisoformat(cell), "LLLL y"))
    return str(of_total(table, cell))


def _share(part: int, whole: int) -> str:
    """*part* of *whole*, in per cent and in numbers: a share without its base says little."""
    if not whole:
        return _("none")
    share = format_percent(part / whole)
    return _("%(share)s (%(part)d of %(whole)d)", share=share, part=part, whole=whole)


def _times(spread: Spread) -> tuple[tuple[str, str], ...]:
    return (
        (_("Time until then, median"), _time(spread.median)),
        (_("Time until then, 90 per cent within"), _time(spread.p90)),
    )


def _time(span: timedelta | None) -> str:
    return "–" if span is None else duration(span)


def _in_hours(span: timedelta) -> str:
    return _("%(hours)d h", hours=round(span / _HOUR))
