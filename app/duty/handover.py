"""From the night to the meeting: duties that have ended become handovers, and people are told."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.phrases import FIRST, phrases
from app.store import handovers, outbox
from app.store import rota as stored_rota
from app.store.database import add_once, reading
from app.store.fields import FieldCipher
from app.store.handovers import Handover, Owed
from app.store.outbox import By, Letter
from app.store.tables import outbox as outbox_table
from routing.handover import HandoverState, due_at, duty_end
from routing.ids import ContactId, DistrictId, HandoverId, LineId, TherapistId
from routing.intervals import Interval
from routing.organisation import Organisation
from routing.rota import Rota

log = structlog.get_logger()

# Older contacts without a handover belong to districts that no longer exist.
_LOOK_BACK = timedelta(days=62)
_LONGEST_DUTY = timedelta(days=14)
_OURS = uuid.UUID("6f0bd7a4-6d0e-4a53-9d4c-0a5ed4a0c7a1")


@dataclass(frozen=True, slots=True)
class Desk:
    """What building handovers needs."""

    engine: sa.Engine
    cipher: FieldCipher
    public_url: str
    mails: bool  # whether a mail server is set


def build_handovers(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Put every contact whose duty has ended into its home district's handover; how many there were.

    The work is found by what is missing and not by the time, so an outage is caught up by the
    next sweep, and two sweeps at once make the same handovers.
    """
    with reading(desk.engine) as connection:
        owed = handovers.owed(connection, now - _LOOK_BACK, now)
        duties = {line: _duties(connection, line, owed, now) for line in {o.line for o in owed}}
    grouped: defaultdict[tuple[LineId, DistrictId, datetime], list[ContactId]] = defaultdict(list)
    for one in owed:
        line = organisation.lines.get(one.line)
        district = organisation.districts.get(one.district)
        if line is None or district is None:
            log.warning("handover.nobody_to_tell", contact=one.contact)
            continue
        ended = duty_end(one.received_at, duties[one.line], district, line)
        if ended <= now:
            grouped[one.line, one.district, ended].append(one.contact)
    for (line_id, district_id, ended), contacts in grouped.items():
        line, district = organisation.lines[line_id], organisation.districts[district_id]
        handover = Handover(
            id=_id(line_id, district_id, ended),
            line=line_id,
            district=district_id,
            duty_ended_at=ended,
            due_at=due_at(ended, district, line),
            state=HandoverState.BUILT,
            contacts=tuple(contacts),
        )
        with desk.engine.begin() as connection:
            handovers.add(connection, handover, now)
        log.info("handover.built", handover=handover.id, contacts=len(contacts))
    return sum(map(len, grouped.values()))


def notify_of_handovers(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Queue one notice to each person named for each new handover; how many handovers there were.

    The claim is an update that only one of two clocks can win, and the notices are rows of the
    same transaction, so a clock that dies between the two has done neither.
    """
    with reading(desk.engine) as connection:
        waiting = handovers.to_notify(connection)
    told = 0
    for handover in waiting:
        letters = tuple(_notices(desk, organisation, handover, now))
        if not letters:
            log.error("handover.nobody_to_tell", handover=handover.id)
        with desk.engine.begin() as connection:
            if handovers.claim_notice(connection, handover.id, now):
                rows = [outbox.entry(desk.cipher, letter, now)[1] for letter in letters]
                add_once(connection, outbox_table, rows)
                told += 1
    return told


def _notices(
    desk: Desk, organisation: Organisation, handover: Handover, now: datetime
) -> Iterable[Letter]:
    """A notice holds no fact: not even which district or how many."""
    district = organisation.districts.get(handover.district)
    line = organisation.lines.get(handover.line)
    if district is None or line is None:
        return
    body = phrases(FIRST).written["handover"].format(address=f"{desk.public_url}/")
    for therapist_id in district.notify:
        therapist = organisation.therapists.get(therapist_id)
        if therapist is None or line.today(now) not in therapist.active:
            continue
        key = _key(handover.id, therapist_id)
        # A mail where there can be one: duties end late, and a text wakes people.
        if desk.mails and therapist.email is not None:
            yield Letter(key, By.MAIL, line.id, therapist.email, body)
        elif therapist.phone is not None:
            yield Letter(key, By.TEXT, line.id, therapist.phone.e164, body)


def _duties(
    connection: sa.Connection, line: LineId, owed: Iterable[Owed], now: datetime
) -> tuple[Interval, ...]:
    first = min(o.received_at for o in owed if o.line == line)
    window = Interval(first - _LONGEST_DUTY, now + _LONGEST_DUTY)
    found = stored_rota.in_force(connection, line, window)
    return Rota(line, found, source="database", read_at=now).duties()


def _id(line: LineId, district: DistrictId, ended: datetime) -> HandoverId:
    """The same for the same duty, so that two clocks cannot make two."""
    return HandoverId(str(uuid.uuid5(_OURS, f"{line} {district} {ended.isoformat()}")))


def _key(handover: HandoverId, therapist: TherapistId) -> str:
    return f"handover/{handover}/{therapist}"
