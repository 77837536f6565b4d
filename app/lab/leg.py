"""One telephone's part of a call: its state, its script, and the party at its end."""

from collections.abc import Generator
from datetime import datetime
from functools import partial

from app.lab.callbacks import Callbacks
from app.lab.core import Core
from app.lab.engine import Process, Script, Wait
from app.lab.hands import Hand
from app.lab.phones import Behaviour, Moment, PhoneBook
from app.lab.signals import Cancelled, Declined, Diverted, HungUp, PickedUp, Pressed
from app.lab.trace import Entry, What
from app.lab.webhooks import Cookies

_SECONDS_A_KEY = 0.5  # as long as a w, which is silence
FINAL = frozenset({"completed", "no-answer", "busy", "failed", "canceled"})


class LegOver(Exception):
    """The leg has ended, and its script unwinds."""


class Redirected(Exception):
    """The REST face gave this leg another document."""

    def __init__(self, diverted: Diverted) -> None:
        super().__init__()
        self.diverted = diverted


class Leg:
    """
    A leg from its first ring to its end.

    ``answer``, ``press``, ``hang_up`` and ``decline`` are what the party at
    this end does, whether a script or a person in front of the lab; they take
    effect when the engine next runs.
    """

    def __init__(
        self,
        core: Core,
        *,
        direction: str,
        frm: str,
        to: str,
        behaviour: Behaviour,
        parent: "Leg | None" = None,
    ) -> None:
        self.core = core
        self.sid = core.sids.new("CA")
        self.direction = direction
        self.frm = frm
        self.to = to
        self.parent = parent
        self.children: list[Leg] = []
        self.other: Leg | None = None  # the other end, where that is ours, too
        self.status = "queued"
        self.behaviour = behaviour
        self.began_at: datetime = core.now()
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.bridged_at: datetime | None = None
        self.cut_off = False  # by the carrier or the other side, not by this party
        self.cookies: Cookies = {}
        self.documents = 0
        self.erred = False
        self.fallback: tuple[str, str] = ("", "POST")
        self.callbacks: Callbacks = parent.callbacks if parent else Callbacks(core)
        self._process: Process | None = None
        self.book: PhoneBook = parent.book if parent else PhoneBook({})
        self.still = (-1.0, 0)  # when the last document came, and how many came at that moment
        self._hand = Hand(self, behaviour, core.engine)
        core.legs.append(self)

    @property
    def party(self) -> str:
        """The number of whoever holds this phone."""
        return self.frm if self.direction == "inbound" else self.to

    @property
    def parent_sid(self) -> str | None:
        return self.parent.sid if self.parent else None

    @property
    def over(self) -> bool:
        return self.ended_at is not None

    @property
    def root(self) -> "Leg":
        return self.parent.root if self.parent else self

    def begin(self, script: Script, after: float = 0.0) -> None:
        self._process = self.core.engine.start(script, after)

    def signal(self, event: object) -> None:
        if self._process is not None and not self.over:
            self._process.signal(event)

    def answer(self, *, voicemail: bool = False) -> None:
        self.signal(PickedUp(voicemail))

    def press(self, digits: str) -> None:
        for digit in digits:
            self.signal(Pressed(digit))

    def play(self, digits: str) -> float:
        """Have the other end hear *digits*, where it is ours; how many seconds they take."""
        for place, digit in enumerate(digits):
            if self.other is not None and digit not in "wW":
                press = partial(self.other.press, digit)
                self.core.engine.after(_SECONDS_A_KEY * place, press, lambda: not self.over)
        return _SECONDS_A_KEY * len(digits)

    def hang_up(self) -> None:
        """Hang up; a phone that still rings stops ringing and counts as not answered."""
        ringing = self.direction != "inbound" and self.answered_at is None
        self.signal(Declined("no-answer") if ringing else HungUp())

    def decline(self, status: str = "busy") -> None:
        self.signal(Declined(status))

    def notice(self, moment: Moment) -> None:
        """Tell the party at this end that a moment has come that it may act upon."""
        self._hand.notice(moment)

    def note(self, what: What, words: str = "", other: str = "", language: str = "") -> None:
        self.core.trace.entries.append(
            Entry(self.core.now(), self.sid, self.party, what, words, other, language)
        )

    def pick_up(self) -> None:
        """The leg is in progress from now on; does nothing when it already was."""
        if self.answered_at is None:
            self.answered_at = self.core.now()
            self.status = "in-progress"
            self.core.engaged[self.party] += 1
            if self.other is not None:
                self.other.answer()

    def finish(self, status: str | None = None) -> None:
        """The leg is over; without *status*, it was completed or never answered."""
        if self.over:
            return
        if status is None:
            unanswered = self.core.variant.status_of_unanswered_caller
            status = "completed" if self.answered_at else unanswered
        if self.answered_at is not None:
            self.core.engaged[self.party] -= 1
        self.status = status
        self.ended_at = self.core.now()
        if self.other is not None:
            self.other.hang_up()

    def seconds(self) -> int:
        """Whole seconds since it was answered, rounded up as they are billed; else nought."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return -int(-(self.ended_at - self.answered_at).total_seconds() // 1)

    def listen(self, seconds: float | None) -> Generator[Wait, object, object]:
        """
        The next thing that happens to this leg, or None after so many seconds.

        Raises:
            LegOver: the party hung up, or the carrier took the leg down.
            Redirected: the REST face wants another document.
        """
        event = yield Wait(seconds)
        match event:
            case HungUp():
                self.note(What.HANGS_UP)
                self.finish()
                raise LegOver
            case Cancelled():
                self.cut_off = True
                self.note(What.IS_HUNG_UP if self.answered_at else What.STOPS_RINGING)
                self.finish("completed" if self.answered_at else "canceled")
                raise LegOver
            case Diverted():
                raise Redirected(event)
            case Pressed(digit):
                self.note(What.PRESSES, digit)
            case _:
                pass
        return event

    def spend(self, seconds: float) -> Generator[Wait, object, None]:
        """Let so many seconds pass; keys pressed meanwhile are lost, as they are at Twilio."""
        until = self.core.engine.elapsed + seconds
        while (left := until - self.core.engine.elapsed) > 0:
            yield from self.listen(left)

    def picked_up_within(self, seconds: float) -> Generator[Wait, object, None]:
        """
        Return when the phone is picked up.

        Raises:
            LegOver: it was not; the leg's status says why.
        """
        until = self.core.engine.elapsed + seconds
        while (left := until - self.core.engine.elapsed) > 0:
            match (yield from self.listen(left)):
                case PickedUp(voicemail):
                    self.pick_up()
                    self.note(What.VOICEMAIL if voicemail else What.PICKS_UP)
                    self.notice(Moment.START)
                    return
                case Declined(status):
                    self.note(What.TURNED_AWAY, status)
                    self.finish(status)
                    raise LegOver
                case _:
                    pass
        self.note(What.STOPS_RINGING)
        self.finish("no-answer")
        raise LegOver

    def ring(self) -> None:
        """The phone at this end begins to ring, and its owner to do what is planned."""
        self.status = "ringing"
        self.note(What.RINGS)
        self._hand.ring()
