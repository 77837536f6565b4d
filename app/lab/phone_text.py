"""The short sentences in which people write what a phone does: ``answer 4, press 1, talk 60``."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from re import Match

from app.lab.phones import Behaviour, Delivery, HangUp, Moment, PickUp, Press, TextFate

TALK = 60.0  # seconds that somebody talks who is told nothing else


class PhoneTextError(ValueError):
    """A sentence about a phone that cannot be understood; names the words."""


_N = r"(\d+(?:\.\d+)?)(?: ?s)?"
_AT = r"(?: at " + _N + r")?"

Edit = Callable[[Behaviour, Match[str]], Behaviour]


def _picked_up(kind: PickUp, usual: float) -> Edit:
    def edit(behaviour: Behaviour, found: Match[str]) -> Behaviour:
        return replace(behaviour, pick_up=kind, after=float(found[1] or usual))

    return edit


def _turned_away(kind: PickUp) -> Edit:
    return lambda behaviour, _found: replace(behaviour, pick_up=kind)


def _airplane(behaviour: Behaviour, _found: Match[str]) -> Behaviour:
    return replace(behaviour, pick_up=PickUp.VOICEMAIL, after=1.0)


def _press(behaviour: Behaviour, found: Match[str]) -> Behaviour:
    digits, after, at = found[1], found[2], found[3]
    press = Press(digits, float(after)) if after else Press(digits)
    if at:
        press = Press(digits, float(at), Moment.START)
    elif behaviour.pick_up is PickUp.VOICEMAIL:
        # A machine's tones come when they come, whether anything asked or not.
        press = replace(press, since=Moment.START)
    return replace(behaviour, presses=(*behaviour.presses, press))


def _hang_up(behaviour: Behaviour, after: float, since: Moment) -> Behaviour:
    return replace(behaviour, hang_ups=(*behaviour.hang_ups, HangUp(after, since)))


def _greeting(behaviour: Behaviour, found: Match[str]) -> Behaviour:
    return replace(behaviour, greeting=float(found[1]))


_PICK_UPS: Mapping[str, Edit] = {
    rf"answers?(?: after)?(?: {_N})?": _picked_up(PickUp.ANSWER, 3),
    rf"voicemail(?: after)?(?: {_N})?": _picked_up(PickUp.VOICEMAIL, 20),
    r"no[ -]answer": _turned_away(PickUp.NO_ANSWER),
    r"busy": _turned_away(PickUp.BUSY),
    r"rejects?": _turned_away(PickUp.REJECT),
    r"failed|unallocated": _turned_away(PickUp.FAILED),
    r"by hand": _turned_away(PickUp.BY_HAND),
    r"airplane(?: mode)?": _airplane,
}
_ACTIONS: Mapping[str, Edit] = {
    rf"press ([0-9*#]+)(?: after {_N})?{_AT}": _press,
    rf"greeting {_N}": _greeting,
    rf"talk(?: for)? {_N}": lambda b, f: _hang_up(b, float(f[1]), Moment.BRIDGING),
    rf"hang up after {_N}": lambda b, f: _hang_up(b, float(f[1]), Moment.START),
    rf"hang up {_N} after ringing": lambda b, f: _hang_up(b, float(f[1]), Moment.RINGING),
    rf"hang up {_N} after bridging": lambda b, f: _hang_up(b, float(f[1]), Moment.BRIDGING),
    rf"hang up(?: {_N})? in(?:to)? the whisper": lambda b, f: _hang_up(
        b, float(f[1] or 1), Moment.WHISPER
    ),
    r"stay|wait": lambda b, _f: b,
}


def phone(text: str) -> Behaviour:
    """
    What a phone that is rung does, from a sentence such as ``answer 4, press 1 after 3, talk 60``.

    ``press 1`` answers the next question two seconds after it begins;
    ``press 1 after 3``, three.  ``press 1 at 3`` comes three seconds after the
    phone was picked up, asked or not.  Who is told nothing else talks for a
    minute.

    Raises:
        PhoneTextError: a part is not understood; it is named.
    """
    first, *rest = _parts(text)
    behaviour = _apply(Behaviour(), first, _PICK_UPS, "a phone begins with answer, no answer, busy")
    behaviour = _actions(behaviour, rest)
    if any(end.since is Moment.BRIDGING for end in behaviour.hang_ups):
        return behaviour
    return _hang_up(behaviour, TALK, Moment.BRIDGING)


def caller(text: str) -> Behaviour:
    """
    What a caller does, from a sentence such as ``press 2, hang up 5 after ringing``.

    A caller who is told nothing stays until the other side hangs up.

    Raises:
        PhoneTextError: a part is not understood; it is named.
    """
    return _actions(Behaviour(), _parts(text) if text.strip() else [])


def text_fate(text: str) -> TextFate:
    """
    What becomes of texts, from ``delivered``, ``undelivered 30003``, ``never``, ``late 60``, ….

    Raises:
        PhoneTextError: a word is not understood; it is named.
    """
    fate = TextFate()
    for part in _parts(text):
        word, _, rest = part.partition(" ")
        try:
            fate = _TEXT_WORDS[word](fate, rest)
        except (KeyError, ValueError):
            raise PhoneTextError(f"“{part}” is not something that happens to a text") from None
    return fate


_TEXT_WORDS: Mapping[str, Callable[[TextFate, str], TextFate]] = {
    "delivered": lambda fate, _: replace(fate, delivery=Delivery.DELIVERED),
    "undelivered": lambda fate, code: replace(
        fate, delivery=Delivery.UNDELIVERED, code=int(code or 30003)
    ),
    "failed": lambda fate, code: replace(fate, delivery=Delivery.FAILED, code=int(code or 30008)),
    "never": lambda fate, _: replace(fate, delivery=Delivery.NEVER),
    "late": lambda fate, seconds: replace(fate, after=float(seconds)),
    "out_of_order": lambda fate, _: replace(fate, out_of_order=True),
    "dup": lambda fate, _: replace(fate, twice=True),
}


def _parts(text: str) -> list[str]:
    parts = [" ".join(part.lower().split()) for part in text.split(",")]
    if not all(parts):
        raise PhoneTextError(f"“{text}” has an empty part")
    return parts


def _actions(behaviour: Behaviour, parts: list[str]) -> Behaviour:
    for part in parts:
        behaviour = _apply(behaviour, part, _ACTIONS, "one can press, talk, greeting, hang up")
    return behaviour


def _apply(behaviour: Behaviour, part: str, known: Mapping[str, Edit], hint: str) -> Behaviour:
    for pattern, edit in known.items():
        if found := re.fullmatch(pattern, part):
            return edit(behaviour, found)
    raise PhoneTextError(f"“{part}” is not understood: {hint}")
