"""Call-outs and hours at the edges: what is laid over them, and to whom and when they belong."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from routing.contact import Channel, Direction, Outcome
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.ledger import Correction, Hours, call_outs, corrected, hours_of
from tests.examples import STOCKHOLM, at, shift, span
from tests.routing.contacts import attempt, contact
from tests.routing.weeks import TUE, hours, time

T4, T5 = TherapistId("t4"), TherapistId("t5")
NOW = at("2026-03-04T12:00")
EVENING = time(TUE, "20:00", "21:00")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("corrections", "expected"),
    [
        pytest.param([], [EVENING], id="none"),
        pytest.param(
            [Correction(T4, time(TUE, "20:30", "22:00"), was_work=True)],
            [time(TUE, "20:00", "22:00")],
            id="it went on",
        ),
        pytest.param(
            [Correction(T4, time(TUE, "22:00", "22:30"), was_work=True)],
            [EVENING, time(TUE, "22:00", "22:30")],
            id="there was another",
        ),
        pytest.param(
            [Correction(T4, time(TUE, "20:15", "20:30"), was_work=False)],
            [time(TUE, "20:00", "20:15"), time(TUE, "20:30", "21:00")],
            id="a part of it was none",
        ),
        pytest.param(
            [
                Correction(T4, EVENING, was_work=False),
                Correction(T4, time(TUE, "20:50", "21:10"), was_work=True),
            ],
            [time(TUE, "20:50", "21:10")],
            id="one after the other",
        ),
        pytest.param(
            [
                Correction(T4, time(TUE, "20:50", "21:10"), was_work=True),
                Correction(T4, EVENING, was_work=False),
            ],
            [time(TUE, "21:00", "21:10")],
            id="the other after the one",
        ),
    ],
)
def test_corrections_are_laid_over_in_their_order(
    corrections: list[Correction], expected: list[Interval]
) -> None:
    found = corrected({T4: (EVENING,), T5: (EVENING,)}, corrections)

    assert {who: [*times] for who, times in found.items()} == {T4: expected, T5: [EVENING]}


def test_somebody_without_call_outs_may_have_had_some() -> None:
    mine = {T4: (EVENING,)}

    found = corrected(mine, [Correction(T5, EVENING, was_work=True)])

    assert dict(found) == {T4: (EVENING,), T5: (EVENING,)}
    assert mine == {T4: (EVENING,)}
    assert dict(corrected({}, [Correction(T5, EVENING, was_work=False)])) == {T5: ()}


def test_two_positions_at_once_are_one_standby() -> None:
    day = [
        shift("t4", f"{TUE}T17:00", f"{TUE}T22:00", 1),
        shift("t4", f"{TUE}T18:00", f"{TUE}T23:00", 2),
    ]

    found = hours_of(T4, day, [], time(TUE, "00:00", "22:30"), STOCKHOLM)

    assert found == Hours(hours(5, 30), hours(0), hours(0), hours(0), 0)


def test_call_outs_are_cut_to_what_is_counted() -> None:
    called = [time(TUE, "16:00", "18:00"), time("2026-03-02", "20:00", "21:00")]

    found = hours_of(T4, [], called, time(TUE, "17:00", "23:00"), STOCKHOLM)

    assert found == Hours(hours(0), hours(0), hours(1), hours(0), 1)


@pytest.mark.parametrize(
    ("start", "end", "red"),
    [
        ("2026-03-06T22:00", "2026-03-07T02:00", 2),  # Friday night
        ("2026-03-08T22:00", "2026-03-09T02:00", 2),  # Sunday night
        ("2026-04-02T17:00", "2026-04-03T08:00", 8),  # Good Friday
        ("2026-06-19T08:00", "2026-06-19T10:00", 2),  # Midsummer's eve, a Friday
        ("2026-03-06T00:00", "2026-03-10T00:00", 48),
    ],
)
def test_red_hours_are_those_of_saturdays_sundays_holidays_and_eves(
    start: str, end: str, red: int
) -> None:
    judged = span("2026-03-01T00:00", "2026-07-01T00:00")

    found = hours_of(T4, [shift("t4", start, end)], [span(start, end)], judged, STOCKHOLM)

    assert found.standby_red == found.called_out_red == hours(red)


def test_a_sunday_that_begins_twice_is_red_from_the_first_time_on() -> None:
    azores = ZoneInfo("Atlantic/Azores")  # there the clocks go back at one, to midnight
    two_hours = span("2026-10-25T00:30+00:00", "2026-10-25T01:30-01:00")

    found = hours_of(T4, [], [two_hours], two_hours, azores)

    assert found.called_out_red == hours(2)


def taken(accepted: str, ended: str | None, **more: object) -> tuple[Interval, ...]:
    """What counts of a call that t4 took."""
    end = None if ended is None else at(f"{TUE}T{ended}")
    one = attempt("t4", at(f"{TUE}T{accepted}"), at(f"{TUE}T{accepted}"), end, "answered")
    call = contact(at(f"{TUE}T{accepted}"), Outcome.ANSWERED, attempts=(one,), therapist=T4)
    return call_outs([replace(call, **more)], NOW).get(T4, ())  # type: ignore[arg-type]


def test_call_outs_are_rounded_to_whole_minutes() -> None:
    assert taken("20:00:00", "20:00:00") == (time(TUE, "20:00", "20:01"),)
    assert taken("20:00:00", "20:00:01") == (time(TUE, "20:00", "20:01"),)
    assert taken("20:00:59.5", "20:02:00") == (time(TUE, "20:00", "20:02"),)
    assert taken("20:00:00", "20:01:00.000001") == (time(TUE, "20:00", "20:02"),)


def test_a_call_of_which_only_the_length_is_known_lasts_so_long() -> None:
    assert taken("20:00:00", None, talk=timedelta(minutes=7)) == (time(TUE, "20:00", "20:07"),)


def test_what_ended_before_it_was_taken_is_a_minute() -> None:
    assert taken("20:00:30", "19:59:00") == (time(TUE, "20:00", "20:01"),)


def test_a_call_that_one_made_lasts_until_the_last_that_was_tried_ends() -> None:
    tries = (
        attempt("client", EVENING.start, None, EVENING.start + 20 * SECOND, "no_answer"),
        attempt("client", EVENING.start, EVENING.start, EVENING.start + 300 * SECOND, "answered"),
        attempt("client", EVENING.start, None, None, None),
    )
    made = contact(EVENING.start, None, attempts=tries, direction=Direction.OUTBOUND, therapist=T4)

    assert dict(call_outs([made], NOW)) == {T4: (time(TUE, "20:00", "20:05"),)}


@pytest.mark.parametrize(
    ("channel", "direction"),
    [(Channel.TEXT, Direction.INBOUND), (Channel.VOICE, Direction.OUTBOUND)],
)
def test_a_text_or_a_call_of_nobody_s_is_nobody_s_work(
    channel: Channel, direction: Direction
) -> None:
    one = contact(EVENING.start, None, channel=channel, direction=direction)

    assert dict(call_outs([one], NOW)) == {}


def test_several_who_took_the_same_call_were_all_at_work() -> None:
    tries = (
        attempt("t4", EVENING.start, EVENING.start, EVENING.start + 60 * SECOND, "answered"),
        attempt("t5", EVENING.start, EVENING.start, EVENING.start + 120 * SECOND, "answered"),
    )
    call = contact(EVENING.start, Outcome.ANSWERED, attempts=tries, therapist=T5)

    assert dict(call_outs([call], NOW)) == {
        T4: (time(TUE, "20:00", "20:01"),),
        T5: (time(TUE, "20:00", "20:02"),),
    }
