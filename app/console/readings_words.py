"""What the reading log says in words: what was done, why not, and why somebody should look."""

from collections.abc import Mapping
from datetime import date

from flask_babel import format_date, lazy_gettext
from flask_babel import gettext as _

from app.review.readings_facts import names_of
from routing.access import Act, Denial, Office
from routing.errors import NotFound
from routing.organisation import Line, Organisation
from routing.reading_flags import Flag, Flagged

ACTS: Mapping[Act, object] = {
    Act.CARD: lazy_gettext("Saw who the caller is"),
    Act.SEARCH: lazy_gettext("Looked for somebody in the register"),
    Act.REGISTER: lazy_gettext("Saw or changed an entry of the register"),
    Act.LOG: lazy_gettext("Saw that there was a contact"),
    Act.READ: lazy_gettext("Read what was said"),
    Act.WRITE: lazy_gettext("Wrote a note"),
    Act.ASSIGN: lazy_gettext("Said which district it belongs to"),
    Act.ACKNOWLEDGE: lazy_gettext("Acknowledged the handover"),
    Act.EXPORT: lazy_gettext("Saved the handover as a document"),
    Act.COUNT: lazy_gettext("Saw how many there are"),
    Act.ORDER: lazy_gettext("Ordered a follow-up, or saw to one"),
    Act.FOLLOW_UP: lazy_gettext("Opened a follow-up to carry it out"),
    Act.REVIEW: lazy_gettext("Looked at the reading log"),
}
DENIALS: Mapping[Denial, object] = {
    Denial.NOT_YOUR_DISTRICT: lazy_gettext("it belongs to another district"),
    Denial.NOT_YOUR_CONTACT: lazy_gettext("somebody else had the contact"),
    Denial.NOT_YOUR_OFFICE: lazy_gettext("the role does not include it"),
    Denial.NO_MANDATE: lazy_gettext("there was no mandate"),
    Denial.DUTY_OVER: lazy_gettext("the duty was over"),
    Denial.HANDED_OVER: lazy_gettext("it had been handed over"),
    Denial.NO_CONTACT: lazy_gettext("there was no contact"),
    Denial.INACTIVE: lazy_gettext("the person was not active"),
}
OFFICES: Mapping[Office, object] = {
    Office.THERAPIST: lazy_gettext("Therapist"),
    Office.MANAGER: lazy_gettext("Manager"),
    Office.REVIEWER: lazy_gettext("Data protection officer"),
    Office.ADMINISTRATOR: lazy_gettext("Administrator"),
}
FLAGS: Mapping[Flag, object] = {
    Flag.OUTSIDE_DUTY: lazy_gettext("Outside duty"),
    Flag.REFUSED_AGAIN: lazy_gettext("Refused again"),
    Flag.MANY_LOOK_UPS: lazy_gettext("Many look-ups"),
    Flag.PROTECTED: lazy_gettext("Protected identity"),
    Flag.ODD_HOURS: lazy_gettext("Unusual hour"),
}


def reason(flagged: Flagged) -> str:
    """Why it is flagged, as a sentence that can be checked."""
    match flagged.flag:
        case Flag.OUTSIDE_DUTY:
            return _("Works for another district, and had no duty then or in the hour before.")
        case Flag.REFUSED_AGAIN:
            return _("Was refused %(count)d times within a day.", count=flagged.count or 0)
        case Flag.MANY_LOOK_UPS:
            return _(
                "Looked into %(count)d different contacts within an hour, besides those of the "
                "own duty.",
                count=flagged.count or 0,
            )
        case Flag.PROTECTED:
            return _("The contact is about somebody with a protected identity.")
        case Flag.ODD_HOURS:
            return _("Had no duty, and it was not a weekday between 6 and 22.")


def words_of(organisation: Organisation) -> dict[str, object]:
    """What a table of rows is written with."""
    return {
        "acts": ACTS,
        "denials": DENIALS,
        "offices": OFFICES,
        "flags": FLAGS,
        "reason": reason,
        "district": lambda id_: organisation.name_of(id_) or id_,
        "zone": line_of(organisation).zone,
        "short": lambda id_: f"…{id_[-6:]}",
        "name": lambda person: name_of(organisation, person),
        "written": written,
    }


def name_of(organisation: Organisation, person: str | None) -> str:
    """What somebody is called, or the id where nobody knows."""
    return names_of(organisation).get(person or "", person or "")


def written(month: date) -> str:
    """A month, such as ``mars 2026``."""
    return format_date(month, "MMMM y")


def line_of(organisation: Organisation) -> Line:
    """The line whose calendar days are counted by; raises NotFound where there is none."""
    line = next(iter(organisation.lines.values()), None)
    if line is None:
        raise NotFound("there is no line")
    return line
