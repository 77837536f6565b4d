"""From the night to the meeting: duties that have ended become handovers, and people are told."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty.follow_up_handover import AROUND, belongs, homes_of
from app.log import Once
from app.phrases import FIRST, phrases
from app.store import follow_ups, handovers, outbox
from app.store import rota as stored_rota
from app.store.database import add_once, reading
from app.store.fields import FieldCipher
from app.store.handovers import Handover, Owed
from app.store.outbox import By, Letter
from app.store.tables import outbox as outbox_table
from routing.handover import DONE, HandoverState, due_at, duty_end
from routing.ids import DistrictId, HandoverId, LineId, TherapistId
from routing.intervals import Interval
from routing.organisation import District, Line, Organisation, Therapist
from routing.rota import Rota

log = structlog.get_logger()

# Older contacts without a handover belong to districts that no longer exist.
_LOOK_BACK = timedelta(days=62)
_LONGEST_DUTY = timedelta(days=14)
_EMPTY_FOR = timedelta(days=2)  # how late a duty without contacts is still told of
_A_MOMENT = timedelta.resolution
_OURS = uuid.UUID("6f0bd7a4-6d0e-4a53-9d4c-0a5ed4a0c7a1")


@dataclass(frozen=True, slots=True)
class Desk:
    """What building handovers needs."""

    engine: sa.Engine
    cipher: FieldCipher
    public_url: str
    mails: bool  # whether a mail server is set
    said: Once = field(default_factory=Once, compare=False)  # what nobody could be told of


def build_handovers(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Put every contact whose duty has ended into its home district's handover; how many there were.

    The work is found by what is missing and not by the time, so an outage is caught up by the
    next sweep, and two sweeps at once make the same handovers.
    """
    with reading(desk.engine) as connection:
        every = handovers.owed(connection, now - _LOOK_BACK, now)
        owed = [one for one in every if _is_known(desk, organisation, one)]
        first = min((one.received_at for one in owed), default=now)
        span = Interval(first, max(now, first + _A_MOMENT))
        duties = _duties_around(connection, {one.line for one in owed}, span, now)
    grouped: defaultdict[tuple[LineId, DistrictId, datetime], list[Owed]] = defaultdict(list)
    for one in owed:
        line, district = organisation.lines[one.line], organisation.districts[one.district]
        ended = duty_end(one.received_at, duties[one.line], district, line)
        if ended <= now:
            grouped[one.line, one.district, ended].append(one)
    for (line_id, district_id, ended), some in grouped.items():
        line, district = organisation.lines[line_id], organisation.districts[district_id]
        _put(desk, line, district, ended, some, now)
    with reading(desk.engine) as connection:
        nothing_came = tuple(_nothing_came(connection, organisation, now))
    for line, district, ended in nothing_came:
        _put(desk, line, district, ended, (), now)
    return sum(map(len, grouped.values()))


def _is_known(desk: Desk, organisation: Organisation, one: Owed) -> bool:
    """Whether there is anybody to be told of it; said once where there is not."""
    if one.line in organisation.lines and one.district in organisation.districts:
        return True
    if desk.said.first("handover", one.contact):
        log.warning("handover.nobody_to_tell", contact=one.contact)
    return False


def _put(
    desk: Desk,
    line: Line,
    district: District,
    ended: datetime,
    some: Sequence[Owed],
    now: datetime,
) -> None:
    """
    Into the duty's handover; into a new part where that has been acknowledged already.

    It is due at the first meeting after the duty at which anything of it could be told.
    """
    with desk.engine.begin() as connection:
        handovers.lock(connection, [one.contact for one in some])
        # Whose a caller is may have been said anew since they were looked up.
        contacts = handovers.still_owed(connection, district.id, some)
        if some and not contacts:
            return
        known_at = min((one.known_at for one in some), default=ended)
        parts = handovers.of_duty(connection, line.id, district.id, ended)
        is_open = bool(parts) and parts[-1].state not in DONE
        part = 0 if not parts else parts[-1].part + (not is_open)
        handover = Handover(
            id=_id(line.id, district.id, ended, part),
            line=line.id,
            district=district.id,
            duty_ended_at=ended,
            due_at=due_at(max(ended, known_at) if part == 0 else now, district, line),
            state=HandoverState.BUILT,
            contacts=contacts,
            part=part,
        )
        if handovers.add(connection, handover, now):  # else the next sweep makes a new part
            log.info("handover.built", handover=handover.id, contacts=list(contacts))


def _nothing_came(
    connection: sa.Connection, organisation: Organisation, now: datetime
) -> Iterator[tuple[Line, District, datetime]]:
    """Duties that are told of without contacts: to who wants to know, or ordered a follow-up."""
    since = now - _EMPTY_FOR
    # A follow-up that nobody tried left no contact, and is to be told of all the same.
    ordered = follow_ups.ends_on(connection, Interval(now - _LOOK_BACK, now + AROUND))
    lines = [
        (line, homes)
        for line in organisation.lines.values()
        for homes in [_homes(organisation, line, now)]
        if line.id in ordered or any(district.wants_empty for district in homes)
    ]
    ids = [line.id for line, _ in lines]
    duties = _duties_around(connection, ids, Interval(since, now), now)
    told = handovers.ended_since(connection, ids, since) if ids else ()
    for line, homes in lines:
        every = duties[line.id]
        for duty in (one for one in every if since < one.end <= now):
            waiting = [home for home in homes if (line.id, home.id, duty.end) not in told]
            ends = ordered.get(line.id, ()) if waiting else ()
            may_owe = any(belongs(end, every, duty, organisation, line) for end in ends)
            owed = homes_of(connection, organisation, line, duty, now) if may_owe else ()
            for district in waiting:
                if district.wants_empty or district.id in owed:
                    yield line, district, duty.end


def _homes(organisation: Organisation, line: Line, now: datetime) -> tuple[District, ...]:
    today = line.today(now)
    current = dict.fromkeys(organisation.current(district, today) for district in line.districts)
    return tuple(organisation.districts[id_] for id_ in current if id_ in organisation.districts)


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
            log.error(
                "handover.nobody_to_tell", handover=handover.id, contacts=list(handover.contacts)
            )
        with desk.engine.begin() as connection:
            if handovers.claim_notice(connection, handover.id, now):
                rows = [outbox.entry(desk.cipher, letter, now)[1] for letter in letters]
                add_once(connection, outbox_table, rows)
                ids, count = list(handover.contacts), len(letters)
                log.info("handover.notified", handover=handover.id, letters=count, contacts=ids)
                told += 1
    return told


def _notices(
    desk: Desk, organisation: Organisation, handover: Handover, now: datetime
) -> Iterable[Letter]:
    """A notice holds no fact: not even which district or how many."""
    line = organisation.lines.get(handover.line)
    if line is None:
        return
    body = phrases(FIRST).written["handover"].format(address=f"{desk.public_url}/")
    for therapist in told_of(organisation, line, handover.district, now):
        key = _key(handover.id, therapist.id)
        # A mail where there can be one: duties end late, and a text wakes people.
        if desk.mails and therapist.email is not None:
            yield Letter(key, By.MAIL, line.id, therapist.email, body)
        elif therapist.phone is not None:
            yield Letter(key, By.TEXT, line.id, therapist.phone.e164, body)


def told_of(
    organisation: Organisation, line: Line, district_id: DistrictId, now: datetime
) -> tuple[Therapist, ...]:
    """Whom *district_id* has named to be told of its handovers, and who is still there."""
    district = organisation.districts.get(district_id)
    named = () if district is None else district.notify
    known = (organisation.therapists.get(therapist) for therapist in named)
    return tuple(t for t in known if t is not None and line.today(now) in t.active)


def _duties_around(
    connection: sa.Connection, lines: Collection[LineId], span: Interval, now: datetime
) -> Mapping[LineId, tuple[Interval, ...]]:
    window = Interval(span.start - _LONGEST_DUTY, span.end + _LONGEST_DUTY)
    found = stored_rota.in_force_on(connection, lines, window)
    return {
        line: Rota(line, shifts, source="database", read_at=now).duties()
        for line, shifts in found.items()
    }


def _id(line: LineId, district: DistrictId, ended: datetime, part: int) -> HandoverId:
    """The same for the same duty, so that two clocks cannot make two."""
    which = f" {part}" if part else ""
    return HandoverId(str(uuid.uuid5(_OURS, f"{line} {district} {ended.isoformat()}{which}")))


def _key(handover: HandoverId, therapist: TherapistId) -> str:
    return f"handover/{handover}/{therapist}"
