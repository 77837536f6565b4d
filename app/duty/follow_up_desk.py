"""Follow-ups as people find them on a desk: the district's own, and what a duty has to do now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.duty import follow_ups as service
from app.duty.follow_up_clock import nobody_may
from app.duty.follow_ups import Shown, duty_of
from app.duty.gate import Gate
from app.intake.follow_up_file import WrittenOrder
from app.store import follow_ups, readings
from app.store.readings import Reading
from routing.access import Act, Matter, Office, Viewer, denied
from routing.follow_up import (
    GOING_ON,
    ORDERED_AHEAD,
    FollowUp,
    FollowUpRefused,
    IfNotReached,
    State,
    check_call,
    check_cancel,
    takes_over,
)
from routing.ids import ContactId, FollowUpId
from routing.intervals import Interval
from routing.organisation import Line, Organisation
from routing.register import RegisterEntry

_SHOWN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Listed:
    """One follow-up on the desk; *line* is where it is called from."""

    task: FollowUp  # without its words
    line: Line


@dataclass(frozen=True, slots=True)
class Tray:
    """What there is for the viewer: to be made now, ahead, and over."""

    now: tuple[Listed, ...]
    ahead: tuple[Listed, ...]
    over: tuple[Listed, ...]  # the latest first


@dataclass(frozen=True, slots=True)
class Task:
    """One follow-up for somebody who may see it, and what may be done with it now."""

    task: FollowUp
    line: Line
    entry: RegisterEntry | None  # None where the register has that number no more
    then: IfNotReached  # who takes over, as the series stands now
    is_home: bool
    may_call: bool
    may_report: bool
    may_cancel: bool
    series: tuple[FollowUp, ...]  # the others that were ordered with it; for the home district


def tray(gate: Gate) -> Tray:
    """
    The follow-ups that the viewer may see: the home district's own, and those of her duty.

    Another district's are shown to whoever has the duty, once their time has come.  Each that is
    shown stands in the reading log.
    """
    span = Interval(gate.now - _SHOWN, gate.now + 2 * ORDERED_AHEAD)
    found = follow_ups.ending_in(gate.connection, span, gate.now)
    duties = {line.id: duty_of(gate, line) for line in gate.organisation.lines.values()}
    seen: list[Listed] = []
    made: list[Reading] = []
    for task in found:
        line = gate.organisation.lines.get(task.order.line)
        if line is None:
            continue
        has_come = gate.now >= task.window.time.start
        home = task.order.district
        matter = Matter(line, home=home, duty=duties[line.id], is_contact=has_come)
        act = _act(gate)
        if denied(gate.viewer, act, matter, gate.organisation, gate.now) is not None:
            continue
        if not _owns(gate, task, line) and task.state not in GOING_ON:
            continue  # what is over is the home district's
        about = ContactId(f"follow-up-{task.id}")
        made.append(Reading(gate.viewer, act, gate.now, home, about))
        seen.append(Listed(task, line))
    readings.add(gate.connection, made)
    return Tray(
        now=tuple(one for one in seen if _is_now(one.task, gate.now)),
        ahead=tuple(one for one in seen if one.task.state in GOING_ON and _is_ahead(one, gate)),
        over=tuple(one for one in reversed(seen) if one.task.state not in GOING_ON),
    )


def task(gate: Gate, number: FollowUpId) -> Task:
    """
    One follow-up, and what the viewer may do with it at this moment.

    Raises:
        NotFound, NotAllowed: as `app.duty.follow_ups.show`.
    """
    shown = service.show(gate, number)
    found = shown.task
    series = follow_ups.of_series(gate.connection, found.series, gate.now)
    is_home = _owns(gate, found, shown.line)
    is_therapist = gate.viewer.office is Office.THERAPIST
    is_waiting = found.report is None and found.state is not State.CANCELLED
    return Task(
        found,
        shown.line,
        shown.entry,
        _takes_over(found, series),
        is_home,
        may_call=is_therapist and _may_call(gate, shown, is_home=is_home),
        may_report=is_therapist and is_waiting and gate.now >= found.window.time.start,
        may_cancel=is_home and not _refuses(found),
        series=tuple(one for one in series if one.id != number) if is_home else (),
    )


def order(gate: Gate, wanted: WrittenOrder, line: Line) -> tuple[tuple[FollowUp, bool], ...]:
    """
    Keep what *wanted* says; each follow-up with whether nobody on the rota may make it yet.

    Raises:
        NotAllowed, InvalidInput: as `app.duty.follow_ups.order`.
    """
    made = service.order(gate, wanted, line)
    return tuple((one, nobody_may(gate.connection, gate.organisation, one)) for one in made)


def may_order(organisation: Organisation, viewer: Viewer, line: Line, now: datetime) -> bool:
    """Whether *line* serves the viewer's district, so that there is a form to fill."""
    today, current = line.today(now), organisation.current
    homes = {current(district, today) for district in line.districts}
    return current(viewer.district, today) in homes


def _act(gate: Gate) -> Act:
    return Act.FOLLOW_UP if gate.viewer.office is Office.THERAPIST else Act.ORDER


def _owns(gate: Gate, one: FollowUp, line: Line) -> bool:
    today, current = line.today(gate.now), gate.organisation.current
    return current(one.order.district, today) == current(gate.viewer.district, today)


def _may_call(gate: Gate, shown: Shown, *, is_home: bool) -> bool:
    """As `app.duty.follow_ups.call` will say; another district's therapist on her duty only."""
    try:
        check_call(shown.task, gate.now)
    except FollowUpRefused:
        return False
    duty = duty_of(gate, shown.line)
    return shown.entry is not None and (is_home or (duty is not None and gate.now in duty))


def _refuses(one: FollowUp) -> bool:
    try:
        check_cancel(one)
    except FollowUpRefused:
        return True
    return False


def _takes_over(found: FollowUp, series: Sequence[FollowUp]) -> IfNotReached:
    """As `routing.follow_up.takes_over`, also when the window after it has been and gone."""
    rule = found.window.if_not_reached
    is_followed = any(
        other.window.time.start >= found.window.time.end and other.state is not State.CANCELLED
        for other in series
    )
    is_next = rule is IfNotReached.NEXT_WINDOW and is_followed
    return rule if is_next else takes_over(found, series)


def _is_now(one: FollowUp, now: datetime) -> bool:
    return one.state in GOING_ON and now >= one.window.time.start


def _is_ahead(one: Listed, gate: Gate) -> bool:
    return gate.now < one.task.window.time.start
