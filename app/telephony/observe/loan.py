"""Points a spare number at the sitting, and back again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.duty.notifier import NumberSetup
from app.telephony.carrier_client import make_client, our_errors
from app.telephony.observe.sitting import OVERRIDES
from app.telephony.switchboard import PATIENCE, TwilioSwitchboard
from routing.errors import InvalidInput
from routing.numbers import PhoneNumber

# Where the number's calls, their ends, its texts and its troubles go: address and method.
Ways = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Account:
    """The account that has the number."""

    sid: str
    token: str = field(repr=False)
    base: str | None = None


def wanted(base: str) -> Ways:
    """How a number must be set up for a sitting at *base*."""
    return {
        "voice": (f"{base}/voice{OVERRIDES}", "POST"),
        "fallback": (f"{base}/fallback", "POST"),
        "status": (f"{base}/status", "POST"),
        "text": (f"{base}/sms", "POST"),
    }


def ways_of(setup: NumberSetup) -> Ways:
    """The same of a number as it is set up now."""
    return {
        "voice": setup.voice,
        "fallback": setup.fallback,
        "status": setup.status,
        "text": setup.text,
    }


def lent(account: Account, number: PhoneNumber) -> NumberSetup:
    """
    How *number* is set up, before it is borrowed.

    Raises:
        InvalidInput: the account does not have it, or it is led elsewhere than by its addresses.
        CarrierUnavailable: Twilio cannot be asked.
    """
    found = TwilioSwitchboard(account.sid, account.token, account.base).setup_of(number.e164)
    if found is None:
        raise InvalidInput("--number: the account does not have that number")
    if found.voice_diverted or found.text_diverted:
        raise InvalidInput("--number: an application or a trunk has it; take a spare one")
    return found


@contextmanager
def borrowed(account: Account, setup: NumberSetup, base: str) -> Iterator[None]:
    """
    The number leads to *base* until the block is left, however it is left, and then as before.

    Raises:
        CarrierUnavailable: Twilio did not take it, and has to be looked at by hand.
        NoticeRefused: as above.
    """
    try:
        _point(account, setup, wanted(base))
        yield
    finally:
        _point(account, setup, ways_of(setup))


def _point(account: Account, setup: NumberSetup, ways: Ways) -> None:
    client = make_client(account.sid, account.token, account.base, PATIENCE)
    with our_errors():
        client.incoming_phone_numbers(setup.id).update(
            voice_url=ways["voice"][0],
            voice_method=ways["voice"][1] or "POST",
            voice_fallback_url=ways["fallback"][0],
            voice_fallback_method=ways["fallback"][1] or "POST",
            status_callback=ways["status"][0],
            status_callback_method=ways["status"][1] or "POST",
            sms_url=ways["text"][0],
            sms_method=ways["text"][1] or "POST",
        )
