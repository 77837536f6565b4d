"""What every part of the carrier shares: the account, the clock, the trace and chance."""

import random
from dataclasses import dataclass, field
from datetime import datetime

from app.lab.account import Account, Number, Sids
from app.lab.engine import Engine
from app.lab.faults import Faults
from app.lab.trace import Alert, Failure, Trace
from app.lab.transport import Transport
from app.lab.variant import Variant


@dataclass(slots=True)
class Core:
    account: Account
    numbers: dict[str, Number]
    transport: Transport
    engine: Engine
    random: random.Random
    variant: Variant
    faults: Faults = field(default_factory=Faults)
    trace: Trace = field(default_factory=Trace)

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
