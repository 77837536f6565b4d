"""What goes wrong of an evening, at random and yet the same for the same seed."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.lab.faults import Faults, RestFault, WebhookFault
from tests.faults.deaths import ELSEWHERE
from tests.faults.processes import Fate, Killed, Process

Rates = Mapping[WebhookFault | RestFault, float]
_REPORTS = "/status"


@dataclass(frozen=True, slots=True)
class Weather:
    """How often what goes wrong; a rate is the share of requests that it befalls."""

    name: str
    rates: Rates = field(default_factory=dict)
    reverse_callbacks: bool = False
    callback_before_reply: bool = False
    web_dies_every: int = 0  # so many steps of all processes, on average
    clock_dies_every: int = 0
    connections_cut_every: int = 0  # likewise
    database_away: int = 0  # so many times in the evening, for a minute and a half each
    database_locked: int = 0
    service_away: int = 0
    crowded: bool = False


class Storm(Faults):
    """The carrier's switches, thrown by chance."""

    def __init__(self, weather: Weather, seed: int) -> None:
        super().__init__()
        self.reverse_callbacks = weather.reverse_callbacks
        self.callback_before_reply = weather.callback_before_reply
        self.counts: Counter[str] = Counter()
        self.service_is_away = False
        self._rates, self._chance = weather.rates, random.Random(seed)
        self.rages = True

    def webhook(self, url: str) -> WebhookFault | None:
        if not self.rages or url.startswith(ELSEWHERE):
            return None
        if self.service_is_away:
            self.counts["service away"] += 1
            return WebhookFault.DOWN
        for fault, rate in self._rates.items():
            if not isinstance(fault, WebhookFault) or self._chance.random() >= rate:
                continue
            if fault is WebhookFault.LOST and _REPORTS not in url:
                continue
            self.counts[fault] += 1
            return fault
        return None

    def rest(self, url: str) -> RestFault | None:
        if not self.rages:
            return None
        for fault, rate in self._rates.items():
            if isinstance(fault, RestFault) and self._chance.random() < rate:
                self.counts[fault] += 1
                return fault
        return None


class RandomFate(Fate):
    """Processes die, and their connections are cut, at random steps."""

    def __init__(self, weather: Weather, seed: int) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()
        self._every = {"web": weather.web_dies_every, "clock": weather.clock_dies_every}
        self._cut_every, self._chance = weather.connections_cut_every, random.Random(seed)

    def step(self, process: Process, name: str) -> None:
        if process.is_dead:
            raise Killed
        if not self.counts:
            return
        every = self._every[process.name]
        if every and self._chance.random() < 1 / every:
            self.counted[f"{process.name} killed"] += 1
            process.is_dead = True
            raise Killed
        if self._cut_every and self._chance.random() < 1 / self._cut_every:
            self.counted["connections cut"] += 1
            process.cut()


_OFTEN, _NOW_AND_THEN, _RARELY = 0.25, 0.12, 0.04
_NOT_SENT: Rates = {
    RestFault.TOO_MANY: _NOW_AND_THEN,
    RestFault.ERROR_BEFORE: _NOW_AND_THEN,
    RestFault.REFUSED: _NOW_AND_THEN,
    RestFault.UNAUTHORISED: _NOW_AND_THEN,
}
_PERHAPS_SENT: Rates = {
    RestFault.ERROR_AFTER: _NOW_AND_THEN,
    RestFault.TIMED_OUT_AFTER: _NOW_AND_THEN,
    RestFault.MALFORMED: _NOW_AND_THEN,
    RestFault.SLOW: _NOW_AND_THEN,
}
_WEBHOOKS = (
    WebhookFault.DUPLICATE,
    WebhookFault.DUPLICATE_NEW_TOKEN,
    WebhookFault.DOWN,
    WebhookFault.ERROR_BEFORE,
    WebhookFault.ERROR_AFTER,
    WebhookFault.SLOW,
    WebhookFault.LOST,
)
EVERYTHING = Weather(
    "everything at once, callers too",
    dict.fromkeys((*_WEBHOOKS, *_NOT_SENT, *_PERHAPS_SENT), _RARELY),
    reverse_callbacks=True,
    callback_before_reply=True,
    web_dies_every=400,
    clock_dies_every=1500,
    connections_cut_every=1500,
    database_away=6,
    service_away=3,
    crowded=True,
)
WEATHERS = (
    Weather("webhook comes twice", {WebhookFault.DUPLICATE: _OFTEN}),
    Weather("webhook comes twice, new token", {WebhookFault.DUPLICATE_NEW_TOKEN: _OFTEN}),
    Weather("connection to the service refused", {WebhookFault.DOWN: _OFTEN}),
    Weather("error page, service did not see it", {WebhookFault.ERROR_BEFORE: _OFTEN}),
    Weather("error page, service had acted", {WebhookFault.ERROR_AFTER: _OFTEN}),
    Weather("answer comes too late", {WebhookFault.SLOW: _NOW_AND_THEN}),
    Weather("status callback lost", {WebhookFault.LOST: 0.7}),
    Weather("status callbacks in reverse order", reverse_callbacks=True),
    Weather("callback before the carrier's reply", callback_before_reply=True),
    Weather("carrier's API refuses", _NOT_SENT),
    Weather("carrier's API acts and says nothing", _PERHAPS_SENT),
    Weather("web worker killed", web_dies_every=60),
    Weather("clock killed", clock_dies_every=300),
    Weather("database connections cut", connections_cut_every=200),
    Weather("database away for 90 s", database_away=25),
    Weather("database locked for 90 s", database_locked=4),
    Weather("whole service away for 90 s", service_away=20),
    EVERYTHING,
)
