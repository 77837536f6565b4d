"""One sitting with a spare number: which behaviour is being played, and all that came."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.telephony.observe.behaviours import BEHAVIOURS, Behaviour, Desk, Need
from app.telephony.observe.seen import Cleaner, Parties, Seen
from app.telephony.observe.verdict import Verdict, unseen

PATH = "/observe"
# Asks that a failed request be sent again, which one of the behaviours is about.
OVERRIDES = "#rc=1&rp=ct,rt,5xx"


@dataclass(frozen=True, slots=True)
class Observation:
    """A behaviour, what came of it, and what it turned out to be."""

    behaviour: Behaviour
    verdict: Verdict
    seen: Sequence[Seen]
    answers: Sequence[bool]


class Sitting:
    """
    Answers requests for the behaviour that is on, and keeps what came.

    A request belongs to the behaviour in which its call began, however late it comes; the carrier
    asks from other threads than the operator's.
    """

    def __init__(
        self,
        public_url: str,
        parties: Parties,
        now: Callable[[], datetime],
        tell: Callable[[Seen], None] = lambda _: None,
    ) -> None:
        self.desk = Desk(public_url + PATH, parties)
        self.refused = 0  # requests that nobody of ours had signed
        self._clean = Cleaner(parties)
        self._now, self._tell = now, tell
        self._lock = threading.Lock()
        self._on = BEHAVIOURS[0]
        self._began: dict[str, datetime] = {}
        self._calls: dict[str, str] = {}  # the behaviour in which each began
        self._seen: list[Seen] = []
        self._answers: dict[str, tuple[bool, ...]] = {}

    def lacks(self, behaviour: Behaviour) -> Sequence[Need]:
        """What the operator has not given, and *behaviour* needs."""
        given = {Need.SECOND: self.desk.parties.second, Need.EMERGENCY: self.desk.parties.emergency}
        return [need for need in Need if need in behaviour.needs and given[need] is None]

    def begin(self, behaviour: Behaviour) -> None:
        """From now on calls and texts are about *behaviour*; what came of it before is dropped."""
        with self._lock:
            self._on = behaviour
            self._began[behaviour.id] = self._now()
            self._seen = [one for one in self._seen if one.behaviour != behaviour.id]

    def answered(self, behaviour: Behaviour, answers: Sequence[bool]) -> None:
        """Keep what the operator said to its questions."""
        self._answers[behaviour.id] = tuple(answers)

    def refuse(self) -> None:
        """Count a request without a signature of ours; nothing of it is kept."""
        with self._lock:
            self.refused += 1

    def take(
        self, place: str, form: Mapping[str, str], headers: Mapping[str, str], signed_by: str
    ) -> str | int:
        """Keep one request; returns the document for it, or the status of an error."""
        with self._lock:
            clean = self._clean.form(form)
            behaviour = self._behaviour(clean)
            began = self._began.setdefault(behaviour.id, self._now())
            after = round((self._now() - began).total_seconds(), 1)
            seen = Seen(behaviour.id, place, after, clean, self._clean.headers(headers), signed_by)
            before = self._of(behaviour)
            self._seen.append(seen)
        self._tell(seen)
        return behaviour.reply(self.desk, seen, before)

    def observed(self, behaviour: Behaviour) -> Observation:
        """What is known of *behaviour* by now."""
        with self._lock:
            seen = self._of(behaviour)
        answers = self._answers.get(behaviour.id, ())
        if len(answers) < len(behaviour.questions):
            return Observation(behaviour, unseen("it was not played"), seen, answers)
        return Observation(behaviour, behaviour.judge(seen, answers), seen, answers)

    def _of(self, behaviour: Behaviour) -> list[Seen]:
        return [one for one in self._seen if one.behaviour == behaviour.id]

    def _behaviour(self, form: Mapping[str, str]) -> Behaviour:
        root = form.get("ParentCallSid") or form.get("CallSid")
        if root is None:  # a text
            return self._on
        id_ = self._calls.setdefault(root, self._on.id)
        return next(one for one in BEHAVIOURS if one.id == id_)
