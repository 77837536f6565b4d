"""What the report on rest says in detail: findings, rest owed, and every day and week."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.console.rest_say import Say
from app.console.rest_words import DAILY, OWED, WEEKLY
from app.console.tables import Column, Margin, Table
from app.duty.rest_report import PersonsRest
from routing.rest_periods import RestPeriod
from routing.rest_words import in_words


@dataclass(frozen=True, slots=True)
class Section:
    """One person's two tables, under a heading."""

    key: str
    head: str
    weeks: Table
    days: Table


def findings(say: Say) -> Table:
    """Every finding in words, person by person."""
    w = say.words
    columns = (
        Column(w["rule"], width=8),
        Column(w["severity"]),
        Column(w["person"], width=20),
        Column(w["from"], width=18),
        Column(w["until"], width=18),
        Column(w["what"], width=60),
        Column(w["remedy"], width=60),
    )
    said = [
        in_words(found, say.report.line.zone, say.language)
        for person in say.report.people
        for found in person.findings
    ]
    rows = tuple(
        (
            f.rule,
            w[f.severity],
            say.who(f.therapist or ""),
            f.starts_at,
            f.ends_at,
            f.message,
            f.remedy,
        )
        for f in said
    )
    return Table("findings", w["findings"], columns, rows)


def owed(say: Say) -> Table:
    """The rest that call-outs took, whether it was given back, and until when it is due."""
    w = say.words
    columns = (
        Column(w["person"], width=20),
        Column(w["broken"], DAILY, 18),
        Column(w["deficit"], OWED),
        Column(w["required_then"], OWED),
        Column(w["due"], OWED, 18),
        Column(w["given"], width=18),
        Column(w["standing"], width=30),
    )
    rows = tuple(
        (
            say.who(person.therapist),
            one.debt.period.start,
            one.debt.deficit,
            one.debt.required,
            one.debt.due.end,
            None if one.debt.given_back is None else one.debt.given_back.start,
            w[f"is_{one.standing}"] + (f", {w['has_reason']}" if one.has_reason else ""),
        )
        for person in say.report.people
        for one in person.owed
    )
    return Table("owed", w["owed"], columns, rows)


def days(say: Say, people: Iterable[PersonsRest] | None = None) -> Table:
    """Every day's longest rest, of *people* or of everybody."""
    rests = [(p, p.days) for p in (say.report.people if people is None else people)]
    return _periods(say, "days", say.words["from_day"], DAILY, rests)


def weeks(say: Say, people: Iterable[PersonsRest] | None = None) -> Table:
    """Every week's longest rest, of *people* or of everybody."""
    rests = [(p, p.weeks) for p in (say.report.people if people is None else people)]
    return _periods(say, "weeks", say.words["from_week"], WEEKLY, rests)


def sections(say: Say) -> tuple[Section, ...]:
    """Everybody's weeks and days, each person by herself."""
    return tuple(
        Section(
            f"person-{number}",
            say.who(person.therapist),
            _for_one(weeks(say, [person]), number),
            _for_one(days(say, [person]), number),
        )
        for number, person in enumerate(say.report.people, start=1)
    )


def _periods(
    say: Say,
    key: str,
    head: str,
    law: str,
    rests: Iterable[tuple[PersonsRest, tuple[RestPeriod, ...]]],
) -> Table:
    w = say.words
    columns = (
        Column(w["person"], width=20),
        Column(head, law, 18),
        Column(w["rest_from"], width=18),
        Column(w["rest_until"], width=18),
        Column(w["planned"], law),
        Column(w["length"], law),
        Column(w["required"], law),
        Column(w["margin"], law, is_margin=True),
        Column(w["term"]),
    )
    rows = tuple(
        (
            say.who(person.therapist),
            one.period.start,
            None if one.rest is None else one.rest.start,
            None if one.rest is None else one.rest.end,
            one.planned,
            one.length,
            one.required,
            Margin(one.margin),
            say.terms[one.terms],
        )
        for person, periods in rests
        for one in periods
    )
    return Table(key, w[key], columns, rows)


def _for_one(table: Table, number: int) -> Table:
    """*table* without the column that would say the same in every row."""
    rows = tuple(row[1:] for row in table.rows)
    return Table(f"{table.key}-{number}", table.caption, table.columns[1:], rows)
