"""Calls and texts over HTTP to a service that is being restarted, and what came of them."""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.lab.account import Account, Number
from app.lab.call import Call, Outcome
from app.lab.carrier import Carrier
from app.lab.transcript import transcript
from app.lab.transport import HttpReply, HttpRequest, HttpTransport, NoReply, NotConnected
from app.telephony.exchange import TRIES_AGAIN
from tests.app.world import FALLBACK, GUARDIAN, LINE, NAMES, PUBLIC_URL, T1, T4, YOUTH, rows

ELSEWHERE = "https://files.example.se/fallback.xml"
_ANSWERS, _THERE = "answer 4, press 1 after 3, talk 15", "answer 5, talk 15"
_STEP = 0.25  # seconds, real ones
_APART = 90.0  # the carrier's: a call is over before the next one of its lane begins


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of call, and how it must end."""

    phones: Mapping[str, str]
    ends: Outcome = Outcome.TALKED
    caller: str = ""


KINDS = (
    Kind({T4: _ANSWERS, T1: _ANSWERS, FALLBACK: _THERE}),
    Kind({T4: "no answer", T1: _ANSWERS, FALLBACK: _THERE}),
    Kind({T4: "voicemail 12", T1: "answer 3, press 2", FALLBACK: _THERE}),
    Kind({T4: "busy", T1: "busy"}, Outcome.ENDED_BY_LINE),
    Kind({}, Outcome.ABANDONED, "hang up after 9"),
)


@dataclass
class Way:
    """HTTP to the service at *ports*; counts what had to be asked again, and how long that took."""

    ports: Sequence[int]  # asked in turn; one that refuses is passed over, as a proxy does
    fallback: bytes
    asked: int = 0
    again: int = 0
    elsewhere: int = 0
    longest: float = 0.0
    slowest: float = 0.0  # of those that were asked once
    reasons: Counter[str] = field(default_factory=Counter)  # why they were asked again
    _since: dict[tuple[str, bytes], float] = field(default_factory=dict)

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        if request.url.startswith(ELSEWHERE):
            self.elsewhere += 1
            return HttpReply(200, (("Content-Type", "text/xml"),), self.fallback)
        key, now = (request.url, request.body), time.monotonic()
        self.asked += 1
        began = self._since.get(key, now)
        try:
            reply = self._sent(request, patience)
        except (NotConnected, NoReply) as err:
            self.reasons[str(err)] += 1
            self._failed(key, began)
            raise
        took = time.monotonic() - began
        if reply.status >= 500:
            self.reasons[str(reply.status)] += 1
            self._failed(key, began)
        elif self._since.pop(key, None) is not None:
            self.longest = max(self.longest, took)
        else:
            self.slowest = max(self.slowest, took)
        return reply

    def _sent(self, request: HttpRequest, patience: float) -> HttpReply:
        for turn in range(len(self.ports)):
            port = self.ports[(self.asked + turn) % len(self.ports)]
            try:
                return HttpTransport(("127.0.0.1", port)).send(request, patience=patience)
            except NotConnected as err:
                refused = err
        raise refused

    def _failed(self, key: tuple[str, bytes], began: float) -> None:
        self.again += 1
        self._since[key] = began


class Lane:
    """One carrier's calls, one begun after another on its own clock, *pace* times the real one."""

    def __init__(
        self, place: int, calls: int, way: Way, account: Account, start: datetime, pace: float
    ) -> None:
        base = f"{PUBLIC_URL}/twilio"
        number = Number(
            LINE,
            voice_url=f"{base}/voice{TRIES_AGAIN}",
            status_callback=f"{base}/voice/status{TRIES_AGAIN}",
            sms_url=f"{base}/sms{TRIES_AGAIN}",
            voice_fallback_url=ELSEWHERE,
            voice_fallback_method="GET",
        )
        self.way = way
        self.carrier = Carrier(account, number, way, start=start, seed=place + 1, strict=False)
        self._pace = pace
        self.played: list[tuple[Kind, Call]] = []
        for turn in range(calls):
            kind = KINDS[(turn + place) % len(KINDS)]
            call = self.carrier.begin_call(
                (YOUTH, GUARDIAN)[turn % 2],
                phones=kind.phones,
                caller=kind.caller,
                after=1.0 + turn * _APART,
            )
            self.played.append((kind, call))
        if place == 0:  # whose REST face the clock knows
            for turn in range(calls // 5):
                self.carrier.begin_text(YOUTH, f"Nummer {turn}")
        self._thread = threading.Thread(target=self._play, name=f"lane {place}")

    def begin(self) -> None:
        self._thread.start()

    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def end(self) -> None:
        self._thread.join()

    def _play(self) -> None:
        until = time.monotonic()
        while not all(call.over for _, call in self.played):
            until += _STEP
            self.carrier.run_until(self.carrier.now() + timedelta(seconds=_STEP * self._pace))
            threading.Event().wait(max(0.0, until - time.monotonic()))
        self.carrier.run()


@dataclass
class Result:
    """What came of all lanes."""

    calls: int = 0
    reached: int = 0  # somebody, the fallback's included
    told: int = 0
    left: int = 0
    elsewhere: int = 0  # helped by the number's fallback document
    asked: int = 0
    again: int = 0
    longest: float = 0.0
    slowest: float = 0.0
    notices: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    restarts: tuple[int, int] = (0, 0)  # of web processes, of the clock
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, lanes: Sequence[Lane], engine: sa.Engine) -> "Result":
        found = cls()
        for lane in lanes:
            found._add(lane)
        found._compare(lanes, engine)
        return found

    def _add(self, lane: Lane) -> None:
        ends = Counter(call.outcome for _, call in lane.played)
        self.calls += len(lane.played)
        self.reached += ends[Outcome.TALKED]
        self.told += ends[Outcome.ENDED_BY_LINE]
        self.left += ends[Outcome.ABANDONED]
        way = lane.way
        self.elsewhere += way.elsewhere
        self.asked += way.asked
        self.again += way.again
        self.reasons += way.reasons
        self.longest, self.slowest = max(self.longest, way.longest), max(self.slowest, way.slowest)
        self.wrong += [f"{failure.rule}: {failure.words}" for failure in lane.carrier.failures]
        for kind, call in lane.played:
            heard = any("1 1 2" in words for words in call.heard)
            is_told = call.outcome is Outcome.ENDED_BY_LINE and heard
            if call.outcome is not kind.ends or (kind.ends is Outcome.ENDED_BY_LINE) > is_told:
                said = "; ".join(transcript(call, NAMES))
                self.wrong.append(f"ended as {call.outcome}, and not as {kind.ends}: {said}")

    def _compare(self, lanes: Sequence[Lane], engine: sa.Engine) -> None:
        """Whether the log holds each once, and closed."""
        events = rows(engine, "contact_events")
        came = [call.sid for lane in lanes for _, call in lane.played]
        came += [text.sid for lane in lanes for text in lane.carrier.texts]
        received = Counter(str(row["contact"]) for row in events if row["kind"] == "received")
        over = {str(row["contact"]) for row in events if row["kind"] in {"hung_up", "ended"}}
        calls = {call.sid for lane in lanes for _, call in lane.played}
        self.wrong += [f"{received[sid]} contacts of one {sid[:2]}" for sid in came
                       if received[sid] != 1]  # fmt: skip
        self.wrong += ["a contact that nobody closed" for sid in calls - over]

    def compare_notices(self, lanes: Sequence[Lane], engine: sa.Engine) -> None:
        """Whether each letter was sent once, when nothing is owed any more."""
        letters = rows(engine, "outbox")
        states = Counter(str(row["state"]) for row in letters)
        self.notices = len(letters)
        self.wrong += [f"{count} letters {state}" for state, count in states.items()
                       if state != "sent"]  # fmt: skip
        sent = sum(len(lane.carrier.messages) for lane in lanes)
        if sent != len(letters):
            self.wrong.append(f"{sent} texts were sent for {len(letters)} letters")
