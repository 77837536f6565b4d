"""Twilio's REST API, as far as we use it; only the clock's process loads it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from twilio.base.exceptions import TwilioRestException
from twilio.rest.api.v2010.account.call import CallContext, CallInstance
from twilio.rest.api.v2010.account.message import MessageContext, MessageInstance

from app.duty.notifier import AccountState, MessagingService, NumberSetup
from app.telephony.carrier_client import NOT_FOUND, asking, our_errors
from app.telephony.switchboard import TwilioSwitchboard
from routing.errors import CarrierUnavailable
from routing.ids import ContactId
from routing.intervals import Interval
from routing.reconciliation import CarriedCall, CarriedText

_CALL = "CA"  # how the id of a call begins
# Both clocks and Twilio's whole seconds may be off.
_MARGIN = timedelta(seconds=60)
_MOST_LISTED = 50
# Its documentation speaks of dates where its description has moments: an end that is taken for
# the midnight before it must not cost us the day.
_A_DAY = timedelta(days=1)


class TwilioCarrier(TwilioSwitchboard):
    """
    Sends texts through Twilio.

    Twilio has no idempotency key for messages, so a request without an answer is ambiguous and
    is settled by listing what was sent.
    """

    def send_text(self, to: str, sender: str, body: str, report_to: str) -> str:
        """Send one text; returns its SID, raises as `app.duty.notifier.Carrier` says."""
        with our_errors():
            made = self._client.messages.create(
                to=to, from_=sender, body=body, status_callback=report_to
            )
            return str(made.sid)

    def redact(self, carrier_id: str) -> None:
        """Empty one text; raises as `app.duty.notifier.Redactor` says."""
        with our_errors():
            self._client.messages(carrier_id).update(body="")

    def forget(self, carrier_id: str) -> None:
        """Delete one text or call; raises as `app.duty.notifier.Redactor` says."""
        with our_errors():
            if not carrier_id.startswith(_CALL):
                _delete(self._client.messages(carrier_id))
                return
            # The legs first: only the call itself says which they are.
            for leg in self._client.calls.list(parent_call_sid=carrier_id):
                _delete(self._client.calls(leg.sid))
            _delete(self._client.calls(carrier_id))

    def start_call(self, to: str, sender: str, address: str) -> str:
        """Make one call; returns its SID, raises as `app.duty.notifier.Dialler` says."""
        with our_errors():
            return str(self._client.calls.create(to=to, from_=sender, url=address).sid)

    def find_texts(self, to: str, sender: str, body: str, since: datetime) -> Sequence[str]:
        """The SIDs of such texts since then, newest first; raises as the protocol says."""
        with asking("the carrier's list cannot be read"):
            found = self._client.messages.list(
                to=to, from_=sender, date_sent_after=since - _MARGIN, limit=_MOST_LISTED
            )
        return [
            str(message.sid)
            for message in found
            if message.body == body and message.status not in {"failed", "undelivered"}
        ]

    def fate_of(self, carrier_id: str) -> tuple[str, str | None]:
        """One text's status and error code; raises as the protocol says."""
        with asking("the carrier cannot say what became of a text"):
            message = self._client.messages(carrier_id).fetch()
        return str(message.status), str(message.error_code) if message.error_code else None

    def calls_to(self, number: str, span: Interval) -> Sequence[CarriedCall]:
        """The calls to *number*; all pages or none, and raises as the protocol says."""
        return self._calls(span, to=number)

    def calls_from(self, number: str, span: Interval) -> Sequence[CarriedCall]:
        """The calls that showed *number*; as `calls_to`."""
        return self._calls(span, from_=number)

    def _calls(self, span: Interval, **whose: str) -> Sequence[CarriedCall]:
        with asking("the carrier's list of calls cannot be read"):
            found = self._client.calls.list(
                start_time_after=span.start, start_time_before=span.end + _A_DAY, **whose
            )
            return [call for call in map(_call, found) if call.began_at in span]

    def texts_to(self, number: str, span: Interval) -> Sequence[CarriedText]:
        """The texts that came in to *number*; as `calls_to`."""
        with asking("the carrier's list of texts cannot be read"):
            found = self._client.messages.list(
                to=number, date_sent_after=span.start, date_sent_before=span.end + _A_DAY
            )
            came = map(_text, (one for one in found if one.direction == "inbound"))
            return [text for text in came if text.at in span]


def _delete(one: CallContext | MessageContext) -> None:
    try:
        one.delete()
    except TwilioRestException as err:
        if err.status != NOT_FOUND:
            raise


def _call(one: CallInstance) -> CarriedCall:
    seconds = one.duration or ""
    return CarriedCall(
        id=ContactId(one.sid),
        parent=ContactId(one.parent_call_sid) if one.parent_call_sid else None,
        shown=one._from or "",  # noqa: SLF001 - the library has no other name for it
        to=one.to or "",
        direction=one.direction or "",
        status=one.status or "",
        began_at=one.start_time or one.date_created,
        ended_at=one.end_time,
        seconds=int(seconds) if seconds.isdecimal() else None,
    )


def _text(one: MessageInstance) -> CarriedText:
    media = one.num_media or ""
    return CarriedText(
        id=ContactId(one.sid),
        shown=one.from_ or "",
        to=one.to or "",
        body=one.body or "",
        at=one.date_sent or one.date_created,
        media=int(media) if media.isdecimal() else 0,
    )


class NoCarrier:
    """No account is set: texts wait in the outbox, and every try says why."""

    def redact(self, carrier_id: str) -> None:  # noqa: ARG002 - the protocol's
        """Forget nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def forget(self, carrier_id: str) -> None:  # noqa: ARG002 - as above
        """Forget nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def send_text(self, to: str, sender: str, body: str, report_to: str) -> str:  # noqa: ARG002 - as above
        """Send nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def start_call(self, to: str, sender: str, address: str) -> str:  # noqa: ARG002 - as above
        """Make no call, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def find_texts(self, to: str, sender: str, body: str, since: datetime) -> Sequence[str]:  # noqa: ARG002
        """Find nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def fate_of(self, carrier_id: str) -> tuple[str, str | None]:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def calls_to(self, number: str, span: Interval) -> Sequence[CarriedCall]:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def calls_from(self, number: str, span: Interval) -> Sequence[CarriedCall]:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def texts_to(self, number: str, span: Interval) -> Sequence[CarriedText]:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def setup_of(self, number: str) -> NumberSetup | None:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def messaging_services(self) -> Sequence[MessagingService]:
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def account_state(self) -> AccountState:
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")
