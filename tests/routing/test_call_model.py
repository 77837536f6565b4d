"""Every way a call can go, walked to its end: promise 1 of docs/architecture.md, model-checked."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import chain, combinations

import pytest

from routing import record
from routing.call import (
    AskDistrict,
    AttemptEnded,
    CallState,
    Ending,
    Event,
    Facts,
    FallbackNumber,
    Farewell,
    Keyed,
    OfficeNumber,
    Person,
    Result,
    Ring,
    Step,
    Target,
    Words,
    next_step,
)
from routing.contact import LONGEST_CALL, Contact, ContactEvent, Kind, Outcome, fold
from tests.examples import EFTERVARD, JARVA
from tests.routing.call_paths import (
    A_FEW,
    CALLERS,
    CONTACT,
    EVERY_KEY,
    EVERY_RESULT,
    KNOWN,
    MODES,
    MOST_QUESTIONS,
    End,
    Path,
    Walk,
    Who,
    setting,
    settings,
)

LEAST_PATHS, LONGEST = 130_000, 60.0  # of a walk, and its seconds of computing on a busy machine
# The deepest: to arrive, four questions, and six who are tried.
DEEPEST = 1 + MOST_QUESTIONS + 6
UP_TO_FOUR, UP_TO_TWO = range(5), range(3)
# What is walked: which callers, how an attempt may end, how many on standby and how many fallbacks.
STEPS = (
    ([KNOWN], EVERY_RESULT, UP_TO_FOUR, UP_TO_TWO),
    (CALLERS, EVERY_RESULT, UP_TO_TWO, range(2)),
    (CALLERS, A_FEW, UP_TO_FOUR, UP_TO_TWO),
)
RECORDS = (
    ([KNOWN], EVERY_KEY, UP_TO_TWO, UP_TO_TWO),
    ([KNOWN], A_FEW, UP_TO_FOUR, UP_TO_TWO),
    (CALLERS, A_FEW, range(2), range(2)),
)
Walks = Sequence[tuple[Sequence[Who], Sequence[End], Sequence[int], Sequence[int]]]
# Somebody must call back or look: the alert, the call back and the handover begin with these.
TO_BE_HANDLED = frozenset({Outcome.MISSED, Outcome.ABANDONED, Outcome.FALLBACK_FAILED})


class Inspector:
    """Holds every step of a walk against the promises, and counts its paths by how they end."""

    def __init__(self) -> None:
        self.endings: Counter[str] = Counter()
        self.deepest = 0

    @property
    def paths(self) -> int:
        return self.endings.total()

    def check(self, path: Path, state: CallState, event: Event, facts: Facts, step: Step) -> None:
        assert next_step(state, event, facts) == step, "a repeated event gets another answer"
        assert path.steps <= DEEPEST
        self.deepest = max(self.deepest, path.steps)
        match step:
            case Ring():
                self._check_ring(path, state, event, facts, step)
            case AskDistrict(after):
                assert not path.has_left
                assert not path.setting.who.blocked
                assert not path.rung, "a caller is asked who was told to wait for somebody"
                assert path.asked < MOST_QUESTIONS
                assert after.home is None
            case Farewell():
                self._check_farewell(path, state, event, facts, step)

    def count(self, path: Path) -> None:
        """The path is over, as *check* has found right, or since the caller just hung up."""
        last = path.last
        assert last is None or isinstance(last, Farewell)
        assert last is not None or path.has_left
        self.endings["hung up" if last is None else last.ending] += 1

    def _check_ring(
        self, path: Path, state: CallState, event: Event, facts: Facts, step: Ring
    ) -> None:
        assert not path.has_left, "somebody is rung for an empty line"
        assert not path.setting.who.blocked, "somebody is rung for a blocked caller"
        assert path.taken_by is None, "somebody is rung though the caller was helped"
        assert step.target not in path.rung, "somebody is rung twice"
        assert step.target in path.setting.plans[step.state.home]
        assert step.target == step.state.targets[step.state.rung]
        assert step.target == next(t for t in _ahead(path, state, event) if _can(t, facts))
        if isinstance(step.target, Person):
            assert path.setting.mode == "open", "a therapist is rung out of hours"
            assert step.words in {None, Words.CROWDED}
        else:
            assert step.words is not None, "a machine's menu comes without warning"

    def _check_farewell(
        self, path: Path, state: CallState, event: Event, facts: Facts, step: Farewell
    ) -> None:
        match step.ending:
            case Ending.BLOCKED:
                assert path.setting.who.blocked
                assert step.words is Words.BLOCKED
            case Ending.TALKED:
                assert path.taken_by is not None or path.is_unconfirmed
            case Ending.CALLER_LEFT:
                assert path.has_left
            case Ending.CLOSED:
                assert path.setting.mode != "open"
                assert path.setting.plans[step.state.home] == ()
                assert step.words is Words.CLOSED
            case Ending.NOBODY:
                assert not any(_can(target, facts) for target in _ahead(path, state, event))
                withheld = path.setting.who.withheld
                assert step.words is (Words.NOBODY_WITHHELD if withheld else Words.NOBODY)
            case Ending.RESCUED:
                pytest.fail("the state machine itself needs no rescue")


class Archivist:
    """Folds what every path of a walk leaves behind, in disorder, doubled, and with echoes."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self._chance = random.Random(20260303)

    def check(self, path: Path, state: CallState, event: Event, facts: Facts, step: Step) -> None:
        pass

    def file(self, path: Path) -> None:
        """The path is over, and the carrier says so; that word may also be lost."""
        now = path.told[-1].at + timedelta(seconds=9)
        told = [*path.told, record.hung_up(CONTACT, EFTERVARD, 70, now)]
        contact = fold(told)
        assert contact is not None
        self._check_outcome(path, contact)
        assert fold(self._shuffled([*told, *told])) == contact

        unsaid = fold(path.told)
        assert unsaid is not None
        much_later = now + LONGEST_CALL
        if path.last is None:
            # Not a word came: it is missed in the end, unless a key was the last that was heard.
            pressed = path.told[-1].kind is Kind.ACCEPTED
            assert unsaid.outcome_at(much_later) is (
                Outcome.ANSWERED if pressed else Outcome.MISSED
            )
        else:
            assert unsaid.outcome_at(now) == unsaid.outcome_at(much_later) == contact.outcome

        echoed = fold(self._shuffled([*told, *path.echoes]))
        assert echoed is not None
        self._check_outcome(path, echoed, echoed=True)
        self.outcomes[str(contact.outcome)] += 1

    def _check_outcome(self, path: Path, contact: Contact, *, echoed: bool = False) -> None:
        last, taken_by = path.last, path.taken_by
        match taken_by:
            case Person(therapist):
                assert contact.outcome is Outcome.ANSWERED
                assert contact.therapist == therapist
            case OfficeNumber() | FallbackNumber():
                assert contact.outcome is Outcome.FALLBACK_ANSWERED
                assert contact.therapist is None
                assert echoed or contact.escalated_to == str(taken_by)
            case None if isinstance(last, Farewell) and last.ending is Ending.BLOCKED:
                assert contact.outcome is Outcome.BLOCKED
            case None if isinstance(last, Farewell) and last.ending is Ending.CLOSED:
                assert contact.outcome is Outcome.CLOSED
            case None:
                assert contact.outcome in TO_BE_HANDLED
        if not echoed:
            assert [a.target for a in contact.attempts] == [str(target) for target in path.rung]
        answered = [attempt for attempt in contact.attempts if attempt.reached]
        assert len(answered) == (taken_by is not None), "at most one is the one who answered"

    def _shuffled(self, told: list[ContactEvent]) -> list[ContactEvent]:
        self._chance.shuffle(told)
        return told


def _ahead(path: Path, state: CallState, event: Event) -> Sequence[Target]:
    """Who has still to be tried when *event* comes."""
    if isinstance(event, AttemptEnded):
        return state.targets[state.rung + 1 :]
    home = event.home if isinstance(event, Keyed) else state.home
    return path.setting.plans[home]


def _can(target: Target, facts: Facts) -> bool:
    return target not in facts.unreachable


def _tell(request: pytest.FixtureRequest, name: str, told: object) -> None:
    """Leave a figure in the report: `pytest -rA` prints it, and so does the XML of CI."""
    request.node.user_properties.append((name, str(told)))  # which a worker can send home
    print(f"{name}: {told}")  # noqa: T201 - what the test found out


def test_every_path_ends_with_a_person_or_with_words(request: pytest.FixtureRequest) -> None:
    inspector, began = Inspector(), time.process_time()

    for callers, ends, therapists, fallbacks in STEPS:
        walk = Walk(ends, inspector.check, inspector.count, keeps_record=False)
        for each in settings(callers, therapists, fallbacks):
            walk.take(each)

    took = time.process_time() - began
    _tell(request, "paths explored", inspector.paths)
    _tell(request, "seconds", round(took, 1))
    _tell(request, "deepest path, in steps", inspector.deepest)
    _tell(request, "endings", dict(inspector.endings))
    assert inspector.paths > LEAST_PATHS
    assert inspector.deepest == DEEPEST
    assert set(inspector.endings) == {"hung up", *Ending} - {Ending.RESCUED}
    assert took < LONGEST


def test_what_every_path_leaves_behind_is_an_outcome_that_somebody_handles(
    request: pytest.FixtureRequest,
) -> None:
    archivist = Archivist()

    for callers, ends, therapists, fallbacks in RECORDS:
        walk = Walk(ends, archivist.check, archivist.file, keeps_record=True)
        for each in settings(callers, therapists, fallbacks):
            walk.take(each)

    _tell(request, "paths folded", archivist.outcomes.total())
    _tell(request, "outcomes", dict(archivist.outcomes))
    assert set(archivist.outcomes) == {
        *TO_BE_HANDLED,
        Outcome.ANSWERED,
        Outcome.FALLBACK_ANSWERED,
        Outcome.CLOSED,
        Outcome.BLOCKED,
    }


@pytest.mark.parametrize("rung", range(6))
def test_only_the_first_who_can_be_reached_decides_who_is_rung(rung: int) -> None:
    """So a walk need not try every set of unreachable people at every step."""
    plan = setting("open", KNOWN, 4, 2).plans[JARVA]
    state = CallState(CONTACT, EFTERVARD, "sv", JARVA, targets=plan, rung=rung)
    event, ahead = AttemptEnded(Result.BUSY), plan[rung + 1 :]

    for unreachable in chain.from_iterable(combinations(plan, n) for n in range(len(plan) + 1)):
        first = next((t for t in ahead if t not in unreachable), None)
        gone = ahead if first is None else ahead[: ahead.index(first)]

        some = next_step(state, event, Facts(unreachable=frozenset(unreachable)))

        assert some == next_step(state, event, Facts(unreachable=frozenset(gone)))


@pytest.mark.parametrize("who", [who for who in CALLERS if not who.blocked], ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_a_caller_who_does_nothing_is_put_through_after_two_questions_at_most(
    mode: str, who: Who
) -> None:
    own = setting(mode, who, therapists=2, fallbacks=1)
    facts = Facts(own.plans)

    step, asked = next_step(own.start, own.arrived, facts), 0
    while isinstance(step, AskDistrict):
        step, asked = next_step(step.state, Keyed(), facts), asked + 1

    assert asked in {0, 2}
    if mode == "closed, message":
        assert isinstance(step, Farewell)
    else:
        assert isinstance(step, Ring)
        assert step.state.home == who.home


@pytest.mark.parametrize("mode", MODES)
def test_whoever_calls_again_and_again_waits_a_little_and_is_put_through(mode: str) -> None:
    """Whether a question comes first or not; the wait is there, and it is there once."""
    own = setting(mode, Who("crowding", crowding=True), therapists=2, fallbacks=1)
    facts = Facts(own.plans)

    steps = [next_step(own.start, own.arrived, facts)]
    while isinstance(steps[-1], AskDistrict):
        steps.append(next_step(steps[-1].state, Keyed(), facts))

    if mode == "closed, message":
        assert steps[-1].words is Words.CLOSED
    else:
        assert isinstance(steps[-1], Ring)
        assert [step.words for step in steps].count(Words.CROWDED) == 1
