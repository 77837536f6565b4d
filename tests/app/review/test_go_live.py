"""The list before going live: what is ticked by the service, and what it leaves to people."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.review.diagnosis import Diagnosis, error, warning
from app.review.go_live import Facts, Item, Part, checked, is_ready
from app.review.go_live_by_hand import by_hand
from routing.access import Office
from routing.finding import Severity
from routing.ids import TherapistId
from routing.organisation import Manager, Organisation, Validity
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, at, organisation

NOW = at("2026-03-03T12:00")
ALL_THERE = Facts(
    NOW,
    {TherapistId(f"t{n}"): NOW - timedelta(days=n) for n in range(1, 7)},
    {
        (Office.ADMINISTRATOR, JARVA),
        (Office.REVIEWER, JARVA),
        (Office.REVIEWER, HASSELBY_VALLINGBY),
    },
    NOW - timedelta(hours=9),
    {EFTERVARD},
)


def codes(items: tuple[Item, ...]) -> set[str]:
    """What is wrong."""
    return {one.code for one in items if one.is_right is False}


def managed() -> Organisation:
    """The two districts, each with a manager who has a telephone."""
    own = organisation()
    phone = own.therapists[TherapistId("t1")].phone
    managers = tuple(Manager(f"m-{d}", "", phone, None, d) for d in own.districts)
    return replace(own, managers=managers)


def test_where_everything_is_right_it_is_ready() -> None:
    found = checked((), managed(), ALL_THERE)

    assert codes(found) == set()
    assert is_ready(found)


def test_a_fresh_service_is_told_of_what_is_missing() -> None:
    found = checked((), organisation(), Facts(NOW))

    assert codes(found) == {
        "no_backup", "administrator", "line_canary", "manager", "reviewer", "unconfirmed"
    }  # fmt: skip
    assert not is_ready(found)


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        (warning("no_mail"), "mail"),
        (error("clock_never"), "clock"),
        (error("account_trial"), "account"),
        (error("account_odd"), "settings"),
        (error("number_voice", line=EFTERVARD, address="x"), "line_number"),
        (warning("canary_failed", line=EFTERVARD), "line_canary"),
        (warning("no_office", line=EFTERVARD, district=JARVA), "line_fallback"),
        (warning("never_heard_of", line=EFTERVARD), "line_other"),
        (warning("never_heard_of"), "other"),
        (warning("never_heard_of", district=JARVA), "other"),
        (warning("texts_fail", therapist="t1", count=3, last=NOW), "phone"),
        (
            warning(
                "mandate_ends", principal=JARVA, staff=HASSELBY_VALLINGBY, reference="", last=NOW
            ),
            "mandate",
        ),
    ],
)
def test_every_finding_spoils_one_line_of_the_list(finding: Diagnosis, code: str) -> None:
    found = checked([finding], managed(), ALL_THERE)

    assert codes(found) == {code}
    assert [one.findings for one in found if one.findings] == [(finding,)]


def test_what_the_carrier_was_not_asked_is_not_right() -> None:
    found = checked([warning("carrier_unasked", line=EFTERVARD)], managed(), ALL_THERE)

    assert codes(found) == {"line_number", "account"}


def test_a_remark_is_no_fault() -> None:
    assert is_ready(checked([Diagnosis("x", Severity.INFO)], managed(), ALL_THERE))


def test_a_mandate_is_wanted_in_each_direction_and_in_force() -> None:
    own = managed()
    first, second = own.mandates
    past = replace(second, valid=Validity(None, NOW.date() - timedelta(days=1)))
    found = checked((), replace(own, mandates=(first, past)), ALL_THERE)

    assert [dict(one.values) for one in found if one.code == "no_mandate"] == [
        {"principal": second.principal, "staff": second.staff_of}
    ]
    ends = next(one for one in found if one.code == "mandate")
    assert (ends.values["reference"], ends.values["last"]) == (first.reference, first.valid.last)


def test_a_line_without_a_fallback_or_check_in_and_an_old_backup_are_wrong() -> None:
    own = managed()
    bare = replace(own.lines[EFTERVARD], fallback=(), check_in=None)
    old = replace(ALL_THERE, backed_up=NOW - timedelta(days=3))

    found = checked((), replace(own, lines={EFTERVARD: bare}), old)

    assert codes(found) == {"line_fallback", "line_check_in", "backup"}


def test_people_are_asked_what_the_service_cannot_see() -> None:
    found = by_hand(organisation(), NOW)

    calls = [one.code for one in found if one.code.startswith("call_")]
    assert {one.is_right for one in found} == {None}
    assert calls == [f"call_{n}" for n in (
        "telia", "tele2", "telenor", "tre", "prepaid", "landline", "withheld", "abroad"
    )]  # fmt: skip
    assert [one.values["district"] for one in found if one.code == "decided"] == [
        HASSELBY_VALLINGBY,
        JARVA,
    ]
    assert [one.values["language"] for one in found if one.code == "greeting"] == list(
        organisation().lines[EFTERVARD].languages
    )
    assert [one.part for one in by_hand(None, NOW)][-1] is Part.CHANGEOVER
