"""TwiML: how a step of the call is carried out.  Only here do ids become telephone numbers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never
from xml.sax.saxutils import escape, quoteattr

from app.phrases import FIRST, Phrases, phrases
from routing.call import (
    AskDistrict,
    CallState,
    FallbackNumber,
    Farewell,
    OfficeNumber,
    Person,
    Ring,
    Step,
    Words,
)
from routing.numbers import PhoneNumber
from routing.organisation import Line, Organisation
from routing.question import district_keys, language_keys

# The address of a step, from its name and the state to come back with.
Address = Callable[[str, CallState], str]

NOTHING = "<Response/>"
HANG_UP = "<Response><Hangup/></Response>"
# After these seconds without a key the therapist's phone is taken for a voicemail.
_SECONDS_TO_PRESS = 8
_SECONDS_TO_CHOOSE = 4
_SECONDS_TO_CHOOSE_AGAIN = 2
_SECONDS_TO_SLOW = 20
_FALLBACK_RINGS = 30


def element(name: str, /, *children: str, **attributes: str | int) -> str:
    """One element, its attributes in TwiML's camelCase and escaped, its children as they are."""
    written = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def document(*verbs: str) -> str:
    """A whole document."""
    return '<?xml version="1.0" encoding="UTF-8"?>' + element("Response", *verbs)


@dataclass(frozen=True, slots=True)
class Speech:
    """Speaks phrases of one language; recordings of them are served from *base*."""

    phrases: Phrases
    base: str

    def say(self, phrase: str, /, **values: object) -> str:
        """The *phrase* by its key: a recording where there is one, else read by a voice."""
        own = self.phrases
        if phrase in own.recordings:
            return element("Play", escape(f"{self.base}/recordings/{own.recordings[phrase]}"))
        # What is not XML at all, such as a control character in a name, would break the document.
        spoken = "".join(c for c in own.spoken[phrase].format(**values) if c.isprintable())
        return element("Say", escape(spoken), language=own.language, voice=own.voice)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Makes documents of steps, for one line as *organisation* now describes it."""

    organisation: Organisation
    line: Line
    address: Address
    base: str

    def render(self, step: Step) -> str:
        """
        The TwiML that carries out *step*.

        No path leaves the caller in silence: each ends in a Dial or a Redirect that comes back, or
        in a Hangup.  A therapist is rung by the first verb, since after any words answerOnBridge
        no longer lets the caller hear real ringing.

        Source: Twilio docs, "TwiML Voice: Dial", answerOnBridge.
        """
        match step:
            case AskDistrict(state=state, words=words):
                return document(self._words(words, state), *self._ask(state))
            case Ring(target=_, state=state, words=words):
                return document(self._words(words, state), self._dial(step))
            case Farewell(state=state, words=words):
                return document(self._words(words, state), element("Hangup"))
            case _:
                assert_never(step)

    def speech(self, language: str) -> Speech:
        """What speaks *language*."""
        return Speech(phrases(language), self.base)

    def accepted(self, state: CallState) -> str:
        """
        What a therapist hears after pressing 1: home district, role and language, then the caller.

        The document ends without a hangup, which puts the two through.
        """
        staff = self.speech(FIRST)
        names = staff.phrases.names
        district = self.organisation.name_of(state.home) or names["unassigned"]
        role = names[state.role or "unknown"]
        language = names.get(state.language, state.language)
        return document(staff.say("accepted", district=district, role=role, language=language))

    def _words(self, words: Words | None, state: CallState) -> str:
        if words is None:
            return ""
        spoken = self.speech(state.language).say(words)
        slow = words is Words.CROWDED
        return spoken + (element("Pause", length=_SECONDS_TO_SLOW) if slow else "")

    def _ask(self, state: CallState) -> tuple[str, str]:
        speech, back = self.speech(state.language), self.address("district", state)
        # A language without a voice has the whole question read in, its choices with it.
        choice = speech.phrases.spoken.get("district_choice", "")
        choices = " ".join(
            choice.format(name=self.organisation.name_of(district), key=key)
            for key, district in district_keys(self.line)
        )
        offers = (
            self.speech(language).say("language_offer", key=key)
            for key, language in language_keys(self.line, state)
            if state.asked == 1  # the second time is short: nobody should wait to be helped
        )
        gather = element(
            "Gather",
            speech.say("which_district", choices=choices),
            *offers,
            input="dtmf",
            numDigits=1,
            timeout=_SECONDS_TO_CHOOSE if state.asked == 1 else _SECONDS_TO_CHOOSE_AGAIN,
            action=back,
            method="POST",
        )
        # Doing nothing comes back too, and then leads to a person.
        return gather, element("Redirect", escape(back), method="POST")

    def _dial(self, ring: Ring) -> str:
        number, whisper = self._number(ring)
        attributes: dict[str, str] = {}
        if whisper:
            attributes = {"url": self.address("whisper", ring.state), "method": "POST"}
        return element(
            "Dial",
            element("Number", escape(number.e164), **attributes),
            action=self.address("ended", ring.state),
            method="POST",
            timeout=int(self.line.ring_for.total_seconds()),
            callerId=self.line.number.e164,  # by default staff would see the caller's own number
            answerOnBridge="true",
            ringTone="se",
        )

    def _number(self, ring: Ring) -> tuple[PhoneNumber, bool]:
        """The number to ring, and whether whoever answers must press a key."""
        number: PhoneNumber | None
        match ring.target:
            case Person(therapist):
                number, whisper = self.organisation.therapists[therapist].phone, True
            case OfficeNumber(district):
                number, whisper = self.organisation.districts[district].office, False
            case FallbackNumber(place):
                number, whisper = self.line.fallback[place].number, False
            case _:
                assert_never(ring.target)
        if number is None:
            raise LookupError(f"{ring.target} has no number")
        return number, whisper


def message(words: str) -> str:
    """A text back to whoever wrote."""
    return element("Message", escape(words))


def ask_to_accept(speech: Speech, key_address: str, words: str = "whisper") -> str:
    """
    What a therapist hears on answering: no fact about the caller, since a voicemail may record it.

    Silence hangs up, so that a voicemail is dropped and the next one is rung.
    """
    gather = element(
        "Gather",
        speech.say(words),
        input="dtmf",
        numDigits=1,
        timeout=_SECONDS_TO_PRESS,
        action=key_address,
        method="POST",
    )
    return document(gather, element("Hangup"))


def tell_and_hang_up(speech: Speech, key: str) -> str:
    """Words, and the end of this leg."""
    return document(speech.say(key), element("Hangup"))


def last_resort(
    fallbacks: tuple[PhoneNumber, ...],
    line: PhoneNumber,
    speech: Speech,
    others: Iterable[Speech] = (),
) -> str:
    """
    A document that needs nothing of us any more: words, each fallback in order, and advice.

    The advice comes in the *others* too.  What `beredskap fallback-twiml` prints is made of it.
    """
    dial = element(
        "Dial",
        *(element("Number", escape(number.e164)) for number in fallbacks),
        callerId=line.e164,
        timeout=_FALLBACK_RINGS,
        ringTone="se",
        sequential="true",  # one after another, and no more once somebody has answered
    )
    rung = dial if fallbacks else ""
    advice = (one.say("after_trouble") for one in (speech, *others))
    return document(speech.say("trouble"), rung, *advice, element("Hangup"))
