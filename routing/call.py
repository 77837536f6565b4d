"""A voice call as a state machine: what the caller meets next, and who is tried."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from routing.ids import ContactId, DistrictId, LineId, TherapistId
from routing.role import Role


@dataclass(frozen=True, slots=True)
class Person:
    """A therapist on standby, who must press a key to be put through."""

    therapist: TherapistId

    def __str__(self) -> str:
        return self.therapist


@dataclass(frozen=True, slots=True)
class OfficeNumber:
    """The home district's own number, in office hours."""

    district: DistrictId

    def __str__(self) -> str:
        return "office"


@dataclass(frozen=True, slots=True)
class FallbackNumber:
    """The line's fallback at *place*, counted from 0; whoever answers there counts."""

    place: int

    def __str__(self) -> str:
        return f"fallback-{self.place + 1}"


Target = Person | OfficeNumber | FallbackNumber


@dataclass(frozen=True, slots=True)
class CallState:
    """
    Where a call has got to, in opaque ids: it travels signed in the call's own addresses.

    *targets* are everyone who will be tried, chosen once when the home district is settled, so
    that a rota that changes in mid-call confuses nobody; *rung* is the index of the one being
    tried.
    """

    contact: ContactId
    line: LineId
    language: str
    home: DistrictId | None = None
    role: Role | None = None
    targets: tuple[Target, ...] = ()
    rung: int = 0
    closed: bool = False  # the call came outside the line's hours
    asked: int = 0  # how often the district was asked for in this language
    language_chosen: bool = False  # or registered, so that no other is offered
    withheld: bool = False  # so nobody can call back


class Result(StrEnum):
    """How an attempt to reach somebody ended."""

    BRIDGED = "bridged"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    UNACCEPTED = "unaccepted"  # answered by a voicemail, or by a person who did not press 1
    CALLER_GONE = "caller_gone"


@dataclass(frozen=True, slots=True)
class Arrived:
    """
    A call has come in.

    It may have to be asked for its home district; *blocked* if a manager has blocked the number,
    *crowding* if a stranger calls again and again.
    """

    ask_district: bool = False
    blocked: bool = False
    crowding: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """The question was answered with a district, with a language, or with neither."""

    home: DistrictId | None = None
    role: Role | None = None  # known once the district says whose number it is
    language: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The attempt on the current rung is over; *seconds* is how long the far end was connected."""

    result: Result
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller has hung up."""


Event = Arrived | Keyed | AttemptEnded | CallerLeft


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What the world is like when the step is taken.

    *targets* says who is to be tried for each home district that the event may lead to, None
    being an unassigned caller; *unreachable* are those who cannot be tried just now.
    """

    targets: Mapping[DistrictId | None, tuple[Target, ...]] = field(default_factory=dict)
    unreachable: AbstractSet[Target] = frozenset()


class Words(StrEnum):
    """Something the service says; the key of a phrase in the catalogue."""

    PLEASE_WAIT = "please_wait"
    CLOSED_CONNECTING = "closed_connecting"
    CROWDED = "crowded"
    CLOSED = "closed"
    NOBODY = "nobody"
    NOBODY_WITHHELD = "nobody_withheld"
    BLOCKED = "blocked"


class Ending(StrEnum):
    """Why a call is over; stored as written, so never renamed."""

    TALKED = "talked"
    CALLER_LEFT = "caller_left"
    NOBODY = "nobody"
    CLOSED = "closed"
    BLOCKED = "blocked"
    RESCUED = "rescued"  # our own code failed, and the carrier was told to dial the fallback


@dataclass(frozen=True, slots=True)
class AskDistrict:
    """Ask which district it is about, after *words* if any; the answer comes back as `Keyed`."""

    state: CallState
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """Try *target*, after *words* if there are any."""

    target: Target
    state: CallState
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Farewell:
    """End the call, after *words* if there are any."""

    ending: Ending
    state: CallState
    words: Words | None = None


Step = AskDistrict | Ring | Farewell

# Asked once, and once more: who is silent then is put through all the same.
MOST_ASKED = 2


def next_step(state: CallState, event: Event, facts: Facts) -> Step:  # noqa: PLR0911 - a case each
    """
    What the caller meets next, and who is tried.

    A question without an answer leads to a person like any answer.  Each target is tried once, in
    order, unless it became unreachable meanwhile; only then are there words instead of a voice.
    A caller who has left is the end of it: nobody is rung for an empty line.  The answer depends
    on the arguments alone, so a repeated webhook gets the same one from any process.

    Source: docs/architecture.md, promise 1.
    """
    match event:
        case Arrived(blocked=True):
            return Farewell(Ending.BLOCKED, state, Words.BLOCKED)
        case Arrived(ask_district=True, crowding=crowding):
            return AskDistrict(replace(state, asked=1), Words.CROWDED if crowding else None)
        case Arrived(crowding=crowding):
            return _set_out(state, facts, crowding=crowding)
        case Keyed(language=str(language)) if not state.language_chosen:
            return AskDistrict(replace(state, language=language, language_chosen=True, asked=1))
        case Keyed(home=None) if state.asked < MOST_ASKED:
            return AskDistrict(replace(state, asked=state.asked + 1))
        case Keyed(home, role):
            return _set_out(replace(state, home=home, role=role or state.role), facts)
        case AttemptEnded(Result.BRIDGED):
            return Farewell(Ending.TALKED, state)
        case AttemptEnded(Result.CALLER_GONE) | CallerLeft():
            return Farewell(Ending.CALLER_LEFT, state)
        case AttemptEnded():
            return _climb(replace(state, rung=state.rung + 1), facts)
        case _:
            assert_never(event)


def _set_out(state: CallState, facts: Facts, *, crowding: bool = False) -> Step:
    step = _climb(replace(state, targets=facts.targets.get(state.home, ())), facts)
    if crowding and isinstance(step, Ring):
        return replace(step, words=Words.CROWDED)
    return step


def _climb(state: CallState, facts: Facts) -> Step:
    while state.rung < len(state.targets):
        target = state.targets[state.rung]
        if target not in facts.unreachable:
            return Ring(target, state, _words_before(target, state))
        state = replace(state, rung=state.rung + 1)
    if state.closed and not state.targets:
        return Farewell(Ending.CLOSED, state, Words.CLOSED)
    # A promise to call back is made only where it can be kept.
    words = Words.NOBODY_WITHHELD if state.withheld else Words.NOBODY
    return Farewell(Ending.NOBODY, state, words)


def _words_before(target: Target, state: CallState) -> Words | None:
    """Ringing alone for a person; words before a number that may answer with a machine's menu."""
    match target:
        case Person():
            return None
        case OfficeNumber() | FallbackNumber() if state.closed and state.rung == 0:
            return Words.CLOSED_CONNECTING
        case OfficeNumber() | FallbackNumber():
            return Words.PLEASE_WAIT
        case _:
            assert_never(target)
