"""What each figure means, in a sentence: shown beside it, and written into the report."""

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import lazy_gettext as _

from app.review.figures_totals import OUTGOING, UNKNOWN
from routing.contact import Channel, Outcome
from routing.follow_up import State
from routing.role import Role


class Measure(StrEnum):
    """What is counted, in the order in which it is shown."""

    CONTACTS = "contacts"
    HOURS = "hours"
    ANSWERED = "answered"
    MISSED = "missed"
    FALLBACK = "fallback"
    HANDOVERS = "handovers"
    FOLLOW_UPS = "follow_ups"
    AGREEMENTS = "agreements"
    CHANNELS = "channels"
    ROLES = "roles"
    STANDBY = "standby"
    TOTALS = "totals"


TITLES: Mapping[Measure, object] = {
    Measure.CONTACTS: _("Contacts per week"),
    Measure.HOURS: _("Weekday and hour"),
    Measure.ANSWERED: _("Calls answered"),
    Measure.MISSED: _("Missed and met later"),
    Measure.FALLBACK: _("Use of the fallback"),
    Measure.HANDOVERS: _("Handovers"),
    Measure.FOLLOW_UPS: _("Follow-ups"),
    Measure.AGREEMENTS: _("Broken agreements"),
    Measure.CHANNELS: _("Channel and outcome"),
    Measure.ROLES: _("Who sought help"),
    Measure.STANDBY: _("Standby and call-outs"),
    Measure.TOTALS: _("The whole line"),
}

# Each definition stands here and nowhere else; docs/figures.md says why it is so.
HOW: Mapping[Measure, object] = {
    Measure.CONTACTS: _(
        "A contact is a call or a text, in or out, received in the period, whose caller belongs to"
        " your district as far as is known today. Weeks begin on Mondays, Stockholm time."
    ),
    Measure.HOURS: _(
        "Incoming calls and texts by the weekday and the hour in which they came, Stockholm time."
    ),
    Measure.ANSWERED: _(
        "Incoming calls that are over; not those to a closed line or from a blocked number."
        " Answered means that a therapist pressed 1 and was put through. Time to answer runs from"
        " the call coming in until she pressed 1. Median and 90 per cent are by nearest rank."
    ),
    Measure.MISSED: _(
        "Incoming calls and texts that nobody answered: missed, hung up, or no answer at the"
        " fallback either. Each counts by itself. Met later means that the same number was"
        " answered within 48 hours. No time is promised to callers; 48 hours is how long somebody"
        " stays on the list of those to be called back."
    ),
    Measure.FALLBACK: _(
        "Calls in which the office or a fallback was rung, and how many of them were answered"
        " there. The share is of the calls above."
    ),
    Measure.HANDOVERS: _(
        "Handovers to your district that were due in the period. On time means acknowledged by a"
        " therapist at the latest when it was due."
    ),
    Measure.FOLLOW_UPS: _(
        "Follow-ups that your district ordered whose time ended in the period, by where they stand"
        " today."
    ),
    Measure.AGREEMENTS: _(
        "Broken agreements told of in notes of contacts received in the period. Met in time means"
        " the same day, or else the next weekday, at five at the latest. The time runs from the"
        " contact. No word of a note is read for this."
    ),
    Measure.CHANNELS: _("Incoming contacts by channel and by what came of them."),
    Measure.ROLES: _(
        "Incoming contacts by whether the register has the caller as a youth or a guardian. Sex is"
        " not registered, so there are no figures by sex."
    ),
    Measure.STANDBY: _(
        "Hours of everybody whom your district employs, together, on every line and whoever"
        " called. Two positions at once count once. Red is Saturdays, Sundays and holidays. How"
        " many call-outs there were is not told, since that would say something of the other"
        " district's callers."
    ),
    Measure.TOTALS: _(
        "All districts of the line together, each half-year, from 31 days after its end. Contacts"
        " that nobody has said whose they are, and blocked numbers, are not counted."
    ),
}
METHOD = _(
    "Counts from 1 to 4 are hidden, and so is a count of which 1 to 4 are left when one district's"
    " own are taken away. Where that leaves one count hidden alone, or a hidden sum below 5,"
    " another is hidden with it. Nought is shown. Everybody gets the same totals. Times shorter"
    " than a half-year, or that can still change, have no totals: one could be subtracted from"
    " another."
)

OUTCOMES: Mapping[Outcome | None, object] = {
    Outcome.ANSWERED: _("Answered"),
    Outcome.FALLBACK_ANSWERED: _("Answered by the fallback"),
    Outcome.FALLBACK_FAILED: _("Not even the fallback answered"),
    Outcome.MISSED: _("Missed"),
    Outcome.ABANDONED: _("Hung up before anybody answered"),
    Outcome.RELAYED: _("Text passed on"),
    Outcome.UNDELIVERED: _("Text reached nobody"),
    Outcome.CLOSED: _("The line was closed"),
    Outcome.BLOCKED: _("Blocked number"),
    None: _("Going on"),
}
ROLES: Mapping[Role | None, object] = {
    Role.YOUTH: _("Youth"),
    Role.GUARDIAN: _("Guardian"),
    None: _("Unknown"),
}
CHANNELS: Mapping[Channel, object] = {Channel.VOICE: _("Calls"), Channel.TEXT: _("Texts")}
STATES: Mapping[State, object] = {
    State.DONE: _("Follow-ups done"),
    State.NOT_REACHED: _("Nobody reached"),
    State.CANCELLED: _("Cancelled"),
    State.OPEN: _("Still open"),
    State.ORDERED: _("Not begun"),
}
WEEKDAYS = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
    _("Sunday"),
)  # fmt: skip
TABLES: Mapping[str, object] = {
    "outcome": _("By outcome"),
    "role": _("By who sought help"),
    "month": _("By month"),
    "weekday": _("By weekday"),
}


def of_total(table: str, cell: str) -> object:
    """What a cell of a total is called; a month is said by whoever shows it."""
    if table == "weekday":
        return WEEKDAYS[int(cell)]
    if table == "role":
        return ROLES[None if cell == UNKNOWN else Role(cell)]
    if cell == OUTGOING:
        return _("Outgoing")
    channel, _dot, outcome = cell.partition(".")
    if outcome == Outcome.CLOSED:
        return CLOSED[Channel(channel)]
    return OUTCOMES[Outcome(outcome)]


CLOSED: Mapping[Channel, object] = {
    Channel.VOICE: _("Calls to the closed line"),
    Channel.TEXT: _("Texts to the closed line"),
}
