"""How a contact is called on the pages: what it was, who it was with, what became of it."""

from collections.abc import Mapping
from datetime import datetime

from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _

from app.console.handover_words import person
from app.duty.conversation import Fate
from app.phrases import FIRST, phrases
from routing.contact import CLIENT, OFFICE, Attempt, Caller, Channel, Contact, Direction, Outcome
from routing.ids import DistrictId
from routing.note import EscalatedTo, Reason, Urgency
from routing.organisation import Line, Organisation
from routing.role import Role

ROLES: Mapping[Role | None, object] = {
    Role.YOUTH: lazy_gettext("Youth"),
    Role.GUARDIAN: lazy_gettext("Guardian"),
    None: lazy_gettext("Unknown who"),
}
# Whom a note is about: somebody else is a choice too, such as a teacher.
SEEKERS: Mapping[str, object] = {
    str(Role.YOUTH): lazy_gettext("Youth"),
    str(Role.GUARDIAN): lazy_gettext("Guardian"),
    "": lazy_gettext("Somebody else, or not known"),
}
URGENCIES: Mapping[Urgency, object] = {
    Urgency.NORMAL: lazy_gettext("Can wait until the meeting"),
    Urgency.URGENT: lazy_gettext("Must be known when the office opens"),
    Urgency.AT_ONCE: lazy_gettext("Must be known at once"),
}
ESCALATIONS: Mapping[EscalatedTo, object] = {
    EscalatedTo.SOCIAL_EMERGENCY: lazy_gettext("Socialjouren"),
    EscalatedTo.EMERGENCY_CALL: lazy_gettext("112"),
    EscalatedTo.CONCERN_REPORT: lazy_gettext("I made a report of concern"),
}
REASONS: Mapping[Reason, object] = {
    Reason.VIOLENCE: lazy_gettext("Violence"),
    Reason.SELF_HARM: lazy_gettext("Self-harm or thoughts of suicide"),
    Reason.RUNAWAY: lazy_gettext("Has run away"),
    Reason.INTOXICATION: lazy_gettext("Drunk or drugged"),
    Reason.NO_ADULT: lazy_gettext("No adult there"),
    Reason.OTHER: lazy_gettext("Something else"),
}
FATES: Mapping[Fate, tuple[object, str]] = {
    Fate.ON_ITS_WAY: (lazy_gettext("On its way"), "calm"),
    Fate.SENT: (lazy_gettext("Sent"), "calm"),
    Fate.ARRIVED: (lazy_gettext("Arrived"), "good"),
    Fate.LOST: (lazy_gettext("Did not arrive"), "bad"),
}
_OUTCOMES: Mapping[Outcome, tuple[object, str]] = {
    Outcome.ANSWERED: (lazy_gettext("Answered"), "good"),
    Outcome.MISSED: (lazy_gettext("Nobody answered"), "bad"),
    Outcome.ABANDONED: (lazy_gettext("Hung up before anybody answered"), "bad"),
    Outcome.FALLBACK_ANSWERED: (lazy_gettext("Answered by the fallback"), "warn"),
    Outcome.FALLBACK_FAILED: (lazy_gettext("Not even the fallback answered"), "bad"),
    Outcome.RELAYED: (lazy_gettext("Text passed on"), "good"),
    Outcome.UNDELIVERED: (lazy_gettext("Text reached nobody"), "bad"),
    Outcome.CLOSED: (lazy_gettext("The line was closed"), "calm"),
    Outcome.BLOCKED: (lazy_gettext("Blocked number"), "calm"),
}
RESULTS: Mapping[str | None, object] = {
    "answered": lazy_gettext("answered"),
    "declined": lazy_gettext("declined"),
    "no_answer": lazy_gettext("did not answer"),
    "busy": lazy_gettext("was busy"),
    "failed": lazy_gettext("could not be reached"),
    "unaccepted": lazy_gettext("somebody or a voicemail picked up, and pressed nothing"),
    "caller_gone": lazy_gettext("the caller hung up meanwhile"),
    "unconfirmed": lazy_gettext("was connected without having accepted"),
    None: lazy_gettext("is being rung"),
}


def kind(contact: Contact) -> str:
    """What it was: a call or a text, in or out."""
    is_in = contact.direction is Direction.INBOUND
    if contact.channel is Channel.TEXT:
        return _("Text from somebody") if is_in else _("Text from you as the line")
    return _("Call from somebody") if is_in else _("Call made as the line")


def became(contact: Contact, now: datetime) -> tuple[object, str]:
    """What became of it, and how good that is."""
    outcome = contact.outcome_at(now)
    if outcome is None:
        return _("Going on"), "calm"
    if contact.direction is Direction.OUTBOUND and contact.channel is Channel.TEXT:
        is_lost = outcome is Outcome.UNDELIVERED
        return (_("Did not arrive"), "bad") if is_lost else (_("Sent"), "good")
    return _OUTCOMES[outcome]


def district_name(organisation: Organisation, district: DistrictId | None) -> str:
    """What the district is called, and what is said where nobody knows it."""
    return organisation.name_of(district) or _("District not known")


def who(organisation: Organisation, caller: Caller) -> str:
    """What a therapist hears when she takes the call, and no more: district, role, language."""
    said = [district_name(organisation, caller.home), str(ROLES[caller.role])]
    if caller.language is not None and caller.language != FIRST:
        locale = get_locale()
        names = phrases(FIRST if locale is None else locale.language).names
        said.append(names.get(caller.language, caller.language))
    return ", ".join(said)


def target(organisation: Organisation, line: Line, tried: Attempt) -> str:
    """Whom an attempt went to."""
    if tried.target == OFFICE:
        return _("The office")
    if tried.target == CLIENT:
        return _("The one who had called")
    if tried.is_fallback:
        place = int(tried.target.removeprefix("fallback-")) - 1
        known = line.fallback[place : place + 1]
        return known[0].name if known else _("Fallback %(number)s", number=place + 1)
    return person(organisation, tried.target)


def result(tried: Attempt) -> object:
    """What came of an attempt."""
    return RESULTS.get(tried.result, tried.result)
