"""What a document of a handover is made of, and leave to make one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.duty.gate import Gate
from app.duty.handover_state import ESCALATED, REMINDED, Agenda, agenda, allowed
from app.store import handovers, notes, readings
from app.store.handovers import Event, Handover
from app.store.notes import Reaction
from routing.access import Act, Viewer
from routing.handover import HandoverState
from routing.ids import ContactId, HandoverId
from routing.intervals import Interval
from routing.organisation import Line, Organisation

EXPORTED = "exported"
_ORDER = (*HandoverState, REMINDED, ESCALATED, EXPORTED)
_A_MOMENT = timedelta.resolution


@dataclass(frozen=True, slots=True)
class Dossier:
    """One handover with all that is told of it, as *made_by* may read it at *made_at*."""

    agenda: Agenda
    history: tuple[Event, ...]
    reactions: Mapping[ContactId, Reaction]  # to broken agreements
    organisation: Organisation
    made_by: Viewer
    made_at: datetime

    @property
    def handover(self) -> Handover:
        return self.agenda.handover

    @property
    def line(self) -> Line:
        return self.organisation.lines[self.handover.line]


@dataclass(frozen=True, slots=True)
class Past:
    """What has become of a handover, in order: states, reminders, and every export of it."""

    handover: Handover
    line: Line
    events: tuple[Event, ...]


def opened(gate: Gate, handover: HandoverId) -> Dossier:
    """
    *handover* as a document tells it; it counts as opened.

    Raises:
        NotFound, NotAllowed: as `app.duty.handover_state.agenda`.
    """
    found = agenda(gate, handover)
    return Dossier(
        found,
        _in_order(handovers.history(gate.connection, handover)),
        notes.reactions(gate.connection, found.handover.contacts),
        gate.organisation,
        gate.viewer,
        gate.now,
    )


def exported(gate: Gate, handover: HandoverId) -> Dossier:
    """
    *handover*, to be taken out of the service; that it was is kept, each time, and by whom.

    Source: SoLPuL (2001:454) 10 §; SOSFS 2014:5, what is of importance goes into the case file.

    Raises:
        NotFound, NotAllowed: as `opened`; only a therapist of its district may.
    """
    allowed(gate, handover, Act.EXPORT)
    handovers.claim_event(gate.connection, handover, EXPORTED, gate.viewer.id, gate.now)
    return opened(gate, handover)


def past(gate: Gate, handover: HandoverId) -> Past:
    """
    What has become of *handover*: facts of the log, with no word of what was told.

    Raises:
        NotFound: there is no such handover.
        NotAllowed: it is another district's.
    """
    found = allowed(gate, handover, Act.LOG)
    since = Interval(found.duty_ended_at, max(gate.now, found.due_at) + _A_MOMENT)
    exports = tuple(
        Event(EXPORTED, one.at, one.viewer.id)
        for one in readings.of_district(gate.connection, found.district, since)
        if one.handover == handover and one.act is Act.EXPORT and one.denied is None
    )
    reached = tuple(
        event
        for event in handovers.history(gate.connection, handover)
        if event.event != EXPORTED  # the first of those that the reading log has
    )
    return Past(found, gate.organisation.lines[found.line], _in_order((*reached, *exports)))


def _in_order(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """By time; what became of it at one moment in the order in which it may."""
    return tuple(sorted(events, key=lambda one: (one.at, _ORDER.index(one.event))))
