"""What the carrier does with a call while this service is away."""

from dataclasses import replace

from app.phrases import FIRST, Phrases, phrases
from app.telephony.twiml import Speech, last_resort
from routing.numbers import PhoneNumber
from routing.organisation import Line

# Stands for a line's id in the address, where several lines have documents of their own.
PLACEHOLDER = "{line}"
_MOST_RUNG = 10  # by one Dial
_SAID = ("trouble", "after_trouble")


def fallback_document(line: Line) -> str:
    """
    The TwiML for the fallback URL of *line*'s number.

    A few words in the line's first language, each fallback in order until one answers, and then
    advice in all its languages.  Fallbacks that are open at all hours come first: the document
    knows no clock, and a closed one may have a machine that answers.

    Source: Twilio docs, "TwiML Voice: Dial", sequential; "Availability and reliability".
    """
    first, *others = [Speech(one, "") for one in _spoken(line)]
    return last_resort(_chain(line)[:_MOST_RUNG], line.number, first, others)


def fallback_address(address: str, line: Line) -> str:
    """Where the document of *line* is, by the setting FALLBACK_URL."""
    return address.replace(PLACEHOLDER, line.id)


def _chain(line: Line) -> tuple[PhoneNumber, ...]:
    in_order = sorted(line.fallback, key=lambda fallback: fallback.hours is not None)
    return tuple(dict.fromkeys(fallback.number for fallback in in_order))


def _spoken(line: Line) -> tuple[Phrases, ...]:
    """The line's languages that a voice can speak: recordings lie at our own address."""
    own = {language: replace(phrases(language), recordings={}) for language in line.languages}
    able = {one.language: one for one in own.values() if all(key in one.spoken for key in _SAID)}
    return tuple(able.values()) or (replace(phrases(FIRST), recordings={}),)
