"""`beredskap hours export`: standby and call-outs of each person in a month, for payroll."""

import csv
import io
from datetime import datetime, time, timedelta

import click

from app.bootstrap import Parts
from app.cli.main import beredskap, parts
from app.cli.show import answer, first_line
from app.duty.ledger import called_out
from app.store import rota as stored_rota
from app.store.database import reading
from routing.errors import InvalidInput
from routing.hours import wall
from routing.intervals import Interval
from routing.ledger import Hours, hours_of

COLUMNS = (
    "therapist",
    "employer",
    "month",
    "standby_minutes",
    "standby_red_minutes",
    "callout_minutes",
    "callout_red_minutes",
    "callouts",
)


@beredskap.group()
def hours() -> None:
    """Standby and call-outs."""


@hours.command("export")
@click.option("--month", required=True, metavar="YYYY-MM")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def export(month: str, *, as_json: bool) -> None:
    """
    Minutes of standby and call-out of each person in a month, as CSV.

    Red minutes are those on Saturdays, Sundays, public holidays and the three eves.  A month is
    that of the first line's zone, and lengths are elapsed time.
    """
    own = parts()
    rows = _rows(own, month)
    if as_json:
        answer({"hours": rows})
        return
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    click.echo(out.getvalue(), nl=False)


def _rows(own: Parts, month: str) -> list[dict[str, object]]:
    organisation = own.mirror.picture.organisation
    zone = first_line(organisation).zone
    try:
        first = datetime.strptime(month, "%Y-%m").date()  # noqa: DTZ007 - a month of the calendar
    except ValueError as err:
        raise InvalidInput("--month: not a month such as 2026-03") from err
    after = (first + timedelta(days=32)).replace(day=1)
    span = Interval(*(wall(day, time(0), zone, last=False) for day in (first, after)))
    with reading(own.engine) as connection:
        shifts = [
            shift
            for line in organisation.lines
            for shift in stored_rota.in_force(connection, line, span)
        ]
        called = called_out(connection, organisation, span, own.clock())
    return [
        _row(therapist.id, therapist.district, month, found)
        for therapist in organisation.therapists.values()
        if (
            found := hours_of(therapist.id, shifts, called.get(therapist.id, ()), span, zone)
        ).standby
        or found.called_out
    ]


def _row(therapist: str, employer: str, month: str, found: Hours) -> dict[str, object]:
    lengths = (found.standby, found.standby_red, found.called_out, found.called_out_red)
    minutes = (round(length.total_seconds() / 60) for length in lengths)
    return dict(zip(COLUMNS, (therapist, employer, month, *minutes, found.occasions), strict=True))
