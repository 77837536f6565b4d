"""`beredskap rota fairness`: who stands by how much, and what is not shared fairly."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

import click

from app.cli.main import parts
from app.cli.rota import rota
from app.cli.show import answer, as_json_option, the_line, the_moment
from app.duty.fairness import line_fairness, usual_span
from app.store.database import reading
from routing.errors import InvalidInput
from routing.fairness import Account, Fairness, Kind, Load, Part
from routing.fairness_findings import findings
from routing.fairness_words import in_words
from routing.finding import Finding
from routing.intervals import Interval
from routing.organisation import Line

_WIDEST = 16  # of a name in the table
_HEADS = (
    f"{'':{_WIDEST}}  days      evenings      weekends      red days        hours",
    f"{'':{_WIDEST}} there  1st 2nd    ±  1st 2nd    ±  1st 2nd    ±    both      ±",
)
_LEGEND = (
    "1st is position 1, 2nd whoever stands behind it.  ± is what both together are",
    "over or under an even share, which goes by the days that somebody was there.",
)


@rota.command("fairness")
@click.option("--line", "line_id", metavar="ID", required=True)
@click.option("--from", "start", metavar="D", help="Half a year ago, when not given.")
@click.option("--to", "end", metavar="D", help="The end of what is published, when not given.")
@as_json_option
def show_fairness(line_id: str, start: str | None, end: str | None, *, as_json: bool) -> None:
    """How evenings, weekends, red days and hours are shared, and what is not shared fairly."""
    own = parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    first, last = the_moment(start, line, "--from"), the_moment(end, line, "--to")
    with reading(own.engine) as connection:
        usual = usual_span(connection, line, own.clock())
        first, last = first or usual.start, last or usual.end
        if last <= first:
            raise InvalidInput("--to is not after --from")
        shared = line_fairness(connection, organisation, line, Interval(first, last))
    found = [in_words(one, line.zone) for one in findings(shared)]
    if as_json:
        answer(_for_programs(shared, line, found))
        return
    for text in _table(shared, line):
        click.echo(text)
    for finding in found:
        click.echo(f"{finding.severity} {finding.rule}: {finding.message}; {finding.remedy}")
    if not found:
        click.echo("No findings.")


def _table(shared: Fairness, line: Line) -> Iterator[str]:
    last = line.today(shared.span.end - timedelta.resolution)
    yield f"{line.id}, {line.today(shared.span.start)} to {last}"
    yield f"{shared.days} days with standby, {shared.weekends} weekends"
    yield ""
    yield from _HEADS
    for person in shared.people:
        yield _row(person.therapist, person.account)
    yield ""
    for district, account in shared.districts.items():
        yield _row(district or "unknown", account)
    yield ""
    yield from _LEGEND
    yield ""


def _row(name: str, account: Account) -> str:
    shown = name if len(name) <= _WIDEST else f"{name[: _WIDEST - 1]}…"
    first, backup = account.held[Part.FIRST], account.held[Part.BACKUP]
    both = account.held[Part.BOTH]
    off = both - account.even[Part.BOTH]
    kinds = "".join(
        f"{int(first.of(kind)):>5}{int(backup.of(kind)):>4}{_signed(off.of(kind)):>5}"
        for kind in Kind
    )
    hours = f"{_hours(both.standby):>8.1f}{_signed(_hours(off.standby)):>7}"
    return f"{shown:{_WIDEST}}{account.days:>6}{kinds}{hours}"


def _signed(number: Fraction | float) -> str:
    rounded = round(float(number), 1)
    return f"{rounded:+.1f}" if rounded else "0.0"


def _hours(length: timedelta) -> float:
    return length / timedelta(hours=1)


def _for_programs(shared: Fairness, line: Line, found: list[Finding]) -> dict[str, object]:
    """The JSON answer; its keys are a promise."""
    return {
        "line": line.id,
        "from": shared.span.start.astimezone(line.zone).isoformat(),
        "to": shared.span.end.astimezone(line.zone).isoformat(),
        "days": shared.days,
        "weekends": shared.weekends,
        "people": [
            {"therapist": p.therapist, "district": p.district, **_account(p.account)}
            for p in shared.people
        ],
        "districts": [
            {"district": district, **_account(account)}
            for district, account in shared.districts.items()
        ],
        "findings": [finding.as_json(line.zone) for finding in found],
    }


def _account(account: Account) -> dict[str, object]:
    return {
        "days_there": account.days,
        "held": {str(part): _load(load) for part, load in account.held.items()},
        "even_share": {str(part): _load(load) for part, load in account.even.items()},
    }


def _load(load: Load) -> dict[str, float]:
    counts = {str(kind): round(float(load.of(kind)), 2) for kind in Kind}
    return {**counts, "standby_hours": round(_hours(load.standby), 2)}
