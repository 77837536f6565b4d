"""Commands about disturbed nights: what was work, what rest is owed, and what adds up."""

from datetime import timedelta

import click

from app.cli.hours import hours
from app.cli.main import parts
from app.cli.rest import rest
from app.cli.show import (
    answer,
    as_json_option,
    by_option,
    first_line,
    local,
    note_option,
    the_moment,
    the_therapist,
)
from app.duty.ledger import Owed, called_out, owed, works_of_all
from app.store import ledger as stored
from app.store.database import reading
from app.store.rota import Signed
from rota_adapter.times import moment_or_midnight
from routing.errors import InvalidInput, Place
from routing.intervals import Interval
from routing.ledger import Correction
from routing.organisation import Line
from routing.rest_debts import Standing
from routing.rest_load import LOOKED_BACK, load_findings
from routing.rest_words import in_words

_from_option = click.option("--from", "start", metavar="T")
_to_option = click.option("--to", "end", metavar="T")
_therapist_option = click.option("--therapist", metavar="ID", required=True)


def _span(line: Line, start: str | None, end: str | None, otherwise: Interval) -> Interval:
    first = the_moment(start, line, "--from") or otherwise.start
    last = the_moment(end, line, "--to") or otherwise.end
    if last <= first:
        raise InvalidInput("--to is not after --from")
    return Interval(first, last)


@hours.command("callouts")
@_from_option
@_to_option
@as_json_option
def call_outs(start: str | None, end: str | None, *, as_json: bool) -> None:
    """The call-outs of the last week, as the contacts say and people corrected."""
    own = parts()
    organisation, now = own.mirror.picture.organisation, own.clock()
    line = first_line(organisation)
    span = _span(line, start, end, Interval(now - timedelta(days=7), now))
    with reading(own.engine) as connection:
        found = called_out(connection, organisation, span, now)
    rows = [
        {
            "therapist": who,
            "starts_at": local(time.start, line),
            "ends_at": local(time.end, line),
            "minutes": round(time.length.total_seconds() / 60),
        }
        for who, times in sorted(found.items())
        for time in times
    ]
    if as_json:
        answer({"callouts": rows})
        return
    for row in rows:
        click.echo(
            f"{row['therapist']}  {row['starts_at']} to {row['ends_at']}  {row['minutes']} min"
        )
    if not rows:
        click.echo("No call-outs.")


@hours.command("correct")
@_therapist_option
@click.option("--from", "start", metavar="T", required=True)
@click.option("--to", "end", metavar="T", required=True)
@click.option("--no-work", is_flag=True, help="There was no work then, whatever the contacts say.")
@by_option
@note_option
def correct(therapist: str, start: str, end: str, author: str, note: str, *, no_work: bool) -> None:
    """
    Say that a time on standby was work, or was none; kept with who said it and why.

    Corrections are laid over what the contacts say, in the order they are made; none is changed.
    """
    own = parts()
    organisation, now = own.mirror.picture.organisation, own.clock()
    who = the_therapist(organisation, therapist)
    line = first_line(organisation)
    span = _span(line, start, end, Interval(now - timedelta(days=1), now))
    if span.end > now:
        raise InvalidInput("--to: lies ahead; only what has been can be corrected")
    if not note:
        raise InvalidInput("--note: say why; it is kept with the correction")
    with own.engine.begin() as connection:
        one = Correction(who, span, was_work=not no_work)
        stored.correct(connection, one, Signed(author, note, now))
    click.echo("Corrected.")


@rest.command("ledger")
@_from_option
@_to_option
@as_json_option
def ledger(start: str | None, end: str | None, *, as_json: bool) -> None:
    """
    What rest the disturbed nights of the last 30 days owe, and whether it was given back.

    Below them what adds up over weeks and months, R11 to R15.  Status 1 if any rest is overdue.
    """
    own = parts()
    organisation, now = own.mirror.picture.organisation, own.clock()
    line = first_line(organisation)
    span = _span(line, start, end, Interval(now - timedelta(days=30), now))
    with reading(own.engine) as connection:
        found = owed(connection, organisation, span, now)
        past = Interval(now - LOOKED_BACK, now)
        load = [
            in_words(finding, line.zone)
            for work in works_of_all(connection, organisation, past, now)
            for finding in load_findings(work, now)
        ]
    rows = [_row(one, line) for one in found]
    if as_json:
        answer({"debts": rows, "findings": [finding.as_json(line.zone) for finding in load]})
    else:
        for row in rows:
            click.echo(
                f"{row['therapist']}  night of {row['period_starts_at']}  owed {row['minutes']} "
                f"min, due {row['due_at']}: {row['standing']}"
                + (" (a reason is on record)" if row["has_reason"] else "")
            )
        for finding in load:
            click.echo(f"{finding.severity} {finding.rule}: {finding.message}; {finding.remedy}")
        if not rows and not load:
            click.echo("Nothing is owed.")
    if any(one.standing is Standing.OVERDUE for one in found):
        raise SystemExit(1)


@rest.command("defer")
@_therapist_option
@click.option("--period", "start", metavar="T", required=True, help="As `rest ledger` shows it.")
@by_option
@note_option
def defer(therapist: str, start: str, author: str, note: str) -> None:
    """Keep the objective reason why rest cannot be given back at once; 14 days are left then."""
    own = parts()
    organisation, now = own.mirror.picture.organisation, own.clock()
    line = first_line(organisation)
    who = the_therapist(organisation, therapist)
    period = moment_or_midnight(start, line.zone, Place("--period"))
    if not note:
        raise InvalidInput("--note: say why; it is kept")
    with own.engine.begin() as connection:
        around = Interval(period, period + timedelta(days=1))
        found = owed(connection, organisation, around, now)
        match = [o for o in found if (o.debt.therapist, o.debt.period.start) == (who, period)]
        if not match:
            raise InvalidInput("--period: no rest was broken in a period that begins then")
        begins = match[0].debt.period.start
        stored.give_reason(connection, who, begins, Signed(author, note, now))
    click.echo(f"Kept; the rest is to be given by {local(match[0].debt.latest, line)}.")


def _row(one: Owed, line: Line) -> dict[str, object]:
    debt = one.debt
    return {
        "therapist": debt.therapist,
        "period_starts_at": local(debt.period.start, line),
        "minutes": round(debt.deficit.total_seconds() / 60),
        "required_minutes": round(debt.required.total_seconds() / 60),
        "restart_at": local(debt.restart_at, line),
        "due_at": local(debt.due.end, line),
        "latest_at": local(debt.latest, line),
        "given_back_at": None
        if debt.given_back is None
        else local(debt.given_back.start + debt.required, line),
        "standing": str(one.standing),
        "has_reason": one.has_reason,
    }
