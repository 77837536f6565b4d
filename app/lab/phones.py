"""What the people and machines at the ends of a call do, attempt by attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class PickUp(StrEnum):
    """What happens to a phone that is rung."""

    ANSWER = "answer"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no answer"
    BUSY = "busy"
    REJECT = "reject"
    FAILED = "failed"
    BY_HAND = "by hand"  # rings until a person in front of the lab does something


class Moment(StrEnum):
    """From when the seconds before an action are counted."""

    START = "start"  # a caller: the call began; a phone that is rung: it was picked up
    ASKED = "asked"  # a Gather began to ask this party
    RINGING = "ringing"  # the first phone behind the line began to ring
    WHISPER = "whisper"  # a phone was picked up and hears the line before it accepts
    BRIDGING = "bridging"  # the two parties began to talk


@dataclass(frozen=True, slots=True)
class Press:
    """Keys pressed *after* seconds from *since*; ``ASKED`` presses answer one Gather each."""

    digits: str
    after: float = 2.0
    since: Moment = Moment.ASKED


@dataclass(frozen=True, slots=True)
class HangUp:
    after: float
    since: Moment = Moment.START


@dataclass(frozen=True, slots=True)
class Behaviour:
    """
    One party's part in one attempt.

    Args:
        after: seconds of ringing before it is picked up.
        greeting: seconds a voicemail speaks before its tone.
        hang_ups: whichever is due first counts; with none, it stays until the other side leaves.
    """

    pick_up: PickUp = PickUp.ANSWER
    after: float = 0.0
    greeting: float = 8.0
    presses: tuple[Press, ...] = ()
    hang_ups: tuple[HangUp, ...] = ()


STAYS = Behaviour()
NOBODY_THERE = Behaviour(PickUp.NO_ANSWER)


class Delivery(StrEnum):
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    NEVER = "never"  # sent, and then nothing more is ever heard


@dataclass(frozen=True, slots=True)
class TextFate:
    """What becomes of a text to a phone, and how the carrier tells of it."""

    delivery: Delivery = Delivery.DELIVERED
    code: int | None = None
    after: float = 2.0
    out_of_order: bool = False  # the last status is told before "sent"
    twice: bool = False  # each status is told twice


Phones = Mapping[str, Behaviour | Sequence[Behaviour]]


class PhoneBook:
    """Which behaviour meets the next attempt to ring a number."""

    def __init__(self, phones: Phones, default: Behaviour = NOBODY_THERE) -> None:
        self._phones = dict(phones)
        self._default = default
        self._rung: dict[str, int] = {}

    def next_attempt(self, number: str) -> Behaviour:
        """
        What the phone does this time.

        The last of several behaviours is kept for all further attempts.
        """
        entry = self._phones.get(number, self._default)
        attempts = (entry,) if isinstance(entry, Behaviour) else tuple(entry)
        turn = self._rung.get(number, 0)
        self._rung[number] = turn + 1
        return attempts[min(turn, len(attempts) - 1)] if attempts else self._default
