"""What can be made to go wrong on purpose."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit


class WebhookFault(StrEnum):
    """What befalls a webhook on its way to the service or back."""

    DOWN = "down"  # nobody takes the connection
    ERROR_BEFORE = "error before"  # 500, and the service never saw the request
    ERROR_AFTER = "error after"  # 500, though the service acted
    SLOW = "slow"  # the service acts, and its answer comes after 16 seconds
    BAD_XML = "bad xml"
    WRONG_TYPE = "wrong type"
    DUPLICATE = "duplicate"  # delivered twice with the same idempotency token
    DUPLICATE_NEW_TOKEN = "duplicate, new token"  # noqa: S105 - the name of a fault
    LOST = "lost"  # never sent; for status callbacks
    EXTRA_PARAMETERS = "extra parameters"  # Twilio may add some at any time


class RestFault(StrEnum):
    """What befalls a request to the REST face."""

    TOO_MANY = "too many requests"  # 429, never processed
    ERROR_BEFORE = "error before accepting"
    ERROR_AFTER = "error after accepting"  # 500, though it was accepted
    REFUSED = "refused"  # the connection is closed without a word
    TIMED_OUT_AFTER = "timed out after accepting"
    SLOW = "slow"  # the answer takes four virtual seconds
    MALFORMED = "malformed"  # accepted, and the answer is no JSON
    UNAUTHORISED = "unauthorised"


@dataclass(slots=True)
class _Planned:
    fault: WebhookFault | RestFault
    path: str
    times: int
    skip: int


@dataclass(slots=True)
class Faults:
    """Switches that a test sets; everything is off to begin with."""

    planned: list[_Planned] = field(default_factory=list)
    reverse_callbacks: bool = False  # status callbacks of a call come last one first
    callback_before_reply: bool = False  # a text's first status precedes the reply to its creation
    clock_ahead: timedelta = timedelta()  # how far the Date of every REST answer is ahead of ours

    def add(
        self, fault: WebhookFault | RestFault, *, path: str = "", times: int = 1, skip: int = 0
    ) -> None:
        """
        Let *fault* befall requests whose path contains *path*.

        Args:
            times: how many requests; each attempt counts.
            skip: how many such requests go well first.
        """
        self.planned.append(_Planned(fault, path, times, skip))

    def clear(self) -> None:
        self.planned.clear()
        self.reverse_callbacks = self.callback_before_reply = False
        self.clock_ahead = timedelta()

    def webhook(self, url: str) -> WebhookFault | None:
        """The fault for the webhook that is about to be sent, if any; it is used up."""
        fault = self._next(url, WebhookFault)
        return fault if isinstance(fault, WebhookFault) else None

    def rest(self, url: str) -> RestFault | None:
        """The fault for the REST request that has just come, if any; it is used up."""
        fault = self._next(url, RestFault)
        return fault if isinstance(fault, RestFault) else None

    def _next(
        self, url: str, kind: type[WebhookFault] | type[RestFault]
    ) -> WebhookFault | RestFault | None:
        for plan in self.planned:
            if not isinstance(plan.fault, kind) or plan.path not in urlsplit(url).path:
                continue
            if plan.skip:
                plan.skip -= 1
            elif plan.times:
                plan.times -= 1
                return plan.fault
        return None
