"""Tells a therapist of a call that nobody answered, once and without a fact in it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty.flood import are_alerts_enough
from app.duty.handover import Desk
from app.phrases import FIRST, phrases
from app.store import contacts, outbox
from app.store import rota as stored_rota
from app.store.database import add_once, reading
from app.store.outbox import By, Letter
from app.store.tables import outbox as outbox_table
from routing.contact import Contact
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.ladder import Seeker, ladder
from routing.missed import deserves_alert
from routing.organisation import Line, Organisation
from routing.rota import Rota

log = structlog.get_logger()

# After an outage longer than this the handover tells of it, not a text in the night.
_LOOK_BACK = timedelta(hours=2)
_ABOUT, _AT_A_TIME = "missed/", 500


def alert_of_missed_calls(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Queue one alert for each missed call that deserves one; how many were new.

    To the therapist who was rung last, else to whoever was on standby and may know.  The key of
    the letter is the contact's, so two clocks or two sweeps tell once.
    """
    told = 0
    with reading(desk.engine) as connection:
        every = contacts.received_on(connection, organisation.lines.keys(), now - _LOOK_BACK, now)
        known = _told_already(connection, every)
    on_line: defaultdict[LineId, list[Contact]] = defaultdict(list)
    for contact in every:
        on_line[contact.line].append(contact)
    for line_id, recent in on_line.items():
        line = organisation.lines[line_id]
        alerted = [contact for contact in recent if contact.id in known]
        for contact in recent:
            if (
                contact.id in known
                or are_alerts_enough(contact, alerted)
                or not deserves_alert(contact, recent, line.alert_after, now)
            ):
                continue
            letter = _alert(desk, organisation, line, contact)
            if letter is None:
                continue  # nobody was on standby; the handover tells of it
            with desk.engine.begin() as connection:
                add_once(connection, outbox_table, [outbox.entry(desk.cipher, letter, now)[1]])
            alerted.append(contact)
            log.info("missed.alerted", contact=contact.id)
            told += 1
    return told


def _told_already(connection: sa.Connection, recent: Sequence[Contact]) -> frozenset[str]:
    keys, column = [_key(contact) for contact in recent], outbox_table.c.key
    return frozenset(
        key.removeprefix(_ABOUT)
        for first in range(0, len(keys), _AT_A_TIME)
        for key in connection.scalars(
            sa.select(column).where(column.in_(keys[first : first + _AT_A_TIME]))
        )
    )


def _alert(desk: Desk, organisation: Organisation, line: Line, contact: Contact) -> Letter | None:
    therapist_id = _whom(desk, organisation, line, contact)
    therapist = organisation.therapists.get(therapist_id) if therapist_id is not None else None
    if therapist is None or therapist.phone is None:
        return None
    body = phrases(FIRST).written["missed"].format(address=f"{desk.public_url}/")
    return Letter(_key(contact), By.TEXT, line.id, therapist.phone.e164, body)


def _whom(
    desk: Desk, organisation: Organisation, line: Line, contact: Contact
) -> TherapistId | None:
    rung = [a.target for a in contact.attempts if a.target in organisation.therapists]
    if rung:
        return TherapistId(rung[-1])
    at = contact.received_at
    around = Interval(at, at + timedelta(seconds=1))
    with reading(desk.engine) as connection:
        shifts = stored_rota.in_force(connection, line.id, around)
    on_call = Rota(line.id, shifts, source="database", read_at=at).on_call(at)
    seeker = Seeker(contact.caller.home, label=contact.caller.label)
    tried = ladder(organisation, line, on_call, seeker, at, out={}).therapists
    return tried[0] if tried and line.hours.is_open(at) else None


def _key(contact: Contact) -> str:
    return f"{_ABOUT}{contact.id}"
