"""A handover in the words of one language, before it is put on a terminal or on paper."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.duty.gate import Item
from app.duty.handover_document.dossier import Dossier, Past
from app.duty.handover_document.say import Say
from app.store.handovers import Event
from routing.contact import Contact
from routing.follow_up import FollowUp
from routing.follow_up import State as FollowUpState
from routing.note import Note, Urgency, needs_note, reaction_due
from routing.role import Role


@dataclass(frozen=True, slots=True)
class Fact:
    """What something is called, and what is said of it."""

    label: str
    text: str = field(repr=False)
    stands_out: bool = False  # something is still to be done


@dataclass(frozen=True, slots=True)
class Entry:
    """One contact; *mark* says that it cannot wait, and is empty otherwise."""

    title: str
    mark: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    What a handover's document says.

    Free text stands in it as it was written: whoever shows it makes it harmless first.
    """

    language: str
    title: str
    lead: str  # how many contacts, and how many lack a note
    facts: tuple[Fact, ...]
    entries: tuple[Entry, ...]
    history: tuple[Fact, ...]
    words: Say


def sheet_of(dossier: Dossier, language: str) -> Sheet:
    """
    *dossier* in words.

    Raises:
        InvalidInput: there are no words of that language.
    """
    say = Say(dossier.organisation, dossier.line, language)
    agenda = dossier.agenda
    lead = say.word(
        "lead",
        contacts=say.count("contacts", len(agenda.items)),
        lacking=say.count("lacking", len(agenda.without_note)),
    )
    return Sheet(
        language,
        say.word("title", district=say.district(dossier.handover.district)),
        lead if agenda.items or agenda.follow_ups else say.word("nothing"),
        tuple(_facts(dossier, say)),
        (
            *(_entry(n, item, dossier, say) for n, item in enumerate(agenda.items, start=1)),
            *(_follow_up(task, say) for task in agenda.follow_ups),
        ),
        tuple(_event(event, say) for event in dossier.history),
        say,
    )


def history_of(past: Past, say: Say) -> tuple[Fact, ...]:
    """What has become of a handover, in words: when, and what by whom."""
    return tuple(_event(event, say) for event in past.events)


def _facts(dossier: Dossier, say: Say) -> Iterator[Fact]:
    handover = dossier.handover
    yield Fact(say.word("line"), dossier.line.name)
    yield Fact(say.word("duty_ended"), say.moment(handover.duty_ended_at))
    yield Fact(say.word("due"), say.moment(handover.due_at))
    if handover.part:
        yield Fact(say.word("part"), say.word("part.n", n=handover.part + 1))
    yield Fact(say.word("state"), say.word(f"state.{handover.state.value}"))
    made = f"{say.moment(dossier.made_at)}, {say.who(dossier.made_by.id)}"
    yield Fact(say.word("made"), made)


def _entry(number: int, item: Item, dossier: Dossier, say: Say) -> Entry:
    contact, note = item.facts, item.note
    role = contact.caller.role if note is None else note.role
    title = " · ".join(
        (
            f"{number}. {say.moment(contact.received_at)}",
            say.word(f"{contact.channel.value}.{contact.direction.value}"),
            *_role(role, say, is_noted=note is not None),
            contact.caller.label,
        )
    )
    is_urgent = note is not None and note.urgency is not Urgency.NORMAL
    mark = say.word(f"mark.{note.urgency.value}") if note is not None and is_urgent else ""
    facts = (*_contact(contact, dossier, say), *_told(item, dossier, say))
    return Entry(title, mark, facts)


def _follow_up(task: FollowUp, say: Say) -> Entry:
    """What was ordered and what came of it; what is not done stands out."""
    span = task.window.time
    title = " · ".join((say.word("follow_up"), say.moment(span.start), str(task.order.client)))
    is_open = task.state is not FollowUpState.DONE
    state = say.word(f"follow_up.{task.state.value}")
    facts = [
        Fact(say.word("window"), say.word("until", when=say.moment(span.end))),
        Fact(say.word("state"), state, stands_out=is_open),
        Fact(say.word("ordered"), f"{say.who(task.order.ordered_by)}\n{task.order.instruction}"),
        Fact(say.word("attempts"), say.count("attempts", len(task.attempts))),
    ]
    if task.report is not None:
        by = say.word("written", who=say.who(task.report.by), when=say.moment(task.report.at))
        what = say.word(f"reached.{task.report.outcome.value}")
        facts.append(Fact(say.word("came_of_it"), f"{what} ({by})\n{task.report.text}"))
    return Entry(title, "", tuple(facts))


def _role(role: Role | None, say: Say, *, is_noted: bool) -> Iterator[str]:
    """A note without a role tells of somebody else; without a note nobody knows."""
    if role is not None or is_noted:
        yield say.word(f"role.{role.value if role is not None else ''}")


def _contact(contact: Contact, dossier: Dossier, say: Say) -> Iterator[Fact]:
    outcome = contact.outcome_at(dossier.made_at)
    said = say.word(
        f"outcome.{outcome.value if outcome is not None else ''}", fallback=say.fallback(contact)
    )
    yield Fact(say.word("outcome"), said)
    if contact.therapist is not None:
        yield Fact(say.word("therapist"), say.therapist(contact))
    if contact.wait is not None:
        yield Fact(say.word("wait"), say.span(contact.wait))
    if contact.talk is not None:
        yield Fact(say.word("talk"), say.span(contact.talk))


def _told(item: Item, dossier: Dossier, say: Say) -> Iterator[Fact]:
    note = item.note
    if note is not None:
        yield from _note(note, item, dossier, say)
    elif item.contact in dossier.agenda.without_note:
        yield Fact(say.word("note"), say.word("note_missing"), stands_out=True)
    elif needs_note(item.facts):
        yield Fact(say.word("note"), say.word("note_shared"))


def _note(note: Note, item: Item, dossier: Dossier, say: Say) -> Iterator[Fact]:
    written = say.word("written", who=say.who(note.author), when=say.moment(note.at))
    yield Fact(say.word("note"), written)
    yield Fact(say.word("told"), note.content.told)
    yield Fact(say.word("support"), note.content.support)
    if note.content.next_step.strip():
        yield Fact(say.word("next_step"), note.content.next_step)
    yield Fact(say.word("urgency"), say.word(f"urgency.{note.urgency.value}"))
    if note.broken_agreement:
        is_unmet = item.contact not in dossier.reactions
        yield Fact(say.word("broken"), _broken(item, dossier, say), stands_out=is_unmet)
    if note.escalation is not None:
        how = say.word(
            "escalation.how",
            to=say.word(f"to.{note.escalation.to.value}"),
            at=say.moment(note.escalation.at),
            reason=say.word(f"reason.{note.escalation.reason.value}"),
        )
        yield Fact(say.word("escalation"), how)
    for one in note.addenda:
        by = say.word("written", who=say.who(one.author), when=say.moment(one.at))
        yield Fact(say.word("addendum"), f"{by}\n{one.text}")


def _broken(item: Item, dossier: Dossier, say: Say) -> str:
    due = reaction_due(item.facts.received_at, dossier.line)
    met = dossier.reactions.get(item.contact)
    if met is not None:
        at, who = say.moment(met.at), say.who(met.by)
        return say.word("broken.met", due=say.moment(due), at=at, who=who)
    is_late = due < dossier.made_at
    return say.word("broken.late" if is_late else "broken.due", due=say.moment(due))


def _event(event: Event, say: Say) -> Fact:
    what = say.word(f"state.{event.event}")
    by = what if event.actor is None else say.word("by", what=what, who=say.who(event.actor))
    return Fact(say.moment(event.at), by)
