"""The demo's staff at their desks: notes after the calls, and handovers gone through."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle

from app.demo.stage import Stage
from app.duty import notes
from app.duty.gate import Gate
from app.duty.handover_state import agenda, reach
from app.store import contacts, handovers
from app.store.database import reading
from routing.access import Office, Viewer
from routing.handover import DONE, HandoverState
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.note import Content, Urgency
from routing.organisation import Line

_SAID: Sequence[tuple[Content, bool, Urgency]] = (
    (
        Content(
            "Bråk hemma om tiden att vara inne. Ungdomen gick ut klockan sju.",
            "Pratade om hur de kan göra i kväll. Hen är hemma igen.",
            "Behandlaren ringer på eftermiddagen.",
        ),
        True,
        Urgency.NORMAL,
    ),
    (
        Content("Ville prata om skolan, vågar inte gå dit.", "Lyssnade. Gick igenom morgonen.", ""),
        False,
        Urgency.NORMAL,
    ),
    (
        Content(
            "Orolig för natten efter ett samtal från en gammal vän.",
            "Stannade i telefonen tills det lugnat sig.",
            "Vill bli uppringd av sin egen behandlare.",
        ),
        False,
        Urgency.URGENT,
    ),
    (Content("Frågade om tiden på torsdag.", "Bekräftade tiden.", ""), False, Urgency.NORMAL),
)
_A_NIGHT = timedelta(hours=24)
_AFTER, _AT_THE_MEETING = timedelta(minutes=5), timedelta(minutes=12)


def write_notes(stage: Stage, line: Line, evening: Interval) -> None:
    """Each therapist writes of what she had, but for the evening's last contact."""
    stage.carrier.run_until(evening.end + _AFTER)
    with reading(stage.parts.engine) as connection:
        came = contacts.received_between(connection, line.id, evening.start, evening.end)
    taken = [one for one in came if one.therapist is not None and one.caller.home is not None]
    for contact, (content, broken, urgency) in zip(taken[:-1], cycle(_SAID), strict=False):
        with _gate(stage, contact.therapist or TherapistId("")) as gate:
            notes.write(gate, contact.id, content, broken_agreement=broken, urgency=urgency)


def hold_meetings(stage: Stage, before: Interval) -> None:
    """Every handover that is due before the next evening begins is gone through at its hour."""
    with reading(stage.parts.engine) as connection:
        listed = handovers.listed(connection, None, before.start)
    for handover in sorted(listed, key=lambda one: one.due_at):
        if handover.state in DONE:
            continue
        stage.carrier.run_until(max(stage.carrier.now(), handover.due_at + _AT_THE_MEETING))
        stage.sweep()
        there = stage.organisation.districts[handover.district].notify[0]
        with _gate(stage, there) as gate:
            agenda(gate, handover.id)
            reach(gate, handover.id, HandoverState.ACKNOWLEDGED)


def write_of_the_last(stage: Stage, who: TherapistId, happened: str, *, broken: bool) -> bool:
    """*who* writes of the last call or text that she took; whether there is one."""
    now = stage.carrier.now()
    with reading(stage.parts.engine) as connection:
        lines = stage.organisation.lines
        came = [
            contact
            for line in lines
            for contact in contacts.received_between(connection, line, now - _A_NIGHT, now)
            if contact.therapist == who
        ]
    if not came:
        return False
    last = max(came, key=lambda contact: contact.received_at)
    content = Content(happened, "Lyssnade och pratade om i kväll.", "Följ upp på morgonen.")
    urgency = Urgency.URGENT if broken else Urgency.NORMAL
    with _gate(stage, who) as gate:
        notes.write(gate, last.id, content, broken_agreement=broken, urgency=urgency)
    return True


def acknowledge(stage: Stage, who: TherapistId) -> bool:
    """*who* goes through her district's handovers that are due; whether there were any."""
    district = stage.organisation.therapists[who].district
    with reading(stage.parts.engine) as connection:
        listed = handovers.listed(connection, district, stage.carrier.now())
    due = [handover for handover in listed if handover.state not in DONE]
    for handover in due:
        with _gate(stage, who) as gate:
            agenda(gate, handover.id)
            reach(gate, handover.id, HandoverState.ACKNOWLEDGED)
    return bool(due)


@contextmanager
def _gate(stage: Stage, who: TherapistId) -> Iterator[Gate]:
    parts = stage.parts
    district = stage.organisation.therapists[who].district
    viewer = Viewer(who, Office.THERAPIST, district)
    with parts.engine.begin() as connection:
        yield Gate(connection, parts.cipher, stage.organisation, viewer, stage.carrier.now())
