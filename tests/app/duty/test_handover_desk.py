"""Handovers as people find them on a desk: due, late, done, and what is new in one."""

from collections.abc import Sequence

import pytest

from app.demo.stage import Stage
from app.duty import handover_desk as service
from app.duty import handover_meeting, notes
from app.duty.gate import NotAllowed
from app.duty.handover_desk import Shelves, Waiting
from app.duty.handover_meeting import Meeting, News
from routing.ids import ContactId, HandoverId
from routing.note import Urgency
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS, at_time
from tests.app.duty.desk import (
    CLOCK,
    acknowledge,
    came,
    gate,
    handed_over,
    history,
    open_,
    reading_log,
    the_handover,
    wall,
    write,
)
from tests.app.world import ANSWERS, GUARDIAN, YOUTH, evening
from tests.examples import HASSELBY_VALLINGBY, JARVA

EVENING, ENDS = "2026-03-03T19:00", "2026-03-03T22:00"
MEETING = "2026-03-04T08:30"
TWO_EVENINGS = [*evening("2026-03-03"), *evening("2026-03-04")]


@pytest.fixture
def stage(engine_stage_at: StageAt) -> Stage:
    return engine_stage_at(EVENING, toml=WITH_MANAGERS, shifts=TWO_EVENINGS)


def shelves(stage: Stage, who: str) -> Shelves:
    with gate(stage, who) as own:
        return service.shelves(own)


def news(stage: Stage, who: str, handover: HandoverId) -> News:
    with gate(stage, who) as own:
        return handover_meeting.news(own, handover)


def meeting(stage: Stage, who: str, handover: HandoverId) -> Meeting:
    with gate(stage, who) as own:
        return handover_meeting.meeting(own, handover)


def on(shelf: Sequence[Waiting]) -> list[tuple[str, int, int, str, int]]:
    """Due when, how many contacts, how many lack a note, how urgent, how many unmet."""
    return [
        (wall(w.handover.due_at), len(w.handover.contacts), w.without_note, w.urgency, w.unmet)
        for w in shelf
    ]


def test_it_is_to_come_then_due_then_late_then_done(stage: Stage) -> None:
    handover = handed_over(stage)
    the_one = [("2026-03-04 08:30", 1, 0, "normal", 0)]
    found = shelves(stage, "t2")
    assert (on(found.to_come), found.now, found.late, found.done) == (the_one, (), (), ())
    at_time(stage, MEETING, sweeps=CLOCK)
    found = shelves(stage, "t2")
    assert (on(found.now), found.to_come, found.late, found.done) == (the_one, (), (), ())
    at_time(stage, "2026-03-04T08:31", sweeps=CLOCK)
    found = shelves(stage, "t2")
    assert (on(found.late), found.to_come, found.now, found.done) == (the_one, (), (), ())

    acknowledge(stage, "t2", handover)
    for who in ("t1", "m1"):
        found = shelves(stage, who)
        assert (on(found.done), found.to_come, found.now, found.late) == (the_one, (), (), ())
        (done,) = found.done
        assert done.acknowledged is not None
        assert (done.acknowledged.actor, wall(done.acknowledged.at)) == ("t2", "2026-03-04 08:31")


def test_what_is_done_goes_after_a_month_and_what_is_not_stays(stage: Stage) -> None:
    first = handed_over(stage)
    acknowledge(stage, "t2", first)
    came(stage, "b", "2026-03-04T20:00")
    at_time(stage, "2026-03-04T22:00", sweeps=CLOCK)
    at_time(stage, "2026-04-10T09:00", sweeps=("outbox.send",))

    found = shelves(stage, "t2")

    assert found.done == ()
    assert on(found.late) == [("2026-03-05 08:30", 1, 0, "normal", 0)]


def test_the_desk_counts_what_lacks_and_what_is_urgent_is_first(stage: Stage) -> None:
    stage.call(GUARDIAN, phones={"t4": ANSWERS})
    at_time(stage, ENDS, sweeps=CLOCK)
    at_time(stage, "2026-03-04T19:00", sweeps=CLOCK)
    worst = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    write(stage, "t4", worst, urgency=Urgency.AT_ONCE, broken_agreement=True)
    at_time(stage, "2026-03-04T22:00", "2026-03-05T09:00", sweeps=CLOCK)

    assert on(shelves(stage, "t2").late) == [
        ("2026-03-05 08:30", 1, 0, "at_once", 1),
        ("2026-03-04 08:30", 1, 1, "normal", 0),
    ]
    assert on(shelves(stage, "m1").late) == [
        ("2026-03-05 08:30", 1, 0, "normal", 1),
        ("2026-03-04 08:30", 1, 1, "normal", 0),
    ], "how urgent a note is says something of it"


def test_whoever_took_it_for_the_other_district_learns_that_it_came_and_no_more(
    stage: Stage,
) -> None:
    stage.call(GUARDIAN, phones={"t4": ANSWERS})
    stage.call(GUARDIAN, phones={"t4": ANSWERS})
    stage.call(YOUTH, phones={"t4": ANSWERS})
    at_time(stage, ENDS, sweeps=CLOCK)

    (own,) = shelves(stage, "t4").delivered
    assert (own.district, own.contacts, own.came_at) == (HASSELBY_VALLINGBY, 2, None)
    assert shelves(stage, "t5").delivered == shelves(stage, "m2").delivered == ()
    assert [one.handover.district for one in shelves(stage, "t4").to_come] == [JARVA]

    at_time(stage, MEETING, sweeps=CLOCK)
    acknowledge(stage, "t2", the_handover(stage, HASSELBY_VALLINGBY))
    (own,) = shelves(stage, "t4").delivered
    assert own.came_at is not None
    assert wall(own.came_at) == "2026-03-04 08:30"


def test_the_next_one_is_known_by_the_rota(stage: Stage) -> None:
    next_at = shelves(stage, "t2").next_at
    assert next_at is not None
    assert wall(next_at) == MEETING.replace("T", " ")
    at_time(stage, "2026-03-04T23:00", sweeps=("outbox.send",))
    assert shelves(stage, "t2").next_at is None


def test_looking_at_the_desk_stands_in_the_log_and_others_are_turned_away(stage: Stage) -> None:
    shelves(stage, "t2")
    shelves(stage, "m1")
    with pytest.raises(NotAllowed):
        shelves(stage, "a reviewer")

    assert reading_log(stage, HASSELBY_VALLINGBY) == [
        ("t2", "log", None),
        ("m1", "log", None),
        ("a reviewer", "log", "not_your_office"),
    ]


def test_what_comes_while_the_list_is_read_is_said_and_each_reader_has_her_own(
    stage: Stage,
) -> None:
    handover = handed_over(stage)
    open_(stage, "t2", handover)
    open_(stage, "t1", handover)
    assert not news(stage, "t2", handover)

    came(stage, "b", "2026-03-03T21:00")
    at_time(stage, "2026-03-03T22:10", sweeps=CLOCK)
    assert news(stage, "t2", handover) == News(1, 0, None)
    open_(stage, "t2", handover)
    assert not news(stage, "t2", handover)
    assert news(stage, "t1", handover) == News(1, 0, None)


def test_a_note_or_an_addendum_that_comes_meanwhile_is_said_to_others(stage: Stage) -> None:
    call = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    at_time(stage, ENDS, sweeps=CLOCK)
    handover = the_handover(stage, HASSELBY_VALLINGBY)
    open_(stage, "t2", handover)
    at_time(stage, "2026-03-03T22:10", sweeps=CLOCK)
    write(stage, "t4", call)

    assert news(stage, "t2", handover) == News(0, 1, None)
    open_(stage, "t2", handover)
    assert not news(stage, "t2", handover)

    at_time(stage, "2026-03-03T22:20", sweeps=CLOCK)
    with gate(stage, "t2") as own:
        notes.amend(own, ContactId(call), "Ringde upp.")
    assert not news(stage, "t2", handover), "her own words are no news to her"
    assert news(stage, "t1", handover).contacts == 1


def test_a_later_part_is_said_to_whoever_has_the_first_open(stage: Stage) -> None:
    first = handed_over(stage)
    at_time(stage, MEETING, sweeps=CLOCK)
    acknowledge(stage, "t2", first)
    came(stage, "b", "2026-03-03T21:00")
    at_time(stage, "2026-03-04T10:00", sweeps=CLOCK)

    second = the_handover(stage, HASSELBY_VALLINGBY)
    assert news(stage, "t2", first) == News(0, 0, second)
    (other,) = meeting(stage, "t2", first).parts
    assert (other.id, other.part) == (second, 1)


def test_asking_again_and_again_is_one_row_of_the_log_and_a_stranger_is_turned_away(
    stage: Stage,
) -> None:
    handover = handed_over(stage)
    for _ in range(3):
        news(stage, "t2", handover)
    with pytest.raises(NotAllowed):
        news(stage, "t4", handover)
    with pytest.raises(NotAllowed):
        news(stage, "m1", handover)

    assert reading_log(stage, HASSELBY_VALLINGBY) == [
        ("t2", "log", None),
        ("t4", "read", "not_your_contact"),
        ("m1", "read", "not_your_office"),
    ]


def test_who_has_read_it_is_known_to_the_district_with_the_first_time_and_the_last(
    stage: Stage,
) -> None:
    handover = handed_over(stage)
    open_(stage, "t2", handover)
    at_time(stage, MEETING, sweeps=CLOCK)
    open_(stage, "t1", handover)
    open_(stage, "t2", handover)

    with gate(stage, "m1") as own:
        found = handover_meeting.course(own, handover)
    assert found.readers == meeting(stage, "t2", handover).readers
    assert [(one.who, wall(one.first), wall(one.last)) for one in found.readers] == [
        ("t2", "2026-03-03 22:00", "2026-03-04 08:30"),
        ("t1", "2026-03-04 08:30", "2026-03-04 08:30"),
    ]
    with pytest.raises(NotAllowed), gate(stage, "t4") as other:
        handover_meeting.course(other, handover)


def test_the_list_says_what_is_new_to_her_and_what_nobody_has_read(stage: Stage) -> None:
    handover = handed_over(stage)
    first = meeting(stage, "t2", handover)
    assert (sorted(first.new), sorted(first.unread)) == ([], ["a"]), "all is new, so nothing is"
    came(stage, "b", "2026-03-03T21:00")
    at_time(stage, "2026-03-03T22:10", sweeps=CLOCK)

    other = meeting(stage, "t1", handover)
    assert (sorted(other.new), sorted(other.unread)) == ([], ["b"])
    again = meeting(stage, "t2", handover)
    assert (sorted(again.new), sorted(again.unread)) == (["b"], [])
    assert meeting(stage, "t2", handover).new == frozenset()
    assert history(stage, handover)[-1] == ("opened", "t2")
