"""Who is rung, in order, and why anyone is left out; docs/architecture.md, promises 1 and 2."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.ids import ClientId, DistrictId, TherapistId
from routing.ladder import Ladder, Reason, Seeker, ladder
from routing.numbers import parse_number
from routing.organisation import Organisation, Validity
from routing.rota import Shift
from tests.examples import (
    HASSELBY_VALLINGBY,
    JARVA,
    at,
    line,
    mandate,
    organisation,
    shift,
    therapist,
)

_AT = at("2026-03-03T19:04")
_ENDS = at("2026-03-03T22:00")


def _on(therapist: str, position: int) -> Shift:
    return shift(therapist, "2026-03-03T17:00", "2026-03-03T22:00", position)


def _climb(
    *on_call: Shift,
    seeker: Seeker | None = None,
    organisation: Organisation = organisation(),  # noqa: B008 - immutable
    out: dict[TherapistId, Reason] | None = None,
) -> Ladder:
    return ladder(organisation, line(), on_call, seeker or Seeker(JARVA), _AT, out or {})


def _with(*therapists: int, **changed: object) -> Organisation:
    staff = dict(organisation().therapists)
    for number in therapists:
        staff[TherapistId(f"t{number}")] = therapist(number, **changed)
    return organisation(therapists=staff)


@pytest.mark.parametrize(
    ("label", "tried"),
    [
        ("K-1001", ("t1",)),
        ("K-0999/K-1001", ("t1",)),
        ("K-10", ("t4", "t1")),
        ("unknown-7", ("t4", "t1")),
        (None, ("t4", "t1")),
    ],
)
def test_who_knows_the_family_otherwise_is_passed_over_for_it_alone(
    label: str | None, tried: tuple[str, ...]
) -> None:
    """T13: a flag of conflict with the client's family."""
    own = _with(4, not_for=frozenset({ClientId("K-1001")}))

    climbed = _climb(
        _on("t4", 1), _on("t1", 2), organisation=own, seeker=Seeker(JARVA, label=label)
    )

    assert climbed.therapists == tried
    expected = () if len(tried) == 2 else ((TherapistId("t4"), Reason.CONFLICT),)
    assert climbed.left_out == expected


def test_positions_are_tried_in_order_whatever_the_order_given() -> None:
    climbed = _climb(_on("t1", 2), _on("t4", 1), _on("t2", 3))

    assert climbed.therapists == ("t4", "t1", "t2")
    assert [(rung.position, rung.until) for rung in climbed.rungs] == [
        (1, _ENDS),
        (2, _ENDS),
        (3, _ENDS),
    ]
    assert climbed.left_out == ()


def test_the_familys_own_therapist_stands_first_when_on_standby() -> None:
    on_call = (_on("t4", 1), _on("t1", 2))

    assert _climb(*on_call, seeker=Seeker(JARVA, TherapistId("t1"))).therapists == ("t1", "t4")
    assert _climb(*on_call, seeker=Seeker(JARVA, TherapistId("t6"))).therapists == ("t4", "t1")


def test_nobody_on_standby_is_an_empty_ladder() -> None:
    assert _climb() == Ladder((), ())


def test_nobody_is_tried_twice() -> None:
    assert _climb(_on("t4", 1), _on("t4", 2)).therapists == ("t4",)


def test_without_a_mandate_a_therapist_of_another_district_is_left_out() -> None:
    one_way = organisation(mandates=(mandate(JARVA, HASSELBY_VALLINGBY),))
    on_call = (_on("t1", 1), _on("t4", 2))

    assert _climb(*on_call, organisation=one_way).therapists == ("t1", "t4")
    assert _climb(*on_call, organisation=one_way, seeker=Seeker(HASSELBY_VALLINGBY)) == Ladder(
        _climb(*on_call).rungs[:1], ((TherapistId("t4"), Reason.NO_MANDATE),)
    )


def test_an_unassigned_caller_may_be_heard_by_anyone_on_the_line() -> None:
    none = organisation(mandates=())

    assert _climb(_on("t1", 1), _on("t4", 2), organisation=none, seeker=Seeker()).therapists == (
        "t1",
        "t4",
    )


def test_the_mandate_is_judged_on_the_lines_own_date() -> None:
    ended = organisation(
        mandates=(mandate(JARVA, HASSELBY_VALLINGBY, valid=Validity(None, date(2026, 3, 3))),)
    )
    night = shift("t1", "2026-03-03T17:00", "2026-03-04T06:00")

    before = ladder(ended, line(), [night], Seeker(JARVA), at("2026-03-03T23:59:59"), {})
    after = ladder(ended, line(), [night], Seeker(JARVA), at("2026-03-04T00:00"), {})

    assert before.therapists == ("t1",)
    assert after.left_out == ((TherapistId("t1"), Reason.NO_MANDATE),)


@pytest.mark.parametrize("active", [Validity(date(2026, 3, 4)), Validity(None, date(2026, 3, 2))])
def test_somebody_inactive_is_left_out(active: Validity) -> None:
    climbed = _climb(_on("t4", 1), organisation=_with(4, active=active))

    assert climbed.left_out == ((TherapistId("t4"), Reason.INACTIVE),)


def test_somebody_unknown_is_left_out_as_inactive() -> None:
    assert _climb(_on("t9", 1)).left_out == ((TherapistId("t9"), Reason.INACTIVE),)


def test_somebody_without_a_telephone_is_left_out() -> None:
    climbed = _climb(_on("t4", 1), organisation=_with(4, phone=None))

    assert climbed.left_out == ((TherapistId("t4"), Reason.NO_PHONE),)


@pytest.mark.parametrize("reason", [Reason.IN_CALL, Reason.OPTED_OUT, Reason.PAUSED])
def test_somebody_who_is_out_is_left_out_for_the_reason_given(reason: Reason) -> None:
    climbed = _climb(_on("t4", 1), _on("t5", 2), out={TherapistId("t4"): reason})

    assert climbed.therapists == ("t5",)
    assert climbed.left_out == ((TherapistId("t4"), reason),)


def test_what_is_forbidden_is_said_before_what_is_only_so_just_now() -> None:
    none = organisation(mandates=())

    climbed = _climb(_on("t1", 1), organisation=none, out={TherapistId("t1"): Reason.IN_CALL})

    assert climbed.left_out == ((TherapistId("t1"), Reason.NO_MANDATE),)


def test_the_callers_own_number_is_not_rung() -> None:
    climbed = _climb(_on("t4", 1), seeker=Seeker(JARVA, number=therapist(4).phone))

    assert climbed.left_out == ((TherapistId("t4"), Reason.SAME_NUMBER),)


def test_a_number_that_two_share_is_rung_once() -> None:
    climbed = _climb(
        _on("t4", 1), _on("t5", 2), organisation=_with(5, phone=parse_number("+46701740608"))
    )

    assert climbed.therapists == ("t4",)
    assert climbed.left_out == ((TherapistId("t5"), Reason.SAME_NUMBER),)


def test_somebody_left_out_in_two_positions_is_told_of_once() -> None:
    climbed = _climb(_on("t9", 1), _on("t9", 2))

    assert climbed.left_out == ((TherapistId("t9"), Reason.INACTIVE),)


_shifts = st.lists(
    st.builds(_on, st.sampled_from(["t1", "t2", "t4", "t5", "t9"]), st.integers(1, 5)), max_size=6
)
_homes = st.sampled_from([None, JARVA, HASSELBY_VALLINGBY])


@given(_shifts, _homes, st.booleans(), st.sampled_from([None, "t1", "t4"]))
def test_everybody_on_standby_is_tried_once_or_left_out_once_and_nobody_without_mandate(
    on_call: list[Shift], home: DistrictId | None, are_mandated: bool, own: str | None
) -> None:
    who = organisation() if are_mandated else organisation(mandates=())
    seeker = Seeker(home, TherapistId(own) if own else None)

    climbed = ladder(who, line(), on_call, seeker, _AT, {})

    told = [*climbed.therapists, *(name for name, _ in climbed.left_out)]
    assert sorted(told) == sorted({s.therapist for s in on_call})
    for rung in climbed.therapists if home else ():
        assert home is not None
        assert who.may_answer(who.therapists[rung], home, _AT.date())


def test_the_shifts_of_a_position_that_two_hold_are_both_tried() -> None:
    other = replace(_on("t5", 1), time=_on("t4", 1).time)

    assert set(_climb(_on("t4", 1), other).therapists) == {"t4", "t5"}
