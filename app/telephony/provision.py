"""Sets numbers and messaging services up at Twilio, one change at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.duty.notifier import TokenRefused
from app.telephony.carrier_client import our_errors
from app.telephony.provisioning import (
    Change,
    Found,
    Lack,
    Ours,
    Part,
    Wanted,
    changes,
    lacks_of,
)
from app.telephony.switchboard import TwilioSwitchboard
from routing.errors import CarrierUnavailable, NoticeRefused
from routing.ids import LineId

# What the library calls the address and the method of each.
_ENDPOINTS = {
    Part.VOICE_FALLBACK: ("voice_fallback_url", "voice_fallback_method"),
    Part.STATUS: ("status_callback", "status_callback_method"),
    Part.VOICE: ("voice_url", "voice_method"),
    Part.TEXT_FALLBACK: ("sms_fallback_url", "sms_fallback_method"),
    Part.TEXT: ("sms_url", "sms_method"),
    Part.SERVICE_FALLBACK: ("fallback_url", "fallback_method"),
    Part.SERVICE_TEXT: ("inbound_request_url", "inbound_method"),
}
_SWITCHES = {
    Part.SERVICE_ASKS_NUMBER: "use_inbound_webhook_on_number",
    Part.SERVICE_SMART: "smart_encoding",
}
_TRUNK = "TK"  # how the id of a trunk begins


class TwilioWorkbench(TwilioSwitchboard):
    """Changes what `TwilioSwitchboard` tells of."""

    def change(self, change: Change, number: str, wanted: Wanted) -> None:
        """
        Make one change to the number with the id *number*, or to the service it is to be in.

        Raises:
            NoticeRefused: the carrier will not.
            CarrierUnavailable: it cannot be done just now, or nobody knows whether it was.
        """
        with our_errors():
            if change.part is Part.SERVICE:
                self._move(change, number, wanted)
            elif change.of == number:
                self._client.incoming_phone_numbers(number).update(**_given(change))
            else:
                self._client.messaging.v1.services(change.of).update(**_given(change))

    def _move(self, change: Change, number: str, wanted: Wanted) -> None:
        """Whatever fails in between is gone on with the next time: the service is found by name."""
        services = self._client.messaging.v1.services
        of = change.of
        if not of:
            address, method = wanted.text
            of = services.create(
                friendly_name=wanted.service,
                inbound_request_url=address,
                inbound_method=method,
                use_inbound_webhook_on_number=True,
                smart_encoding=False,
            ).sid
        if change.leaves:
            services(change.leaves).phone_numbers(number).delete()
        services(of).phone_numbers.create(phone_number_sid=number)


@dataclass(frozen=True, slots=True)
class Step:
    """One change, and what became of it: nothing yet, or why it was not done."""

    change: Change
    is_done: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line."""

    line: LineId
    lacks: tuple[Lack, ...] = ()
    steps: tuple[Step, ...] = ()
    is_foreign: bool = False  # somebody else has set something, so all of it was left alone
    unasked: str = ""  # why nothing could be found out

    @property
    def is_right(self) -> bool:
        """Whether nothing is left to do but what was only to be shown."""
        failed = any(step.why_not for step in self.steps)
        return not (self.lacks or self.is_foreign or self.unasked or failed)


def provision(
    bench: TwilioWorkbench,
    numbers: Sequence[tuple[str, Wanted]],
    ours: Ours,
    *,
    dry_run: bool,
    take_over: bool,
) -> Iterator[Outcome]:
    """
    Set up the number of each line as wanted, or say what would change.

    A number of which anything is somebody else's is left alone as a whole: half of it would be
    neither theirs nor ours.
    """
    for number, wanted in numbers:
        try:
            setup = bench.setup_of(number)
            lacks = lacks_of(setup)
            if setup is None:
                yield Outcome(wanted.line, lacks)
                continue
            found = Found(setup, tuple(bench.messaging_services()))
        except CarrierUnavailable as err:
            hint = ": it does not know our token" if isinstance(err, TokenRefused) else ""
            yield Outcome(wanted.line, unasked=f"{err}{hint}")
            continue
        steps = tuple(Step(change) for change in changes(wanted, found, ours))
        is_foreign = not take_over and any(step.change.is_foreign for step in steps)
        if not (dry_run or is_foreign):
            steps = tuple(_taken(bench, steps, setup.id, wanted))
        yield Outcome(wanted.line, lacks, steps, is_foreign)


def _taken(
    bench: TwilioWorkbench, steps: Sequence[Step], number: str, wanted: Wanted
) -> Iterator[Step]:
    """Each step by itself; once the carrier is away, the rest is left for the next time."""
    away = ""
    for step in steps:
        change = step.change
        if away:
            yield Step(change, why_not=away)
            continue
        try:
            bench.change(change, number, wanted)
        except NoticeRefused as err:
            yield Step(change, why_not=f"the carrier refuses it (error {err.reason})")
        except CarrierUnavailable as err:
            away = f"not tried: {err}"
            yield Step(change, why_not=str(err))
        else:
            yield Step(change, is_done=True)


def _given(change: Change) -> Mapping[str, str | bool]:
    """The library's parameters for *change*."""
    match change.new:
        case bool(switch):
            return {_SWITCHES[change.part]: switch}
        case (address, method):
            url, how = _ENDPOINTS[change.part]
            # A method goes with an address; to take one away, only that is emptied.
            return {url: address} | ({how: method} if address else {})
        case str():
            return {_diverting(change): ""}


def _diverting(change: Change) -> str:
    if change.part is Part.TEXT_DIVERTED:
        return "sms_application_sid"
    return "trunk_sid" if str(change.old).startswith(_TRUNK) else "voice_application_sid"
