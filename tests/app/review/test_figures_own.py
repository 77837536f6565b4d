"""What each figure of a district's own contacts counts, and what it leaves out."""

from datetime import date, timedelta

import pytest

from app.review.figures_own import Own, Spread, own_figures, spread
from app.review.figures_period import Length, Period, period_of
from routing.contact import Attempt, Channel, Contact, Direction, Outcome
from routing.errors import InvalidInput
from tests.examples import STOCKHOLM, at
from tests.routing.contacts import contact

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), Length.MONTH)
NOW = at("2026-05-01T12:00")
EVENING = at("2026-03-03T19:30")


def figures(*some: Contact) -> Own:
    return own_figures(some, MARCH.span(STOCKHOLM), STOCKHOLM, NOW)


def minutes(*numbers: int) -> list[timedelta]:
    return [timedelta(minutes=number) for number in numbers]


def test_a_call_counts_as_to_be_answered_unless_closed_blocked_or_going_on() -> None:
    outcomes = [*Outcome, Outcome.ANSWERED]
    calls = figures(
        *(contact(EVENING, outcome, waited=10) for outcome in outcomes),
        contact(NOW, None),
        contact(EVENING, Outcome.ANSWERED, direction=Direction.OUTBOUND),
        contact(EVENING, Outcome.RELAYED, channel=Channel.TEXT),
    ).calls

    assert (calls.number, calls.answered, calls.by_fallback) == (6, 2, 1)
    assert (calls.abandoned, calls.unmet) == (1, 2)
    assert calls.wait == Spread(2, timedelta(seconds=10), timedelta(seconds=10))


def test_a_fallback_counts_where_it_was_rung_whether_or_not_it_answered() -> None:
    rung = Attempt("fallback-1", EVENING, None, EVENING, "no_answer", 0)
    some = [contact(EVENING, Outcome.FALLBACK_FAILED, attempts=(rung,))]
    from dataclasses import replace  # noqa: PLC0415

    calls = figures(*(replace(one, escalated_to="fallback-1") for one in some)).calls

    assert (calls.sent_on, calls.by_fallback, calls.unmet) == (1, 0, 1)


def test_median_and_ninth_tenth_are_lengths_that_there_were() -> None:
    assert spread([]) == Spread(0, None, None)
    assert spread(minutes(7)) == Spread(1, *minutes(7, 7))
    assert spread(minutes(3, 1, 2, 4)) == Spread(4, *minutes(2, 4))
    assert spread(minutes(*range(10, 0, -1))) == Spread(10, *minutes(5, 9))
    assert spread(minutes(*range(1, 12))) == Spread(11, *minutes(6, 10))


def test_a_missed_caller_is_met_by_a_call_back_or_by_calling_again_within_48_hours() -> None:
    def later(hours: float, **more: object) -> Contact:
        return contact(EVENING + timedelta(hours=hours), Outcome.ANSWERED, **more)  # type: ignore[arg-type]

    missed = figures(
        contact(EVENING, Outcome.MISSED, key=b"a"),
        later(1, key=b"a", direction=Direction.OUTBOUND),
        later(2, key=b"a"),
        contact(EVENING, Outcome.ABANDONED, key=b"b"),
        later(3, key=b"b"),
        contact(EVENING, Outcome.UNDELIVERED, key=b"c", channel=Channel.TEXT),
        later(48.1, key=b"c"),
        contact(EVENING, Outcome.MISSED, key=None),
        contact(EVENING, Outcome.MISSED, key=b"d", direction=Direction.OUTBOUND),
    ).missed

    assert (missed.number, missed.called_back, missed.came_back) == (4, 1, 1)
    assert (missed.withheld, missed.open, missed.share_base) == (1, 0, 3)
    assert missed.until_met == Spread(2, timedelta(hours=1), timedelta(hours=3))


def test_who_was_missed_at_the_end_of_the_period_is_found_after_it() -> None:
    last = at("2026-03-31T21:50")
    own = figures(
        contact(last, Outcome.MISSED),
        contact(last + timedelta(hours=13), Outcome.ANSWERED, direction=Direction.OUTBOUND),
    )

    assert (own.number, own.missed.called_back) == (1, 1)


def test_who_was_missed_just_now_is_neither_met_nor_left() -> None:
    now = EVENING + timedelta(hours=2)
    own = own_figures([contact(EVENING, Outcome.MISSED)], MARCH.span(STOCKHOLM), STOCKHOLM, now)

    assert (own.missed.number, own.missed.open, own.missed.share_base) == (1, 1, 0)


def test_weeks_begin_on_mondays_and_empty_ones_stand_there_too() -> None:
    weeks = figures(
        contact(at("2026-03-01T23:59"), Outcome.ANSWERED),
        contact(at("2026-03-02T00:00"), Outcome.RELAYED, channel=Channel.TEXT),
        contact(at("2026-03-31T23:59"), Outcome.MISSED, direction=Direction.OUTBOUND),
        contact(at("2026-04-01T00:00"), Outcome.ANSWERED),
    ).weeks

    assert [(w.monday.day, w.calls, w.texts, w.outgoing) for w in weeks] == [
        (23, 1, 0, 0), (2, 0, 1, 0), (9, 0, 0, 0), (16, 0, 0, 0), (23, 0, 0, 0), (30, 0, 0, 1)
    ]  # fmt: skip


def test_hours_are_stockholms_also_on_the_night_when_the_clocks_change() -> None:
    hours = figures(
        contact(at("2026-03-29T03:30+02:00"), Outcome.ANSWERED),
        contact(at("2026-03-29T01:30+01:00"), Outcome.ANSWERED),
        contact(at("2026-03-03T19:59"), Outcome.MISSED),
        contact(at("2026-03-03T19:00"), Outcome.MISSED, direction=Direction.OUTBOUND),
    ).hours

    assert dict(hours) == {(6, 3): 1, (6, 1): 1, (1, 19): 1}


def test_every_incoming_contact_is_once_in_each_split() -> None:
    own = figures(
        contact(EVENING, Outcome.ANSWERED),
        contact(EVENING, Outcome.BLOCKED),
        contact(EVENING, Outcome.CLOSED, channel=Channel.TEXT),
        contact(EVENING, Outcome.ANSWERED, direction=Direction.OUTBOUND),
    )

    outgoing = sum(own.outgoing.values())
    for split in (own.outcomes, own.roles, own.hours):
        assert sum(split.values()) + outgoing == own.number == 4


@pytest.mark.parametrize(
    ("length", "first", "last"),
    [
        (Length.MONTH, "2026-02-01", "2026-02-28"),
        (Length.QUARTER, "2026-01-01", "2026-03-31"),
        (Length.HALF_YEAR, "2026-01-01", "2026-06-30"),
        (Length.YEAR, "2026-01-01", "2026-12-31"),
    ],
)
def test_periods_follow_each_other_without_a_gap(length: Length, first: str, last: str) -> None:
    period = period_of(length, date(2026, 2, 11))

    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert period.before().after() == period
    assert period.before().last + timedelta(days=1) == period.first


def test_days_of_ones_own_move_by_their_number_and_have_no_totals() -> None:
    own = Period(date(2026, 3, 1), date(2026, 3, 10))

    assert own.before() == Period(date(2026, 2, 19), date(2026, 2, 28))
    assert own.after().before() == own
    assert own.halves() == period_of(Length.QUARTER, own.first).halves() == ()
    assert len(period_of(Length.YEAR, own.first).halves()) == 2
    for first, last in ((own.last, own.first), (own.first, date(2028, 3, 2))):
        with pytest.raises(InvalidInput):
            Period(first, last)
    with pytest.raises(InvalidInput):
        period_of(Length.OWN, own.first)
