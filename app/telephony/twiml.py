"""TwiML: how a step of the call is carried out.  Only here do ids become telephone numbers."""

from collections.abc import Callable
from typing import assert_never
from xml.sax.saxutils import escape, quoteattr

from app.phrases import Phrases
from routing.call import CallState, FallbackNumber, Farewell, OfficeNumber, Person, Ring, Step
from routing.numbers import PhoneNumber
from routing.organisation import Line, Organisation

# The address of a step, from its name and the state to come back with.
Address = Callable[[str, CallState], str]

NOTHING = "<Response/>"
HANG_UP = "<Response><Hangup/></Response>"
# After these seconds without a key the therapist's phone is taken for a voicemail.
_SECONDS_TO_PRESS = 8


def element(name: str, /, *children: str, **attributes: str | int) -> str:
    """One element, its attributes in TwiML's camelCase and escaped, its children as they are."""
    written = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def document(*verbs: str) -> str:
    """A whole document."""
    return '<?xml version="1.0" encoding="UTF-8"?>' + element("Response", *verbs)


def say(phrases: Phrases, key: str) -> str:
    """The phrase *key*, spoken."""
    spoken = escape(phrases.spoken[key])
    return element("Say", spoken, language=phrases.language, voice=phrases.voice)


def render(
    step: Step, organisation: Organisation, line: Line, phrases: Phrases, address: Address
) -> str:
    """
    The TwiML that carries out *step*.

    No path leaves the caller in silence: each ends in a Dial that comes back to *address*, or in
    a Hangup.  A therapist is rung by the first verb, since after any words answerOnBridge no
    longer lets the caller hear real ringing.

    Source: Twilio docs, "TwiML Voice: Dial", answerOnBridge.
    """
    words = "" if step.words is None else say(phrases, step.words)
    match step:
        case Ring():
            return document(words, _dial(step, organisation, line, address))
        case Farewell():
            return document(words, element("Hangup"))
        case _:
            assert_never(step)


def ask_to_accept(phrases: Phrases, key_address: str) -> str:
    """
    What a therapist hears on answering: no fact about the caller, since a voicemail may record it.

    Silence hangs up, so that a voicemail is dropped and the next one is rung.
    """
    prompt = say(phrases, "whisper")
    gather = element(
        "Gather",
        prompt,
        input="dtmf",
        numDigits=1,
        timeout=_SECONDS_TO_PRESS,
        action=key_address,
        method="POST",
    )
    return document(gather, element("Hangup"))


def tell_and_hang_up(phrases: Phrases, key: str) -> str:
    """Words, and the end of this leg."""
    return document(say(phrases, key), element("Hangup"))


def last_resort(fallbacks: tuple[PhoneNumber, ...], line: PhoneNumber, phrases: Phrases) -> str:
    """
    A document that needs nothing of us any more: words, each fallback in order, and advice.

    Also what `beredskap fallback-twiml` prints, to be hosted where we are not.
    """
    dials = (
        element(
            "Dial", element("Number", escape(n.e164)), callerId=line.e164, timeout=30, ringTone="se"
        )
        for n in fallbacks
    )
    return document(say(phrases, "trouble"), *dials, say(phrases, "nobody"), element("Hangup"))


def _dial(ring: Ring, organisation: Organisation, line: Line, address: Address) -> str:
    number, whisper = _number(ring, organisation, line)
    attributes: dict[str, str] = {}
    if whisper:
        attributes = {"url": address("whisper", ring.state), "method": "POST"}
    return element(
        "Dial",
        element("Number", escape(number.e164), **attributes),
        action=address("ended", ring.state),
        method="POST",
        timeout=int(line.ring_for.total_seconds()),
        callerId=line.number.e164,  # by default staff would see the caller's own number
        answerOnBridge="true",
        ringTone="se",
    )


def _number(ring: Ring, organisation: Organisation, line: Line) -> tuple[PhoneNumber, bool]:
    """The number to ring, and whether whoever answers must press a key."""
    number: PhoneNumber | None
    match ring.target:
        case Person(therapist):
            number, whisper = organisation.therapists[therapist].phone, True
        case OfficeNumber(district):
            number, whisper = organisation.districts[district].office, False
        case FallbackNumber(place):
            number, whisper = line.fallback[place].number, False
        case _:
            assert_never(ring.target)
    if number is None:
        raise LookupError(f"{ring.target} has no number")
    return number, whisper
