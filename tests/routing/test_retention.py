"""Which term applies, from when it counts, and what keeps something past it."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from routing.organisation import Retention, Term
from routing.retention import Cutoffs, Fate, Kept, Ordered, cutoffs, of_contact, of_note, of_order
from tests.examples import STOCKHOLM, at

NOW = at("2028-06-15T03:00")
CUT = cutoffs(Retention(), NOW, [STOCKHOLM])
A_MOMENT = timedelta.resolution
OLD, NEW = at("2026-06-14T23:59"), at("2026-06-15T00:00")


@pytest.mark.parametrize(
    ("term", "first_that_stays"),
    [
        ("contacts", "2026-06-15T00:00"),
        ("notes", "2026-06-15T00:00"),
        ("message_bodies", "2028-06-01T00:00"),
        ("audit", "2023-06-01T00:00"),  # whole months, as they are sampled
        ("traces", "2028-03-17T00:00"),
        ("feedback", "2027-06-15T00:00"),
        ("working_time", "2025-01-01T00:00"),  # three whole years after the one it was in
    ],
)
def test_what_is_counted_from_the_day_itself_stays_and_from_the_day_before_goes(
    term: str, first_that_stays: str
) -> None:
    assert getattr(CUT, term) == at(first_that_stays)


def test_it_is_the_same_all_day_and_another_day_after_midnight() -> None:
    evening = cutoffs(Retention(), at("2028-06-15T23:59"), [STOCKHOLM])
    assert evening == CUT
    assert cutoffs(Retention(), at("2028-06-16T00:00"), [STOCKHOLM]) != CUT


def test_of_several_zones_nothing_goes_before_its_term_in_any() -> None:
    zones = [STOCKHOLM, ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")]
    both = cutoffs(Retention(), NOW, zones)
    alone = [cutoffs(Retention(), NOW, [zone]) for zone in zones]
    assert both.contacts == min(one.contacts for one in alone)


def test_a_trace_is_kept_no_longer_than_the_contact_that_it_is_of() -> None:
    short = cutoffs(Retention(contacts=Term(days=30)), NOW, [STOCKHOLM])
    assert short.traces == short.contacts


@pytest.mark.parametrize(
    ("kept", "fate"),
    [
        (Kept(NEW), Fate.STAYS),
        (Kept(OLD), Fate.GOES),
        (Kept(OLD, is_held=True), Fate.HELD),
        (Kept(NEW, is_held=True), Fate.STAYS),  # its time has not come: nothing to count
        (Kept(OLD, written_at=OLD), Fate.WAITS),
        (Kept(OLD, written_at=OLD, filed_at=OLD), Fate.GOES),
        (Kept(OLD, written_at=OLD, filed_at=OLD - A_MOMENT), Fate.WAITS),
        (Kept(OLD, written_at=OLD, filed_at=NOW), Fate.GOES),
        (Kept(OLD, written_at=NEW, filed_at=NOW), Fate.STAYS),  # an addendum came later
        (Kept(OLD, written_at=OLD, is_held=True), Fate.HELD),
    ],
)
def test_what_becomes_of_a_contact(kept: Kept, fate: Fate) -> None:
    assert of_contact(kept, CUT) is fate


def shortened(**terms: Term) -> Cutoffs:
    return cutoffs(replace(Retention(), **terms), NOW, [STOCKHOLM])


def test_a_note_may_go_before_its_contact_and_keeps_it_where_it_stays_longer() -> None:
    written = at("2027-09-01T20:00")
    kept = Kept(written, written_at=written, filed_at=NOW)
    shorter = shortened(notes=Term(months=6))
    assert (of_note(kept, shorter), of_contact(kept, shorter)) == (Fate.GOES, Fate.STAYS)

    old = Kept(OLD, written_at=OLD, filed_at=NOW)
    longer = shortened(notes=Term(months=36))
    assert (of_note(old, longer), of_contact(old, longer)) == (Fate.STAYS, Fate.STAYS)


def test_a_contact_without_a_note_has_none_that_goes() -> None:
    assert of_note(Kept(OLD), CUT) is Fate.STAYS


REPORT = (OLD, NOW)


@pytest.mark.parametrize(
    ("ordered", "fate"),
    [
        (Ordered(OLD), Fate.GOES),
        (Ordered(NEW), Fate.STAYS),
        (Ordered(OLD, (REPORT,)), Fate.GOES),
        (Ordered(OLD, ((OLD, None),)), Fate.WAITS),
        (Ordered(OLD, (REPORT, (OLD, OLD - A_MOMENT))), Fate.WAITS),
        (Ordered(OLD, (), (Fate.GOES, Fate.WAITS)), Fate.WAITS),
        (Ordered(OLD, (), (Fate.HELD, Fate.WAITS)), Fate.HELD),
        (Ordered(OLD, (), (Fate.HELD, Fate.STAYS)), Fate.STAYS),
        (Ordered(OLD, (REPORT,), (Fate.GOES,)), Fate.GOES),
        (Ordered(OLD, is_held=True), Fate.HELD),
    ],
)
def test_a_follow_up_goes_with_all_its_calls_or_not_at_all(ordered: Ordered, fate: Fate) -> None:
    assert of_order(ordered, CUT) is fate


def test_the_night_on_which_clocks_change_has_one_midnight_too() -> None:
    cut = cutoffs(Retention(contacts=Term(days=1)), at("2026-03-30T03:00"), [STOCKHOLM])
    assert cut.contacts == at("2026-03-29T00:00")
    assert isinstance(cut.contacts, datetime)
