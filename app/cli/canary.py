"""`beredskap canary`: the calls that the lines made to themselves, and one more at once."""

from datetime import datetime, timedelta
from threading import Event

import click

from app.bootstrap import Parts
from app.cli.main import FAILURE, beredskap, fail, parts
from app.cli.show import answer, as_json_option, local, the_line
from app.store import canaries
from app.store.canaries import Canary
from app.store.database import reading
from routing.canary import ASKS, HEARD_WITHIN, Fault, Outcome
from routing.organisation import Line

_MOST = 10
_EVERY = timedelta(seconds=1)
# One call, twice through the webhooks, and the clock's own rounds.
_WAITS_FOR = HEARD_WITHIN + ASKS * timedelta(seconds=15) + timedelta(minutes=1)
_BEGUN_WITHIN = timedelta(seconds=30)
_WHY = {
    Fault.NOT_BACK: "failed: the call did not come back",
    Fault.NOT_MADE: "failed: the carrier did not make the call",
    Fault.SILENT: "failed: the service did not answer",
}


@beredskap.command("canary")
@click.option("--line", "line_id", metavar="ID", help="Which line; the only one without it.")
@click.option("--now", "at_once", is_flag=True, help="Have the clock make one, and wait for it.")
@as_json_option
def canary_command(line_id: str | None, *, at_once: bool, as_json: bool) -> None:
    """Show what came of the calls that a line made to itself; exit 1 if the last one failed."""
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    if at_once:
        _ask_for_one(own, line)
    with reading(own.engine) as connection:
        found = canaries.recent(connection, line.id, _MOST)
        last = canaries.last_over(connection, line.id)
    if as_json:
        answer({"line": line.id, "canaries": [_for_programs(one, line) for one in found]})
    else:
        for one in found:
            click.echo(f"{local(one.due_at, line)}  {_said(one)}")
        if not found:
            click.echo(f"{line.id} has not called itself yet.")
    if last is not None and last.outcome is Outcome.FAILED:
        raise SystemExit(FAILURE)


def _ask_for_one(own: Parts, line: Line) -> None:
    """Begin one, and wait until the clock has ended it."""
    begun_at = own.clock()
    with own.engine.begin() as connection:
        # One that goes on already is as good.
        under_way = canaries.going_on(connection, line.id)
        asked = (
            under_way[0].id
            if under_way
            else canaries.begin(connection, line.id, begun_at, by_hand=True)
        )
    while own.clock() - begun_at < _WAITS_FOR:
        Event().wait(_EVERY.total_seconds())
        with reading(own.engine) as connection:
            one = canaries.of_id(connection, asked)
        if one is None or one.over_at is not None:
            return
        _require_a_clock(one, begun_at, own.clock())
    fail("it is not over yet: look again in some minutes with `beredskap canary`", FAILURE)


def _require_a_clock(one: Canary, begun_at: datetime, now: datetime) -> None:
    if one.tried_at is None and now - begun_at > _BEGUN_WITHIN:
        fail("the clock has not begun it: see that `beredskap clock` runs", FAILURE)


def _said(one: Canary) -> str:
    code = "" if one.code is None else f" (the carrier's code: {one.code})"
    match one.outcome:
        case None:
            return "goes on"
        case Outcome.PASSED:
            return "passed"
        case Outcome.BY_WEBHOOKS:
            return f"passed through the webhooks only{code}"
        case Outcome.FAILED:
            return f"{_WHY.get(one.fault or Fault.NOT_BACK)}{code}"


def _for_programs(one: Canary, line: Line) -> dict[str, object]:
    return {
        "due_at": local(one.due_at, line),
        "by_hand": one.by_hand,
        "calls": one.tries,
        "over_at": None if one.over_at is None else local(one.over_at, line),
        "outcome": one.outcome,
        "fault": one.fault,
        "code": one.code,
    }
