"""Walks every way that a call can go, one event after another, as the state machine answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product

from routing import record
from routing.arrival import must_ask, targets
from routing.call import (
    Arrived,
    AskDistrict,
    AttemptEnded,
    CallerLeft,
    CallState,
    Event,
    Facts,
    Farewell,
    Keyed,
    Person,
    Result,
    Ring,
    Step,
    Target,
    next_step,
)
from routing.contact import Caller, Channel, ContactEvent
from routing.ids import ContactId, DistrictId, TherapistId
from routing.organisation import Closed, Fallback
from routing.role import Role
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    SOCIALJOUREN,
    at,
    line,
    organisation,
)

CONTACT = ContactId("CA" + "1" * 32)
MODES: Mapping[str, tuple[Closed, datetime]] = {
    "open": (Closed.OFFICE, at("2026-03-03T19:04")),
    "closed, office in office hours": (Closed.OFFICE, at("2026-03-03T10:15")),
    "closed, office at night": (Closed.OFFICE, at("2026-03-03T22:30")),
    "closed, fallback": (Closed.FALLBACK, at("2026-03-03T22:30")),
    "closed, message": (Closed.MESSAGE, at("2026-03-03T22:30")),
}
DISTRICTS = (HASSELBY_VALLINGBY, JARVA)
# Once and once more in the line's first language, and the same in another that was chosen.
MOST_QUESTIONS = 4
Plans = Mapping[DistrictId | None, tuple[Target, ...]]


@dataclass(frozen=True, slots=True)
class Who:
    """A kind of caller."""

    name: str
    home: DistrictId | None = None
    language: str | None = None  # registered
    withheld: bool = False
    blocked: bool = False
    crowding: bool = False


KNOWN = Who("known", JARVA, "sv")
CALLERS = (
    KNOWN,
    Who("unknown"),
    Who("crowding", crowding=True),
    Who("of two districts", language="sv"),
    Who("withheld", withheld=True),
    Who("blocked", JARVA, "sv", blocked=True),
    Who("unknown and blocked", blocked=True),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """A call that is about to come in: who calls, when, and who would be tried."""

    mode: str
    who: Who
    therapists: int
    fallbacks: int
    start: CallState
    arrived: Arrived
    plans: Plans
    began_at: datetime


def setting(mode: str, who: Who, therapists: int, fallbacks: int) -> Setting:
    """The call as routing.arrival lays it out, for so many on standby and fallbacks."""
    closed, moment = MODES[mode]
    numbers = tuple(Fallback(f"F{n}", SOCIALJOUREN, None) for n in range(fallbacks))
    own = line(closed=closed, fallback=numbers, languages=("sv", "ar"))
    on_standby = [TherapistId(f"t{n}") for n in range(1, therapists + 1)]
    plans = {
        home: targets(
            organisation(),
            own,
            home,
            on_standby if home != HASSELBY_VALLINGBY else reversed(on_standby),
            moment,
        )
        for home in (None, *DISTRICTS)
    }
    start = CallState(
        contact=CONTACT,
        line=EFTERVARD,
        language=who.language or own.languages[0],
        home=who.home,
        role=Role.YOUTH if who.home else None,
        closed=not own.hours.is_open(moment),
        language_chosen=who.language is not None,
        withheld=who.withheld,
    )
    asks = must_ask(organisation(), own, who.home, moment)
    arrived = Arrived(ask_district=asks, blocked=who.blocked, crowding=who.crowding)
    return Setting(mode, who, therapists, fallbacks, start, arrived, plans, moment)


@dataclass(frozen=True, slots=True)
class End:
    """
    How an attempt may end: the key pressed before it, and what the carrier says of it.

    No *result* is a carrier that says nothing more of the attempt, since the caller has left.
    """

    result: Result | None
    key: bool | None = None  # True accepts, False declines


_LEAVES = (Result.CALLER_GONE, None)
_GOES_ON = (Result.NO_ANSWER, Result.BUSY, Result.FAILED, Result.UNACCEPTED)
EVERY_RESULT = tuple(End(result) for result in (*_GOES_ON, Result.BRIDGED, *_LEAVES))
# A therapist's phone may have pressed a key whatever the carrier then says.
EVERY_KEY = (
    *EVERY_RESULT,
    *(End(result, key=True) for result in (Result.UNACCEPTED, Result.BRIDGED, *_LEAVES)),
    *(End(result, key=False) for result in (Result.UNACCEPTED, *_LEAVES)),
)
A_FEW = (End(Result.NO_ANSWER), End(Result.BRIDGED, key=True), End(None))


@dataclass(slots=True)
class Path:
    """
    The way that a walk has come; it changes as the walk goes on, so copy what is to stay.

    *echoes* is what second copies of the same webhooks would have told, had they come when
    everybody could be reached, and when nobody could; *last* is None when the caller just hung up.
    """

    setting: Setting
    rung: list[Target] = field(default_factory=list)
    told: list[ContactEvent] = field(default_factory=list)
    echoes: list[ContactEvent] = field(default_factory=list)
    taken_by: Target | None = None  # bridged, and accepted by key where one is needed
    is_unconfirmed: bool = False  # bridged to a therapist who pressed nothing
    has_left: bool = False
    asked: int = 0
    steps: int = 0
    last: Step | None = None


Visit = Callable[[Path], None]
Check = Callable[[Path, CallState, Event, Facts, Step], None]


class Walk:
    """
    Takes every path from a setting; *check* is called at each step and *visit* at each end.

    Before each step any of those still to be tried may have become unreachable.  Only who is the
    first that is not makes a difference to the step, so each of them in turn is the first.
    """

    def __init__(
        self, ends: Sequence[End], check: Check, visit: Visit, *, keeps_record: bool
    ) -> None:
        self._ends, self._check, self._visit = ends, check, visit
        self._number_ends = [end for end in ends if end.key is None]
        if not any(end.result is Result.BRIDGED for end in self._number_ends):
            self._number_ends.append(End(Result.BRIDGED))
        self._keeps_record = keeps_record

    def take(self, setting: Setting) -> None:
        path = Path(setting)
        if self._keeps_record:
            who = setting.who
            caller = Caller("K-1001", who.home, None, who.language, None if who.withheld else b"k")
            heard = record.received(CONTACT, EFTERVARD, Channel.VOICE, caller, self._now(path))
            path.told.append(heard)
        plan = setting.plans[setting.start.home]
        ahead = () if setting.arrived.ask_district else plan
        for facts in _facts(setting, ahead):
            self._step(path, setting.start, setting.arrived, facts)

    def _step(self, path: Path, state: CallState, event: Event, facts: Facts) -> None:
        step = next_step(state, event, facts)
        before = path.last
        path.last = step
        path.steps += 1
        self._check(path, state, event, facts, step)
        kept, kept_echoes = len(path.told), len(path.echoes)
        if self._keeps_record:
            path.told.extend(record.of_step(state, event, step, self._now(path)))
            for echoed in self._echoes(path, state, event):
                path.echoes.extend(record.of_step(state, event, echoed, self._now(path, 0.1)))
        match step:
            case Ring():
                path.rung.append(step.target)
                self._after_ring(path, step)
                path.rung.pop()
            case AskDistrict():
                path.asked += 1
                self._after_question(path, step)
                path.asked -= 1
            case Farewell():
                self._visit(path)
        del path.told[kept:]
        del path.echoes[kept_echoes:]
        path.steps -= 1
        path.last = before

    def _echoes(self, path: Path, state: CallState, event: Event) -> Iterator[Step]:
        plans = path.setting.plans
        everyone = frozenset(target for plan in plans.values() for target in plan)
        for unreachable in (frozenset[Target](), everyone):
            yield next_step(state, event, Facts(plans, unreachable))

    def _after_ring(self, path: Path, step: Ring) -> None:
        state, is_person = step.state, isinstance(step.target, Person)
        for end in self._ends if is_person else self._number_ends:
            kept = len(path.told)
            if end.key is not None and self._keeps_record:
                pressed = record.of_key(state, accepted=end.key, at=self._now(path, 0.5))
                assert pressed is not None
                path.told.append(pressed)
            counts = end.result is Result.BRIDGED and (end.key is True or not is_person)
            path.taken_by = step.target if counts else None
            path.is_unconfirmed = end.result is Result.BRIDGED and not counts
            self._after_attempt(path, state, end)
            path.taken_by, path.is_unconfirmed = None, False
            del path.told[kept:]

    def _after_attempt(self, path: Path, state: CallState, end: End) -> None:
        if end.result is None:
            self._leave(path)
            return
        event = AttemptEnded(end.result, 60 if end.result is Result.BRIDGED else None)
        path.has_left = end.result is Result.CALLER_GONE
        for facts in _facts(path.setting, state.targets[state.rung + 1 :], repeats=event):
            self._step(path, state, event, facts)
        path.has_left = False

    def _after_question(self, path: Path, step: AskDistrict) -> None:
        state = step.state
        self._leave(path)
        path.has_left = True
        self._step(path, state, CallerLeft(), Facts())
        path.has_left = False
        answers = [Keyed(), Keyed(language="ar")]
        for event in (*answers, *(Keyed(home, Role.YOUTH) for home in DISTRICTS)):
            kept = len(path.told)
            if event.home is not None and self._keeps_record:
                named = Caller("K-1001", event.home)
                told = record.identified(CONTACT, EFTERVARD, named, self._now(path, 0.5))
                path.told.append(told)
            for facts in _facts(path.setting, path.setting.plans[event.home]):
                self._step(path, state, event, facts)
                if isinstance(next_step(state, event, facts), AskDistrict):
                    break  # who can be reached makes no difference to a question
            del path.told[kept:]

    def _leave(self, path: Path) -> None:
        """The caller hangs up, and nothing comes but the carrier's word that the call is over."""
        path.has_left = True
        last, path.last = path.last, None
        self._visit(path)
        path.has_left, path.last = False, last

    def _now(self, path: Path, later: float = 0.0) -> datetime:
        return path.setting.began_at + timedelta(seconds=path.steps * 10 + later)


def _facts(
    setting: Setting, ahead: Sequence[Target], repeats: Event | None = None
) -> Iterator[Facts]:
    ends_it = isinstance(repeats, AttemptEnded) and repeats.result in {
        Result.BRIDGED,
        Result.CALLER_GONE,
    }
    for gone in range(1 if ends_it else len(ahead) + 1):
        yield Facts(setting.plans, frozenset(ahead[:gone]))


def settings(
    callers: Sequence[Who], therapists: Sequence[int], fallbacks: Sequence[int]
) -> Iterator[Setting]:
    """Every combination with every mode, less those that would lay the call out alike."""
    seen: set[tuple[object, ...]] = set()
    for mode, who, people, numbers in product(MODES, callers, therapists, fallbacks):
        made = setting(mode, who, people, numbers)
        laid_out = (made.start, made.arrived, tuple(made.plans.items()))
        if laid_out not in seen:
            seen.add(laid_out)
            yield made
