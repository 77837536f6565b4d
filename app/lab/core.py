"""What every part of the carrier shares: the account, the clock, the trace and chance."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.lab.account import Account, Number, Service, Sids
from app.lab.engine import Engine
from app.lab.faults import Faults
from app.lab.trace import Alert, Failure, Trace
from app.lab.transport import Transport
from app.lab.variant import Variant


class CallRecord(Protocol):
    """A leg as the REST face sees it."""

    sid: str
    direction: str
    frm: str
    to: str
    status: str
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None

    @property
    def parent_sid(self) -> str | None: ...
    @property
    def over(self) -> bool: ...
    def seconds(self) -> int: ...
    def signal(self, event: object) -> None: ...


@dataclass(slots=True)
class Core:
    """The shared state; changed only by whoever holds the engine's baton."""

    account: Account
    numbers: dict[str, Number]
    transport: Transport
    engine: Engine
    random: random.Random
    variant: Variant
    faults: Faults = field(default_factory=Faults)
    trace: Trace = field(default_factory=Trace)
    services: list[Service] = field(default_factory=list)
    legs: list[CallRecord] = field(default_factory=list)
    engaged: Counter[str] = field(default_factory=Counter)  # by number: calls it is in

    @property
    def sids(self) -> Sids:
        return Sids(self.random)

    def now(self) -> datetime:
        return self.engine.now()

    def fail(self, rule: str, words: str) -> None:
        """Write down what the service must never do; nothing stops because of it."""
        self.trace.failures.append(Failure(self.now(), rule, words))

    def alert(self, code: int, words: str, url: str = "") -> None:
        """Write down what Twilio would put in its debugger."""
        self.trace.alerts.append(Alert(self.now(), code, words, url))

    def caller_ids(self) -> frozenset[str]:
        """The numbers that a Dial of ours may show."""
        return frozenset(self.numbers) | self.account.caller_ids
