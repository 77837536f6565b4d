"""`beredskap purge`: what is past its term goes, and a report that says how much."""

import click

from app.bootstrap import take_a_breath
from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, by_option, dry_run_option
from app.duty.purge import purge as remove
from app.duty.purge_run import Report


@beredskap.command()
@dry_run_option
@by_option
@as_json_option
def purge(author: str, *, dry_run: bool, as_json: bool) -> None:
    """
    Remove what is past its term by [retention]; the clock does so each night.

    Counts alone are said, and nothing of whom.  What is gone here goes at the carrier as well,
    within minutes, as long as the clock runs.
    """
    own = parts()
    report = remove(
        own.engine,
        own.cipher,
        own.mirror.picture.organisation,
        own.clock(),
        author=author,
        dry_run=dry_run,
        pause=take_a_breath,
    )
    if as_json:
        answer(_for_programs(report, dry_run=dry_run))
        return
    verb = "would go" if dry_run else "gone"
    for kind, one in report.counts.items():
        words = [f"{one.removed} {verb}"]
        words += [f"{one.held} held"] if one.held else []
        words += [f"{one.waits} wait for export"] if one.waits else []
        click.echo(f"{kind.replace('_', ' ')}: {', '.join(words)}")
    if not report.counts:
        click.echo("Nothing is past its term.")
    click.echo(f"at the carrier: {report.at_the_carrier} still to be deleted")
    if report.total.waits:
        click.echo(
            "What waits is in no case file yet: export its handovers, or say that it stands there."
        )


def _for_programs(report: Report, *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "kinds": {
            kind: {"removed": one.removed, "held": one.held, "waits_for_export": one.waits}
            for kind, one in report.counts.items()
        },
        "at_the_carrier": report.at_the_carrier,
    }
