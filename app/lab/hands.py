"""Carries out what a phone's owner is to do, when the moments for it come."""

from typing import Protocol

from app.lab.engine import Engine
from app.lab.phones import Behaviour, Moment, PickUp

BETWEEN_KEYS = 0.4
LOOKS_AT_THE_SCREEN = 1.5  # seconds of ringing before somebody declines


class Held(Protocol):
    """What a hand can do with the phone that it holds."""

    @property
    def over(self) -> bool: ...

    def answer(self, *, voicemail: bool = False) -> None: ...
    def press(self, digits: str) -> None: ...
    def hang_up(self) -> None: ...
    def decline(self, status: str = "busy") -> None: ...


class Hand:
    """One party's plan for one attempt, acted out through the same calls that a person uses."""

    def __init__(self, held: Held, behaviour: Behaviour, engine: Engine) -> None:
        self._held = held
        self._behaviour = behaviour
        self._engine = engine
        self._answers = [press for press in behaviour.presses if press.since is Moment.ASKED]
        self._seen: set[Moment] = set()

    def ring(self) -> None:
        """The phone begins to ring."""
        match self._behaviour.pick_up:
            case PickUp.ANSWER:
                self._engine.after(self._behaviour.after, self._held.answer)
            case PickUp.VOICEMAIL:
                after = self._behaviour.after
                self._engine.after(after, lambda: self._held.answer(voicemail=True))
            case PickUp.BUSY:
                self._engine.after(0.5, lambda: self._held.decline("busy"))
            case PickUp.REJECT:
                self._engine.after(LOOKS_AT_THE_SCREEN, lambda: self._held.decline("busy"))
            case PickUp.FAILED:
                self._engine.after(0.5, lambda: self._held.decline("failed"))
            case PickUp.NO_ANSWER | PickUp.BY_HAND:
                pass

    def notice(self, moment: Moment) -> None:
        """Plan what is to follow *moment*; only a question may come more than once."""
        if moment is Moment.ASKED:
            if self._answers:
                press = self._answers.pop(0)
                self._press(press.digits, press.after)
            return
        if moment in self._seen:
            return
        self._seen.add(moment)
        for press in self._behaviour.presses:
            if press.since is moment:
                self._press(press.digits, press.after)
        for end in self._behaviour.hang_ups:
            if end.since is moment:
                self._engine.after(end.after, self._hang_up)

    def _press(self, digits: str, after: float) -> None:
        for place, digit in enumerate(digits):
            when = after + place * BETWEEN_KEYS
            self._engine.after(when, lambda digit=digit: self._held.press(digit))  # type: ignore[misc]

    def _hang_up(self) -> None:
        if not self._held.over:
            self._held.hang_up()
