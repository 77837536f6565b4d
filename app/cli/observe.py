"""`beredskap observe`: has Twilio show on a spare number what its documentation leaves open."""

import json
import socket
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import click
import sqlalchemy as sa

from app.bootstrap import assemble, utc_now
from app.cli.main import FAILURE, beredskap, fail, settings
from app.cli.signals import ended_once
from app.lab.rest_server import serve
from app.settings import Settings
from app.telephony.observe.behaviours import BEHAVIOURS, Behaviour
from app.telephony.observe.loan import Account, Ways, borrowed, lent, wanted, ways_of
from app.telephony.observe.record import record, table, verdict
from app.telephony.observe.seen import Parties, Seen
from app.telephony.observe.site import site
from app.telephony.observe.sitting import Sitting
from app.telephony.observe.verdict import Kind
from routing.errors import InvalidInput, Unavailable
from routing.numbers import PhoneNumber, parse_number

_KEPT = "observed.json"
_SETTLE = 4.0  # seconds: status callbacks come within three of their event
_SHOWN = ("CallStatus", "DialCallStatus", "DialBridged", "From", "Body", "ErrorCode")


@beredskap.command()
@click.option("--number", metavar="NUMBER", help="The spare number; no line's own.")
@click.option("--public-url", metavar="URL", help="Where Twilio reaches this process by https.")
@click.option("--port", default=8090, show_default=True, help="Where this process listens, here.")
@click.option("--second", metavar="NUMBER", help="A phone that is rung, as a therapist's is.")
@click.option("--emergency", metavar="NUMBER", help="Of the kind that the line falls back on.")
@click.option("--borrow", is_flag=True, help="Point the number here by REST, and back afterwards.")
@click.option("--only", "ids", metavar="ID", multiple=True, help="Such as whisper; else all ten.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for observed.json and observed.md.",
)
@click.option("--list", "only_list", is_flag=True, help="Say what is to be done, and end.")
def observe(
    number: str | None,
    public_url: str | None,
    port: int,
    second: str | None,
    emergency: str | None,
    ids: tuple[str, ...],
    out: Path | None,
    *,
    borrow: bool,
    only_list: bool,
) -> None:
    """
    Play ten behaviours of Twilio on a spare number, and record what it does.

    It needs nothing of the service but its settings, and keeps no number: phones are called line,
    caller, second phone and emergency line. Exit 1 where something is otherwise than assumed.
    """
    chosen = _chosen(ids)
    if only_list:
        for one in chosen:
            _say_steps(one)
        return
    if number is None or public_url is None:
        raise click.UsageError("--number and --public-url are needed")
    own = settings()
    if not own.twilio_auth_tokens:
        raise InvalidInput("TWILIO_AUTH_TOKEN is not set, so nothing could be told from a forgery")
    base = public_url.rstrip("/")
    parties = Parties(parse_number(number), _phone(second), _phone(emergency))
    _must_be_spare(own, parties.line)
    _must_be_free(port)
    if (
        out is not None
    ):  # an hour with telephones is not to end with a folder that cannot be written to
        out.mkdir(parents=True, exist_ok=True)
        (out / _KEPT).touch()
    sitting = Sitting(base, parties, utc_now, _tell)
    with ended_once() as deaf, ExitStack() as stack:
        stack.enter_context(serve(site(sitting, base, own.twilio_auth_tokens), port))
        _point(stack, own, sitting, borrow=borrow)
        stack.callback(deaf)  # the number is given back first, and undisturbed
        # What came until then is written all the same; a window that was closed answers nothing.
        with suppress(click.Abort, KeyboardInterrupt, OSError):
            for one in chosen:
                if not _play(sitting, one):
                    break
    _write(sitting, chosen, out)


def _chosen(ids: tuple[str, ...]) -> list[Behaviour]:
    known = [one.id for one in BEHAVIOURS]
    if unknown := [one for one in ids if one not in known]:
        raise InvalidInput(f"--only: there is no {unknown[0]}; there are: {', '.join(known)}")
    return [one for one in BEHAVIOURS if not ids or one.id in ids]


def _phone(text: str | None) -> PhoneNumber | None:
    return None if text is None else parse_number(text)


def _must_be_spare(own: Settings, number: PhoneNumber) -> None:
    """While it is borrowed, whoever calls it reaches nobody."""
    try:
        assembled = assemble(own)
        assembled.mirror.look()
        line = assembled.mirror.picture.organisation.line_of.get(number)
    except (Unavailable, sa.exc.DatabaseError):  # it may be a machine without the service
        return
    if line is not None:
        raise InvalidInput(f"--number: it is the line {line.id}'s own; take a spare one")


def _must_be_free(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise InvalidInput(
                "--port: another program listens there, or it may not be had"
            ) from None


def _point(stack: ExitStack, own: Settings, sitting: Sitting, *, borrow: bool) -> None:
    base = sitting.desk.base
    if not borrow:
        click.echo("Set the spare number up like this at Twilio:")
        _say_ways(wanted(base))
        return
    account = Account(own.twilio_account_sid, own.twilio_auth_tokens[0], own.twilio_api_url)
    before = lent(account, sitting.desk.parties.line)
    click.echo("The number is set up like this now, and will be again:")
    _say_ways(ways_of(before))
    click.confirm("Point it here until all is done?", abort=True)
    stack.callback(_say, "The number is set up as it was.")
    stack.enter_context(borrowed(account, before, base))


def _say(text: str) -> None:
    """Said where somebody can still read it: the window may have been closed."""
    with suppress(OSError):
        click.echo(text)


def _say_ways(ways: Ways) -> None:
    for name, (address, method) in ways.items():
        click.echo(f"  {name:<9} {method or '-':<5} {address or 'nothing'}")


def _say_steps(one: Behaviour) -> None:
    click.echo(f"\n{one.id}: {one.title}")
    click.echo(f"  assumed: {one.assumed}")
    for number, step in enumerate(one.steps, start=1):
        click.echo(f"  {number}. {step}")


def _play(sitting: Sitting, one: Behaviour) -> bool:
    """Whether to go on with the next."""
    _say_steps(one)
    if lacking := sitting.lacks(one):
        click.echo(f"  left out: {', '.join(lacking)} was not given")
        return True
    sitting.begin(one)
    asked = "  Enter when done, s to leave it out, q to end"
    said = click.prompt(asked, "", show_default=False, prompt_suffix=":\n")
    if said.strip().lower() == "q":
        return False
    if said.strip().lower() != "s":
        sitting.answered(one, [click.confirm(f"  {question}") for question in one.questions])
        threading.Event().wait(_SETTLE)
    found = sitting.observed(one)
    click.echo(f"  {verdict(found)}: {found.verdict.what}")
    return True


def _tell(seen: Seen) -> None:
    said = " ".join(f"{name}={seen.form[name]}" for name in _SHOWN if name in seen.form)
    _say(f"    {seen.after:>6.1f} s  {seen.place:<8}  {said}")


def _write(sitting: Sitting, chosen: list[Behaviour], out: Path | None) -> None:
    found = [sitting.observed(one) for one in chosen]
    today = utc_now().date()
    rows = table(found, today)
    if out is not None:
        kept = record(found, sitting.refused, today)
        text = json.dumps(kept, ensure_ascii=False, indent=2)
        (out / _KEPT).write_text(text + "\n", encoding="utf-8")
        (out / "observed.md").write_text(rows, encoding="utf-8")
    _say("\n" + rows)
    if sitting.refused:
        _say(
            f"{sitting.refused} requests were signed with no token of TWILIO_AUTH_TOKEN: where no "
            "other came, Twilio signs with one that is not there."
        )
    if any(one.verdict.kind is Kind.OTHERWISE for one in found):
        fail("something is otherwise than assumed: see docs/fidelity.md", FAILURE)
