"""Stories and recordings as the page shows them: what there is to play, and what comes next."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext

from app.demo.phone_lab.deeds import Deed, Do, NotPossible, Trouble
from app.demo.phone_lab.directory import Directory
from app.demo.phone_lab.session import Session
from app.demo.phone_lab.sitting import Sitting, read
from app.demo.phone_lab.words import TROUBLES

Plain = dict[str, Any]
_DEEDS: Mapping[Do, object] = {
    Do.CALL: lazy_gettext("%(name)s calls the line"),
    Do.TEXT: lazy_gettext("%(name)s writes: %(words)s"),
    Do.ANSWER: lazy_gettext("%(name)s answers"),
    Do.VOICEMAIL: lazy_gettext("%(name)s lets the voicemail answer"),
    Do.DECLINE: lazy_gettext("%(name)s declines"),
    Do.BUSY: lazy_gettext("%(name)s is busy"),
    Do.NO_COVERAGE: lazy_gettext("%(name)s has no coverage"),
    Do.PRESS: lazy_gettext("%(name)s presses %(words)s"),
    Do.HANG_UP: lazy_gettext("%(name)s hangs up"),
    Do.HABIT: lazy_gettext("%(name)s's telephone does this by itself from now on: %(words)s"),
    Do.NOTE: lazy_gettext("%(name)s writes a note of the last contact: %(words)s"),
    Do.BROKEN: lazy_gettext("%(name)s notes that an agreement was broken: %(words)s"),
    Do.ACKNOWLEDGE: lazy_gettext("%(name)s goes through the handover and acknowledges it"),
    Do.TROUBLE: lazy_gettext("It begins: %(words)s"),
    Do.NO_TROUBLE: lazy_gettext("It is over: %(words)s"),
    Do.RESTART: lazy_gettext("The service is restarted"),
    Do.TRAVEL: lazy_gettext("Time passes until %(words)s"),
    Do.WAIT: lazy_gettext("Only time passes"),
}


@cache
def stories() -> Mapping[str, Sitting]:
    """The prepared evenings, by the names of their files."""
    folder = Path(__file__).with_name("stories")
    return {path.stem: read(path) for path in sorted(folder.glob("*.toml"))}


def telling(session: Session, known: Directory, language: str) -> Plain:
    """Which stories there are, and where the one that is played has got to."""
    coming = session.next_deed
    return {
        "stories": [
            {
                "id": name,
                "title": one.title.get(language, name),
                "about": one.about.get(language, ""),
            }
            for name, one in stories().items()
        ],
        "is_played": coming is not None,
        "next": "" if coming is None else _in_words(session, known, coming[1]),
        "at": "" if coming is None else f"{coming[0].astimezone(known.line.zone):%H:%M:%S}",
        "done": len(session.done),
    }


def _in_words(session: Session, known: Directory, deed: Deed) -> str:
    words = deed.words.replace("T", " ") if deed.do is Do.TRAVEL else deed.words
    if deed.do in {Do.TROUBLE, Do.NO_TROUBLE}:
        words = str(TROUBLES[Trouble(deed.words)][0])
    name = ""
    if deed.who:
        try:
            name = known.at(session.number_of(deed.who)).name
        except NotPossible:
            name = deed.who
    return str(_DEEDS[deed.do]) % {"name": name, "words": words}
