"""What `beredskap provision` says, for people and for programs; never a number."""

from collections.abc import Iterator, Mapping, Sequence

from app.phrases import phrases
from app.settings import Settings
from app.telephony.carrier_client import region_of
from app.telephony.provision import Outcome, Step
from app.telephony.provisioning import Ours, Wanted, shown
from routing.ids import LineId
from routing.organisation import Line


def warnings_of(settings: Settings) -> Iterator[str]:
    """What the settings let go wrong, though the numbers themselves were right."""
    if settings.fallback_url is None:
        yield (
            "FALLBACK_URL is not set, so the voice fallback is left as it is: "
            "without one, a caller hears an error message while this service is away"
        )
    elif Ours(settings.public_url, None).has(settings.fallback_url):
        yield "FALLBACK_URL is at the host of PUBLIC_URL, and would be away together with it"
    region = region_of(settings.twilio_api_url)
    if region is not None:
        # Only a key of the first region may ask where a number's calls and texts go.
        yield (
            "what is set here counts only for a number whose calls and texts Twilio processes in "
            f"{region}, and this token cannot tell: see that they are, first"
        )


def words_of(step: Step, *, dry_run: bool) -> str:
    """One step: what was there, what is to be there, and how that went."""
    change = step.change
    old = shown(change.old, is_foreign=change.is_foreign)
    words = f"{change.part}: {old} → {shown(change.new)}"
    if step.is_done:
        return words
    if step.why_not:
        return f"{words}: failed, {step.why_not}"
    if change.is_foreign:
        return f"{words}  (somebody else's)"
    return f"{words}  ({'not changed' if dry_run else 'left alone'})"


def by_hand(line: Line, wanted: Wanted, region: str | None) -> Sequence[str]:
    """
    What Twilio's API cannot set: the words of its own replies.

    Source: Twilio docs, "Customize users' opt-in and opt-out experience with Advanced Opt-Out",
    and "Use the Programmable Messaging API with Twilio Regions".
    """
    written = phrases(line.languages[0]).written
    return (
        f"{line.id}: one thing is left, which only a person can do (Twilio has no API for it).",
        *_where(wanted, region),
        "Replace the English replies with these:",
        f"  opt out (STOP):  {written['carrier_stopped']}",
        f"  opt in (START):  {written['carrier_started']}",
        f"  help (HELP):     {written['carrier_help']}",
        "Add HJÄLP to the keywords for help.",
        "Add no STOPP, SLUTA or AVSLUTA: the service obeys them itself, and at Twilio they would",
        "cut a therapist off from her alarms without our knowing.",
    )


def _where(wanted: Wanted, region: str | None) -> Sequence[str]:
    if region is not None:
        return (
            f"Ask Twilio's support for Advanced Opt-Out on “{wanted.service}” in {region}:",
            "the console does not reach a region's messaging services.",
        )
    return (
        f"In Twilio's console: Messaging, Services, “{wanted.service}”, Opt-Out Management,",
        "Enable Advanced Opt-Out.",
    )


def document(
    outcomes: Sequence[Outcome], hands: Mapping[LineId, Sequence[str]], *, dry_run: bool
) -> dict[str, object]:
    """All of it as JSON."""
    return {
        "dry_run": dry_run,
        "right": all(outcome.is_right for outcome in outcomes),
        "lines": [
            {
                "line": outcome.line,
                "lacks": list(outcome.lacks),
                "unasked": outcome.unasked or None,
                "foreign": outcome.is_foreign,
                "changes": [_change(step) for step in outcome.steps],
                "by_hand": list(hands[outcome.line]),
            }
            for outcome in outcomes
        ],
    }


def _change(step: Step) -> dict[str, object]:
    change = step.change
    return {
        "part": change.part,
        "old": shown(change.old, is_foreign=change.is_foreign),
        "new": shown(change.new),
        "foreign": change.is_foreign,
        "done": step.is_done,
        "error": step.why_not or None,
    }
