"""A week in which everybody has an evening, and the steps of swaps at chosen moments."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta

import sqlalchemy as sa

from app.demo.stage import Stage
from app.duty import swap_check, swap_offers, swaps
from app.duty.handover import Desk
from app.duty.swap_check import RotaNow
from app.duty.swap_offers import Offered
from app.duty.swaps import Done
from app.store import swaps as stored
from app.store.database import reading
from app.store.rota import in_force
from app.sweeps import sweeps
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.swap import Swap, SwapRefused, Terms, Why, duty_at, part_of
from routing.swap_rules import Candidate
from tests.app.duty.before_duty import AGREED, MANAGERS
from tests.app.texts.talk import WiredCarrier
from tests.app.world import NAMES, changed, evening
from tests.examples import EFTERVARD, at

NOON = "2026-03-01T12:00"  # a Sunday
MON, TUE, WED, THU, FRI = (f"2026-03-0{n}" for n in (2, 3, 4, 5, 6))
WEEK = [
    *evening(TUE, "t4", "t1"),
    *evening(WED, "t5", "t2"),
    *evening(THU, "t6", "t3"),
    *evening(FRI, "t2", "t5"),
]
# Standby is no weekly rest here, so an evening more or less can be unlawful.
MANAGED = changed() + MANAGERS
# And here an agreement says that it may be.
RELAXED = changed(AGREED) + MANAGERS
TUESDAY, WEDNESDAY = "2026-03-03T17:00", "2026-03-04T17:00"


class Swapping:
    """The services, each in a transaction of its own, by the people and times of a test."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._heard = 0
        self._known = sweeps(stage.parts, WiredCarrier(stage))  # made once: it costs most

    @contextmanager
    def step(self) -> Iterator[tuple[RotaNow, Desk]]:
        parts = self.stage.parts
        desk = Desk(parts.engine, parts.cipher, parts.settings.public_url, mails=False)
        organisation = self.stage.organisation
        with parts.engine.begin() as connection:
            line = organisation.lines[EFTERVARD]
            yield RotaNow(connection, organisation, line, parts.clock()), desk

    def candidates(self, giver: str, moment: str) -> dict[str, Candidate]:
        with self.step() as (rota, _):
            found = swap_check.candidates(rota, self._terms(rota, giver, moment))
        return {one.therapist: one for one in found}

    def offer(
        self,
        giver: str,
        moment: str,
        to: str | None = None,
        *,
        part: tuple[str | None, str | None] = (None, None),
        back: str | None = None,
    ) -> Offered:
        """*back* is a moment in the duty of *to* that is taken in return."""
        with self.step() as (rota, desk):
            terms = self._terms(rota, giver, moment, part, to, back)
            return swap_offers.offer(rota, desk, terms, TherapistId(to) if to else None)

    def accept(self, number: int, taker: str) -> Done:
        with self.step() as (rota, desk):
            return swaps.accept(rota, desk, number, TherapistId(taker))

    def decline(self, number: int, therapist: str) -> Swap:
        with self.step() as (rota, desk):
            return swap_offers.decline(rota, desk, number, TherapistId(therapist))

    def withdraw(self, number: int, author: str) -> Swap:
        with self.step() as (rota, desk):
            return swap_offers.withdraw(rota, desk, number, author)

    def undo(self, number: int, author: str, reason: str = "") -> Done:
        with self.step() as (rota, desk):
            return swaps.undo(rota, desk, number, author, reason)

    def arrange(
        self,
        giver: str,
        moment: str,
        to: str,
        author: str,
        reason: str = "the giver is ill",
        *,
        back: str | None = None,
    ) -> Done:
        with self.step() as (rota, desk):
            terms = self._terms(rota, giver, moment, to=to, back=back)
            return swaps.arrange(rota, desk, terms, TherapistId(to), author, reason)

    def at(self, moment: str) -> None:
        """It is that time, and the clock has swept."""
        self.stage.carrier.run_until(at(moment).astimezone(UTC))
        self.sweep("swaps.expire")

    def sweep(self, *names: str) -> None:
        for name in (*names, "outbox.send"):
            self._known[name][0]()
        self.stage.carrier.run()

    def writes(self, number: str, *bodies: str) -> None:
        """Texts from *number*, each handled before the next."""
        for body in bodies:
            self.stage.text(number, body)
            self.sweep("texts.handle")

    def told(self) -> list[tuple[str, str]]:
        """Who was told what since this was last asked."""
        self.sweep()
        messages = self.stage.carrier.messages[self._heard :]
        self._heard = len(self.stage.carrier.messages)
        names = {**NAMES, "+46701740620": "m1", "+46701740621": "m2"}
        return sorted((names[m.to], m.body) for m in messages)

    def on(self, moment: str) -> list[tuple[int, str]]:
        """Positions and people at a moment."""
        then = at(moment)
        with reading(self.stage.parts.engine) as connection:
            found = in_force(connection, EFTERVARD, Interval(then, then + timedelta(seconds=1)))
        return sorted((s.position, str(s.therapist)) for s in found)

    def state(self, number: int) -> str:
        with reading(self.stage.parts.engine) as connection:
            return stored.one(connection, EFTERVARD, number).state

    def history(self, number: int) -> list[tuple[str, str]]:
        """What was done about a swap, and by whom."""
        return [(str(event.what), event.author) for event in self.events(number)]

    def events(self, number: int) -> tuple[stored.Event, ...]:
        with reading(self.stage.parts.engine) as connection:
            swap = stored.one(connection, EFTERVARD, number)
            return stored.history(connection, self.stage.parts.cipher, [swap.id])[swap.id]

    def _terms(
        self,
        rota: RotaNow,
        giver: str,
        moment: str,
        part: tuple[str | None, str | None] = (None, None),
        to: str | None = None,
        back: str | None = None,
    ) -> Terms:
        start, end = (None if edge is None else at(edge) for edge in part)
        duty = duty_at(rota.near(at(moment)), TherapistId(giver), at(moment))
        returned = None
        if back is not None and to is not None:
            returned = duty_at(rota.near(at(back)), TherapistId(to), at(back))
        return Terms(TherapistId(giver), part_of(duty, start, end), returned)


def refused(step: Callable[..., object], *given: object, **more: object) -> Why:
    """Why a step was refused."""
    try:
        step(*given, **more)
    except SwapRefused as err:
        return err.why
    raise AssertionError("it was not refused")


def rows_of(engine: sa.Engine, table: str) -> int:
    """How many rows a table has."""
    with reading(engine) as connection:
        return int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())
