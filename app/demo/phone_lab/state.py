"""A snapshot of everything that the lab's page shows: plain values in the reader's language."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _

from app.demo.phone_lab.coming import due, known_handovers, shown_handovers
from app.demo.phone_lab.directory import ANONYMOUS, STRANGER, Directory, Side, Someone, shown
from app.demo.phone_lab.happenings import Ways, flow, notices, way
from app.demo.phone_lab.moments import moments
from app.demo.phone_lab.session import Session
from app.demo.phone_lab.telephones import Telephones
from app.demo.phone_lab.telling import telling
from app.demo.phone_lab.words import PRESETS, TROUBLES
from app.demo.stage import Stage

Plain = dict[str, Any]
SPEEDS: Sequence[int] = (1, 10, 60)


@dataclass(slots=True)
class Memory:
    """What the page remembers of a world from one look to the next; another world, another one."""

    stage: Stage | None = None
    ways: Ways = field(default_factory=Ways)

    def of(self, stage: Stage) -> Ways:
        if self.stage is not stage:
            self.stage, self.ways = stage, Ways()
        return self.ways


def snapshot(session: Session, memory: Memory, caller: str = "") -> Plain:
    """
    Everything as it is now, with *caller*'s telephone first on the left: a name as deeds have it.

    Takes no lock: whatever happens meanwhile is in the next one.
    """
    stage, began_at = session.stage, session.began_at
    known = Directory(session)
    telephones = Telephones(session, known)
    chosen = _chosen(known, caller)
    rows = known_handovers(stage, known.now)
    locale = get_locale()
    language = "sv" if locale is None else locale.language
    is_open = known.line.hours.is_open(known.now)
    return {
        "line": _line(stage, known, chosen, is_open=is_open),
        "choices": _choices(known, chosen),
        "callers": [telephones.card(one) for one in _callers(known, telephones, chosen)],
        "phones": [telephones.card(one) for one in known.on(Side.STAFF)],
        "others": [telephones.card(one) for one in known.on(Side.OUTSIDE, Side.MANAGER)],
        "flow": flow(stage, known, memory.of(stage), began_at),
        "notices": notices(stage, known, began_at),
        "due": due(known, telephones, rows),
        "handovers": shown_handovers(
            known, rows, language, stage.parts.settings.public_url.rstrip("/")
        ),
        "presets": _presets(known),
        "telling": telling(session, known, language),
        "troubles": [
            {
                "trouble": str(trouble),
                "words": str(words),
                "about": str(about),
                "is_on": trouble in session.troubles.on,
            }
            for trouble, (words, about) in TROUBLES.items()
        ],
    }


def clock_of(session: Session) -> Plain:
    """The lab's moment and how fast it goes; cheap enough to be asked for all the time."""
    now = session.now.astimezone(session.line.zone)
    return {
        "time": f"{now:%H:%M:%S}",
        "day": format_datetime(now, _("EEEE d MMMM y")),
        "zone": now.tzname(),
        "local": f"{now:%Y-%m-%dT%H:%M:%S}",
        "seconds": now.timestamp(),
        "running": session.running,
        "speed": session.speed,
    }


def mark_of(plain: Plain) -> str:
    """A short mark that is another one as soon as anything in *plain* is."""
    written = json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(written).hexdigest()[:16]


def _line(stage: Stage, known: Directory, chosen: Someone, *, is_open: bool) -> Plain:
    line, now = known.line, known.now
    number = shown(line.number.e164)
    if is_open:
        words = _("Open: whoever is on standby is rung.")
    else:
        opens = line.hours.next_opening(now)
        words = _("Closed: no therapist is rung.")
        if opens is not None:
            at = format_datetime(opens, _("EEE d MMM HH:mm"))
            words += " " + _("Opens %(at)s.", at=at)
    return {
        "name": line.name,
        "number": number,
        "open": is_open,
        "words": words,
        "caller": chosen.name,
        "opens": "" if is_open else _iso(known, line.hours.next_opening(now)),
        **{f"way_{key}": value for key, value in way(stage, known, chosen.number).items()},
    }


def _chosen(known: Directory, caller: str) -> Someone:
    if caller:
        return known.of(caller)
    everybody = known.on(Side.CALLER)
    return next((one for one in everybody if one.who not in {STRANGER, "withheld"}), everybody[0])


def _choices(known: Directory, chosen: Someone) -> list[Plain]:
    everybody = known.on(Side.CALLER)
    if chosen.side is Side.CALLER and all(one.who != chosen.who for one in everybody):
        everybody.append(chosen)
    return [
        {
            "who": one.who,
            "words": f"{one.name} ({one.about})" if one.number != ANONYMOUS else one.name,
            "is_chosen": one.who == chosen.who,
        }
        for one in everybody
    ]


def _callers(known: Directory, telephones: Telephones, chosen: Someone) -> list[Someone]:
    """The chosen one, and whoever else has called or written, in an order that stays."""
    used = [known.at(number) for number in telephones.used]
    others = [one for one in used if one.side is Side.CALLER and one.who != chosen.who]
    return [chosen, *sorted(others, key=lambda one: one.number)]


def _presets(known: Directory) -> list[Plain]:
    found = moments(known.line, known.now)
    return [
        {"words": str(words), "to": _iso(known, found[name]), "fresh": is_fresh}
        for name, words, is_fresh in PRESETS
        if name in found
    ]


def _iso(known: Directory, at: datetime | None) -> str:
    return "" if at is None else at.astimezone(known.line.zone).isoformat(timespec="seconds")
