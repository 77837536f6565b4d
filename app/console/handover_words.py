"""How the pages of handovers call people, states and delays."""

from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from app.console.filters import duration
from app.duty.handover_document.harmless import harmless
from app.duty.handover_document.words import LANGUAGES, WORDS
from routing.handover import HandoverState
from routing.ids import TherapistId
from routing.organisation import Organisation

_A_DAY = timedelta(days=1)


def as_written(text: str) -> str:
    """What somebody wrote, with nothing in it that moves, hides or turns round what is read."""
    return harmless(text)


def late_by(due_at: datetime, now: datetime) -> str:
    """How long ago that was: in days from two on, since nobody thinks in forty hours."""
    late = now - due_at
    if late < 2 * _A_DAY:
        return duration(late)
    return ngettext("%(num)d day", "%(num)d days", late // _A_DAY)


def person(organisation: Organisation, who: str | None) -> str:
    """The name of whoever has that id; the service where nobody did it."""
    if who is None:
        return _("the service")
    therapist = organisation.therapists.get(TherapistId(who))
    if therapist is not None:
        return therapist.name
    managers = (one.name for one in organisation.managers if one.id == who)
    return next(managers, who)


def stands_at(state: HandoverState, language: str) -> str:
    """How far it has come, in the words that stand on paper too."""
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    return WORDS[spoken][f"state.{state.value}"].capitalize()
