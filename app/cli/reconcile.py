"""`beredskap reconcile`: what the carrier has and the log has not."""

from dataclasses import asdict

import click

from app.cli.main import BAD_INPUT, beredskap, fail, parts
from app.cli.show import answer, as_json_option, first_line, local, the_moment
from app.store import pulses
from app.store.database import reading
from app.sweeps import twilio_carrier
from app.telephony.reconcile import reconcile


@beredskap.command("reconcile")
@click.option("--since", metavar="T", help="From when; else from where the clock has got to.")
@as_json_option
def reconcile_command(since: str | None, *, as_json: bool) -> None:
    """Compare Twilio's own lists of calls and texts with the log, and add what is missing."""
    own = parts()
    line = first_line(own.mirror.picture.organisation)
    start = the_moment(since, line, "--since")
    with reading(own.engine) as connection:
        mark = pulses.read(connection).get(pulses.RECONCILED)
    if start is None:
        if mark is None:
            fail("the clock has not compared anything yet: say from when with --since", BAD_INPUT)
        start = mark.at
    tally = reconcile(own.exchange, twilio_carrier(own.settings), start, own.clock())
    if as_json:
        answer({"since": local(start, line), **asdict(tally)})
        return
    click.echo(
        f"calls: {tally.calls} at the carrier, {tally.calls_added} added, "
        f"{tally.calls_completed} completed"
    )
    click.echo(f"texts: {tally.texts} at the carrier, {tally.texts_added} added")
    if tally.of_staff:
        click.echo(f"of the staff, and set aside: {tally.of_staff}")
