"""Commands about swaps: offering a duty, answering, arranging, undoing, and what came of each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from app.bootstrap import Parts
from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, one_line, the_line, the_moment
from app.cli.swap_rows import candidate_row, echo_candidate, slot_row, stated, swap_row
from app.duty import swap_offers, swaps
from app.duty.handover import Desk
from app.duty.swap_check import RotaNow, candidates
from app.store import swaps as stored
from app.store.database import reading
from routing.errors import InvalidInput, NotFound
from routing.finding import Finding
from routing.ids import TherapistId
from routing.organisation import Line
from routing.swap import Slot, Swap, Terms, duty_at, part_of

_Command = TypeVar("_Command", bound=Callable[..., None])
_number = click.argument("number", metavar="SWAP", type=click.IntRange(1, 999_999))
_line_option = click.option(
    "--line", "line_id", metavar="ID", help="Not needed when there is only one."
)
_by_option = click.option("--by", "author", metavar="ID", required=True, help="Who decides.")
_who_option = click.option("--therapist", metavar="ID", required=True)


def _options(*made: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    def decorate(command: _Command) -> _Command:
        for option in reversed(made):
            command = option(command)
        return command

    return decorate


_duty_options = _options(
    click.option("--therapist", metavar="ID", required=True, help="Who has the duty."),
    click.option("--at", metavar="T", required=True, help="A moment in it, such as its start."),
    click.option("--position", type=click.IntRange(1), help="If she holds two then."),
    click.option("--from", "start", metavar="T", help="Only from then on."),
    click.option("--until", "end", metavar="T", help="Only until then."),
)
_return_options = _options(
    click.option("--in-return", "back_at", metavar="T", help="A moment in a duty of hers to take."),
    click.option("--return-from", "back_start", metavar="T", help="Only from then on."),
    click.option("--return-until", "back_end", metavar="T", help="Only until then."),
)


@beredskap.group()
def swap() -> None:
    """Duties that are offered to others, and change hands."""


@swap.command("candidates")
@_duty_options
@_line_option
@as_json_option
def show_candidates(line_id: str | None, *, as_json: bool, **duty: Any) -> None:  # noqa: ANN401 - as click gives them
    """What a swap with each colleague would break, before anybody is asked."""
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    with reading(own.engine) as connection:
        rota = RotaNow(connection, own.mirror.picture.organisation, line, own.clock())
        terms = Terms(TherapistId(duty["therapist"]), _slot(rota, **duty))
        found = candidates(rota, terms)
    if as_json:
        slot = slot_row(terms.slot, line)
        answer({**slot, "candidates": [candidate_row(one, line) for one in found]})
        return
    for one in found:
        echo_candidate(one)


@swap.command("offer")
@_duty_options
@click.option("--to", metavar="ID", help="Everybody who may, when not given.")
@_return_options
@_line_option
@as_json_option
def offer(
    to: str | None,
    back_at: str | None,
    back_start: str | None,
    back_end: str | None,
    line_id: str | None,
    *,
    as_json: bool,
    **duty: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Offer a duty, or part of it; whoever has it keeps it until somebody has accepted."""
    with _step(line_id) as step:
        back = _back(step.rota, to, back_at, back_start, back_end)
        terms = Terms(TherapistId(duty["therapist"]), _slot(step.rota, **duty), back)
        taker = None if to is None else TherapistId(to)
        done = swap_offers.offer(step.rota, step.desk, terms, taker)
    found = [candidate_row(one, step.line) for one in done.candidates]
    _show(step, done.swap, as_json=as_json, candidates=found)
    if not as_json:
        for one in done.candidates:
            echo_candidate(one)


@swap.command("arrange")
@_duty_options
@click.option("--to", metavar="ID", required=True)
@_return_options
@_by_option
@click.option("--reason", metavar="TEXT", required=True, callback=one_line, help="Kept with it.")
@_line_option
@as_json_option
def arrange(
    to: str,
    back_at: str | None,
    back_start: str | None,
    back_end: str | None,
    author: str,
    reason: str,
    line_id: str | None,
    *,
    as_json: bool,
    **duty: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Let a manager decide who has a duty, at once: for somebody who is ill, or against a rule."""
    with _step(line_id) as step:
        back = _back(step.rota, to, back_at, back_start, back_end)
        terms = Terms(TherapistId(duty["therapist"]), _slot(step.rota, **duty), back)
        done = swaps.arrange(step.rota, step.desk, terms, TherapistId(to), author, reason)
    _show(step, done.swap, done.added, as_json=as_json)


@swap.command("accept")
@_number
@_who_option
@_line_option
@as_json_option
def accept(number: int, therapist: str, line_id: str | None, *, as_json: bool) -> None:
    """Take what was offered; it is in force at once."""
    with _step(line_id) as step:
        done = swaps.accept(step.rota, step.desk, number, TherapistId(therapist))
    _show(step, done.swap, done.added, as_json=as_json)


@swap.command("decline")
@_number
@_who_option
@_line_option
@as_json_option
def decline(number: int, therapist: str, line_id: str | None, *, as_json: bool) -> None:
    """Say no; the others who were asked may still say yes."""
    with _step(line_id) as step:
        done = swap_offers.decline(step.rota, step.desk, number, TherapistId(therapist))
    _show(step, done, as_json=as_json)


@swap.command("withdraw")
@_number
@_by_option
@_line_option
@as_json_option
def withdraw(number: int, author: str, line_id: str | None, *, as_json: bool) -> None:
    """Take an offer back; whoever made it does, or a manager of hers."""
    with _step(line_id) as step:
        done = swap_offers.withdraw(step.rota, step.desk, number, author)
    _show(step, done, as_json=as_json)


@swap.command("undo")
@_number
@_by_option
@click.option(
    "--reason", metavar="TEXT", default="", callback=one_line, help="Needed to break a rule."
)
@_line_option
@as_json_option
def undo(number: int, author: str, reason: str, line_id: str | None, *, as_json: bool) -> None:
    """Let everybody have what she had before; until it begins."""
    with _step(line_id) as step:
        done = swaps.undo(step.rota, step.desk, number, author, reason)
    _show(step, done.swap, done.added, as_json=as_json)


@swap.command("list")
@click.option("--therapist", metavar="ID", help="Only those that she is in.")
@click.option("--all", "also_over", is_flag=True, help="Also those whose time is over.")
@_line_option
@as_json_option
def list_swaps(
    therapist: str | None, line_id: str | None, *, also_over: bool, as_json: bool
) -> None:
    """The swaps of a line, how far each has come, and in JSON who did what and why."""
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    with reading(own.engine) as connection:
        after = None if also_over else own.clock()
        found = stored.of_line(connection, line.id, ending_after=after)
        told = stored.history(connection, own.cipher, [one.id for one in found])
    shown = [
        one
        for one in found
        if therapist in {None, one.terms.giver, one.taker} or therapist in one.asked
    ]
    if as_json:
        answer({"swaps": [swap_row(one, line, told.get(one.id, ())) for one in shown]})
        return
    for one in shown:
        click.echo(stated(one, line))
    if not shown:
        click.echo("No swaps.")


@dataclass(frozen=True, slots=True)
class _Step:
    """One command's transaction, and what it works with."""

    rota: RotaNow
    desk: Desk
    line: Line


@contextmanager
def _step(line_id: str | None) -> Iterator[_Step]:
    own: Parts = parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    mails = own.settings.smtp_url is not None and own.settings.mail_from is not None
    desk = Desk(own.engine, own.cipher, own.settings.public_url, mails=mails)
    try:
        with own.engine.begin() as connection:
            yield _Step(RotaNow(connection, organisation, line, own.clock()), desk, line)
    except NotFound as err:
        raise InvalidInput(f"SWAP: {err}") from err
    except InvalidInput as err:
        raise _as_option(err) from err


def _slot(
    rota: RotaNow,
    *,
    therapist: str,
    at: str,
    position: int | None = None,
    start: str | None = None,
    end: str | None = None,
    option: str = "--at",
    of_return: str = "",
) -> Slot:
    """The duty that the options name, or the part of it."""
    moment = the_moment(at, rota.line, option) or rota.now
    first = the_moment(start, rota.line, f"--{of_return}from")
    last = the_moment(end, rota.line, f"--{of_return}until")
    try:
        duty = duty_at(rota.near(moment), TherapistId(therapist), moment, position)
        return part_of(duty, first, last)
    except InvalidInput as err:
        raise _as_option(err, of_return) from err


def _back(
    rota: RotaNow, to: str | None, at: str | None, start: str | None, end: str | None
) -> Slot | None:
    if at is None:
        return None
    if to is None:
        raise InvalidInput("--in-return needs --to: an exchange is with one colleague")
    return _slot(
        rota,
        therapist=to,
        at=at,
        start=start,
        end=end,
        option="--in-return",
        of_return="return-",
    )


def _as_option(err: InvalidInput, of_return: str = "") -> InvalidInput:
    """The same, with the field as the option that holds it."""
    return err if str(err).startswith("--") else InvalidInput(f"--{of_return}{err}")


def _show(
    step: _Step, done: Swap, added: tuple[Finding, ...] = (), *, as_json: bool, **more: object
) -> None:
    if as_json:
        found = [finding.as_json(step.line.zone) for finding in added]
        answer({**swap_row(done, step.line), "findings": found, **more})
        return
    click.echo(stated(done, step.line))
    for finding in added:
        click.echo(f"{finding.severity} {finding.rule}: {finding.message}; {finding.remedy}")
