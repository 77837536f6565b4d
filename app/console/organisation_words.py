"""Faults and changes of the organisation and the register, said so that anybody understands."""

import re
from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from routing.errors import InvalidInput
from routing.organisation import Organisation

# What is said inside, and what a page says of it; the named parts are figures and words of ours.
_FAULTS: tuple[tuple[str, object], ...] = (
    ("not a valid telephone number", lazy_gettext(
        "Write a telephone number with area code, such as 08-465 004 00.")),
    ("the same number as", lazy_gettext(
        "The number is in use already. No two people may share one, and no line may ring itself.")),
    ("a number of the service's own|is a number of", lazy_gettext(
        "That number is the line's, a colleague's, an office's or a fallback's: not blocked.")),
    ("is empty|names no task|names no day|names no language", lazy_gettext("Fill this in.")),
    ("is missing", lazy_gettext("It is missing in the file.")),
    ("looks like a personal identity number", lazy_gettext(
        "It looks like a personal identity number. Write a reference of your own instead.")),
    ("holds a telephone number", lazy_gettext(
        "It holds a telephone number. Write a reference of your own instead.")),
    ("a reference is one word|not a client's reference", lazy_gettext(
        "Write a reference: one word of letters, figures, hyphens and full stops, at most 64.")),
    ("begins like the log's own name", lazy_gettext(
        "The reference may not begin with unknown- or withheld-.")),
    (r"must be one of (?P<words>.+)$", lazy_gettext("Choose one of these: %(words)s.")),
    (r"must be from (?P<first>\S+) to (?P<last>[^\s,]+)", lazy_gettext(
        "It must be from %(first)s to %(last)s.")),
    ("there is no such district|another district's than one's own", lazy_gettext(
        "There is no such district among those you may choose.")),
    ("there is no such therapist", lazy_gettext("There is no such therapist.")),
    ("there is no such", lazy_gettext("It names something that is not there.")),
    ("not a date|must be a date", lazy_gettext("Write a date such as 2026-03-03.")),
    ("ends before it begins", lazy_gettext("The last day is before the first.")),
    (r"the same phone and client as on line (?P<line>\d+)", lazy_gettext(
        "The same number and client stand on line %(line)s too.")),
    ("the same phone and client", lazy_gettext(
        "This number is in the register for this client already.")),
    (r"another district than on line (?P<line>\d+)", lazy_gettext(
        "The client has another district on line %(line)s, for the same time.")),
    ("another district than in another entry", lazy_gettext(
        "The client has another district in another entry, for the same time.")),
    ("the column is missing", lazy_gettext("The column is missing.")),
    ("the column stands there twice", lazy_gettext("The column stands there twice.")),
    ("unknown column", lazy_gettext("The file has a column that is not known.")),
    (r"(?P<found>\d+) fields instead of (?P<wanted>\d+)", lazy_gettext(
        "The row has %(found)s fields instead of %(wanted)s.")),
    ("the quotation marks make no sense", lazy_gettext(
        "The quotation marks make no sense. Save the file as CSV once more.")),
    ("not UTF-8", lazy_gettext("Save the file as UTF-8 and choose it again.")),
    (r"larger than (?P<bytes>\d+) bytes", lazy_gettext(
        "The file is too large: it may have %(bytes)s bytes.")),
    (r"more than (?P<rows>\d+) rows", lazy_gettext(
        "The file has too many rows: it may have %(rows)s.")),
    ("there are no rows", lazy_gettext("The file has no rows below its heading.")),
    ("not a time such as", lazy_gettext("Write a day and a time.")),
    (".*exists twice|.*does not exist in", lazy_gettext(
        "The clocks change then. Choose another time.")),
    ("has passed already", lazy_gettext("The time has passed. Choose one to come.")),
    ("more than a year ahead", lazy_gettext("Choose a time within a year.")),
    (r"longer than (?P<most>\d+) characters", lazy_gettext(
        "It is too long: at most %(most)s characters.")),
    ("longer than", lazy_gettext("It is longer than it may be.")),
    ("not a mail address", lazy_gettext("Write an e-mail address.")),
    ("has neither phone nor email", lazy_gettext(
        "Give a telephone number or an e-mail address, so that the manager can be told.")),
    ("a district needs no mandate", lazy_gettext(
        "A district needs no mandate for its own staff. Choose two different districts.")),
    ("not a time of day|must be .*time without quotes", lazy_gettext(
        "Write the time of day as 08:30.")),
    ("not a whole number|must be a whole number", lazy_gettext("Write a whole number.")),
    ("the line is never open|never open", lazy_gettext("Give at least one time when it is open.")),
    ("stands there twice", lazy_gettext("The same stands there twice.")),
    ("an id is lower-case letters", lazy_gettext(
        "Write an id with small letters a to z, figures and hyphens.")),
    ("another of the same kind has this id", lazy_gettext("Somebody has this id already.")),
    ("means something else in the contact log", lazy_gettext(
        "This id means something else in the log. Choose another.")),
    ("only a district with a valid_to", lazy_gettext(
        "Only a district that ends has a successor.")),
    ("a district cannot come after itself", lazy_gettext("A district cannot follow itself.")),
    (r"(?P<districts>.+) still has callers", lazy_gettext(
        "%(districts)s still has callers in the register. Give it a last day instead.")),
    ("unknown field|means nothing for", lazy_gettext("This key is not known here.")),
    ("has the wrong shape|must be", lazy_gettext("It is not written as the file should be.")),
    ("not TOML|is not JSON", lazy_gettext(
        "The file is not written as TOML. Check the line and choose the file again.")),
    ("not an address", lazy_gettext("Write an address that begins with https://.")),
    ("needs one of url and file", lazy_gettext("Say where the rota is: an address or a file.")),
    ("has a name twice", lazy_gettext("The same name stands for two people.")),
    ("ask comes before call", lazy_gettext(
        "The question comes before the call, and the call before others are told.")),
    ("not a length of time", lazy_gettext("Write a length of time such as 11h or 30m.")),
    ("not a term", lazy_gettext("Write a term such as 14 days or 24 months.")),
    ("not a time zone", lazy_gettext("Write a time zone such as Europe/Stockholm.")),
    ("not a language code", lazy_gettext("Write a language code of two letters.")),
    ("the phrases for it lack", lazy_gettext("The phrases of that language are not complete.")),
    ("with the districts, more choices", lazy_gettext(
        "There are more districts and languages than keys on a telephone.")),
    ("only an agreement", lazy_gettext("This needs an agreement. Name it.")),
    ("not a number of weeks|not between 1 and", lazy_gettext("The number is not allowed here.")),
    ("not later than the change before it", lazy_gettext(
        "The change must be later than the one before it.")),
    ("no weekday within two months", lazy_gettext(
        "So many days are closed that no meeting is left within two months.")),
    ("there is no district|there is no line", lazy_gettext(
        "There must be at least one district and one line.")),
)  # fmt: skip

_FIELDS: Mapping[str, object] = {
    "phone": lazy_gettext("Telephone number"),
    "client": lazy_gettext("Reference"),
    "role": lazy_gettext("Role"),
    "district": lazy_gettext("District"),
    "language": lazy_gettext("Language"),
    "valid_from": lazy_gettext("First day"),
    "valid_to": lazy_gettext("Last day"),
    "therapist": lazy_gettext("Own therapist"),
    "sms_ok": lazy_gettext("Texts allowed"),
    "protected": lazy_gettext("Protected identity"),
    "validity": lazy_gettext("Valid"),
    "id": lazy_gettext("Id"),
    "name": lazy_gettext("Name"),
    "email": lazy_gettext("E-mail"),
    "active": lazy_gettext("In service"),
    "active_from": lazy_gettext("First day in service"),
    "active_to": lazy_gettext("Last day in service"),
    "principal": lazy_gettext("On behalf of"),
    "staff_of": lazy_gettext("For the staff of"),
    "reference": lazy_gettext("The decision's number"),
    "tasks": lazy_gettext("Tasks"),
    "valid": lazy_gettext("Valid"),
    "office_number": lazy_gettext("The office's number"),
    "handover": lazy_gettext("Handover meeting"),
    "at": lazy_gettext("Handover meeting"),
    "notify": lazy_gettext("Told of handovers"),
    "urgent": lazy_gettext("Told of what cannot wait"),
    "hours": lazy_gettext("Opening hours"),
    "days": lazy_gettext("Opening hours"),
    "ring_seconds": lazy_gettext("Rings for, in seconds"),
    "fallback": lazy_gettext("Fallbacks, in order"),
    "number": lazy_gettext("Number"),
    "districts": lazy_gettext("Districts"),
    "lines": lazy_gettext("Lines"),
    "languages": lazy_gettext("Languages"),
    "positions": lazy_gettext("Positions"),
    "rota": lazy_gettext("Rota kept in"),
    "closed": lazy_gettext("When closed"),
    "check_in": lazy_gettext("Asked before a duty"),
    "working_time": lazy_gettext("Working time"),
    "retention": lazy_gettext("How long things are kept"),
    "not_for": lazy_gettext("Families she must not have"),
    "successor": lazy_gettext("Followed by"),
    "closed_days": lazy_gettext("Days without a meeting"),
    "until": lazy_gettext("Blocked until"),
    "reason": lazy_gettext("Reason"),
}
_TASKS: Mapping[str, object] = {
    "standby": lazy_gettext("standby"),
    "follow_up": lazy_gettext("follow-ups"),
}
_DAYS: Mapping[str, object] = {
    "mon": lazy_gettext("Mon"),
    "tue": lazy_gettext("Tue"),
    "wed": lazy_gettext("Wed"),
    "thu": lazy_gettext("Thu"),
    "fri": lazy_gettext("Fri"),
    "sat": lazy_gettext("Sat"),
    "sun": lazy_gettext("Sun"),
    "holiday": lazy_gettext("Public holiday"),
    "eve": lazy_gettext("Midsummer's, Christmas and New Year's Eve"),
}
DAYS = tuple(_DAYS)
_MANDATE = re.compile(
    r"mandate (?P<reference>.*) of (?P<principal>\S+) for the staff of (?P<staff>\S+), "
    r"(?P<valid>\S+ to \S+?)(?:, for (?P<tasks>.+))?: (?P<what>added|removed)"
)
_WAS_IS = re.compile(r"(?P<word>\S+) (?P<was>.*) → (?P<now>.*)")


def saying_of(reason: str) -> object | None:
    """What a page says of a fault called *reason* inside; None where nobody thought of it."""
    for pattern, words in _FAULTS:
        found = re.match(pattern, reason)
        if found is not None:
            return words % found.groupdict() if found.groupdict() else words  # type: ignore[operator]
    return None


def fault(err: InvalidInput) -> str:
    """What is wrong, and what to do about it."""
    said = saying_of(_reason(err))
    return _("It cannot be used as it is. Check it.") if said is None else str(said)


def fault_in_full(err: InvalidInput) -> str:
    """As `fault`, with the line and the field in front where it has them."""
    place = err.place
    parts: list[str] = []
    if place is not None and place.line is not None:
        parts.append(_("Line %(line)d", line=place.line))
    if place is not None and place.field:
        parts.append(label(place.field))
    where = ", ".join(parts)
    return f"{where}: {fault(err)}" if where else fault(err)


def label(field: str) -> str:
    """What a field is called; *field* may be where it stands, such as ``therapists.phone``."""
    known = _FIELDS.get(field.rpartition(".")[2])
    return field if known is None else str(known)


def task(word: str) -> str:
    """What a task of a mandate is called."""
    return str(_TASKS.get(word, word))


def day_name(word: str) -> str:
    """What a kind of day is called."""
    return str(_DAYS.get(word, word))


def change(line: str, organisation: Organisation) -> str:
    """A line that `load` would print, as a sentence."""
    if (found := _MANDATE.fullmatch(line)) is not None:
        return _of_a_mandate(found, organisation)
    whose, _colon, rest = line.partition(": ")
    thing = _thing(whose, organisation)
    if rest in {"added", "removed"}:
        return _("%(thing)s is added", thing=thing) if rest == "added" else _(
            "%(thing)s is removed", thing=thing
        )  # fmt: skip
    if rest.endswith(" changed"):
        return _("%(thing)s: %(field)s is changed", thing=thing,
                 field=label(rest.removesuffix(" changed")))  # fmt: skip
    if (found := _WAS_IS.fullmatch(rest)) is not None:
        return _(
            "%(thing)s: %(field)s changes from %(was)s to %(now)s",
            thing=thing,
            field=label(found["word"]),
            was=_value(found["was"]),
            now=_value(found["now"]),
        )
    return line


def _of_a_mandate(found: re.Match[str], organisation: Organisation) -> str:
    words = {
        "reference": found["reference"],
        "principal": _district(found["principal"], organisation),
        "staff": _district(found["staff"], organisation),
        "valid": _value(found["valid"]),
        "tasks": ", ".join(map(task, (found["tasks"] or "standby").split(", "))),
    }
    if found["what"] == "added":
        return _(
            "Mandate %(reference)s is added: the staff of %(staff)s may act for %(principal)s, "
            "%(valid)s (%(tasks)s)",
            **words,
        )
    return _(
        "Mandate %(reference)s is removed: the staff of %(staff)s may act for %(principal)s, "
        "%(valid)s (%(tasks)s)",
        **words,
    )


def _thing(whose: str, organisation: Organisation) -> str:
    kind, _space, id_ = whose.partition(" ")
    match kind:
        case "district":
            return _("District %(name)s", name=_district(id_, organisation))
        case "therapist":
            names = {str(t.id): t.name for t in organisation.therapists.values()}
            return _("Therapist %(name)s", name=names.get(id_, id_))
        case "manager":
            names = {m.id: m.name for m in organisation.managers}
            return _("Manager %(name)s", name=names.get(id_, id_))
        case "line":
            names = {str(one.id): one.name for one in organisation.lines.values()}
            return _("Line %(name)s", name=names.get(id_, id_))
        case _:
            return label(kind)


def _district(id_: str, organisation: Organisation) -> str:
    names = {str(d.id): d.name for d in organisation.districts.values()}
    return names.get(id_, id_)


def _value(text: str) -> str:
    match text:
        case "none":
            return _("nothing")
        case "true":
            return _("yes")
        case "false":
            return _("no")
        case _:
            pass
    text = re.sub(r"^(\S+) to (\S+)$", r"\1 – \2", text)
    return re.sub(r"\b(" + "|".join(_DAYS) + r")\b", lambda day: day_name(day[0]), text)


def _reason(err: InvalidInput) -> str:
    said = str(err)
    return said if err.place is None else said.removeprefix(f"{err.place}: ")
