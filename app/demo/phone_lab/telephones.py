"""Each telephone as the page shows it: what it does, what it heard, and what can be done now."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.demo.phone_lab.deeds import Do
from app.demo.phone_lab.directory import ANONYMOUS, Directory, Side, Someone
from app.demo.phone_lab.session import Session
from app.lab import phone_text
from app.lab.leg import Leg
from app.lab.sms import Message
from app.lab.trace import Entry, What
from app.phrases import phrases

Plain = dict[str, Any]
_MOST_SAID = 14  # bubbles on one telephone: the last ones
_LOOKED_AT = 3000  # entries of the trace: an evening has some hundreds
BY_HAND = "by hand"
# What a telephone may do by itself: in the words of app/lab/README.md, and in the reader's.
HABITS: Mapping[str, object] = {
    BY_HAND: lazy_gettext("waits for me"),
    "answer 4, press 1 after 3, talk 60": lazy_gettext("answers, and talks for a minute"),
    "no answer": lazy_gettext("does not answer"),
    "busy": lazy_gettext("is busy"),
    "voicemail 12": lazy_gettext("has a voicemail that answers"),
    "failed": lazy_gettext("has no coverage"),
}
_DID: Mapping[What, object] = {
    What.CALLS: lazy_gettext("Calls the line"),
    What.RINGS: lazy_gettext("The telephone rings"),
    What.HEARS_RINGING: lazy_gettext("Hears the ringing tone"),
    What.HEARS_SILENCE: lazy_gettext("Hears silence"),
    What.PICKS_UP: lazy_gettext("Picked up"),
    What.VOICEMAIL: lazy_gettext("The voicemail answered"),
    What.HANGS_UP: lazy_gettext("Hung up"),
    What.IS_HUNG_UP: lazy_gettext("The line ended the call"),
    What.STOPS_RINGING: lazy_gettext("Stopped ringing"),
    What.ERROR: lazy_gettext("Heard an error message from the carrier"),
}
_TURNED_AWAY: Mapping[str, object] = {
    "busy": lazy_gettext("Busy"),
    "failed": lazy_gettext("Could not be reached"),
    "no-answer": lazy_gettext("Was not answered"),
}
_NOW: Mapping[What, tuple[object, str]] = {
    What.CALLS: (lazy_gettext("Calling"), "busy"),
    What.RINGS: (lazy_gettext("Ringing"), "ringing"),
    What.HEARS_RINGING: (lazy_gettext("Hears ringing"), "busy"),
    What.PICKS_UP: (lazy_gettext("Listening"), "busy"),
    What.PRESSES: (lazy_gettext("Listening"), "busy"),
    What.HEARS: (lazy_gettext("Listening"), "busy"),
    What.HEARS_AUDIO: (lazy_gettext("Listening"), "busy"),
    What.HEARS_SILENCE: (lazy_gettext("Hears silence"), "busy"),
    What.BRIDGED: (lazy_gettext("Talking"), "talking"),
}
_LISTENS = frozenset({What.PICKS_UP, What.HEARS, What.HEARS_AUDIO, What.PRESSES})
_RINGING: Sequence[tuple[Do, object, str]] = (
    (Do.ANSWER, lazy_gettext("Answer"), "good"),
    (Do.DECLINE, lazy_gettext("Decline"), "bad"),
    (Do.VOICEMAIL, lazy_gettext("Let the voicemail take it"), "plain"),
    (Do.BUSY, lazy_gettext("Busy"), "plain"),
    (Do.NO_COVERAGE, lazy_gettext("No coverage"), "plain"),
)


class Telephones:
    """All that has been heard and written in one world, sorted by whose telephone it was."""

    def __init__(self, session: Session, known: Directory) -> None:
        self._session, self._known = session, known
        carrier = session.stage.carrier
        ours = self._known.line.number.e164  # which is no telephone, also when it calls itself
        going_on = (leg for leg in carrier.legs if not leg.over and leg.party != ours)
        self._legs: dict[str, Leg] = {leg.party: leg for leg in going_on}
        self._said: dict[str, list[Plain]] = defaultdict(list)
        self._last: dict[str, Entry] = {}
        entries = list(carrier.trace.entries)
        start = max(0, len(entries) - _LOOKED_AT)
        for place, entry in enumerate(entries[start:], start):
            self._last[entry.leg] = entry
            if entry.party != ours:
                self._said[entry.party].append(self._told(entry, f"e{place}"))
        for message in (*carrier.messages, *carrier.canned):
            if message.frm == ours:
                self._said[message.to].append(self._text(message, "received"))
        for message in carrier.texts:
            self._said[message.frm].append(self._text(message, "wrote"))

    @property
    def used(self) -> list[str]:
        """The numbers of all telephones that something has happened to, in no order."""
        return list(self._said)

    def card(self, one: Someone) -> Plain:
        """What the page shows of *one*'s telephone."""
        leg = self._legs.get(one.number)
        words, tone = self._now(leg)
        said = sorted(self._said.get(one.number, ()), key=lambda told: told["order"])
        return {
            "id": re.sub(r"\W+", "-", one.who).strip("-"),
            "who": one.who,
            "number": "" if one.number == ANONYMOUS else one.number,
            "name": one.name,
            "about": one.about,
            "side": str(one.side),
            "standby": one.position,
            "words": words,
            "tone": tone,
            "since": None if leg is None else self._since(leg).timestamp(),
            "used": bool(said),
            "said": said[-_MOST_SAID:],
            "can": list(_can(one, leg)),
            "keypad": leg is not None and tone != "ringing",
            "listens": self._listens(leg),
            "texts": one.takes_texts,
            "habit": self._habit(one),
        }

    def ringing(self) -> Iterator[tuple[Someone, Leg]]:
        """Whose telephones ring just now."""
        for leg in self._legs.values():
            if _rings(leg):
                yield self._known.at(leg.party), leg

    def _now(self, leg: Leg | None) -> tuple[str, str]:
        if leg is None:
            return _("Silent"), "silent"
        if _rings(leg):
            return str(_NOW[What.RINGS][0]), "ringing"
        last = self._last.get(leg.sid)
        if last is not None and last.what is What.BRIDGED:
            return _("Talking with %(name)s", name=self._known.at(last.other).name), "talking"
        words, tone = _NOW.get(last.what, (_("In a call"), "busy")) if last else ("", "busy")
        return str(words), tone

    def _listens(self, leg: Leg | None) -> bool:
        """Whether somebody may be asked for a key just now."""
        last = None if leg is None else self._last.get(leg.sid)
        return last is not None and last.what in _LISTENS

    def _since(self, leg: Leg) -> datetime:
        if leg.bridged_at is not None:
            return leg.bridged_at
        return leg.answered_at or leg.began_at

    def _told(self, entry: Entry, key: str) -> Plain:
        kind, words, language = "did", str(_DID.get(entry.what, entry.what)), ""
        match entry.what:
            case What.HEARS:
                kind, words, language = "heard", entry.words, entry.language
            case What.HEARS_AUDIO:
                kind, words = "heard", _("(a recording: %(name)s)", name=entry.words)
            case What.PRESSES:
                words = _("Pressed %(key)s", key=entry.words)
            case What.BRIDGED:
                words = _("Talking with %(name)s", name=self._known.at(entry.other).name)
                kind = "talks"
            case What.TURNED_AWAY:
                words = str(_TURNED_AWAY.get(entry.words, entry.words))
            case _:
                pass
        return self._bubble(key, entry.at, kind, words, language)

    def _text(self, message: Message, kind: str) -> Plain:
        one = self._known.at(message.to)
        is_spoken_to = kind == "received" and one.side is Side.CALLER
        language = phrases(one.language).language if is_spoken_to else ""
        told = self._bubble(message.sid, message.at, kind, message.shown, language)
        if message.status in {"failed", "undelivered"}:
            told["note"] = _("did not arrive")
        return told

    def _bubble(self, key: str, at: datetime, kind: str, words: str, language: str) -> Plain:
        return {
            "key": key,
            "order": at.timestamp(),
            "at": f"{at.astimezone(self._known.line.zone):%H:%M:%S}",
            "kind": kind,
            "words": words,
            "language": language,
            "note": "",
        }

    def _habit(self, one: Someone) -> list[Plain]:
        """What the telephone can do by itself, and which of that it does."""
        if one.number == ANONYMOUS:
            return []
        now = self._session.habits.get(one.number, phone_text.phone(BY_HAND))
        return [
            {"value": does, "words": str(words), "is_on": phone_text.phone(does) == now}
            for does, words in HABITS.items()
        ]


def _rings(leg: Leg) -> bool:
    return leg.direction != "inbound" and leg.answered_at is None


def _can(one: Someone, leg: Leg | None) -> Iterator[Plain]:
    if leg is None:
        kind = "primary" if one.side is Side.CALLER else "plain"
        yield {"do": str(Do.CALL), "words": _("Call the line"), "kind": kind}
    elif _rings(leg):
        for do, words, kind in _RINGING:
            yield {"do": str(do), "words": str(words), "kind": kind}
    else:
        yield {"do": str(Do.HANG_UP), "words": _("Hang up"), "kind": "bad"}
