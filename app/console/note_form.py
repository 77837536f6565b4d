"""The form of a note: its fields as they are typed, and the note that they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.intake.note_file import WrittenNote
from rota_adapter.times import moment
from routing.contact import Contact
from routing.errors import InvalidInput, Place
from routing.note import LONGEST, Content, EscalatedTo, Escalation, Reason, Urgency
from routing.role import Role

__all__ = ["LONGEST", "TIME", "Filled", "blank", "read_note_form"]

TIME = "%Y-%m-%dT%H:%M"  # as a browser's own field of date and time has it
_FIELDS = (
    "role", "urgency", "broken_agreement", "told", "support", "next_step",
    "escalated_to", "escalated_at", "escalation_reason",
)  # fmt: skip
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed, what it comes to, and what of it cannot be used, by field."""

    typed: Mapping[str, str] = field(repr=False)
    written: WrittenNote | None = field(repr=False)
    problems: Mapping[str, object]


def blank(facts: Contact, zone: ZoneInfo) -> Mapping[str, str]:
    """The form before anything is typed: what the call itself tells is chosen already."""
    role = facts.caller.role
    return {
        **dict.fromkeys(_FIELDS, ""),
        "role": "" if role is None else str(role),
        "urgency": str(Urgency.NORMAL),
        "escalated_at": f"{facts.received_at.astimezone(zone):{TIME}}",
    }


def read_note_form(form: Mapping[str, str], zone: ZoneInfo, now: datetime) -> Filled:
    """The note in *form*; every problem at once, so that nobody has to save three times."""
    typed = {name: form.get(name, "") for name in _FIELDS}
    problems: dict[str, object] = {}
    content = Content(*(typed[name].strip() for name in ("told", "support", "next_step")))
    if not content.told:
        problems["told"] = _("Write in a few words what was told.")
    if not content.support:
        problems["support"] = _("Write in a few words what support you gave.")
    for name in ("told", "support", "next_step"):
        if len(typed[name].strip()) > LONGEST:
            problems[name] = _(
                "It is longer than %(most)d characters. Shorten it; a note is no case file.",
                most=LONGEST,
            )
    urgency = _chosen(Urgency, typed["urgency"] or Urgency.NORMAL)
    if urgency is None:
        problems["urgency"] = _("Choose when the home district must know.")
    role = _chosen(Role, typed["role"]) if typed["role"] else None
    if typed["role"] and role is None:
        problems["role"] = _("Choose who sought help.")
    escalation = _escalation(typed, zone, now, problems)
    if problems or urgency is None:
        return Filled(typed, None, problems)
    is_broken = bool(typed["broken_agreement"])
    return Filled(typed, WrittenNote(content, role, is_broken, urgency, escalation), {})


def _escalation(
    typed: Mapping[str, str], zone: ZoneInfo, now: datetime, problems: dict[str, object]
) -> Escalation | None:
    """Whom she called in; the rest of it counts only where somebody was."""
    if not typed["escalated_to"]:
        return None
    to = _chosen(EscalatedTo, typed["escalated_to"])
    if to is None:
        problems["escalated_to"] = _("Choose whom you contacted.")
    why = _chosen(Reason, typed["escalation_reason"])
    if why is None:
        problems["escalation_reason"] = _("Choose why you contacted somebody else.")
    try:
        at = moment(typed["escalated_at"], zone, Place("note", field="escalated_at"))
    except InvalidInput:
        problems["escalated_at"] = _("Write when it was, as day and time.")
        return None
    if at > now:
        problems["escalated_at"] = _("The time has not come yet. Write when it was.")
    return None if to is None or why is None else Escalation(to, at, why)


def _chosen(among: type[_Choice], said: str) -> _Choice | None:
    return among(said) if said in set(among) else None
