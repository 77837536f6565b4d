"""What the report on rest says first: margins, counts, versions and terms."""

from collections import Counter

from app.console.rest_say import Say
from app.console.rest_words import ATL_13, ATL_14, DAILY, LAW_OF_RULE, OWED, RULES, WEEKLY
from app.console.tables import Cell, Column, Margin, Table
from app.duty.rest_report import PersonsRest


def facts(say: Say) -> tuple[tuple[str, Cell], ...]:
    """What the report is about, and when it was made."""
    w, report = say.words, say.report
    version = report.version
    is_now = w["rota_now"]
    return (
        (w["line"], f"{report.line.name} ({report.line.id})"),
        (
            w["span"],
            f"{say.moment(report.span.start)} {w['to']} {say.moment(report.span.end)}",
        ),
        (w["rota"], is_now if version is None else w["rota_version"].format(version.id)),
        (w["overrides"], report.overrides),
        (w["made_at"], say.moment(report.made_at)),
    )


def least(say: Say) -> tuple[tuple[str, str, Margin, str], ...]:
    """The smallest daily and weekly margin: of what, by which law, how much, whose and when."""
    people = say.report.people
    daily = [(p.therapist, one) for p in people if (one := p.tightest_day) is not None]
    weekly = [(p.therapist, one) for p in people if (one := p.tightest_week) is not None]
    found = []
    for key, law, of in (("least_daily", DAILY, daily), ("least_weekly", WEEKLY, weekly)):
        if of:
            who, one = min(of, key=lambda pair: pair[1].margin)
            whose = f"{say.who(who)}, {say.moment(one.period.start)}"
            found.append((say.words[key], law, Margin(one.margin), whose))
    return tuple(found)


def people(say: Say) -> Table:
    """One row for each person: margins, findings, days off, and what is owed."""
    w = say.words
    columns = (
        Column(w["person"], width=20),
        Column(w["least_daily_short"], DAILY, is_margin=True),
        Column(w["from_day"], width=20),
        Column(w["least_weekly_short"], WEEKLY, is_margin=True),
        Column(w["from_week"], width=20),
        Column(w["findings_by_rule"], width=24),
        Column(w["days_off_taken"], width=16),
        Column(w["days_off_planned"], width=16),
        Column(w["still_owed"], OWED),
    )
    return Table(
        "people", w["people"], columns, tuple(_person(say, person) for person in say.report.people)
    )


def rules(say: Say) -> Table:
    """How many findings there are of each rule."""
    w = say.words
    columns = (
        Column(w["rule"], width=20),
        Column(w["what"], width=24),
        Column(w["law"], width=24),
        Column(w["count"]),
    )
    rows = tuple(
        (rule, RULES[say.language].get(rule, ""), LAW_OF_RULE.get(rule, ""), count)
        for rule, count in say.report.by_rule.items()
    )
    return Table("rules", w["rules"], columns, rows)


def versions(say: Say) -> Table:
    """Who published what is in force, when, and why against a rule."""
    w = say.words
    columns = (
        Column(w["version"], width=20),
        Column(w["published_at"], width=20),
        Column(w["author"], width=20),
        Column(w["note"], width=30),
        Column(w["reason"], width=30),
        Column(w["came"]),
        Column(w["went"]),
    )
    rows = tuple(
        (
            v.id,
            v.signed.at,
            say.who(v.signed.author),
            v.signed.note,
            v.reason,
            v.shifts,
            v.withdrawn,
        )
        for v in say.report.versions
    )
    return Table("versions", w["versions"], columns, rows)


def terms(say: Say) -> Table:
    """What the days and weeks were judged by; the first column is what they refer to."""
    w = say.words
    columns = (
        Column(w["term"], width=20),
        Column(w["day_break"], ATL_13),
        Column(w["week_break"], ATL_14),
        Column(w["daily_rest"], ATL_13),
        Column(w["weekly_rest"], ATL_14),
        Column(w["standby_rests"], ATL_14, width=18),
        Column(w["agreement"], width=24),
        Column(w["reference"], width=24),
        Column(w["ordinary"], width=30),
    )
    rows = tuple(
        (
            say.terms[terms],
            f"{terms.day_break:%H:%M}",
            f"{say.day(terms.week_break.weekday)} {terms.week_break.at:%H:%M}",
            terms.daily_rest,
            terms.weekly_rest,
            w["yes"] if terms.standby_breaks_weekly_rest else w["no"],
            terms.agreement,
            terms.reference,
            say.hours(terms.ordinary),
        )
        for terms in say.report.terms
    )
    return Table("terms", w["terms"], columns, rows)


def _person(say: Say, person: PersonsRest) -> tuple[Cell, ...]:
    counts = Counter(found.rule for found in person.findings)
    rules = [rule for rule in say.report.by_rule if rule in counts]
    day, week = person.tightest_day, person.tightest_week
    return (
        say.who(person.therapist),
        None if day is None else Margin(day.margin),
        None if day is None else day.period.start,
        None if week is None else Margin(week.margin),
        None if week is None else week.period.start,
        ", ".join(f"{rule}×{counts[rule]}" for rule in rules),
        person.compensation_taken,
        person.compensation_planned,
        person.still_owed,
    )
