"""What in the reading log is flagged: the examples that the rules were written from."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from routing.access import GRACE, Act, Office, Viewer
from routing.intervals import Interval
from routing.reading_flags import MANY, REFUSALS, Flag, Flagged, Look, flags
from tests.examples import HASSELBY_VALLINGBY, JARVA, at, line, span

TUESDAY, SATURDAY = "2026-03-03", "2026-03-07"
DUTY = span(f"{TUESDAY}T17:00", f"{TUESDAY}T22:00")
OWN = Viewer("t1", Office.THERAPIST, HASSELBY_VALLINGBY)
OTHERS = Viewer("t4", Office.THERAPIST, JARVA)


def look(moment: str | datetime, *, id_: int = 1, **changed: object) -> Look:
    """A therapist of the district reads a contact that was not hers."""
    when = at(moment) if isinstance(moment, str) else moment
    fields: dict[str, Any] = {"viewer": OWN, "act": Act.READ, "matter": "c", **changed}
    return Look(id=id_, at=when, **fields)


def others(moment: str | datetime, **changed: object) -> Look:
    """A therapist of the other district does."""
    theirs: dict[str, Any] = {"viewer": OTHERS, "employed": False, **changed}
    return look(moment, **theirs)


def flagged(*looks: Look) -> dict[int, list[Flag]]:
    return {id_: [one.flag for one in why] for id_, why in flags(looks, line()).items()}


def of(one: Look) -> list[Flag]:
    return flagged(one).get(one.id, [])


@pytest.mark.parametrize(
    ("moment", "duty", "expected"),
    [
        (f"{TUESDAY}T19:00", DUTY, []),
        (f"{TUESDAY}T17:00", DUTY, []),
        (f"{TUESDAY}T22:59", DUTY, []),  # to finish a note
        (DUTY.end + GRACE, DUTY, [Flag.OUTSIDE_DUTY]),
        (f"{TUESDAY}T16:59", DUTY, [Flag.OUTSIDE_DUTY]),
        (f"{TUESDAY}T12:00", None, [Flag.OUTSIDE_DUTY]),
    ],
)
def test_another_districts_therapist_reads_on_her_duty_and_an_hour_after(
    moment: str | datetime, duty: Interval | None, expected: list[Flag]
) -> None:
    assert of(others(moment, duty=duty)) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (f"{TUESDAY}T06:00", []),
        (f"{TUESDAY}T21:59", []),
        (f"{TUESDAY}T05:59", [Flag.ODD_HOURS]),
        (f"{TUESDAY}T22:00", [Flag.ODD_HOURS]),
        (f"{SATURDAY}T12:00", [Flag.ODD_HOURS]),
        ("2026-12-24T12:00", [Flag.ODD_HOURS]),  # a Thursday, and Christmas Eve
    ],
)
def test_the_districts_own_read_when_people_are_at_work(moment: str, expected: list[Flag]) -> None:
    assert of(look(moment)) == expected


def test_the_districts_own_read_at_any_hour_of_their_duty() -> None:
    duty = span(f"{SATURDAY}T10:00", f"{SATURDAY}T22:00")

    assert of(look(f"{SATURDAY}T12:00", duty=duty)) == []


def test_a_page_of_the_log_says_no_word_and_is_looked_at_at_any_hour() -> None:
    assert of(look(f"{SATURDAY}T12:00", act=Act.LOG)) == []
    assert of(others(f"{SATURDAY}T12:00", act=Act.LOG)) == [Flag.OUTSIDE_DUTY]


def test_only_odd_hours_are_often_innocent() -> None:
    assert [flag for flag in Flag if not flag.is_grave] == [Flag.ODD_HOURS]


def test_a_protected_person_is_flagged_where_something_of_hers_is_read() -> None:
    assert of(look(f"{TUESDAY}T12:00", protected=True)) == [Flag.PROTECTED]
    assert of(look(f"{TUESDAY}T12:00", protected=True, act=Act.LOG)) == []


def test_the_gravest_reason_stands_first() -> None:
    assert of(others(f"{TUESDAY}T12:00", protected=True)) == [Flag.OUTSIDE_DUTY, Flag.PROTECTED]


def test_whoever_had_the_contact_is_never_flagged_for_reading_it() -> None:
    assert of(others(f"{SATURDAY}T03:00", had_it=True, protected=True, refused=True)) == []


def test_to_read_the_reading_log_is_not_flagged_but_to_be_refused_it_is() -> None:
    assert of(look(f"{SATURDAY}T12:00", act=Act.REVIEW)) == []
    assert of(look(f"{SATURDAY}T12:00", act=Act.REVIEW, refused=True)) == [Flag.ODD_HOURS]


def one_a_minute(number: int, every: int = 1, **changed: object) -> list[Look]:
    """Different contacts, read one after the other from noon."""
    noon = at(f"{TUESDAY}T12:00")
    return [
        look(
            noon + timedelta(minutes=n * every),
            id_=n + 1,
            **{"matter": f"c{n}", **changed},
        )
        for n in range(number)
    ]


def test_more_look_ups_within_an_hour_than_an_evening_has() -> None:
    looks = one_a_minute(MANY + 2)

    assert flags(looks, line()) == {
        MANY + 1: (Flagged(Flag.MANY_LOOK_UPS, MANY + 1),),
        MANY + 2: (Flagged(Flag.MANY_LOOK_UPS, MANY + 2),),
    }


def test_the_order_in_which_they_are_told_of_makes_no_difference() -> None:
    looks = one_a_minute(MANY + 1)

    assert flagged(*reversed(looks)) == flagged(*looks) != {}


def test_an_hour_is_an_hour() -> None:
    assert flagged(*one_a_minute(3 * MANY, every=60 // MANY)) == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"matter": "a handover"},  # at the meeting all of it is read
        {"had_it": True},
        {"in_duty": True},
        {"act": Act.LOG},
        {"matter": None},
    ],
)
def test_what_she_is_there_for_is_not_many(changed: dict[str, Any]) -> None:
    assert flagged(*one_a_minute(2 * MANY, **changed)) == {}


def test_many_are_counted_for_each_reader() -> None:
    half = MANY // 2 + 1
    looks = one_a_minute(half)
    someone = Viewer("t2", Office.THERAPIST, HASSELBY_VALLINGBY)
    theirs = [
        look(one.at, id_=one.id + 100, viewer=someone, matter=f"{one.matter}x") for one in looks
    ]

    assert flagged(*looks, *theirs) == {}


def refusals(*moments: str) -> list[Look]:
    return [look(m, id_=n, refused=True) for n, m in enumerate(moments, start=1)]


def test_the_third_refusal_within_a_day_is_flagged() -> None:
    looks = refusals(f"{TUESDAY}T09:00", f"{TUESDAY}T10:00", f"{TUESDAY}T11:00")

    assert flags(looks, line()) == {REFUSALS: (Flagged(Flag.REFUSED_AGAIN, REFUSALS),)}


def test_refusals_of_one_moment_are_one_try() -> None:
    assert flagged(*refusals(*[f"{TUESDAY}T09:00"] * 5)) == {}


def test_refusals_of_two_days_are_not_put_together() -> None:
    found = flagged(*refusals(f"{TUESDAY}T09:00", f"{TUESDAY}T10:00", "2026-03-04T09:00"))

    assert found == {}


def test_what_was_granted_after_refusals_is_no_refusal() -> None:
    looks = refusals(f"{TUESDAY}T09:00", f"{TUESDAY}T09:05", f"{TUESDAY}T09:10")

    assert 9 not in flagged(*looks, look(f"{TUESDAY}T09:11", id_=9))
