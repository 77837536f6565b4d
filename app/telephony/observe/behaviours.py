"""The ten behaviours that only a live account can confirm: what to play, to do, and to look for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.telephony.observe import judges
from app.telephony.observe.seen import Parties, Seen
from app.telephony.observe.verdict import Judge
from app.telephony.twiml import HANG_UP, NOTHING, document, element
from routing.numbers import PhoneNumber

_ERROR = 500
_AWAY = 503
_RINGS, _RINGS_SHORTLY = 20, 5  # seconds, and Twilio's five more
_TO_PRESS = 8


class Need(StrEnum):
    """What the operator must have given."""

    SECOND = "a second phone (--second)"
    EMERGENCY = "the emergency line's number (--emergency)"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where documents lead back to, and whom they ring."""

    base: str
    parties: Parties

    def at(self, place: str) -> str:
        return f"{self.base}/{place}"


# A document, or the status of an error; from what has come before in the same behaviour.
Reply = Callable[[Desk, Seen, Sequence[Seen]], str | int]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One of them; *row* is where docs/fidelity.md has it, and *replies* differ from the usual."""

    id: str
    row: str
    title: str
    assumed: str
    steps: tuple[str, ...]
    judge: Judge
    questions: tuple[str, ...] = ()  # to answer with yes or no
    needs: frozenset[Need] = frozenset({Need.SECOND})
    replies: Mapping[str, Reply] = field(default_factory=dict)

    def reply(self, desk: Desk, seen: Seen, before: Sequence[Seen]) -> str | int:
        """What the carrier gets for *seen*."""
        return self.replies.get(seen.place, USUAL[seen.place])(desk, seen, before)


def _say(words: str) -> str:
    return element("Say", words, language="en-GB")


def _dial(
    desk: Desk, number: PhoneNumber | None, *, then: str = "ended", rings: int = _RINGS, ask: bool
) -> str:
    if number is None:  # it was not given, and then the behaviour is left out
        return document(_say("No phone was given for this."), element("Hangup"))
    attributes = {
        "statusCallback": desk.at("leg"),
        "statusCallbackEvent": "initiated ringing answered completed",
    }
    if ask:
        attributes["url"] = desk.at("whisper")
    dial = element(
        "Dial",
        element("Number", number.e164, **attributes),
        action=desk.at(then),
        timeout=rings,
        callerId=desk.parties.line.e164,
        answerOnBridge="true",
        ringTone="se",
    )
    return document(dial)


def _ring(desk: Desk, _: Seen, __: Sequence[Seen]) -> str:
    return _dial(desk, desk.parties.second, ask=True)


def _ring_twice(desk: Desk, _: Seen, __: Sequence[Seen]) -> str:
    return _dial(desk, desk.parties.second, then="next", rings=_RINGS_SHORTLY, ask=True)


def _ring_emergency(desk: Desk, _: Seen, __: Sequence[Seen]) -> str:
    return _dial(desk, desk.parties.emergency, ask=False)


def _ask(desk: Desk, _: Seen, __: Sequence[Seen]) -> str:
    words = _say("This is a test. Press 1 to take the call.")
    gather = element(
        "Gather", words, input="dtmf", numDigits=1, timeout=_TO_PRESS, action=desk.at("key")
    )
    return document(gather, element("Hangup"))


def _key(_: Desk, seen: Seen, __: Sequence[Seen]) -> str:
    return NOTHING if seen.form.get("Digits") == "1" else HANG_UP


def _thank(_: Desk, __: Seen, ___: Sequence[Seen]) -> str:
    return document(_say("Thank you. This was seen."), element("Hangup"))


def _fail_first(desk: Desk, seen: Seen, before: Sequence[Seen]) -> str | int:
    is_new = not any(one.place == seen.place and one.call == seen.call for one in before)
    return _AWAY if is_new else _thank(desk, seen, before)


def _hang_up(_: Desk, __: Seen, ___: Sequence[Seen]) -> str:
    return HANG_UP


def _nothing(_: Desk, __: Seen, ___: Sequence[Seen]) -> str:
    return NOTHING


def _fail(_: Desk, __: Seen, ___: Sequence[Seen]) -> int:
    return _ERROR


# The addresses that there are, and what each answers where a behaviour says nothing else.
USUAL: Mapping[str, Reply] = {
    "voice": _ring,
    "whisper": _ask,
    "key": _key,
    "next": _ring,
    "ended": _hang_up,
    "leg": _nothing,
    "status": _nothing,
    "fallback": _thank,
    "sms": _nothing,
}

BEHAVIOURS = (
    Behaviour(
        "whisper",
        "1, 3",
        "The phone is picked up, and hung up before any key",
        "completed with a duration (A, C) or no-answer without (B); never bridged",
        ("Call the number.", "Pick up the second phone, and hang it up without pressing a key."),
        judges.whisper_hung_up,
    ),
    Behaviour(
        "caller",
        "2",
        "The caller hangs up before the bridge",
        "the Dial's action is requested with canceled (A) or no-answer (B), or not at all (C)",
        (
            "Call the number, and let the second phone ring.",
            "Hang up the first phone after five seconds; touch the second one not at all.",
        ),
        judges.caller_gone,
    ),
    Behaviour(
        "retry",
        "6b",
        "A request that failed is sent again",
        "with the same idempotency token (A, C) or a new one (B)",
        (
            "The number's voice address must end in #rc=1&rp=ct,rt,5xx (--borrow sees to it).",
            "Call the number, and listen to the words.",
        ),
        judges.token_on_retry,
        needs=frozenset(),
        replies={"voice": _fail_first},
    ),
    Behaviour(
        "signature",
        "20",
        "Which token signs",
        "the region's own, which is the first in TWILIO_AUTH_TOKEN",
        ("Call the number, and listen to the words.", "Send any text to it."),
        judges.who_signs,
        needs=frozenset(),
        replies={"voice": _thank},
    ),
    Behaviour(
        "parameters",
        "21",
        "What a whisper's request says",
        "the child's CallSid, ParentCallSid, outbound-dial, in-progress, the numbers shown",
        ("Call the number.", "Pick up the second phone, press 1, say hello, and hang up."),
        judges.whisper_request,
    ),
    Behaviour(
        "ladder",
        "4",
        "answerOnBridge on the second Dial",
        "the caller hears ringing until the bridge, and is answered then",
        (
            "Call the number, and listen from beginning to end.",
            "Let the second phone ring out, which takes ten seconds; it rings again.",
            "Now pick it up, press 1, talk for ten seconds, and hang up.",
        ),
        judges.later_dial,
        questions=("Did the caller hear ringing without a break until the talk?",),
        replies={"voice": _ring_twice},
    ),
    Behaviour(
        "keywords",
        "14",
        "HELP and STOP to a Swedish number",
        "both are handed on, and answered by Twilio in English",
        (
            "From a mobile phone, text HELP to the number, and wait for what comes back.",
            "Then text STOP, then “hej”, and last START, which undoes STOP.",
        ),
        judges.keywords,
        questions=("Was HELP answered in English?", "Was STOP answered in English?"),
        needs=frozenset(),
    ),
    Behaviour(
        "withheld",
        "22",
        "What From says for a withheld number",
        "words or keypad words that are nobody's number",
        (
            "Call with the number withheld from a mobile phone (#31# before it).",
            "Call with the number withheld from a landline.",
        ),
        judges.withheld,
        needs=frozenset(),
        replies={"voice": _thank},
    ),
    Behaviour(
        "emergency",
        "23",
        "A Dial to the emergency line's kind of number",
        "it is put through: completed, bridged",
        (
            "Tell those who answer there that a test is coming.",
            "Call the number, say that it is a test, and let them hang up.",
        ),
        judges.emergency_line,
        needs=frozenset({Need.EMERGENCY}),
        replies={"voice": _ring_emergency},
    ),
    Behaviour(
        "broken",
        "5",
        "The whisper's address fails",
        "the phone is let go, nobody is bridged, and the Dial's action is requested",
        ("Call the number.", "Pick up the second phone, and listen until it is over."),
        judges.whisper_failed,
        replies={"whisper": _fail},
    ),
)
