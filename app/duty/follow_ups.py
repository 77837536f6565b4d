"""Ordering a follow-up, calling the family as the line, recording what came of it, cancelling."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from app.duty.follow_up_clock import call_off, give_up
from app.duty.follow_up_letters import Case
from app.duty.gate import Gate, NotAllowed
from app.duty.handover import Desk
from app.intake.follow_up_file import WrittenOrder
from app.store import contacts, follow_ups, readings, register
from app.store import rota as stored_rota
from app.store.contacts import SealedNumber, row_of
from app.store.database import add_once
from app.store.readings import Reading
from app.store.rights import Lift, lifted
from app.store.tables import contact_events
from routing import record
from routing.access import Act, Denial, Matter, Office, Viewer, denied
from routing.contact import Caller
from routing.errors import InvalidInput, NotFound, Place
from routing.follow_up import (
    FollowUp,
    FollowUpRefused,
    Order,
    Reached,
    Report,
    SafeContact,
    State,
    check_call,
    check_cancel,
    check_order,
    check_report,
)
from routing.ids import ContactId, DistrictId, FollowUpId, TherapistId
from routing.intervals import Interval, union
from routing.numbers import PhoneNumber
from routing.organisation import Line, Organisation, Therapist
from routing.register import RegisterEntry
from routing.role import Role

log = structlog.get_logger()

_LONGEST_DUTY = timedelta(days=14)
# Rings a therapist, to connect her to the family of a follow-up; returns the carrier's id.
Ring = Callable[[FollowUp, Therapist], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A follow-up for somebody who may see it, and whose number it names."""

    task: FollowUp
    line: Line
    entry: RegisterEntry | None  # None where the register has that number no more


@contextmanager
def at_the_gate(
    desk: Desk, organisation: Organisation, viewer: Viewer, now: datetime
) -> Iterator[Gate]:
    """A transaction for *viewer*; that somebody was turned away stays in the reading log."""
    with desk.engine.connect() as connection, connection.begin() as transaction:
        try:
            yield Gate(connection, desk.cipher, organisation, viewer, now)
        except NotAllowed:
            transaction.commit()
            raise


def order(gate: Gate, wanted: WrittenOrder, line: Line) -> tuple[FollowUp, ...]:
    """
    Keep what *wanted* says: a follow-up for each window, of the viewer's own district.

    Raises:
        NotAllowed: it is another district's.
        InvalidInput: naming the field; the client is unknown there, or something makes no sense.
    """
    today = line.today(gate.now)
    home = gate.organisation.current(wanted.district or gate.viewer.district, today)
    _ask_leave(gate, Act.ORDER, Matter(line, home=home, is_contact=False))
    if home not in {gate.organisation.current(district, today) for district in line.districts}:
        raise InvalidInput("the line does not serve that district", Place("order", field="line"))
    entry = _chosen(gate, wanted, home, line)
    language = wanted.language or entry.language
    if language not in line.languages:
        said = f"must be one of {', '.join(line.languages)}"
        raise InvalidInput(said, Place("order", field="language"))
    made = Order(
        line=line.id,
        district=home,
        client=wanted.client,
        instruction=wanted.instruction,
        safe=SafeContact(
            gate.cipher.index(entry.phone),
            may_leave_voicemail=wanted.may_leave_voicemail,
            may_say_who_calls=wanted.may_say_who_calls,
            language=language,
        ),
        max_attempts=wanted.max_attempts,
        ordered_by=gate.viewer.id,
        ordered_at=gate.now,
    )
    check_order(made, wanted.windows, line)
    tasks = follow_ups.add(gate.connection, gate.cipher, made, wanted.windows)
    log.info("follow_up.ordered", follow_ups=[task.id for task in tasks], by=gate.viewer.id)
    return tasks


def choices(gate: Gate, wanted: WrittenOrder, line: Line) -> tuple[Role, ...]:
    """
    Whose each of the client's numbers is, in their order, so that one can be chosen by its place.

    Raises:
        NotAllowed: it is another district's.
    """
    today = line.today(gate.now)
    home = gate.organisation.current(wanted.district or gate.viewer.district, today)
    _ask_leave(gate, Act.ORDER, Matter(line, home=home, is_contact=False))
    return tuple(entry.role for entry in _known(gate, wanted, home, line))


def show(gate: Gate, number: FollowUpId) -> Shown:
    """
    What was ordered and what came of it; a manager is not shown what was said.

    Raises:
        NotFound: there is no such follow-up.
        NotAllowed: the viewer may not.
    """
    task, line = _taken(gate, number)
    is_manager = gate.viewer.office is not Office.THERAPIST
    _ask_leave(gate, Act.ORDER if is_manager else Act.FOLLOW_UP, _matter(gate, task, line), task)
    if is_manager and task.report is not None:
        task = replace(task, report=replace(task.report, text=""))
    return Shown(task, line, _entry(gate, task, line))


def call(
    desk: Desk,
    organisation: Organisation,
    viewer: Viewer,
    number: FollowUpId,
    now: datetime,
    ring: Ring,
) -> str:
    """
    Ring the viewer from the line, to connect her to the family when she presses 1.

    Returns the carrier's id of the call.  It is an attempt from when the line calls the family.

    Raises:
        NotFound, NotAllowed: as `show`.
        FollowUpRefused: it is not the time, somebody is calling, or enough was tried.
        Unavailable: the carrier cannot make the call just now.
    """
    with at_the_gate(desk, organisation, viewer, now) as gate:
        task, therapist, _ = _ready(gate, number)
        check_call(task, now)
    if therapist.phone is None:
        raise FollowUpRefused("the therapist has no telephone to be rung at")
    return ring(task, therapist)  # with no transaction open while the carrier is asked


def connect(gate: Gate, number: FollowUpId, contact: ContactId) -> PhoneNumber:
    """
    Begin the call of *contact* to the family: an attempt, and an outgoing contact of the district.

    The number to call.  Rights and state are looked at once more, with the follow-up locked; the
    same *contact* twice is one attempt and gets the same answer.

    Raises:
        NotFound, NotAllowed, FollowUpRefused: as `call`.
    """
    task, therapist, entry = _ready(gate, number)
    if any(attempt.contact == contact for attempt in task.attempts):
        return entry.phone
    check_call(task, gate.now)
    follow_ups.add_attempt(gate.connection, task, contact, therapist.id, gate.now)
    line = gate.organisation.lines[task.order.line]
    key = gate.cipher.index(entry.phone)
    home = gate.organisation.current(task.order.district, line.today(gate.now))
    caller = Caller(task.order.client, home, entry.role, task.order.safe.language, key)
    first, *more = record.calls_back(contact, line.id, therapist.id, caller, gate.now)
    sealed = gate.cipher.seal(entry.phone.e164, contacts.NUMBER_PURPOSE)
    rows = [row_of(first, SealedNumber(key, sealed)), *map(row_of, more)]
    add_once(gate.connection, contact_events, rows)
    log.info("follow_up.called", follow_up=number, contact=contact, therapist=therapist.id)
    return entry.phone


def report(gate: Gate, desk: Desk, number: FollowUpId, outcome: Reached, text: str) -> FollowUp:
    """
    Keep what came of it, in the viewer's words; what was not reached goes to whom it says.

    Also where the clock has given up meanwhile: a call may last longer than its window.

    Raises:
        NotFound, NotAllowed: as `show`.
        InvalidInput: there is no text, or too much.
        FollowUpRefused: it was recorded before, has not begun, or nobody has been called.
    """
    task, line = _taken(gate, number)
    _ask_leave(gate, Act.FOLLOW_UP, _matter(gate, task, line), task)
    by = TherapistId(gate.viewer.id)
    told = Report(outcome, text.strip(), by, gate.now)
    state = check_report(task, told)
    if not follow_ups.report(gate.connection, gate.cipher, number, told):
        raise FollowUpRefused("what came of it is recorded already")
    done = replace(task, state=state, report=told)
    if state is State.NOT_REACHED:
        give_up(_case(gate, desk, line, done), by)
    else:
        follow_ups.advance(gate.connection, number, state)
        follow_ups.claim(gate.connection, number, state, by, gate.now)
    log.info("follow_up.reported", follow_up=number, outcome=outcome, by=by)
    return done


def cancel(gate: Gate, desk: Desk, number: FollowUpId) -> None:
    """
    Let it not be made; whoever was told of it already is told of that.

    Raises:
        NotFound: there is no such follow-up.
        NotAllowed: it is another district's.
        FollowUpRefused: it is over.
    """
    task, line = _taken(gate, number)
    _ask_leave(gate, Act.ORDER, _matter(gate, task, line), task)
    check_cancel(task)
    follow_ups.advance(gate.connection, number, State.CANCELLED)
    follow_ups.claim(gate.connection, number, State.CANCELLED, gate.viewer.id, gate.now)
    call_off(_case(gate, desk, line, task))
    log.info("follow_up.cancelled", follow_up=number, by=gate.viewer.id)


def _case(gate: Gate, desk: Desk, line: Line, task: FollowUp) -> Case:
    return Case(gate.connection, desk, gate.organisation, line, task, gate.now)


def _taken(gate: Gate, number: FollowUpId) -> tuple[FollowUp, Line]:
    """The follow-up, locked, and its line."""
    try:
        task = follow_ups.one(gate.connection, number, gate.now, cipher=gate.cipher, lock=True)
    except NotFound:
        # What the database holds back is judged all the same, and without a word of it: that
        # somebody tried is to be seen.
        with lifted(gate.connection, Lift.JUDGED):
            task = follow_ups.one(gate.connection, number, gate.now)
    line = gate.organisation.lines.get(task.order.line)
    if line is None:
        raise NotFound("the line of that follow-up is gone")
    return task, line


def _ready(gate: Gate, number: FollowUpId) -> tuple[FollowUp, Therapist, RegisterEntry]:
    """What a call needs, for a therapist who may make it now."""
    task, line = _taken(gate, number)
    matter = _matter(gate, task, line)
    _ask_leave(gate, Act.FOLLOW_UP, matter, task)
    therapist = gate.organisation.therapists[TherapistId(gate.viewer.id)]
    today = line.today(gate.now)
    home = gate.organisation.current(task.order.district, today)
    is_on_duty = matter.duty is not None and gate.now in matter.duty
    if gate.organisation.current(therapist.district, today) != home and not is_on_duty:
        raise NotAllowed(Denial.DUTY_OVER)  # the time after a duty is for writing, not for calling
    entry = _entry(gate, task, line)
    if entry is None:
        raise FollowUpRefused("the register has that number no more: turn to the home district")
    return task, therapist, entry


def _ask_leave(gate: Gate, act: Act, matter: Matter, task: FollowUp | None = None) -> None:
    """Leave to do it, which stands in the reading log either way."""
    why = denied(gate.viewer, act, matter, gate.organisation, gate.now)
    about = None if task is None else ContactId(f"follow-up-{task.id}")
    made = Reading(gate.viewer, act, gate.now, matter.home, about, None, why)
    readings.add(gate.connection, [made])
    if why is not None:
        raise NotAllowed(why)


def _matter(gate: Gate, task: FollowUp, line: Line) -> Matter:
    return Matter(
        line,
        home=task.order.district,
        duty=duty_of(gate, line),
        is_contact=gate.now >= task.window.time.start,
    )


def duty_of(gate: Gate, line: Line) -> Interval | None:
    """The viewer's duty now, or the last one that ended: for a while she may still write."""
    # A duty is as long as its shifts together, and it is judged by the day on which it began.
    window = Interval(gate.now - _LONGEST_DUTY, gate.now + timedelta.resolution)
    shifts = stored_rota.in_force(gate.connection, line.id, window)
    held = union(shift.time for shift in shifts if shift.therapist == gate.viewer.id)
    return held[-1] if held else None


def _known(
    gate: Gate, wanted: WrittenOrder, home: DistrictId, line: Line
) -> tuple[RegisterEntry, ...]:
    """The numbers of the client that *wanted* names, in that district, on every day of it."""
    return tuple(
        entry
        for entry in register.of_client(gate.connection, gate.cipher, wanted.client)
        if gate.organisation.current(entry.district, line.today(gate.now)) == home
        and all(line.today(window.time.start) in entry.validity for window in wanted.windows)
    )


def _chosen(gate: Gate, wanted: WrittenOrder, home: DistrictId, line: Line) -> RegisterEntry:
    """The number that *wanted* names by its place among those of the client."""
    found = _known(gate, wanted, home, line)
    if not found:
        # The same where another district knows the client: its register is not to be asked.
        said = "your district's register has no such client then"
        raise InvalidInput(said, Place("order", field="client"))
    if wanted.number is None and len(found) == 1:
        return found[0]
    if wanted.number is None or not 1 <= wanted.number <= len(found):
        places = ", ".join(f"{n} {entry.role}" for n, entry in enumerate(found, start=1))
        said = f"say which of the client's numbers: {places}"
        raise InvalidInput(said, Place("order", field="number"))
    return found[wanted.number - 1]


def _entry(gate: Gate, task: FollowUp, line: Line) -> RegisterEntry | None:
    """The number that was chosen, as long as the register says that it is the client's."""
    today = line.today(gate.now)
    home = gate.organisation.current(task.order.district, today)
    return next(
        (
            entry
            for entry in register.of_client(gate.connection, gate.cipher, task.order.client)
            if gate.organisation.current(entry.district, today) == home
            and today in entry.validity
            and task.order.safe.number in gate.cipher.indexes(entry.phone)
        ),
        None,
    )
