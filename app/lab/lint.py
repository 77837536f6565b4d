"""Rules that the line's TwiML keeps beyond Twilio's grammar, each against a known accident."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

from app.lab.voices import LANGUAGES, voices_of

MOST_BYTES = 64 * 1024
RING_FOR = range(5, 601)  # seconds
_RING_TONES = """
    at au bg br be ch cl cn cz de dk ee es fi fr gr hu il in it lt jp mx my nl no nz ph pl
    pt ru se sg th uk us us-old tw ve za
"""
RING_TONES = frozenset(_RING_TONES.split())
NUMBER_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
_WHISPER_VERBS = frozenset({"Say", "Play", "Gather", "Hangup"})
_FORBIDDEN = frozenset({"Record", "Enqueue", "Sms", "Pay", "Prompt", "Queue", "Leave", "Refer"})
_ADDRESSES = ("action", "url", "statusCallback", "amdStatusCallback")
# Werkzeug decodes what else is allowed in an address, and then no signature fits it.
_SAFE = re.compile(r"[A-Za-z0-9._/&=-]*")


class Role(StrEnum):
    """To whom a document speaks, and when."""

    CALLER = "caller"
    WHISPER = "whisper"  # the first document on a phone that was picked up
    ACCEPT = "accept"  # a later document there: an empty one bridges
    FALLBACK = "fallback"  # the static document for when the service is gone


@dataclass(frozen=True, slots=True)
class Context:
    """Where a document came from, as far as the rules care."""

    role: Role
    url: str
    caller_ids: frozenset[str] = field(repr=False)


def lint(root: ET.Element, context: Context) -> list[str]:
    """Every rule that the document breaks, in words; empty when it keeps them all."""
    verbs = list(root)
    found = [*_everywhere(root, context)]
    if context.role in {Role.WHISPER, Role.ACCEPT}:
        found += _whisper(verbs, context)
    else:
        found += _caller(verbs, context)
    return found


def _everywhere(root: ET.Element, context: Context) -> Iterator[str]:
    for node in root.iter():
        if node.tag in _FORBIDDEN:
            yield f"<{node.tag}> is not used on this line"
        if node.tag == "Say":
            yield from _say(node)
        if node.tag == "Gather" and "action" not in node.attrib:
            yield "<Gather> without action comes back to its own document for ever"
        for address in _addresses(node):
            yield from _address(address, context)


def _say(node: ET.Element) -> Iterator[str]:
    language, voice = node.get("language", ""), node.get("voice")
    if not language:
        yield "<Say> names no language"
    elif language not in LANGUAGES:
        yield f"<Say> cannot speak “{language}”"
    elif voice and voice not in voices_of(language):
        yield f"<Say> has no voice “{voice}” for {language}"
    if not "".join(node.itertext()).strip():
        yield "<Say> has no words"


def _addresses(node: ET.Element) -> Iterator[str]:
    yield from (node.attrib[name] for name in _ADDRESSES if name in node.attrib)
    if node.tag in {"Redirect", "Play"} and "digits" not in node.attrib:
        yield (node.text or "").strip()


def _address(address: str, context: Context) -> Iterator[str]:
    if not address:
        yield "an address is empty"
        return
    here, there = urlsplit(context.url), urlsplit(urljoin(context.url, address))
    if not there.netloc:
        yield "an address is relative in a document that came without one"
    elif context.url and context.role is not Role.FALLBACK and here[:2] != there[:2]:
        yield "an address leads away from the service"
    if not (_SAFE.fullmatch(there.path) and _SAFE.fullmatch(there.query)):
        yield "an address holds characters that a signature may not survive"


def _caller(verbs: list[ET.Element], context: Context) -> Iterator[str]:
    for place, verb in enumerate(verbs):
        after = verbs[place + 1 :]
        if verb.tag == "Dial":
            yield from _dial(verb, after, context)
        if verb.tag == "Gather" and not _asks_again(verb) and not any(map(_is_end, after)):
            yield "<Gather> is followed by nothing that leads to a person when no key is pressed"
    if not verbs or not (_is_end(verbs[-1]) or _words_after_dial(verbs)):
        yield "the document leaves the caller with nothing"


def _dial(dial: ET.Element, after: list[ET.Element], context: Context) -> Iterator[str]:
    if "action" in dial.attrib and after:
        yield f"<{after[0].tag}> after a <Dial> with action is never reached"
    if "action" not in dial.attrib and not any(verb.tag in {"Say", "Play"} for verb in after):
        yield "<Dial> has neither an action nor words after it"
    if context.role is not Role.FALLBACK and "timeout" not in dial.attrib:
        yield "<Dial> has no timeout"
    timeout = dial.get("timeout", "30")
    if not timeout.isdecimal() or int(timeout) not in RING_FOR:
        yield "<Dial> rings from 5 to 600 seconds"
    if dial.get("callerId") not in context.caller_ids:
        yield "<Dial> does not show our own number as callerId"
    if dial.get("ringTone", "se") not in RING_TONES:
        yield f"there is no ringTone “{dial.get('ringTone')}”"
    numbers = dial.findall("Number")
    is_sequential = dial.get("sequential") == "true"
    if len(list(dial)) != len(numbers) or not numbers or (len(numbers) > 1 and not is_sequential):
        yield "<Dial> holds exactly one <Number>, or several that are rung one after another"
    for number in numbers:
        if unknown := set(number.get("statusCallbackEvent", "").split()) - NUMBER_EVENTS:
            yield f"<Number> has no event “{min(unknown)}”"


def _whisper(verbs: list[ET.Element], context: Context) -> Iterator[str]:
    for verb in verbs:
        if verb.tag not in _WHISPER_VERBS:
            yield f"<{verb.tag}> does not work on a phone that has not accepted yet"
    if context.role is Role.WHISPER and (not verbs or verbs[-1].tag != "Hangup"):
        yield "a whisper that does not end in <Hangup> connects the caller to any voicemail"


def _is_end(verb: ET.Element) -> bool:
    return verb.tag in {"Dial", "Redirect", "Hangup", "Reject"} or _asks_again(verb)


def _asks_again(verb: ET.Element) -> bool:
    return verb.tag == "Gather" and verb.get("actionOnEmptyResult") == "true"


def _words_after_dial(verbs: list[ET.Element]) -> bool:
    return verbs[-1].tag in {"Say", "Play"} and any(verb.tag == "Dial" for verb in verbs)
