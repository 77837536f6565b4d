"""
Calling somebody back from a page: the line rings the therapist first, and connects her at key 1.

The page asks, and the outbox makes the call: nothing waits for the carrier, a second tap makes no
second call, and one that could not be made in time is not made at all.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from app.duty.gate import Gate
from app.duty.handover import Desk
from app.duty.post import post
from app.store import contacts
from app.store import rota as stored_rota
from app.store.outbox import By, Letter, State
from app.store.readings import Reading
from app.store.rights import Lift, lifted
from app.store.tables import outbox
from routing.access import Act, Office
from routing.callback import may_call_back, waiting
from routing.contact import Contact
from routing.errors import Conflict, NotFound
from routing.ids import ContactId, LineId, TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Therapist

CALL_BACK = "call_back"  # how the keys of the letters begin that are such calls
TOO_LATE = "too_late"  # why a letter was given up
_LOOK_BACK = timedelta(days=3)
# She has put the telephone down and done something else by then.
_LASTS = timedelta(minutes=3)
_MINUTE = "%Y%m%dT%H%MZ"


class NoPhone(Conflict):
    """The organisation knows no telephone of hers to ring."""

    code = "no_phone"


class Ringing(StrEnum):
    """What has become of a call that she has asked for."""

    SOON = "soon"
    NOW = "now"
    FAILED = "failed"


def waiting_for(gate: Gate, line: Line) -> tuple[Contact, ...]:
    """
    The callers of *line* whom the viewer may call back, the first one first.

    By the same rule as on the telephone, where she hears as much of them: when, whose, and whether
    it was a youth.  It stands in the reading log.
    """
    found = _waiting_for(gate, line)
    made = [Reading(gate.viewer, Act.LOG, gate.now, c.caller.home, c.id) for c in found]
    gate.write_down(made, again=True)
    return found


def call_back(gate: Gate, desk: Desk, contact: ContactId) -> None:
    """
    Have the viewer rung, to be connected to the caller of *contact*.

    Whether she may is looked at once more when she presses 1.

    Raises:
        NotFound: no such caller is waiting whom she may call.
        NoPhone: she has no telephone.
    """
    for line in gate.organisation.lines.values():
        found = next((c for c in _waiting_for(gate, line) if c.id == contact), None)
        if found is not None:
            made = Reading(gate.viewer, Act.CARD, gate.now, found.caller.home, contact)
            gate.write_down([made])
            therapist = gate.organisation.therapists[TherapistId(gate.viewer.id)]
            letter = _call(line.id, therapist, contact, gate.now)
            post(gate.connection, desk, [letter], gate.now)
            return
    raise NotFound("no such caller is waiting whom this therapist may call back")


def ringing(gate: Gate) -> Mapping[ContactId, Ringing]:
    """What has become of the calls that the viewer asked for in the last minutes, by contact."""
    o = outbox.c
    query = (
        sa.select(o.contact, o.state)
        .where(
            o.created_at > gate.now - _LASTS,
            o.key.like(f"{CALL_BACK}/%"),
            o.therapist == gate.viewer.id,
        )
        .order_by(o.created_at)  # of several the last one counts
    )
    rows = gate.connection.execute(query)
    return {ContactId(row.contact): _BECAME.get(row.state, Ringing.SOON) for row in rows}


def is_too_late(letter: Letter, now: datetime) -> bool:
    """Whether *letter* is such a call, and was asked for too long ago to be made."""
    if letter.by is not By.CALL or not letter.key.startswith(f"{CALL_BACK}/"):
        return False
    asked = datetime.strptime(letter.key.rpartition("/")[2], _MINUTE).replace(tzinfo=UTC)
    return now - asked > _LASTS


_BECAME = {State.SENT: Ringing.NOW, State.FAILED: Ringing.FAILED}


def _call(line: LineId, therapist: Therapist, contact: ContactId, now: datetime) -> Letter:
    if therapist.phone is None:
        raise NoPhone("the therapist has no telephone to be rung at")
    # Two taps in one minute are one call.
    key = f"{CALL_BACK}/{contact}/{therapist.id}/{now.astimezone(UTC):{_MINUTE}}"
    return Letter(key, By.CALL, line, therapist.phone.e164, "", contact, therapist.id)


def _waiting_for(gate: Gate, line: Line) -> tuple[Contact, ...]:
    therapist = gate.organisation.therapists.get(TherapistId(gate.viewer.id))
    if gate.viewer.office is not Office.THERAPIST or therapist is None:
        return ()
    since = gate.now - _LOOK_BACK
    with lifted(gate.connection, Lift.HELPED):
        found = contacts.received_between(gate.connection, line.id, since, gate.now)
    window = Interval(since, gate.now + timedelta.resolution)
    shifts = stored_rota.in_force(gate.connection, line.id, window)
    return tuple(
        contact
        for contact in waiting(found, gate.now)
        if may_call_back(gate.organisation, therapist, contact, shifts, gate.now)
    )
