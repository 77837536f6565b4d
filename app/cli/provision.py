"""`beredskap provision`: from the settings and the organisation to working numbers at Twilio."""

from collections.abc import Sequence

import click

from app.cli.main import BAD_INPUT, FAILURE, beredskap, fail, parts
from app.cli.provision_words import by_hand, document, warnings_of, words_of
from app.cli.show import answer, as_json_option, dry_run_option
from app.settings import Settings
from app.telephony.carrier_client import region_of
from app.telephony.provision import Outcome, TwilioWorkbench, provision
from app.telephony.provisioning import Ours, Part, reaches_us, wanted_of


@beredskap.command("provision")
@dry_run_option
@click.option("--take-over", is_flag=True, help="Overwrite what somebody else has set, too.")
@as_json_option
def provision_command(*, dry_run: bool, take_over: bool, as_json: bool) -> None:
    """Set every line's number up at Twilio, as the settings and the organisation say."""
    own = parts()
    settings, lines = own.settings, own.mirror.picture.organisation.lines
    bench = _bench(settings)
    for words in warnings_of(settings):
        click.echo(f"beredskap: {words}", err=True)
    wanted = {
        line.id: wanted_of(line, settings.public_url, settings.fallback_url)
        for line in lines.values()
    }
    region = region_of(settings.twilio_api_url)
    hands = {line.id: by_hand(line, wanted[line.id], region) for line in lines.values()}
    numbers = [(line.number.e164, wanted[line.id]) for line in lines.values()]
    ours = Ours(settings.public_url, settings.fallback_url)
    outcomes: list[Outcome] = []
    for outcome in provision(bench, numbers, ours, dry_run=dry_run, take_over=take_over):
        outcomes.append(outcome)
        if not as_json:
            _tell(outcome, hands[outcome.line], dry_run=dry_run)
    if as_json:
        answer(document(outcomes, hands, dry_run=dry_run))
    if not all(outcome.is_right for outcome in outcomes):
        raise SystemExit(FAILURE)


def _bench(settings: Settings) -> TwilioWorkbench:
    if not reaches_us(settings.public_url):
        fail("PUBLIC_URL is no public https address: Twilio could not reach it", BAD_INPUT)
    if not settings.twilio_account_sid or not settings.twilio_auth_tokens:
        fail("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set", BAD_INPUT)
    token = settings.twilio_auth_tokens[0]
    return TwilioWorkbench(settings.twilio_account_sid, token, settings.twilio_api_url)


def _tell(outcome: Outcome, hands: Sequence[str], *, dry_run: bool) -> None:
    """What was done on stdout, and what was not on stderr."""
    line = outcome.line
    for lack in outcome.lacks:
        click.echo(f"beredskap: {line}: {lack}", err=True)
    if outcome.unasked:
        click.echo(f"beredskap: {line}: {outcome.unasked}", err=True)
        return
    for step in outcome.steps:
        who = "beredskap: " if step.why_not else ""
        words = words_of(step, dry_run=dry_run)
        click.echo(f"{who}{line}: {words}", err=bool(step.why_not))
    if outcome.is_foreign:
        click.echo(
            f"beredskap: {line}: somebody else has set this number, so it was left alone: "
            "change it in Twilio's console, or take it over with --take-over",
            err=True,
        )
    if not outcome.steps and not outcome.lacks:
        click.echo(f"{line}: nothing to do")
    if any(step.is_done and step.change.part is Part.SERVICE for step in outcome.steps):
        click.echo("\n".join(("", *hands)))
