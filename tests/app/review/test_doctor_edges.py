"""Where the doctor's findings begin: a second, a byte, a day before there is nothing."""

import os
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.duty.notifier import AccountState, Standing
from app.review.coverage import cover
from app.review.diagnosis import Diagnosis
from app.review.doctor import ROTATED_WITHIN, diagnose
from app.review.doctor_files import FILES_NEEDED, FILES_WANTED, ROOM_NEEDED, ROOM_WANTED
from app.review.doctor_settings import LONG_ENOUGH
from app.review.in_time import in_time
from app.review.system_files import Files, Space, files_in
from app.review.system_people import People, Trouble
from app.telephony.outside_account import LIMITED_SINCE, diagnose_account
from app.telephony.outside_front import diagnose_front
from routing.errors import CarrierUnavailable
from routing.finding import Severity
from routing.ids import TherapistId
from routing.organisation import Validity
from routing.rota import Rota, Shift
from tests.app.duty.before_duty import manned
from tests.app.review.test_doctor import (
    NOW,
    covered,
    error,
    found,
    known,
    settings,
    system,
    warning,
)
from tests.app.review.ward import OURS, answering, authority
from tests.app.world import data_key
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    line,
    mandate,
    organisation,
    shift,
    span,
    therapist,
)

T4 = TherapistId("t4")
A_SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"PUBLIC_URL": "https://jour"}, error("public_url_at_home")),
        ({"PUBLIC_URL": "https://jour.local"}, error("public_url_at_home")),
        ({"PUBLIC_URL": "https://[fd00::4]"}, error("public_url_at_home")),
        ({"PUBLIC_URL": "https://jour.example.se/sub"}, []),
        ({"PUBLIC_URL": "https://jour.example.se/?a=1"}, error("public_url_odd")),
        ({"PUBLIC_URL": "https://me:x@jour.example.se"}, error("public_url_odd")),
        ({"FALLBACK_URL": "https://jour.example.se:8443/x"}, error("fallback_with_us")),
        ({"SECRET_KEY": "x" * LONG_ENOUGH}, []),
        ({"METRICS_TOKEN": "x" * LONG_ENOUGH}, []),
        ({"BEREDSKAP_DEMO": "1", "PUBLIC_URL": ""}, error("public_url_at_home")),
        ({"WEB_CONCURRENCY": "2"}, []),
        ({"WEB_CONCURRENCY": "64"}, []),
        ({"WEB_CONCURRENCY": "65"}, error("workers_odd")),
        ({"WEB_CONCURRENCY": "0"}, error("workers_odd")),
        ({"WEB_CONCURRENCY": "٢"}, error("workers_odd")),
        ({"TWILIO_API_URL": "https://api.dublin.ie1.twilio.com"}, []),
        ({"TWILIO_API_URL": "http://127.0.0.1:4010"}, []),
        ({"TWILIO_ACCOUNT_SID": "AC" + "A" * 32}, error("account_odd")),
    ],
)
def test_settings(changed: dict[str, str], expected: list[tuple[str, Severity]]) -> None:
    assert found(system(), settings(**changed)) == expected


PLENTY = Space(1 << 40, 1 << 41, 1 << 20)


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        (replace(PLENTY, free=ROOM_WANTED), []),
        (replace(PLENTY, free=ROOM_WANTED - 1), warning("disk_full")),
        (replace(PLENTY, free=ROOM_NEEDED), warning("disk_full")),
        (replace(PLENTY, free=ROOM_NEEDED - 1), error("disk_full")),
        (replace(PLENTY, files=None), []),
        (replace(PLENTY, files=FILES_WANTED), []),
        (replace(PLENTY, files=FILES_WANTED - 1), warning("inodes_low")),
        (replace(PLENTY, files=FILES_NEEDED - 1), error("inodes_low")),
        (replace(PLENTY, is_writable=False), error("disk_shut")),
    ],
)
@pytest.mark.parametrize("whose", ["space", "database"])
def test_disks(space: Space, whose: str, expected: list[tuple[str, Severity]]) -> None:
    both = {"space": None, "database": None, whose: space}
    files = Files(NOW, 0, 0, None, both["space"], both["database"])
    assert found(system(files=files)) == expected


def test_a_folder_that_is_still_to_be_made_is_on_the_disk_of_the_one_above(tmp_path: Path) -> None:
    seen = files_in(tmp_path / "state" / "of" / "ours", tmp_path / "data" / "b.db")

    assert seen.space is not None
    assert seen.space.is_writable
    assert (
        abs(seen.space.free - os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize) < 1e9
    )
    assert seen.database is not None
    assert list(tmp_path.iterdir()) == []


def test_where_a_file_stands_in_the_place_of_the_folder_nothing_can_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").touch()
    seen = files_in(tmp_path / "state", None).space
    assert seen is not None
    assert not seen.is_writable


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (None, warning("keys_left")),
        (ROTATED_WITHIN, []),
        (ROTATED_WITHIN + A_SECOND, warning("keys_left")),
    ],
)
def test_old_keys(ago: timedelta | None, expected: list[tuple[str, Severity]]) -> None:
    both = settings(DATA_KEYS=f"{data_key(2)},{data_key(1)}")
    of = system(known(renewed_at=None if ago is None else NOW - ago))
    assert found(of, both) == expected
    assert found(of) == []


# People.


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (People(texts=(Trouble(T4, 2, NOW),)), []),
        (People(texts=(Trouble(T4, 3, NOW),)), warning("texts_fail")),
        (People(calls=(Trouble(T4, 3, NOW),)), warning("phone_fails")),
        (People(silent=(Trouble(T4, 1, NOW),)), []),
        (People(silent=(Trouble(T4, 2, NOW),)), warning("check_in_silent")),
        (People(frozenset({T4})), warning("opted_out")),
        (People(frozenset({TherapistId("t9")})), []),  # somebody who has left
    ],
)
def test_telephones(people: People, expected: list[tuple[str, Severity]]) -> None:
    assert found(system(known(people=people))) == expected


def test_who_has_opted_out_and_stands_in_the_rota_is_told_of_once() -> None:
    span_ = span("2026-03-03T19:04", "2026-03-17T19:04")
    rota = Rota(EFTERVARD, tuple(manned()), source="database", read_at=NOW)
    coverage = cover(organisation(), line(), rota, span_, frozenset({T4}))
    of = known(people=People(frozenset({T4})), coverage=(coverage,))

    (said,) = diagnose(system(of), settings())

    assert (said.code, said.values["count"]) == ("opted_out_on_duty", 15)


# The rota of each district.


def unheard(*shifts: Shift, **changed: object) -> list[tuple[str, datetime, datetime]]:
    (coverage,) = covered(*shifts, of=organisation(**changed))
    return [(home, time.start, time.end) for home, time in coverage.unheard]


def moments(home: str, start: str, end: str) -> tuple[str, datetime, datetime]:
    time = span(start, end)
    return home, time.start, time.end


def test_a_district_is_heard_as_long_as_one_of_several_may() -> None:
    only_own = {"mandates": ()}
    assert unheard(*manned(first="t4", backup="t1"), **only_own) == []
    evenings = unheard(*manned(first="t4", backup="t5"), **only_own)
    assert {home for home, _, _ in evenings} == {"hasselby-vallingby"}
    assert len(evenings) == 15  # each of the fortnight's, tonight's and the last one's parts too


def test_that_nobody_is_there_at_all_is_no_district_s_finding() -> None:
    alone = shift("t4", "2026-03-04T18:00", "2026-03-04T20:00")
    assert unheard(alone, mandates=()) == [
        moments("hasselby-vallingby", "2026-03-04T18:00", "2026-03-04T20:00")
    ]
    assert unheard(mandates=()) == []


def test_a_mandate_that_ends_leaves_the_district_unheard_from_midnight() -> None:
    ends = (mandate(HASSELBY_VALLINGBY, JARVA, valid=Validity(None, date(2026, 3, 10))),)
    found_ = unheard(*manned(first="t4", backup="t5"), mandates=ends)
    assert found_[0] == moments("hasselby-vallingby", "2026-03-11T17:00", "2026-03-11T22:00")


@pytest.mark.parametrize(
    "who",
    [
        therapist(1, phone=None),
        therapist(1, active=Validity(None, date(2026, 3, 2))),
        therapist(2),  # then t1 is nobody's
    ],
)
def test_who_cannot_be_rung_hears_nobody(who: object) -> None:
    people = {T4: therapist(4), getattr(who, "id"): who}  # noqa: B009 - of a value of any kind
    (first, *_) = unheard(*manned("2026-03-03", "2026-03-04"), therapists=people, mandates=())
    assert first == moments("hasselby-vallingby", "2026-03-03T19:04", "2026-03-03T22:00")


@pytest.mark.parametrize(
    ("day", "severity"), [("2026-03-04", Severity.ERROR), ("2026-03-05", Severity.WARNING)]
)
def test_within_a_day_it_costs_a_call(day: str, severity: Severity) -> None:
    alone = shift("t4", f"{day}T18:00", f"{day}T20:00")
    of = known(
        organisation=organisation(mandates=()),
        coverage=covered(alone, of=organisation(mandates=())),
    )
    said = {one.code: one.severity for one in diagnose(system(of), settings())}
    assert said["district_unheard"] is severity


# The account.

IN_ORDER = AccountState(Standing.ACTIVE, False, True, (Decimal(50), "USD"), NOW, LIMITED_SINCE)


class Told:
    """A carrier that tells this of our account, when it is asked at NOW for two seconds."""

    def __init__(self, state: AccountState) -> None:
        self.state, self.now = state, NOW

    def clock(self) -> datetime:
        self.now += timedelta(seconds=2)
        return self.now - timedelta(seconds=2)

    def account_state(self) -> AccountState:
        return self.state

    def setup_of(self, number: str) -> None:
        raise AssertionError

    def messaging_services(self) -> tuple[()]:
        raise AssertionError

    def found(self) -> list[tuple[str, Severity]]:
        return [(one.code, one.severity) for one in diagnose_account(self, self.clock)]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"standing": Standing.CLOSED}, error("account_stopped")),
        ({"is_trial": True, "is_approved_business": False}, error("account_trial")),
        ({"is_approved_business": None}, []),
        ({"is_approved_business": False}, error("account_unapproved")),
        (
            {"is_approved_business": False, "opened_at": LIMITED_SINCE - A_SECOND},
            warning("account_unapproved"),
        ),
        ({"is_approved_business": False, "opened_at": None}, warning("account_unapproved")),
        ({"balance": None}, []),
        ({"balance": (Decimal("49.99"), "USD")}, warning("balance_low")),
        ({"balance": (Decimal("10.00"), "USD")}, warning("balance_low")),
        ({"balance": (Decimal("9.99"), "USD")}, error("balance_low")),
        ({"balance": (Decimal(0), "USD")}, error("balance_low")),
        ({"balance": (Decimal("-812.40"), "USD")}, []),  # one that pays by invoice
        ({"told_at": None}, []),
        # Asked at NOW, answered two seconds later, and told in whole seconds.
        ({"told_at": NOW + timedelta(seconds=7)}, []),
        ({"told_at": NOW + timedelta(seconds=8)}, warning("clock_differs")),
        ({"told_at": NOW - timedelta(seconds=6)}, []),
        ({"told_at": NOW - timedelta(seconds=7)}, warning("clock_differs")),
        ({"told_at": NOW + timedelta(seconds=62)}, warning("clock_differs")),
        ({"told_at": NOW + timedelta(seconds=63)}, error("clock_differs")),
    ],
)
def test_the_account(changed: dict[str, object], expected: list[tuple[str, Severity]]) -> None:
    fields = {name: getattr(IN_ORDER, name) for name in IN_ORDER.__slots__}
    assert Told(AccountState(**{**fields, **changed})).found() == expected


def test_an_account_of_which_nothing_is_known_is_not_taken_for_one_in_order() -> None:
    class Away(Told):
        def account_state(self) -> AccountState:
            raise CarrierUnavailable("the carrier cannot say how the account stands")

    assert Away(IN_ORDER).found() == warning("check_unfinished")


# What stands in front.


def front(
    folder: Path, pages: dict[str, tuple[int, bytes]], *, tls: bool = True, **of: object
) -> list[Diagnosis]:
    now = datetime.now(NOW.tzinfo)  # noqa: TID251 - by which OpenSSL judges
    trusted, left = authority(folder), of.pop("left", timedelta(days=90))
    assert isinstance(left, timedelta)
    side = trusted.context("127.0.0.1", ends=now + left, signed=of.get("signed") is not False)
    with answering(pages, side if tls else None) as port:
        url = f"https://127.0.0.1:{port}"
        return list(diagnose_front(url, ["eftervard"], trusted.file, now, 2))


@pytest.mark.parametrize(
    ("pages", "code", "reason"),
    [
        ({"/healthz": (200, b"<html>Welcome to nginx</html>")}, "front_not_ours", "another page"),
        ({"/healthz": (502, b"")}, "front_not_ours", "status 502"),
        ({"/healthz": (301, b"")}, "front_not_ours", "redirects"),
        ({**OURS, "/readyz": (200, b'{"lines": ["test"]}')}, "front_not_ours", "other lines"),
        ({**OURS, "/readyz": (200, b"[]")}, "front_not_ours", "other lines"),
    ],
)
def test_whoever_else_answers_is_told_of(
    pages: dict[str, tuple[int, bytes]], code: str, reason: str, tmp_path: Path
) -> None:
    (said,) = front(tmp_path, pages)
    assert said.code == code
    assert reason in str(said.values["reason"])


def test_a_proxy_may_keep_readyz_to_itself(tmp_path: Path) -> None:
    assert front(tmp_path, {**OURS, "/readyz": (403, b"")}) == []


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        ({"left": -timedelta(days=1)}, "it has expired"),
        ({"signed": False}, "nobody but its owner has signed it"),
        ({"tls": False}, "no TLS of version 1.2 or later is spoken there"),
    ],
)
def test_a_certificate_that_the_carrier_would_not_take(
    of: dict[str, object], reason: str, tmp_path: Path
) -> None:
    tls = of.pop("tls", True) is True
    (said,) = front(tmp_path, dict(OURS), tls=tls, **of)
    assert (said.code, said.severity) == ("certificate_bad", Severity.ERROR)
    assert said.values["reason"] == reason


# What hangs.


def test_what_hangs_is_left_behind_and_the_rest_is_known() -> None:
    never = threading.Event()
    found_ = in_time({"hangs": lambda: never.wait(20), "is prompt": lambda: True}, 0.2)
    never.set()
    assert found_ == {"is prompt": True}


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        in_time({"goes wrong": lambda: 1 / 0}, 5)
