"""Tells a call in plain English, with names for numbers."""

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from zoneinfo import ZoneInfo

from app.lab.call import Call
from app.lab.trace import Entry, What

NUMBER = re.compile(r"\+?\d(?:[ -]?\d){6,}")  # 112 and 1177 may be said
STOCKHOLM = ZoneInfo("Europe/Stockholm")
_REASONS = {
    "busy": "is busy",
    "failed": "cannot be reached: there is no such number",
    "no-answer": "does not answer",
}
_QUOTED = frozenset({What.HEARS, What.HEARS_AUDIO})
_PLAIN = {
    What.CALLS: "calls the line",
    What.STOPS_RINGING: "stops ringing",
    What.IS_HUNG_UP: "is hung up on",
    What.HEARS_SILENCE: "hears silence while the other side is asked",
}


def transcript(call: Call, names: Mapping[str, str], zone: tzinfo = STOCKHOLM) -> list[str]:
    """
    Lines such as ``19:04:00  caller   hears "…"``, in the order things happened.

    *names* says what to call whoever has a number.  Others are "caller", or
    "phone 1" and so on in the order they were rung; no number is ever shown.
    """
    labels = dict(_labels(call, names))
    width = max(len(label) for label in labels.values())
    return [
        f"{entry.at.astimezone(zone):%H:%M:%S}  {labels[entry.leg]:<{width}}  "
        + _scrubbed(_deed(entry, call, labels))
        for entry in call.entries
    ]


def _labels(call: Call, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield call.leg.sid, names.get(call.leg.party) or "caller"
    unknown: dict[str, str] = {}
    for child in call.children:
        name = names.get(child.to)
        if not name:
            name = unknown.setdefault(child.to, f"phone {len(unknown) + 1}")
        yield child.sid, name


def _deed(entry: Entry, call: Call, labels: Mapping[str, str]) -> str:
    if entry.what is What.BRIDGED:
        return f"is talking with {_other(entry, call, labels)}"
    if entry.what is What.TURNED_AWAY:
        return _REASONS.get(entry.words, entry.words)
    if entry.what in _QUOTED:
        return f"{entry.what} “{entry.words}”"
    if entry.what is What.PRESSES:
        return f"presses {entry.words}"
    return _PLAIN.get(entry.what, str(entry.what))


def _other(entry: Entry, call: Call, labels: Mapping[str, str]) -> str:
    if entry.leg != call.leg.sid:
        return labels[call.leg.sid]
    talks = (child for child in call.children if child.to == entry.other and child.bridged_at)
    return next((labels[child.sid] for child in talks), "somebody")


def _scrubbed(deed: str) -> str:
    """The deed without any telephone number, should the service have said one aloud."""
    return NUMBER.sub("(a number)", deed)
