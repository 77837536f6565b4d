"""One sitting in the lab: a world, its clock, and everything that is done in it."""

import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic

from app.demo import desk
from app.demo.phone_lab import troubles
from app.demo.phone_lab.deeds import Deed, Do, NotPossible, Trouble
from app.demo.phone_lab.sitting import Sitting
from app.demo.phone_lab.timetable import Timetable, stops
from app.demo.phone_lab.world import LASTS, Worlds
from app.demo.stage import Stage, people
from app.lab import phone_text
from app.lab.leg import Leg
from app.lab.phone_text import PhoneTextError
from app.lab.phones import Behaviour, PickUp
from routing.errors import InvalidInput
from routing.numbers import parse_number
from routing.organisation import Line

_BY_HAND = Behaviour(PickUp.BY_HAND)
_STEP = timedelta(seconds=1)  # how finely time passes while somebody watches
_FINELY = timedelta(minutes=3)  # and for how long at most: a longer way is a jump
_YEARS = range(2000, 2100)
WITHHELD = "withheld"


class Session:
    """
    A world on a clock of its own, and the deeds done in it since it was made.

    Whatever changes it takes the lock, so that a page's request and the passing of time never meet
    in the middle of something.  What only looks takes none.
    """

    def __init__(
        self, worlds: Worlds, moment: datetime, address: tuple[str, int] | None = None
    ) -> None:
        """Webhooks go over HTTP to *address*, or without one straight into the service."""
        self._worlds, self._address = worlds, address
        self._lock = threading.RLock()
        self.running, self.speed = True, 1.0
        self.revision = 0  # counts what has changed, for pages that look again
        self._begin(moment)

    def _begin(self, moment: datetime) -> None:
        self.stage: Stage = self._worlds.at(moment)
        if self._address is not None:
            self.stage.serve_at(*self._address)
        self.began_at = moment
        self.done: list[Deed] = []
        self._last_deed_at = moment
        self._habits: dict[str, Behaviour] = {}
        self.troubles = troubles.Troubles(self.stage)
        self._timetable = Timetable(self.stage.every, moment)
        self._ahead: deque[Deed] = deque()  # of a sitting that is played
        self._set_phones()

    @property
    def now(self) -> datetime:
        """The lab's own moment, aware and in UTC."""
        return self.stage.carrier.now()

    @property
    def line(self) -> Line:
        """The line that is played with."""
        return next(iter(self.stage.organisation.lines.values()))

    @property
    def habits(self) -> Mapping[str, Behaviour]:
        """What telephones do by themselves, by number; all others wait for a hand."""
        return self._habits

    def start_over(self, moment: datetime) -> None:
        """
        Another world, in which it is *moment*; what was done in this one is forgotten.

        Raises:
            NotPossible: it is in a year that has no calendar here.
        """
        if moment.year not in _YEARS:
            raise NotPossible("no_such_year")
        with self._lock:
            old = self.stage
            self._begin(moment)
            self._worlds.over(old)
            self.revision += 1

    def play(self, sitting: Sitting) -> None:
        """Begin another world at the sitting's start; its deeds are done as their moments come."""
        with self._lock:
            self.start_over(sitting.start)
            self._ahead.extend(sitting.deeds)
            self.running = True

    @property
    def next_deed(self) -> tuple[datetime, Deed] | None:
        """What the sitting that is played does next, and when; None when it has nothing more."""
        if not self._ahead:
            return None
        return self._last_deed_at + timedelta(seconds=self._ahead[0].after), self._ahead[0]

    def step(self) -> None:
        """
        Go on to the next deed of the sitting that is played, and do it; nothing when none is left.

        Raises:
            NotPossible: it cannot be done as the world is now; it is passed over.
        """
        with self._lock:
            coming = self.next_deed
            if coming is None:
                return
            rest = deque(self._ahead)
            self._advance_to(max(coming[0], self.now))
            deed = rest.popleft()
            self._ahead = rest
            try:
                self.perform(deed)
            finally:
                # A jump may have made another world, in which the rest is done all the same.
                self._ahead = rest
                self._last_deed_at = self.now

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._worlds.over(self.stage)

    def perform(self, deed: Deed) -> None:
        """
        Do one thing now, and keep that it was done; what it leads to happens as time passes.

        Raises:
            NotPossible: the telephone does not ring, is in no call, or there is none such.
        """
        with self._lock:
            self._do(deed)
            after = (self.now - self._last_deed_at).total_seconds()
            if deed.do is not Do.TRAVEL:  # says itself when it then is
                self.done.append(Deed(deed.do, deed.who, deed.words, round(after, 1)))
            self._last_deed_at = self.now
            self._let_pass(self.now)
            self.revision += 1

    def live(self, stop: threading.Event, tick: float = 0.1) -> None:
        """Let time pass as it does on the wall, or *speed* times as fast, until *stop* is set."""
        last = monotonic()
        while not stop.wait(tick):
            passed, last = monotonic() - last, monotonic()
            if self.running:
                with self._lock:
                    self.advance(timedelta(seconds=min(passed, 1.0) * self.speed))

    def advance(self, span: timedelta) -> None:
        """Let *span* pass, with everything that happens in it."""
        self.advance_to(self.now + span)

    def advance_to(self, moment: datetime) -> None:
        """
        Let time pass until *moment*: second by second for a while, and in jumps if it is far.

        What a sitting that is played does meanwhile is done; what cannot be is passed over.
        """
        with self._lock:
            while (coming := self.next_deed) is not None and coming[0] <= moment:
                with suppress(NotPossible):
                    self.step()
            if self.now < moment:
                self._advance_to(moment)

    def _advance_to(self, moment: datetime) -> None:
        with self._lock:
            if moment - self.now <= _FINELY:
                while self.now < moment:
                    self._let_pass(min(self.now + _STEP, moment))
                return
            for stop in stops(self.stage.organisation, self.now, moment):
                self.stage.carrier.run_until(stop)
                self.stage.sweep(self._timetable.due(stop), live=True)
                self.revision += 1
            # What the last look led to, such as texts that were handed over, arrives.
            self._let_pass(moment)

    def number_of(self, who: str) -> str:
        """
        The number of a telephone by any of its names; ``anonymous`` for one that is withheld.

        Raises:
            NotPossible: there is none.
        """
        if who == WITHHELD:
            return "anonymous"
        known = people(self.stage.organisation)
        if who.isdecimal() and len(who) == 1:
            rota = self.stage.parts.mirror.picture.rotas[self.line.id]
            holders = {s.position: s.therapist for s in rota.on_call(self.now)}
            who = str(holders.get(int(who), who))
        if who in known:
            return known[who]
        try:
            return parse_number(who).e164
        except InvalidInput:
            raise NotPossible("no_such_telephone") from None

    def leg_of(self, number: str) -> Leg | None:
        """The part in a call that the telephone with *number* has now."""
        return next(
            (
                leg
                for leg in reversed(self.stage.carrier.legs)
                if leg.party == number and not leg.over
            ),
            None,
        )

    def _let_pass(self, moment: datetime) -> None:
        before = len(self.stage.carrier.trace.entries), len(self.stage.carrier.trace.exchanges)
        self.stage.carrier.run_until(moment)
        names = self._timetable.due(self.now)
        if names:
            self.stage.sweep(names, live=True)
        trace = self.stage.carrier.trace
        if (len(trace.entries), len(trace.exchanges)) != before:
            self.revision += 1

    def _do(self, deed: Deed) -> None:
        match deed.do:
            case Do.CALL | Do.ANSWER | Do.VOICEMAIL | Do.DECLINE | Do.BUSY | Do.NO_COVERAGE:
                self._call(deed.who) if deed.do is Do.CALL else self._ringing(deed.who, deed.do)
            case Do.TEXT:
                self.stage.carrier.begin_text(self.number_of(deed.who), deed.words)
            case Do.PRESS:
                self._in_call(deed.who).press(deed.words)
            case Do.HANG_UP:
                self._in_call(deed.who).hang_up()
            case Do.HABIT:
                self._take_up(deed.who, deed.words)
            case Do.NOTE | Do.BROKEN | Do.ACKNOWLEDGE:
                self._at_the_desk(deed)
            case Do.TROUBLE | Do.NO_TROUBLE | Do.RESTART:
                self._go_wrong(deed)
            case Do.TRAVEL:
                self._travel(deed.words)
            case Do.WAIT:
                pass

    def _at_the_desk(self, deed: Deed) -> None:
        therapist = self.stage.organisation.staff_of.get(parse_number(self.number_of(deed.who)))
        if therapist is None:
            raise NotPossible("no_such_telephone")
        if deed.do is Do.ACKNOWLEDGE:
            is_done = desk.acknowledge(self.stage, therapist.id)
        else:
            is_broken = deed.do is Do.BROKEN
            is_done = desk.write_of_the_last(self.stage, therapist.id, deed.words, broken=is_broken)
        if not is_done:
            raise NotPossible("nothing_to_do")

    def _go_wrong(self, deed: Deed) -> None:
        if deed.do is Do.RESTART:
            self.stage.restart()
            self.troubles.again()
        elif deed.do is Do.TROUBLE:
            self.troubles.begin(Trouble(deed.words))
        else:
            self.troubles.end(Trouble(deed.words))

    def _call(self, who: str) -> None:
        frm = self.number_of(who)
        if frm != "anonymous" and self.leg_of(frm) is not None:
            raise NotPossible("is_in_a_call")
        self.stage.carrier.begin_call(frm, caller=_BY_HAND, phones=None)

    def _ringing(self, who: str, do: Do) -> None:
        leg = self._in_call(who)
        if leg.answered_at is not None or leg.direction == "inbound":
            raise NotPossible("does_not_ring")
        match do:
            case Do.ANSWER:
                leg.answer()
            case Do.VOICEMAIL:
                leg.answer(voicemail=True)
            case Do.DECLINE | Do.BUSY:
                leg.decline("busy")
            case _:
                leg.decline("failed")

    def _in_call(self, who: str) -> Leg:
        leg = self.leg_of(self.number_of(who))
        if leg is None:
            raise NotPossible("is_in_no_call")
        return leg

    def _take_up(self, who: str, habit: str) -> None:
        number = self.number_of(who)
        try:
            self._habits[number] = phone_text.phone(habit)
        except PhoneTextError:
            raise NotPossible("no_such_habit") from None
        self._set_phones()

    def _set_phones(self) -> None:
        self.stage.carrier.set_phones(self._habits, default=_BY_HAND)

    def _travel(self, words: str) -> None:
        moment = moment_of(words, self.line)
        if self.now <= moment <= self.now + LASTS:
            self._advance_to(moment)
            self.done.append(Deed(Do.TRAVEL, words=words))
        else:
            self.start_over(moment)


def moment_of(words: str, line: Line) -> datetime:
    """
    A moment in the line's own time, such as ``2026-11-20T16:59:55``, or with an offset.

    Raises:
        NotPossible: it is none.
    """
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise NotPossible("no_such_moment") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=line.zone)
