"""How the numbers and the account at Twilio are set up: what can be asked of them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime

from twilio.base.exceptions import TwilioRestException
from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance
from twilio.rest.messaging.v1.service import ServiceInstance

from app.duty.notifier import AccountState, MessagingService, NumberSetup, Standing
from app.telephony.carrier_client import Asked, asking, make_client, nobody
from routing.errors import CarrierUnavailable

# The library's own default is to wait for ever.
PATIENCE = 10.0
# Twilio's policy "Primary Customer Profile of type Business", the same for every account: an
# approved person counts for three calls at once, an approved business for as many as there are.
BUSINESS_POLICY = "RN6433641899984f951173ef1738c3bdd0"
_APPROVED = "twilio-approved"


class TwilioSwitchboard:
    """Asks Twilio about our numbers and our account."""

    def __init__(
        self,
        account: str,
        token: str,
        base: str | None = None,
        patience: float = PATIENCE,
        asked: Asked = nobody,
    ) -> None:
        self._client = make_client(account, token, base, patience, asked)

    def setup_of(self, number: str) -> NumberSetup | None:
        """How *number* is set up; raises as `app.duty.notifier.Switchboard` says."""
        with asking("the carrier cannot say how a number is set up"):
            found = self._client.incoming_phone_numbers.list(phone_number=number)
            return next((_setup(one) for one in found if one.phone_number == number), None)

    def messaging_services(self) -> Sequence[MessagingService]:
        """The messaging services; raises as `app.duty.notifier.Switchboard` says."""
        with asking("the carrier cannot say which messaging services there are"):
            return [_service(one) for one in self._client.messaging.v1.services.list()]

    def account_state(self) -> AccountState:
        """How the account stands; raises as `app.duty.notifier.Switchboard` says."""
        with asking("the carrier cannot say how the account stands"):
            asked = self._client.api.v2010.accounts(self._client.account_sid)
            told = asked.fetch_with_http_info()
            return AccountState(
                standing=Standing(told.data.status),
                is_trial=told.data.type == "Trial",
                is_approved_business=self._is_approved_business(),
                balance=self._balance(),
                told_at=_moment(told.headers.get("Date")),
                opened_at=told.data.date_created,
            )

    def _is_approved_business(self) -> bool | None:
        try:
            with asking("the carrier cannot say who stands behind the account"):
                found = self._client.trusthub.v1.customer_profiles.list(
                    status=_APPROVED, policy_sid=BUSINESS_POLICY, limit=1
                )
        except CarrierUnavailable:
            # A region's token is not known where the profiles are: then nobody can say.
            return None
        return any(one.status == _APPROVED for one in found)

    def _balance(self) -> tuple[Decimal, str] | None:
        try:
            told = self._client.api.v2010.account.balance.fetch()
        except TwilioRestException:
            return None  # a subaccount's is its parent's
        with suppress(InvalidOperation):
            return Decimal(told.balance or ""), told.currency or ""
        return None


def _setup(one: IncomingPhoneNumberInstance) -> NumberSetup:
    able = {str(name).lower(): is_able for name, is_able in (one.capabilities or {}).items()}
    return NumberSetup(
        id=str(one.sid),
        voice=(one.voice_url or "", one.voice_method or ""),
        fallback=(one.voice_fallback_url or "", one.voice_fallback_method or ""),
        status=(one.status_callback or "", one.status_callback_method or ""),
        text=(one.sms_url or "", one.sms_method or ""),
        text_fallback=(one.sms_fallback_url or "", one.sms_fallback_method or ""),
        takes_calls=bool(able.get("voice")),
        takes_texts=bool(able.get("sms")),
        voice_diverted=one.trunk_sid or one.voice_application_sid or "",
        text_diverted=one.sms_application_sid or "",
    )


def _service(one: ServiceInstance) -> MessagingService:
    return MessagingService(
        id=str(one.sid),
        name=one.friendly_name or "",
        text=(one.inbound_request_url or "", one.inbound_method or ""),
        fallback=(one.fallback_url or "", one.fallback_method or ""),
        asks_number=bool(one.use_inbound_webhook_on_number),
        is_smart=bool(one.smart_encoding),
        numbers=frozenset(str(number.sid) for number in one.phone_numbers.list()),
    )


def _moment(date: str | None) -> datetime | None:
    with suppress(ValueError, TypeError):
        return parsedate_to_datetime(date or "")
    return None
