"""What a therapist writes of a contact: facts and support given, and never a decision."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from routing.contact import Channel, Contact, Direction, Outcome
from routing.errors import InvalidInput, Place
from routing.ids import ContactId, DistrictId, TherapistId
from routing.organisation import Line
from routing.role import Role
from routing.weekdays import is_weekday, next_weekday_at

LONGEST = 2000  # characters of each free text: a note, and no record of a case
REACTION_BY = time(17)


class Urgency(StrEnum):
    """When the home district must know; stored as written, so never renamed."""

    NORMAL = "normal"  # at the meeting
    URGENT = "urgent"  # when the office opens
    AT_ONCE = "at_once"


class EscalatedTo(StrEnum):
    """Whom a therapist called in, since a decision is not hers to take."""

    SOCIAL_EMERGENCY = "social_emergency_service"
    EMERGENCY_CALL = "112"
    CONCERN_REPORT = "concern_report"


class Reason(StrEnum):
    """Why somebody was called in."""

    VIOLENCE = "violence"
    SELF_HARM = "self_harm"
    RUNAWAY = "runaway"
    INTOXICATION = "intoxication"
    NO_ADULT = "no_adult"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Escalation:
    """Whom, when and why; the facts are in the note's own words."""

    to: EscalatedTo
    at: datetime
    reason: Reason = field(repr=False)


@dataclass(frozen=True, slots=True)
class Content:
    """The free text, sealed where it is kept: what was told, the support given, what comes next."""

    told: str = field(repr=False)
    support: str = field(repr=False)
    next_step: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Addendum:
    """A correction of a note, which itself is never changed."""

    author: TherapistId
    at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """
    What came in with one contact and what support was given.

    *district* owns it: the caller's home district, whoever wrote it; None while nobody knows whose
    the caller is.  Author and time never change.

    Source: the mandate's three tasks; FL (2017:900) 27 §; SOSFS 2014:5.
    """

    contact: ContactId
    district: DistrictId | None
    author: TherapistId
    at: datetime
    role: Role | None  # who sought help; None is somebody else
    content: Content
    broken_agreement: bool = False
    urgency: Urgency = Urgency.NORMAL
    escalation: Escalation | None = None
    addenda: tuple[Addendum, ...] = ()


def checked(note: Note) -> Note:
    """
    *note*, if it holds what a note must.

    Raises:
        InvalidInput: naming the field.
    """
    texts = {"told": note.content.told, "support": note.content.support}
    for name, text in texts.items():
        if not text.strip():
            raise InvalidInput("is empty", Place("note", field=name))
    for name, text in {**texts, "next_step": note.content.next_step}.items():
        if len(text) > LONGEST:
            raise InvalidInput(f"longer than {LONGEST} characters", Place("note", field=name))
    if note.escalation is not None and note.escalation.at > note.at:
        raise InvalidInput("lies ahead", Place("note", field="escalated_at"))
    return note


def reaction_due(contact_at: datetime, line: Line) -> datetime:
    """
    When a broken agreement must have been met: the same day or the next weekday.

    A contact before the office closes on a weekday is met the same day.  Source: the mandate.
    """
    local = contact_at.astimezone(line.zone)
    same_day = datetime.combine(local.date(), REACTION_BY, line.zone)
    if is_weekday(local.date(), line.closed_days) and local < same_day:
        return same_day
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(0), line.zone)
    return next_weekday_at(tomorrow, REACTION_BY, line.zone, line.closed_days)


def needs_note(contact: Contact) -> bool:
    """Whether a therapist spoke or wrote with somebody, so that there is something to tell."""
    if contact.therapist is None:
        return False
    if contact.channel is Channel.TEXT:
        return contact.direction is Direction.INBOUND and contact.outcome is Outcome.RELAYED
    return contact.outcome is Outcome.ANSWERED


def without_note(contacts: Iterable[Contact], noted: Collection[ContactId]) -> tuple[Contact, ...]:
    """
    The contacts that still need a note, in their order.

    Texts of one sender to one therapist are one conversation: a note on any of them will do.
    """
    every = tuple(contacts)
    told = {_conversation(c) for c in every if c.id in noted and c.channel is Channel.TEXT}
    found: list[Contact] = []
    for contact in every:
        if contact.id in noted or not needs_note(contact):
            continue
        if contact.channel is Channel.TEXT:
            if _conversation(contact) in told:
                continue
            told.add(_conversation(contact))  # the first stands for the rest
        found.append(contact)
    return tuple(found)


def _conversation(contact: Contact) -> tuple[str, TherapistId | None]:
    return contact.caller.label, contact.therapist
