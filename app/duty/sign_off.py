"""Signing off: nobody is done with a duty before what came in is written down."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from app.duty.gate import duties_of
from app.duty.handover import Desk
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import contacts, handovers, notes
from app.store.database import insert_once, reading
from app.store.outbox import By, Letter
from app.store.tables import sign_offs
from routing.contact import Contact
from routing.errors import Conflict
from routing.handover import DONE, due_at
from routing.ids import LineId, TherapistId
from routing.note import without_note
from routing.organisation import Line, Organisation

log = structlog.get_logger()

_LOOK_BACK = timedelta(days=14)  # over holidays and closed days, to the meeting after them
_CHASED_BEFORE = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Ended:
    """One therapist's duty, and when it was or will be over."""

    line: LineId
    therapist: TherapistId
    ended_at: datetime


def ask_for_notes(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Ask everyone whose duty is over for the notes that are missing, and again before the meeting.

    Returns how many letters there were.  A duty without anything missing is signed off by itself.

    Source: FL (2017:900) 27 §, promptly; docs/architecture.md, promise 5.
    """
    asked = 0
    with reading(desk.engine) as connection:
        found = _duties(connection, organisation.lines.keys(), now)
        known = _known(connection, now)
    for duty, missing in found.items():
        if duty.ended_at > now:
            continue
        meeting = _first_meeting(organisation, duty, missing)
        is_late = meeting is not None and now >= meeting - _CHASED_BEFORE
        if _is_done(known.get(duty), missing, is_late=is_late):
            continue
        with desk.engine.begin() as connection:
            asked += _ask(connection, desk, organisation, duty, missing, now, is_late=is_late)
    return asked


def sign_off(connection: sa.Connection, line: Line, who: TherapistId, now: datetime) -> None:
    """
    *who* is done with the duty that ended last.  The caller commits.

    Raises:
        Conflict: notes are missing, or no duty of hers with contacts has ended.
    """
    found = _duties(connection, [line.id], now).items()
    mine = {d: m for d, m in found if d.therapist == who and d.ended_at <= now}
    if not mine:
        raise Conflict("no duty with contacts has ended")
    duty = max(mine, key=lambda d: d.ended_at)
    if mine[duty]:
        raise Conflict(f"{len(mine[duty])} contacts have no note yet")
    _keep(connection, duty)
    _mark(connection, duty, signed_at=now)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a therapist has come with one duty of hers."""

    duty: Ended
    missing: tuple[Contact, ...]
    signed_at: datetime | None


def standings(
    connection: sa.Connection, line: Line, who: TherapistId, now: datetime
) -> tuple[Standing, ...]:
    """The last days' duties of *who* with contacts, the one going on too, the latest first."""
    found = _duties(connection, [line.id], now).items()
    mine = {duty: missing for duty, missing in found if duty.therapist == who}
    s = sign_offs.c
    query = sa.select(s.duty_ended_at, s.signed_at).where(s.line == line.id, s.therapist == who)
    signed = {row.duty_ended_at: row.signed_at for row in connection.execute(query)}
    standing = (Standing(d, missing, signed.get(d.ended_at)) for d, missing in mine.items())
    return tuple(sorted(standing, key=lambda one: one.duty.ended_at, reverse=True))


def missing_notes(
    connection: sa.Connection, line: Line, who: TherapistId, now: datetime
) -> tuple[Contact, ...]:
    """
    The contacts of the last days that *who* had and has not written of, the earliest first.

    Those of the duty going on too; what `sign_off` would ask for, and no less.
    """
    found = _duties(connection, [line.id], now).items()
    mine = [contact for duty, missing in found if duty.therapist == who for contact in missing]
    return tuple(sorted(mine, key=lambda contact: (contact.received_at, contact.id)))


def _duties(
    connection: sa.Connection, lines: Collection[LineId], now: datetime
) -> Mapping[Ended, tuple[Contact, ...]]:
    """
    The duties on *lines* with contacts, those going on too, and what of each has no note.

    A contact whose handover is acknowledged lacks none: nobody may write of it any more.
    """
    recent = contacts.received_on(connection, lines, now - _LOOK_BACK, now)
    had = [contact for contact in recent if contact.therapist is not None]
    duties = duties_of(connection, had)
    ids = [contact.id for contact in had]
    noted, states = notes.noted(connection, ids), handovers.state_of(connection, ids)
    of_duty: defaultdict[Ended, list[Contact]] = defaultdict(list)
    for contact in had:
        duty = duties.get(contact.id)
        # Who had none, such as a backup who called back the next day, is done when it is over.
        ended = duty.end if duty is not None else contact.received_at
        if contact.therapist is not None:
            of_duty[Ended(contact.line, contact.therapist, ended)].append(contact)
    return {
        duty: tuple(c for c in without_note(found, noted) if states.get(c.id) not in DONE)
        for duty, found in of_duty.items()
    }


def _known(connection: sa.Connection, now: datetime) -> Mapping[Ended, sa.Row[Any]]:
    """What has been done about the duties of these days."""
    query = sa.select(sign_offs).where(sign_offs.c.duty_ended_at > now - _LOOK_BACK)
    return {
        Ended(LineId(row.line), TherapistId(row.therapist), row.duty_ended_at): row
        for row in connection.execute(query)
    }


def _is_done(known: sa.Row[Any] | None, missing: Sequence[Contact], *, is_late: bool) -> bool:
    """Whether `_ask` would change nothing."""
    if known is None:
        return False
    if not missing:
        return known.signed_at is not None
    return known.asked_at is not None and (known.chased_at is not None or not is_late)


def _ask(
    connection: sa.Connection,
    desk: Desk,
    organisation: Organisation,
    duty: Ended,
    missing: tuple[Contact, ...],
    now: datetime,
    *,
    is_late: bool,
) -> int:
    _keep(connection, duty)
    if not missing:
        _mark(connection, duty, signed_at=now)
        return 0
    is_first = _mark(connection, duty, asked_at=now)
    if is_first:
        post(connection, desk, _letters(desk, organisation, duty, "asked"), now)
    if not is_late or not _mark(connection, duty, chased_at=now):
        return int(is_first)
    log.warning("sign_off.chased", therapist=duty.therapist, missing=len(missing))
    if not is_first:  # one letter at one moment will do
        post(connection, desk, _letters(desk, organisation, duty, "chased"), now)
    return 1


def _first_meeting(
    organisation: Organisation, duty: Ended, missing: tuple[Contact, ...]
) -> datetime | None:
    """When the first of the districts meets that something is missing for."""
    therapist = organisation.therapists.get(duty.therapist)
    own = therapist.district if therapist is not None else None
    homes = {contact.caller.home or own for contact in missing}
    known = (organisation.districts.get(home) for home in homes if home is not None)
    line = organisation.lines[duty.line]
    meetings = (due_at(duty.ended_at, district, line) for district in known if district is not None)
    return min(meetings, default=None)


def _letters(
    desk: Desk,
    organisation: Organisation,
    duty: Ended,
    why: str,
) -> Iterator[Letter]:
    therapist = organisation.therapists.get(duty.therapist)
    if therapist is None or therapist.phone is None:
        return
    wording = phrases(FIRST).written["note_missing"]
    body = wording.format(address=f"{desk.public_url}/")
    key = f"sign_off/{duty.line}/{duty.therapist}/{duty.ended_at:%Y%m%dT%H%MZ}/{why}"
    yield Letter(key, By.TEXT, duty.line, therapist.phone.e164, body)


def _keep(connection: sa.Connection, duty: Ended) -> None:
    row = {"line": duty.line, "therapist": duty.therapist, "duty_ended_at": duty.ended_at}
    connection.execute(insert_once(connection, sign_offs), row)


def _mark(connection: sa.Connection, duty: Ended, **when: datetime) -> bool:
    """Whether this is the first time; only one of two clocks is told so."""
    s = sign_offs.c
    ((column, _),) = when.items()
    done = connection.execute(
        sign_offs.update()
        .where(
            s.line == duty.line,
            s.therapist == duty.therapist,
            s.duty_ended_at == duty.ended_at,
            s[column].is_(None),
        )
        .values(**when)
    )
    return done.rowcount == 1
