"""`beredskap rest report`: everybody's daily and weekly rest, for inspection."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import click
import sqlalchemy as sa

from app.bootstrap import Parts
from app.cli.main import parts
from app.cli.rest import rest
from app.cli.show import answer, as_json_option, local, the_line, the_moment
from app.console.rest_overview import least
from app.console.rest_page import page, signed
from app.console.rest_say import Say, called_by_id, called_by_name
from app.duty.ledger import Owed
from app.duty.rest_report import PersonsRest, RestReport, of_span, of_version
from app.store.database import reading
from routing.errors import InvalidInput, NotFound
from routing.intervals import Interval
from routing.organisation import Line
from routing.rest_periods import RestPeriod, tightest
from routing.rest_words import in_words
from routing.working_time import WorkingTime

_PAGE, _BOOK = ".html", ".xlsx"
_A_MINUTE = timedelta(minutes=1)


@rest.command("report")
@click.option("--line", "line_id", metavar="ID", required=True)
@click.option("--version", "number", metavar="N", type=int, help="The rota as N published it.")
@click.option("--from", "start", metavar="D", help="With --to: the rota in force now.")
@click.option("--to", "end", metavar="D")
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help=".html or .xlsx."
)
@click.option("--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True)
@click.option("--names", is_flag=True, help="People by name besides their ids.")
@as_json_option
def report(
    line_id: str,
    number: int | None,
    start: str | None,
    end: str | None,
    out: Path | None,
    language: str,
    *,
    names: bool,
    as_json: bool,
) -> None:
    """
    Every day's and every week's longest rest of each person, and the smallest margins.

    Of the rota as a version published it, in the time that the version is about; or of the rota in
    force, in the days and weeks that a time touches.  A page prints as A4, and so becomes a PDF.
    """
    own = parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    if out is None and not as_json:
        raise InvalidInput("--out: name a file to write, or ask for --json")
    if out is not None and out.suffix.lower() not in {_PAGE, _BOOK}:
        raise InvalidInput(f"--out: the file's name must end with {_PAGE} or {_BOOK}")
    with reading(own.engine) as connection:
        found = _found(connection, own, line, number, start, end)
    say = Say.of(found, language, called_by_name(organisation) if names else called_by_id)
    if out is not None:
        is_page = out.suffix.lower() == _PAGE
        from app.cli.rest_workbook import workbook  # noqa: PLC0415 - costs half a second

        out.write_bytes(page(say).encode() if is_page else workbook(say))
    if as_json:
        answer(_for_programs(say))
        return
    click.echo(f"{out}: the rest of {len(found.people)} people.")
    for head, law, margin, whose in least(say):
        click.echo(f"{head} ({law}): {signed(margin.length)}, {whose}")


def _found(
    connection: sa.Connection,
    own: Parts,
    line: Line,
    number: int | None,
    start: str | None,
    end: str | None,
) -> RestReport:
    organisation, now = own.mirror.picture.organisation, own.clock()
    first, last = the_moment(start, line, "--from"), the_moment(end, line, "--to")
    if number is not None:
        if first is not None or last is not None:
            raise InvalidInput("--version: a version has its own time; leave out --from and --to")
        try:
            return of_version(connection, organisation, line, number, now)
        except NotFound as err:
            raise InvalidInput(f"--version: {err}") from err
    if first is None or last is None:
        raise InvalidInput("--version: name a version, or a time with --from and --to")
    if last <= first:
        raise InvalidInput("--to is not after --from")
    return of_span(connection, organisation, line, Interval(first, last), now)


def _for_programs(say: Say) -> dict[str, object]:
    """The JSON answer; its keys are a promise."""
    found, line = say.report, say.report.line
    days = (day for person in found.people for day in person.days)
    weeks = (week for person in found.people for week in person.weeks)
    return {
        "line": line.id,
        "from": local(found.span.start, line),
        "to": local(found.span.end, line),
        "version": None if found.version is None else found.version.id,
        "made_at": local(found.made_at, line),
        "overrides": found.overrides,
        "versions": [
            {
                "version": v.id,
                "published_at": local(v.signed.at, line),
                "author": say.who(v.signed.author),
                "note": v.signed.note,
                "reason": v.reason,
            }
            for v in found.versions
        ],
        "terms": {name: _terms(terms, say) for terms, name in say.terms.items()},
        "smallest_daily_margin_minutes": _least(days),
        "smallest_weekly_margin_minutes": _least(weeks),
        "findings": dict(found.by_rule),
        "people": [_person(person, say) for person in found.people],
    }


def _person(person: PersonsRest, say: Say) -> dict[str, object]:
    line = say.report.line
    return {
        "therapist": say.who(person.therapist),
        "smallest_daily_margin_minutes": _least(person.days),
        "smallest_weekly_margin_minutes": _least(person.weeks),
        "compensation_days_taken": person.compensation_taken,
        "compensation_days_planned": person.compensation_planned,
        "owed_minutes": person.still_owed // _A_MINUTE,
        "days": [_period(day, say) for day in person.days],
        "weeks": [_period(week, say) for week in person.weeks],
        "owed": [_debt(one, line) for one in person.owed],
        "findings": [
            in_words(finding, line.zone, say.language).as_json(line.zone)
            for finding in person.findings
        ],
    }


def _period(one: RestPeriod, say: Say) -> dict[str, object]:
    line = say.report.line
    return {
        "starts_at": local(one.period.start, line),
        "ends_at": local(one.period.end, line),
        "rest_starts_at": None if one.rest is None else local(one.rest.start, line),
        "rest_ends_at": None if one.rest is None else local(one.rest.end, line),
        "planned_minutes": one.planned // _A_MINUTE,
        "longest_minutes": one.length // _A_MINUTE,
        "required_minutes": one.required // _A_MINUTE,
        "margin_minutes": one.margin // _A_MINUTE,
        "terms": say.terms[one.terms],
    }


def _terms(terms: WorkingTime, say: Say) -> dict[str, object]:
    return {
        "day_break": f"{terms.day_break:%H:%M}",
        "week_break": {"weekday": terms.week_break.weekday, "at": f"{terms.week_break.at:%H:%M}"},
        "daily_rest_minutes": terms.daily_rest // _A_MINUTE,
        "weekly_rest_minutes": terms.weekly_rest // _A_MINUTE,
        "standby_breaks_weekly_rest": terms.standby_breaks_weekly_rest,
        "agreement": terms.agreement,
        "reference": terms.reference,
        "ordinary": say.hours(terms.ordinary),
    }


def _debt(one: Owed, line: Line) -> dict[str, object]:
    debt, given = one.debt, one.debt.given_back
    return {
        "period_starts_at": local(debt.period.start, line),
        "minutes": debt.deficit // _A_MINUTE,
        "required_minutes": debt.required // _A_MINUTE,
        "due_at": local(debt.due.end, line),
        "given_back_from": None if given is None else local(given.start, line),
        "standing": str(one.standing),
        "has_reason": one.has_reason,
    }


def _least(periods: Iterable[RestPeriod]) -> int | None:
    found = tightest(periods)
    return None if found is None else found.margin // _A_MINUTE
