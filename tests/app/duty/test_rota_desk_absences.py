"""Absences at a desk, addresses of calendars, and what of a swap is whose to do."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from app.demo.stage import Stage
from app.duty import rota_desk_absences as absences
from app.duty import rota_desk_calendar as calendars
from app.duty.gate import Gate, NotAllowed
from app.store import calendar_links
from routing.absence import Absence, AbsenceKind
from routing.access import Denial
from routing.errors import Conflict, InvalidInput, NotFound
from routing.ids import TherapistId
from routing.intervals import Interval
from tests.app.conftest import StageAt
from tests.app.duty.desk import gate
from tests.app.duty.swapping import MANAGED, NOON, WEEK
from tests.examples import EFTERVARD, at, span

WEEK_OFF = span("2026-03-02T00:00", "2026-03-09T00:00")
LATER = span("2026-04-06T00:00", "2026-04-08T00:00")
HEADER = "therapist,starts_at,ends_at,kind\n"
_T = TypeVar("_T")


@pytest.fixture
def stage(engine_stage_at: StageAt) -> Stage:
    return engine_stage_at(NOON, shifts=WEEK, toml=MANAGED)


def asked(stage: Stage, who: str, what: Callable[[Gate], _T]) -> _T:
    with gate(stage, who) as own:
        return what(own)


def add(
    stage: Stage, who: str, whose: str, time: Interval = LATER, kind: str = "leave"
) -> list[str]:
    line = stage.organisation.lines[EFTERVARD]
    found = asked(stage, who, lambda g: absences.add(g, line, whose, time, kind))
    return [f"{shift.therapist} {shift.time.start:%d}" for _, shift in found]


def shown(stage: Stage, who: str) -> list[tuple[str, str]]:
    found = asked(stage, who, lambda g: absences.shown(g, at("2026-01-01T00:00")))
    return [(str(a.therapist), str(a.kind)) for a in found]


def drop(stage: Stage, who: str, whose: str, time: Interval = LATER) -> None:
    gone = Absence(time, TherapistId(whose), AbsenceKind.LEAVE)
    asked(stage, who, lambda g: absences.remove(g, gone))


def test_an_absence_says_which_duties_it_collides_with(stage: Stage) -> None:
    assert add(stage, "t2", "t2", WEEK_OFF) == ["t2 04", "t2 06"]
    assert add(stage, "t2", "t2") == []


def test_a_therapist_sees_and_keeps_her_own_alone(stage: Stage) -> None:
    add(stage, "t1", "t1")
    add(stage, "m1", "t2", kind="sick")

    assert shown(stage, "t1") == [("t1", "leave")]
    with pytest.raises(NotAllowed):
        add(stage, "t1", "t2")
    with pytest.raises(NotAllowed):
        drop(stage, "t2", "t1")
    drop(stage, "t1", "t1")
    assert shown(stage, "t1") == []


def test_a_manager_keeps_those_of_the_own_district_alone(stage: Stage) -> None:
    add(stage, "t1", "t1")
    add(stage, "t4", "t4")

    assert shown(stage, "m1") == [("t1", "leave")]
    assert shown(stage, "m2") == [("t4", "leave")]
    with pytest.raises(NotAllowed) as refused:
        add(stage, "m1", "t5")
    assert refused.value.why is Denial.NOT_YOUR_DISTRICT
    with pytest.raises(NotAllowed):
        drop(stage, "m1", "t4")


def test_what_has_begun_only_a_manager_removes(stage: Stage) -> None:
    begun = span("2026-02-27T00:00", "2026-03-04T00:00")
    with pytest.raises(InvalidInput, match="starts"):
        add(stage, "t1", "t1", begun)
    add(stage, "m1", "t1", begun)

    with pytest.raises(Conflict):
        drop(stage, "t1", "t1", begun)
    drop(stage, "m1", "t1", begun)
    with pytest.raises(NotFound):
        drop(stage, "m1", "t1", begun)


def test_what_makes_no_sense_is_refused(stage: Stage) -> None:
    with pytest.raises(InvalidInput, match="kind"):
        add(stage, "t1", "t1", kind="holiday")
    with pytest.raises(InvalidInput, match="ends"):
        add(stage, "t1", "t1", span("2026-04-01T00:00", "2028-05-01T00:00"))
    add(stage, "t1", "t1")
    with pytest.raises(Conflict):
        add(stage, "t1", "t1", span("2026-04-07T00:00", "2026-04-09T00:00"))


def test_a_file_shows_every_fault_before_anything_is_kept(stage: Stage) -> None:
    faulty = (
        f"{HEADER}t1,2026-03-03T00:00,2026-03-04T00:00,leave\n"
        "t4,2026-03-03T00:00,2026-03-04T00:00,leave\n"
        "t2,2026-03-05,2026-03-04T00:00,leave\n"
        "t3,2026-03-05T00:00,2026-03-06T00:00,fun\n"
    ).encode()

    read = asked(stage, "m1", lambda g: absences.preview(g, "away.csv", faulty))

    assert [(f.place.line, f.place.field) for f in read.faults if f.place is not None] == [
        (3, "therapist"),  # Järva's
        (4, "starts_at"),
        (5, "kind"),
    ]
    assert [a.therapist for a in read.absences] == ["t1"]
    assert [shift.therapist for _, shift in read.collisions] == ["t1"]
    with pytest.raises(InvalidInput):
        asked(stage, "m1", lambda g: absences.bring(g, "away.csv", faulty))
    assert shown(stage, "m1") == []


def test_a_file_is_the_truth_for_whom_it_names(stage: Stage) -> None:
    add(stage, "t1", "t1")
    content = f"{HEADER}t1,2026-04-06T00:00,2026-04-10T00:00,sick\n".encode()

    change = asked(stage, "m1", lambda g: absences.bring(g, "away.csv", content))

    assert (change.added, change.removed) == (1, 1)
    assert shown(stage, "m1") == [("t1", "sick")]
    with pytest.raises(NotAllowed):
        asked(stage, "t1", lambda g: absences.preview(g, "away.csv", content))


def test_days_off_of_a_proposal_are_kept_for_the_own_staff_once(stage: Stage) -> None:
    days = [
        Absence(span(f"2026-03-1{n}T00:00", f"2026-03-1{n + 1}T00:00"), TherapistId(who), kind)
        for n, who, kind in (
            (0, "t1", AbsenceKind.COMPENSATION),
            (1, "t4", AbsenceKind.COMPENSATION),
        )
    ]

    assert asked(stage, "m1", lambda g: absences.add_days_off(g, days)) == 1
    assert asked(stage, "m1", lambda g: absences.add_days_off(g, days)) == 0
    assert shown(stage, "m2") == []
    with pytest.raises(NotAllowed):
        asked(stage, "t1", lambda g: absences.add_days_off(g, days))


def test_an_address_shows_once_and_ends_when_its_owner_says_so(stage: Stage) -> None:
    address = asked(stage, "t1", lambda g: calendars.make(g, EFTERVARD, "https://jour.example.se"))
    token = address.removeprefix("https://jour.example.se/calendar/").removesuffix(".ics")
    (link,) = asked(stage, "t1", calendars.own)

    def use(own: Gate) -> object:
        return calendar_links.use(own.connection, token, own.now).therapist

    assert asked(stage, "t1", use) == "t1"
    assert asked(stage, "t2", calendars.own) == ()
    with pytest.raises(NotFound):
        asked(stage, "t2", lambda g: calendars.revoke(g, link.id))
    asked(stage, "t1", lambda g: calendars.revoke(g, link.id))
    with pytest.raises(NotFound):
        asked(stage, "t1", use)


def test_nobody_has_addresses_without_end_and_managers_have_none(stage: Stage) -> None:
    for _ in range(calendars.MOST):
        asked(stage, "t1", lambda g: calendars.make(g, EFTERVARD, "https://jour.example.se"))

    with pytest.raises(Conflict):
        asked(stage, "t1", lambda g: calendars.make(g, EFTERVARD, "https://jour.example.se"))
    with pytest.raises(NotAllowed):
        asked(stage, "m1", calendars.own)
