"""A voice call as a state machine: what the caller meets next, and who is tried."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from routing.ids import ContactId, DistrictId, LineId, TherapistId


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

    *targets* are everyone who will be tried, chosen once when the call came in, so that a rota
    that changes in mid-call confuses nobody; *rung* is the index of the one being tried.
    """

    contact: ContactId
    line: LineId
    language: str
    home: DistrictId | None = None
    targets: tuple[Target, ...] = ()
    rung: int = 0
    closed: bool = False  # the call came outside the line's hours


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
    """A call has come in and its state has been laid out."""


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The attempt on the current rung is over; *seconds* is how long the far end was connected."""

    result: Result
    seconds: int | None = None


Event = Arrived | AttemptEnded


@dataclass(frozen=True, slots=True)
class Facts:
    """What may have changed since the call came in: who cannot be tried just now."""

    unreachable: AbstractSet[Target] = frozenset()


class Words(StrEnum):
    """Something the service says; the key of a phrase in the catalogue."""

    PLEASE_WAIT = "please_wait"
    CLOSED_CONNECTING = "closed_connecting"
    CLOSED = "closed"
    NOBODY = "nobody"


class Ending(StrEnum):
    """Why a call is over."""

    TALKED = "talked"
    CALLER_LEFT = "caller_left"
    NOBODY = "nobody"
    CLOSED = "closed"


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


Step = Ring | Farewell


def next_step(state: CallState, event: Event, facts: Facts) -> Step:
    """
    What the caller meets next, and who is tried.

    Each target is tried once, in order, unless it became unreachable meanwhile; only then are
    there words instead of a voice.  A caller who has left is the end of it: nobody is rung for
    an empty line.  The answer depends on the arguments alone, so a repeated webhook gets the
    same one from any process.

    Source: docs/architecture.md, promise 1.
    """
    match event:
        case Arrived():
            return _climb(state, facts)
        case AttemptEnded(Result.BRIDGED):
            return Farewell(Ending.TALKED, state)
        case AttemptEnded(Result.CALLER_GONE):
            return Farewell(Ending.CALLER_LEFT, state)
        case AttemptEnded():
            return _climb(replace(state, rung=state.rung + 1), facts)
        case _:
            assert_never(event)


def _climb(state: CallState, facts: Facts) -> Step:
    while state.rung < len(state.targets):
        target = state.targets[state.rung]
        if target not in facts.unreachable:
            return Ring(target, state, _words_before(target, state))
        state = replace(state, rung=state.rung + 1)
    if state.closed and not state.targets:
        return Farewell(Ending.CLOSED, state, Words.CLOSED)
    return Farewell(Ending.NOBODY, state, Words.NOBODY)


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
