"""What counts as a call-out, how it is rounded and joined, and the hours of a month."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.contact import Channel, Contact, Direction, Outcome
from routing.ids import TherapistId
from routing.intervals import Interval, union
from routing.ledger import Hours, call_outs, hours_of
from tests.examples import STOCKHOLM, at, shift, span
from tests.routing.contacts import attempt, contact

T4 = TherapistId("t4")
NOW = at("2026-03-04T12:00")


def taken(start: str, minutes: float, seconds: int = 0) -> Contact:
    """A call that t4 accepted at *start* and that lasted so long."""
    accepted = at(start) + timedelta(seconds=seconds)
    ended = accepted + timedelta(minutes=minutes)
    return contact(
        accepted - timedelta(seconds=10),
        Outcome.ANSWERED,
        attempts=(attempt("t4", accepted - timedelta(seconds=8), accepted, ended, "answered"),),
        therapist=T4,
    )


def called_out(*contacts: Contact) -> list[Interval]:
    return [*call_outs(contacts, NOW).get(T4, ())]


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        pytest.param(
            [taken("2026-03-03T20:00", 45)], [("20:00", "20:45")], id="whole minutes stay"
        ),
        pytest.param(
            [taken("2026-03-03T20:00", 1.5, seconds=20)], [("20:00", "20:02")], id="outward"
        ),
        pytest.param(
            [taken("2026-03-03T20:00", 5), taken("2026-03-03T20:14", 5)],
            [("20:00", "20:19")],
            id="nine minutes between are no rest",
        ),
        pytest.param(
            [taken("2026-03-03T20:00", 5), taken("2026-03-03T20:15", 5)],
            [("20:00", "20:05"), ("20:15", "20:20")],
            id="ten minutes between are",
        ),
    ],
)
def test_calls_are_rounded_outward_and_joined(
    contacts: list[Contact], expected: list[tuple[str, str]]
) -> None:
    assert called_out(*contacts) == [
        span(f"2026-03-03T{start}", f"2026-03-03T{end}") for start, end in expected
    ]


def test_being_rung_is_no_work_and_a_fallback_is_nobody_s() -> None:
    rung_at = at("2026-03-03T20:00")
    unanswered = attempt("t4", rung_at, None, rung_at + timedelta(seconds=20), "no_answer")
    elsewhere = attempt("fallback-1", rung_at, rung_at, rung_at + timedelta(minutes=5), "answered")

    missed = contact(rung_at, Outcome.FALLBACK_ANSWERED, attempts=(unanswered, elsewhere))

    assert dict(call_outs([missed], NOW)) == {}


def test_a_call_that_goes_on_lasts_until_now() -> None:
    began = NOW - timedelta(minutes=7)
    going_on = contact(began, None, attempts=(attempt("t4", began, began, None, "answered"),))

    assert called_out(going_on) == [Interval(began, NOW)]


@pytest.mark.parametrize("direction", Direction)
def test_a_text_read_or_written_is_a_minute(direction: Direction) -> None:
    text = contact(
        at("2026-03-03T20:00") + timedelta(seconds=30),
        Outcome.RELAYED,
        channel=Channel.TEXT,
        direction=direction,
        therapist=T4,
    )

    assert called_out(text) == [span("2026-03-03T20:00", "2026-03-03T20:01")]


def test_the_hours_of_a_month_tell_red_days_apart() -> None:
    shifts = [
        shift("t4", "2026-03-06T17:00", "2026-03-06T22:00", 1),  # a Friday
        shift("t4", "2026-03-07T10:00", "2026-03-07T22:00", 2),
        shift("t4", "2026-03-31T17:00", "2026-04-01T08:00", 1),
        shift("t5", "2026-03-08T10:00", "2026-03-08T22:00", 1),
    ]
    worked = [
        span("2026-03-06T21:30", "2026-03-06T22:10"),
        span("2026-03-07T12:00", "2026-03-07T13:00"),
    ]

    found = hours_of(T4, shifts, worked, span("2026-03-01T00:00", "2026-04-01T00:00"), STOCKHOLM)

    assert found == Hours(
        standby=timedelta(hours=5 + 12 + 7),
        standby_red=timedelta(hours=12),
        called_out=timedelta(minutes=100),
        called_out_red=timedelta(hours=1),
        occasions=2,
    )


def test_a_night_on_which_the_clocks_change_counts_as_long_as_it_is() -> None:
    night = [shift("t4", "2026-03-28T22:00", "2026-03-29T08:00", 1)]

    found = hours_of(T4, night, [], span("2026-03-01T00:00", "2026-04-01T00:00"), STOCKHOLM)

    assert found.standby == found.standby_red == timedelta(hours=9)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 200)), max_size=12))
def test_call_outs_cover_every_call_and_lie_apart(calls: list[tuple[int, int]]) -> None:
    start = at("2026-03-02T00:00")
    contacts = [_seconds_long(start + timedelta(seconds=s), length) for s, length in calls]

    found = called_out(*contacts)

    talked = union(
        Interval(c.attempts[0].accepted_at or NOW, c.attempts[0].ended_at or NOW) for c in contacts
    )
    assert all(any(f.overlap(t) == t for f in found) for t in talked)
    ten = timedelta(minutes=10)
    assert all(b.start - a.end >= ten for a, b in pairwise(found))


def _seconds_long(accepted: datetime, seconds: int) -> Contact:
    ended = accepted + timedelta(seconds=seconds)
    tries = (attempt("t4", accepted, accepted, ended, "answered"),)
    return contact(accepted, Outcome.ANSWERED, attempts=tries, therapist=T4)
