"""Coverage (R17) and who may be on standby (R20); domain rules 1.3."""

from datetime import date

import pytest

from rota_adapter.findings import check
from routing.finding import Finding, Severity
from routing.intervals import Interval
from routing.organisation import Organisation, Validity
from routing.rota import Rota, Shift
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    STOCKHOLM,
    at,
    line,
    mandate,
    organisation,
    shift,
    span,
    therapist,
)

_TUESDAY = span("2026-03-03T00:00", "2026-03-04T00:00")
_FIRST = shift("t1", "2026-03-03T17:00", "2026-03-03T22:00")
_BACKUP = shift("t4", "2026-03-03T17:00", "2026-03-03T22:00", position=2)


def _found(
    *shifts: Shift,
    within: Interval = _TUESDAY,
    organisation: Organisation = organisation(),  # noqa: B008 - immutable
) -> tuple[Finding, ...]:
    rota = Rota(EFTERVARD, shifts, source="test", read_at=at("2026-03-01T00:00"))
    return check(organisation, line(), rota, within)


def _without(number: int, **changed: object) -> Organisation:
    staff = organisation().therapists | {therapist(number).id: therapist(number, **changed)}  # type: ignore[operator]  # a dict in these examples
    return organisation(therapists=staff)


def test_a_rota_with_everybody_in_place_has_no_findings() -> None:
    assert _found(_FIRST, _BACKUP) == ()


def test_nobody_in_position_one_is_an_error_and_in_another_a_warning() -> None:
    late = shift("t1", "2026-03-03T18:30", "2026-03-03T22:00")
    brief = shift("t4", "2026-03-03T17:00", "2026-03-03T20:00", position=2)

    assert _found(late, brief) == (
        Finding(
            "R17",
            Severity.ERROR,
            None,
            at("2026-03-03T17:00"),
            at("2026-03-03T18:30"),
            "nobody is in position 1 while the line is open",
            "put somebody in position 1 from Tue 2026-03-03 17:00 to Tue 2026-03-03 18:30",
        ),
        Finding(
            "R17",
            Severity.WARNING,
            None,
            at("2026-03-03T20:00"),
            at("2026-03-03T22:00"),
            "nobody is in position 2 while the line is open",
            "put somebody in position 2 from Tue 2026-03-03 20:00 to Tue 2026-03-03 22:00",
        ),
    )


def test_while_the_line_is_closed_nobody_is_missed() -> None:
    assert _found(within=span("2026-03-02T22:00", "2026-03-03T17:00")) == ()


def test_a_holiday_wants_somebody_from_the_morning() -> None:
    good_friday = span("2026-04-03T00:00", "2026-04-04T00:00")
    evening = ("2026-04-03T17:00", "2026-04-03T22:00")

    found = _found(shift("t1", *evening), shift("t4", *evening, position=2), within=good_friday)

    assert [(f.severity, f.starts_at, f.ends_at) for f in found] == [
        (Severity.ERROR, at("2026-04-03T10:00"), at("2026-04-03T17:00")),
        (Severity.WARNING, at("2026-04-03T10:00"), at("2026-04-03T17:00")),
    ]


def test_two_people_in_one_position_are_a_warning() -> None:
    second = shift("t2", "2026-03-03T21:00", "2026-03-03T23:00")

    (found,) = _found(_FIRST, _BACKUP, second)

    assert (found.rule, found.severity, found.therapist) == ("R17", Severity.WARNING, "t2")
    assert (found.starts_at, found.ends_at) == (at("2026-03-03T21:00"), at("2026-03-03T22:00"))
    assert found.message == "t1 and t2 are both in position 1"
    assert found.remedy == (
        "take one of them out of position 1 from Tue 2026-03-03 21:00 to Tue 2026-03-03 22:00"
    )


def test_one_persons_shifts_that_overlap_in_one_position_are_no_double_booking() -> None:
    again = shift("t1", "2026-03-03T20:00", "2026-03-03T22:00")

    assert _found(_FIRST, _BACKUP, again) == ()


def test_one_person_in_two_positions_is_a_warning() -> None:
    both = shift("t1", "2026-03-03T20:00", "2026-03-03T22:00", position=2)

    found = _found(_FIRST, shift("t4", "2026-03-03T17:00", "2026-03-03T20:00", position=2), both)

    assert [(f.severity, f.therapist, f.message, f.remedy) for f in found] == [
        (
            Severity.WARNING,
            "t1",
            "t1 is in position 1 and in position 2, and is rung only once",
            "put somebody else in position 2 from Tue 2026-03-03 20:00 to Tue 2026-03-03 22:00",
        )
    ]


def test_one_person_who_moves_from_one_position_to_another_is_fine() -> None:
    moved = (
        shift("t1", "2026-03-03T17:00", "2026-03-03T20:00"),
        shift("t1", "2026-03-03T20:00", "2026-03-03T22:00", position=2),
        shift("t4", "2026-03-03T17:00", "2026-03-03T20:00", position=2),
        shift("t4", "2026-03-03T20:00", "2026-03-03T22:00"),
    )

    assert _found(*moved) == ()


@pytest.mark.parametrize(
    ("changed", "message", "cure"),
    [
        ({"phone": None}, "t1 has no telephone number", "give t1 one"),
        (
            {"active": Validity(None, date(2026, 3, 2))},
            "t1 is not active",
            "change when t1 is active",
        ),
    ],
)
def test_somebody_who_cannot_be_rung_is_an_error(
    changed: dict[str, object], message: str, cure: str
) -> None:
    (found,) = _found(_FIRST, _BACKUP, organisation=_without(1, **changed))

    assert (found.rule, found.severity, found.therapist) == ("R20", Severity.ERROR, "t1")
    assert found.message == message
    assert found.remedy == (
        "put somebody else in position 1 from Tue 2026-03-03 17:00 to Tue 2026-03-03 22:00, "
        f"or {cure}"
    )


def test_somebody_unknown_is_an_error() -> None:
    (found,) = _found(shift("t9", "2026-03-03T17:00", "2026-03-03T22:00"), _BACKUP)

    assert (found.therapist, found.message) == ("t9", "t9 is not in the organisation file")


def test_a_mandate_that_ends_inside_a_shift_leaves_the_rest_of_it_unlawful() -> None:
    ends = organisation(
        mandates=(
            mandate(JARVA, HASSELBY_VALLINGBY, valid=Validity(None, date(2026, 3, 6))),
            mandate(HASSELBY_VALLINGBY, JARVA),
        )
    )
    weekend = ("2026-03-06T17:00", "2026-03-08T22:00")

    found = _found(
        shift("t1", *weekend),
        shift("t4", *weekend, position=2),
        within=span("2026-03-06T00:00", "2026-03-09T00:00"),
        organisation=ends,
    )

    assert [(f.rule, f.therapist, f.starts_at, f.ends_at, f.message) for f in found] == [
        (
            "R20",
            "t1",
            at("2026-03-07T00:00"),
            at("2026-03-08T22:00"),
            "t1 has no mandate of jarva",
        )
    ]
    assert found[0].remedy.endswith(
        "or load a mandate of jarva for the staff of hasselby-vallingby"
    )


def test_a_successor_is_the_district_whose_mandate_counts_after_a_merger() -> None:
    districts = dict(organisation().districts)
    merged = organisation(
        districts={
            **districts,
            JARVA: type(districts[JARVA])(
                id=JARVA,
                name="Järva",
                valid=Validity(None, date(2026, 1, 1)),
                successor=HASSELBY_VALLINGBY,
                office=None,
                handover_at=districts[JARVA].handover_at,
                notify=(),
            ),
        },
        mandates=(),
    )

    found = _found(_FIRST, _BACKUP, organisation=merged)

    assert [f.message for f in found] == ["t4 has no mandate of hasselby-vallingby"]


def test_only_what_lies_inside_the_span_is_told() -> None:
    unfit = shift("t9", "2026-03-01T17:00", "2026-03-05T22:00")

    found = _found(unfit, _BACKUP, within=span("2026-03-03T18:00", "2026-03-03T20:00"))

    assert [(f.starts_at, f.ends_at) for f in found] == [
        (at("2026-03-03T18:00"), at("2026-03-03T20:00"))
    ]
    assert _found(unfit, within=span("2026-03-06T00:00", "2026-03-06T12:00")) == ()


def test_a_finding_in_json_has_its_times_in_the_lines_zone() -> None:
    (found,) = _found(_BACKUP)

    assert found.as_json(STOCKHOLM) == {
        "rule": "R17",
        "severity": "error",
        "therapist": None,
        "starts_at": "2026-03-03T17:00:00+01:00",
        "ends_at": "2026-03-03T22:00:00+01:00",
        "message": "nobody is in position 1 while the line is open",
        "remedy": "put somebody in position 1 from Tue 2026-03-03 17:00 to Tue 2026-03-03 22:00",
    }


def test_on_the_night_with_an_hour_twice_the_days_are_cut_at_midnight() -> None:
    inactive = _without(1, active=Validity(None, date(2026, 10, 24)))
    weekend = ("2026-10-24T10:00", "2026-10-25T22:00")

    found = _found(
        shift("t1", *weekend),
        shift("t4", *weekend, position=2),
        within=span("2026-10-24T00:00", "2026-10-26T00:00"),
        organisation=inactive,
    )

    assert [(f.starts_at, f.ends_at) for f in found] == [
        (at("2026-10-25T00:00"), at("2026-10-25T22:00"))
    ]
