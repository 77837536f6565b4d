"""A handover for programs; the keys are a promise, and *FORMAT* counts when one changes."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.duty.gate import Item
from app.duty.handover_document.dossier import Dossier, Past
from app.store.handovers import Event, Handover
from routing.follow_up import FollowUp
from routing.note import Note, needs_note, reaction_due
from routing.organisation import Line

FORMAT = 1


def as_json(dossier: Dossier) -> bytes:
    """
    *dossier* as JSON in UTF-8: times in ISO 8601 with the line's offset, spans in whole seconds.

    Every character of a note is in it.
    """
    document = for_programs(dossier)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def for_programs(dossier: Dossier) -> dict[str, Any]:
    """The same as plain values."""
    line, agenda = dossier.line, dossier.agenda
    return {
        "format": FORMAT,
        **_handover(dossier.handover, line),
        "district_name": dossier.organisation.name_of(dossier.handover.district),
        "made_at": _at(dossier.made_at, line),
        "made_by": dossier.made_by.id,
        "contact_count": len(agenda.items),
        "without_note_count": len(agenda.without_note),
        "contacts": [_contact(item, dossier) for item in agenda.items],
        "follow_ups": [_follow_up(task, line) for task in agenda.follow_ups],
        "history": _events(dossier.history, line),
        "people": _people(dossier),
    }


def past_for_programs(past: Past) -> dict[str, Any]:
    """What has become of a handover, as plain values."""
    return {**_handover(past.handover, past.line), "history": _events(past.events, past.line)}


def _handover(handover: Handover, line: Line) -> dict[str, Any]:
    return {
        "handover_id": handover.id,
        "line": handover.line,
        "district": handover.district,
        "part": handover.part,
        "duty_ended_at": _at(handover.duty_ended_at, line),
        "due_at": _at(handover.due_at, line),
        "state": str(handover.state),
    }


def _contact(item: Item, dossier: Dossier) -> dict[str, Any]:
    contact, line = item.facts, dossier.line
    return {
        "contact_id": contact.id,
        "received_at": _at(contact.received_at, line),
        "channel": str(contact.channel),
        "direction": str(contact.direction),
        "caller": contact.caller.label,
        "role": contact.caller.role,
        "language": contact.caller.language,
        "outcome": contact.outcome_at(dossier.made_at),
        "therapist": contact.therapist,
        "acting_for": None if contact.therapist is None else contact.caller.home,
        "wait_seconds": _seconds(contact.wait),
        "talk_seconds": _seconds(contact.talk),
        "escalated_to": contact.escalated_to,
        "needs_note": needs_note(contact),
        "note_missing": item.contact in dossier.agenda.without_note,
        "note": None if item.note is None else _note(item.note, item, dossier),
    }


def _note(note: Note, item: Item, dossier: Dossier) -> dict[str, Any]:
    line, escalation = dossier.line, note.escalation
    return {
        "author": note.author,
        "written_at": _at(note.at, line),
        "role": note.role,
        "told": note.content.told,
        "support": note.content.support,
        "next_step": note.content.next_step,
        "urgency": str(note.urgency),
        "broken_agreement": _broken(item, dossier) if note.broken_agreement else None,
        "escalation": None
        if escalation is None
        else {
            "to": str(escalation.to),
            "at": _at(escalation.at, line),
            "reason": str(escalation.reason),
        },
        "addenda": [
            {"author": one.author, "written_at": _at(one.at, line), "text": one.text}
            for one in note.addenda
        ],
    }


def _follow_up(task: FollowUp, line: Line) -> dict[str, Any]:
    report, span = task.report, task.window.time
    return {
        "follow_up_id": task.id,
        "client": task.order.client,
        "starts_at": _at(span.start, line),
        "ends_at": _at(span.end, line),
        "state": str(task.state),
        "ordered_by": task.order.ordered_by,
        "ordered_at": _at(task.order.ordered_at, line),
        "instruction": task.order.instruction,
        "attempts": len(task.attempts),
        "report": None
        if report is None
        else {
            "outcome": str(report.outcome),
            "text": report.text,
            "author": report.by,
            "written_at": _at(report.at, line),
        },
    }


def _broken(item: Item, dossier: Dossier) -> dict[str, Any]:
    met = dossier.reactions.get(item.contact)
    return {
        "due_at": _at(reaction_due(item.facts.received_at, dossier.line), dossier.line),
        "met_at": None if met is None else _at(met.at, dossier.line),
        "met_by": None if met is None else met.by,
    }


def _people(dossier: Dossier) -> dict[str, str]:
    """The names of whoever the document names by id."""
    named = {dossier.made_by.id, *(event.actor for event in dossier.history)}
    for item in dossier.agenda.items:
        named.add(item.facts.therapist)
        if item.note is not None:
            named.update((item.note.author, *(one.author for one in item.note.addenda)))
    for task in dossier.agenda.follow_ups:
        named.update((task.order.ordered_by, task.report.by if task.report is not None else None))
    named.update(met.by for met in dossier.reactions.values())
    organisation = dossier.organisation
    people: dict[str, str] = {one.id: one.name for one in organisation.therapists.values()}
    people.update((one.id, one.name) for one in organisation.managers)
    return {person: name for person, name in people.items() if person in named}


def _events(events: tuple[Event, ...], line: Line) -> list[dict[str, Any]]:
    return [{"event": one.event, "at": _at(one.at, line), "actor": one.actor} for one in events]


def _at(moment: datetime, line: Line) -> str:
    return moment.astimezone(line.zone).isoformat(timespec="seconds")


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds())
