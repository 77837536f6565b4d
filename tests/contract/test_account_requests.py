"""The account over HTTP, held against Twilio's own description; and at which host it is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import requests

from app.duty.notifier import Standing
from app.lab.account import Account, Number, Profile, Service
from app.lab.carrier import Carrier
from app.lab.faults import RestFault
from app.lab.rest_server import serve
from app.lab.transport import WsgiTransport
from app.telephony.carrier_client import address_at, region_of
from app.telephony.switchboard import BUSINESS_POLICY, TwilioSwitchboard
from routing.errors import CarrierUnavailable
from tests.app.world import LINE

ACCOUNT, TOKEN = "AC" + "a" * 32, "a token for tests"
START = datetime(2026, 3, 3, 18, 4, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bench:
    """An account, and our way to it."""

    carrier: Carrier
    ours: TwilioSwitchboard
    address: str


@pytest.fixture
def bench() -> Iterator[Bench]:
    number, nobody = Number(LINE), WsgiTransport(lambda _, __: ())
    carrier = Carrier(Account(ACCOUNT, TOKEN), number, nobody, start=START, strict=False)
    with serve(carrier.rest) as address:
        yield Bench(carrier, TwilioSwitchboard(ACCOUNT, TOKEN, address), address)


def test_how_the_account_stands(bench: Bench) -> None:
    state = bench.ours.account_state()

    assert (state.standing, state.is_trial) == (Standing.ACTIVE, False)
    assert state.is_approved_business is False
    assert state.balance == (Decimal("100.00"), "USD")
    assert state.told_at == START
    assert bench.carrier.failures == []


def test_only_an_approved_business_counts(bench: Bench) -> None:
    profiles = bench.carrier.account.profiles
    profiles += [Profile("RN" + "1" * 32), Profile(BUSINESS_POLICY, "in-review")]
    assert bench.ours.account_state().is_approved_business is False

    profiles.append(Profile(BUSINESS_POLICY))

    assert bench.ours.account_state().is_approved_business is True


def test_a_suspended_trial_subaccount_with_another_clock(bench: Bench) -> None:
    account = bench.carrier.account
    account.status, account.type, account.balance = "suspended", "Trial", None
    bench.carrier.faults.clock_ahead = timedelta(seconds=90)

    state = bench.ours.account_state()

    assert (state.standing, state.is_trial, state.balance) == (Standing.SUSPENDED, True, None)
    assert state.told_at == START + timedelta(seconds=90)


@pytest.mark.parametrize("fault", [RestFault.UNAUTHORISED, RestFault.ERROR_BEFORE])
def test_who_stands_behind_a_region_s_account_may_be_unknown(
    bench: Bench, fault: RestFault
) -> None:
    bench.carrier.faults.add(fault, path="/CustomerProfiles")

    state = bench.ours.account_state()

    assert (state.is_approved_business, state.standing) == (None, Standing.ACTIVE)


def test_an_account_that_cannot_be_asked_is_no_account_in_order(bench: Bench) -> None:
    bench.carrier.faults.add(RestFault.MALFORMED)
    with pytest.raises(CarrierUnavailable):
        bench.ours.account_state()

    bench.carrier.account.status = "a word we do not know"
    with pytest.raises(CarrierUnavailable):
        bench.ours.account_state()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", f"/2010-04-01/Accounts/{ACCOUNT}.json", 403),
        ("GET", f"/2010-04-01/Accounts/AC{'b' * 32}.json", 404),
        ("POST", "/v1/CustomerProfiles", 400),
        ("GET", f"/v1/Services/MG{'f' * 32}", 404),
        ("DELETE", f"/v1/Services/MG{'9' * 32}", 403),
        ("GET", f"/v1/Services/MG{'9' * 32}", 200),
        ("GET", f"/v1/Services/MG{'9' * 32}/PhoneNumbers/PN{'f' * 32}", 404),
    ],
)
def test_the_lab_refuses_what_it_does_not_do(
    bench: Bench, method: str, path: str, status: int
) -> None:
    bench.carrier.services.append(Service("MG" + "9" * 32, "Theirs"))

    reply = requests.request(method, f"{bench.address}{path}", auth=(ACCOUNT, TOKEN), timeout=5)

    assert reply.status_code == status


MESSAGING, TRUSTHUB = "https://messaging.twilio.com/v1/Services", "https://trusthub.twilio.com/v1/X"
API = "https://api.twilio.com/2010-04-01/Accounts.json?Page=1"


@pytest.mark.parametrize(
    ("base", "asked", "there"),
    [
        (None, MESSAGING, MESSAGING),
        ("https://api.twilio.com", MESSAGING, MESSAGING),
        ("http://127.0.0.1:4010", MESSAGING, "http://127.0.0.1:4010/v1/Services"),
        ("http://127.0.0.1:4010/mock/", TRUSTHUB, "http://127.0.0.1:4010/mock/v1/X"),
        (
            "https://api.dublin.ie1.twilio.com",
            API,
            "https://api.dublin.ie1.twilio.com/2010-04-01/Accounts.json?Page=1",
        ),
        (
            "https://api.dublin.ie1.twilio.com",
            MESSAGING,
            "https://messaging.dublin.ie1.twilio.com/v1/Services",
        ),
        # The next page of a list, as the region itself names it.
        (
            "https://api.dublin.ie1.twilio.com/",
            "https://messaging.dublin.ie1.twilio.com/v1/Services?Page=1",
            "https://messaging.dublin.ie1.twilio.com/v1/Services?Page=1",
        ),
        ("https://api.dublin.ie1.twilio.com", TRUSTHUB, TRUSTHUB),
        # Somebody's own host, whatever its name looks like, is a mock.
        (
            "https://api.twilio.com.example.org",
            API,
            f"https://api.twilio.com.example.org{API[22:]}",
        ),
    ],
)
def test_each_product_is_asked_at_its_own_host_of_the_region(
    base: str | None, asked: str, there: str
) -> None:
    assert address_at(base, asked) == there


@pytest.mark.parametrize(
    ("base", "region"),
    [
        (None, None),
        ("https://api.twilio.com", None),
        ("https://api.ashburn.us1.twilio.com", None),
        ("https://api.dublin.ie1.twilio.com", "ie1"),
        ("https://api.ie1.twilio.com", "ie1"),
        ("http://127.0.0.1:4010", None),
        ("https://api.dublin.ie1.twilio.com.example.org", None),
    ],
)
def test_a_region_is_known_by_its_host(base: str | None, region: str | None) -> None:
    assert region_of(base) == region
