"""How the pages of the rota call people, findings, swaps and faults of files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _

from app.console.filters import clock, day, moment
from app.console.rota_sentences import in_language, named
from app.phrases import phrases
from routing.absence import AbsenceKind
from routing.feed import FeedKind
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.ladder import Reason
from routing.organisation import Organisation
from routing.swap import State, Why
from routing.swap_rules import Verdict
from routing.work import A_DAY

ZONE = ZoneInfo("Europe/Stockholm")  # as every page shows times
_TONES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: "calm"}
_SEVERITIES: Mapping[Severity, object] = {
    Severity.ERROR: lazy_gettext("Error"),
    Severity.WARNING: lazy_gettext("Warning"),
    Severity.INFO: lazy_gettext("To know"),
}
KINDS: Mapping[AbsenceKind, object] = {
    AbsenceKind.LEAVE: lazy_gettext("Leave"),
    AbsenceKind.SICK: lazy_gettext("Ill"),
    AbsenceKind.COMPENSATION: lazy_gettext("Time off for standby"),
    AbsenceKind.OTHER: lazy_gettext("Other"),
}
STATES: Mapping[State, tuple[object, str]] = {
    State.PROPOSED: (lazy_gettext("Waits for an answer"), "warn"),
    State.ACCEPTED: (lazy_gettext("Holds"), "good"),
    State.DECLINED: (lazy_gettext("Everybody said no"), "calm"),
    State.WITHDRAWN: (lazy_gettext("Withdrawn"), "calm"),
    State.EXPIRED: (lazy_gettext("Over"), "calm"),
    State.UNDONE: (lazy_gettext("Undone"), "calm"),
}
# What was done about a swap, by the word that is kept.
STEPS: Mapping[str, object] = {
    "offered": lazy_gettext("offered"),
    "accepted": lazy_gettext("taken"),
    "arranged": lazy_gettext("arranged by a manager"),
    "declined": lazy_gettext("said no"),
    "withdrawn": lazy_gettext("withdrawn"),
    "reminded": lazy_gettext("reminded"),
    "expired": lazy_gettext("ran out"),
    "overtaken": lazy_gettext("the rota changed meanwhile"),
    "undone": lazy_gettext("undone"),
}
VERDICTS: Mapping[Verdict, tuple[object, str]] = {
    Verdict.LAWFUL: (lazy_gettext("May take it"), "good"),
    Verdict.WITH_A_REASON: (lazy_gettext("Breaks a rule: her manager may arrange it"), "warn"),
    Verdict.UNLAWFUL: (lazy_gettext("Breaks a rule"), "bad"),
    Verdict.MAY_NOT: (lazy_gettext("Cannot take it"), "bad"),
}
WHY_NOT: Mapping[Why, object] = {
    Why.NOT_HELD: lazy_gettext(
        "The duty is somebody else's now. Load the page again, and see how it is."
    ),
    Why.SHARED: lazy_gettext(
        "Two people stand in that position then. Have the rota put right first."
    ),
    Why.BEGUN: lazy_gettext("The duty has begun. From now on only a manager can change it."),
    Why.OFFERED_ALREADY: lazy_gettext("The duty is offered already. Withdraw that offer first."),
    Why.NOBODY: lazy_gettext(
        "Nobody may take it without breaking a rule. Ask your manager to arrange it."
    ),
    Why.NOT_ASKED: lazy_gettext("You were not asked about this one."),
    Why.TAKEN: lazy_gettext("Somebody else has taken it already."),
    Why.OVER: lazy_gettext("The offer is over."),
    Why.MAY_NOT: lazy_gettext("That person cannot be on standby then. See why below."),
    Why.UNLAWFUL: lazy_gettext("It would break a rule. Only the manager concerned can arrange it."),
    Why.NOT_IN_FORCE: lazy_gettext("The swap does not hold any more."),
    Why.ON_TOP: lazy_gettext("A later swap is about the same duty. Undo that one first."),
    Why.NOT_YOURS: lazy_gettext("This is not yours to decide. Ask the manager concerned."),
}
REASONS: Mapping[Reason, object] = {
    Reason.NO_MANDATE: lazy_gettext("has no mandate of the home district"),
    Reason.INACTIVE: lazy_gettext("is not active in the organisation"),
    Reason.NO_PHONE: lazy_gettext("has no telephone number"),
    Reason.OPTED_OUT: lazy_gettext("takes no texts"),
    Reason.PAUSED: lazy_gettext("has paused"),
    Reason.IN_CALL: lazy_gettext("is in a call"),
    Reason.SAME_NUMBER: lazy_gettext("has a number that is tried already, or calls herself"),
    Reason.CONFLICT: lazy_gettext("knows the family otherwise, and is not rung for it"),
}
FAULTS: Mapping[str, object] = {
    "WRONG_KIND": lazy_gettext("The file is neither CSV, ICS nor XLSX."),
    "NOT_A_TABLE": lazy_gettext("The file cannot be read as a table. Save it as CSV or XLSX."),
    "NOT_A_CALENDAR": lazy_gettext("The file cannot be read as a calendar."),
    "NOT_UTF8": lazy_gettext("The file is not saved as UTF-8. Save it as CSV UTF-8."),
    "WRONG_COLUMNS": lazy_gettext(
        "The columns are not the right ones. A table needs position, therapist, starts_at, ends_at."
    ),
    "TOO_BIG": lazy_gettext("The file is larger than a rota can be."),
    "TOO_MANY_EVENTS": lazy_gettext("The calendar has more events than a rota can have."),
    "NO_SHIFTS": lazy_gettext("There are no shifts in the file."),
    "UNKNOWN_NAME": lazy_gettext("Nobody in the organisation is called that."),
    "POSITION_UNKNOWN": lazy_gettext("The line has no such position."),
    "END_BEFORE_START": lazy_gettext("The shift does not end after it starts."),
    "NO_LENGTH": lazy_gettext("The shift has no length."),
    "VERY_LONG": lazy_gettext("The shift is very long. Check its times."),
    "SAME_SHIFT_TWICE": lazy_gettext("The same shift stands there twice."),
    "DUPLICATE_EVENT": lazy_gettext("The same shift stands there twice."),
    "ROW_UNREADABLE": lazy_gettext("The row cannot be read."),
    "EVENT_UNREADABLE": lazy_gettext("The event cannot be read."),
    "AMBIGUOUS_LOCAL_TIME": lazy_gettext("The time comes twice, since the clocks change."),
    "NONEXISTENT_LOCAL_TIME": lazy_gettext("There is no such time, since the clocks change."),
    "FORMULA_WITHOUT_VALUE": lazy_gettext(
        "A formula has no value. Open the file in your spreadsheet and save it."
    ),
    "SHOWN_AS_FREE": lazy_gettext("The event is shown as free time, and is left out."),
    "ALL_DAY": lazy_gettext("A whole day is read as the hours when the line is open."),
    "FLOATING_TIME": lazy_gettext("The time has no zone, and is read as Swedish time."),
}
_AUTHORS: Mapping[str, object] = {
    "planner": lazy_gettext("the planner"),
    "clock": lazy_gettext("the service"),
    **{str(kind): lazy_gettext("the source of the rota") for kind in FeedKind},
}


@dataclass(frozen=True, slots=True)
class Said:
    """A finding as a page shows it."""

    rule: str
    severity: Severity
    severity_words: str
    tone: str
    message: str
    remedy: str
    who: str
    starts_at: datetime | None
    ends_at: datetime | None


def language() -> str:
    """The reader's language, of those that sentences about rest have."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "sv"


def said(found: Finding, organisation: Organisation) -> Said:
    """One finding in the reader's words."""
    told = in_language(found, language(), organisation)
    return Said(
        found.rule,
        found.severity,
        str(_SEVERITIES[found.severity]),
        _TONES[found.severity],
        capitalised(told.message),
        capitalised(told.remedy),
        "" if found.therapist is None else person(organisation, found.therapist),
        found.starts_at,
        found.ends_at,
    )


def all_said(found: Iterable[Finding], organisation: Organisation) -> list[Said]:
    """Every finding once, the gravest first, and then in the order it begins."""
    order = list(Severity)
    ranked = sorted(dict.fromkeys(found), key=lambda f: order.index(f.severity))
    return [said(one, organisation) for one in ranked]


def person(organisation: Organisation, who: str | None) -> str:
    """What somebody is called, or what did it where nobody did."""
    if who is None:
        return _("nobody")
    therapist = organisation.therapists.get(TherapistId(who))
    if therapist is not None:
        return therapist.name
    managers = (one.name for one in organisation.managers if one.id == who)
    return next(managers, str(_AUTHORS.get(who, who)))


def people(organisation: Organisation, whose: Iterable[str]) -> str:
    """Some people by name; nobody where there is none."""
    return ", ".join(person(organisation, who) for who in whose) or _("nobody")


def note(text: str, organisation: Organisation) -> str:
    """What was written about a change, people by name; it may hold their ids."""
    return named(text, organisation)


def fault(found: Finding) -> str:
    """What is wrong with a file, and on which line."""
    words = str(FAULTS.get(found.rule, _("Something in the file cannot be read.")))
    place = found.place
    if place is None or place.line is None:
        return words
    where = _("Line %(line)d", line=place.line)
    return f"{where}, {place.field}: {words}" if place.field else f"{where}: {words}"


def span(start: datetime, end: datetime) -> str:
    """From when to when, with the second day only where it is another."""
    is_one_day = day(start) == day(end)
    return f"{moment(start)}–{clock(end) if is_one_day else moment(end)}"


def when(one: Interval) -> str:
    """Whole days without their midnights, and times where they are no whole days."""
    start, end = one.start.astimezone(ZONE), one.end.astimezone(ZONE)
    if (start.time(), end.time()) != (time(0), time(0)):
        return span(one.start, one.end)
    last = end.date() - A_DAY
    return day(last) if last == start.date() else f"{day(start.date())}–{day(last)}"


def language_name(code: str) -> str:
    """What a caller's language is called."""
    return phrases(language()).names.get(code, code)


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
