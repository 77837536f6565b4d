"""The list before going live: what is ticked by the service, and what it leaves to people."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.review.diagnosis import Diagnosis, error, warning
from app.review.go_live import Facts, Item, Part, checked, is_ready
from app.review.go_live_by_hand import by_hand
from app.review.looks import Look
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
    NOW - timedelta(hours=20),
)


def codes(items: tuple[Item, ...]) -> set[str]:
    """What is wrong."""
    return {one.code for one in items if one.is_right is False}


def not_known(items: tuple[Item, ...]) -> dict[str, set[str]]:
    """What nobody looked at, and why."""
    return {one.code: {each.code for each in one.unseen} for one in items if one.is_right is None}


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
        (warning("no_tracing"), "settings"),
        (error("number_voice", line=EFTERVARD, address="x"), "line_number"),
        (warning("canary_failed", line=EFTERVARD), "line_canary"),
        (error("fallback_differs", line=EFTERVARD), "fallback_copy"),
        (error("only_unsigned", count=3, last=NOW), "webhooks"),
        (warning("some_unsigned", count=1, last=NOW), "webhooks"),
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


@pytest.mark.parametrize(
    ("look", "checks"),
    [
        (Look.DISK, {"disk"}),
        (Look.KEYS, {"keys"}),
        (Look.MAIL, {"mail"}),
        (Look.FRONT, {"front"}),
        (Look.ACCOUNT, {"account"}),
        (Look.NUMBERS, {"line_number", "fallback_copy"}),
    ],
)
def test_what_was_not_finished_is_no_tick_and_no_cross(look: Look, checks: set[str]) -> None:
    found = checked([warning("check_unfinished", what=look)], managed(), ALL_THERE)

    assert codes(found) == set()
    assert not_known(found) == {check: {"check_unfinished"} for check in checks}
    assert not is_ready(found)


def test_every_look_that_may_not_end_hides_a_check() -> None:
    for look in Look:
        assert not_known(checked([warning("check_unfinished", what=look)], managed(), ALL_THERE))


@pytest.mark.parametrize(
    ("finding", "says", "checks"),
    [
        (warning("carrier_unasked", line=EFTERVARD), set(), {"line_number"}),
        (error("carrier_refuses_us"), {"account"}, {"line_number"}),
        (error("no_account"), {"settings"}, {"account", "line_number", "fallback_copy"}),
        (error("no_token"), {"settings"}, {"account", "line_number", "fallback_copy"}),
        (error("public_url_at_home"), {"settings"}, {"front"}),
    ],
)
def test_what_nobody_could_ask_is_not_known(
    finding: Diagnosis, says: set[str], checks: set[str]
) -> None:
    found = checked([finding], managed(), ALL_THERE)

    assert codes(found) == says
    assert not_known(found) == {check: {finding.code} for check in checks}
    assert not is_ready(found)


@pytest.mark.parametrize(
    ("code", "also"),
    [
        ("database_away", {"clock", "webhooks", "last_backup", "administrator"}),
        ("not_migrated", {"clock", "webhooks", "last_backup", "administrator"}),
        ("unreadable", set()),
    ],
)
def test_without_the_database_nothing_that_it_tells_is_known(code: str, also: set[str]) -> None:
    found = checked([error(code)], None, replace(ALL_THERE, backed_up=None))

    by_the_organisation = {"keys", "front", "account", "fallback_copy"}
    assert not_known(found) == {check: {code} for check in by_the_organisation | also}
    assert "database" in codes(found)


def test_what_is_wrong_is_wrong_though_not_all_was_looked_at() -> None:
    away = warning("check_unfinished", what=Look.KEYS)
    found = checked([away, warning("keys_left", count=2)], managed(), ALL_THERE)

    assert codes(found) == {"keys"}
    keys = next(one for one in found if one.code == "keys")
    assert (keys.findings[0].code, keys.unseen) == ("keys_left", (away,))


@pytest.mark.parametrize("heard", [None, NOW - timedelta(days=2, seconds=1)])
def test_signatures_that_nobody_has_seen_are_not_known_to_be_right(heard: datetime | None) -> None:
    found = checked((), managed(), replace(ALL_THERE, heard=heard))

    assert not_known(found) == {"no_webhook": set()}
    assert not is_ready(found)


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
