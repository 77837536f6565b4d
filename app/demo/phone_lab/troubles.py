"""Switches for what goes wrong in the lab: each begins at once and lasts until it is over."""

from typing import Any, NoReturn

import sqlalchemy as sa

from app.demo.phone_lab.deeds import Trouble
from app.demo.phone_lab.feed import OutsideRota
from app.demo.stage import Stage
from app.lab.faults import RestFault, WebhookFault

_FOR_EVER = 10**9


class Troubles:
    """What is wrong with one world."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.on: set[Trouble] = set()
        self._dark: tuple[sa.Engine, ...] = ()
        self._rota = OutsideRota(stage)

    def begin(self, trouble: Trouble) -> None:
        """Let *trouble* begin; does nothing when it has already."""
        if trouble not in self.on:
            self.on.add(trouble)
            self.again()

    def end(self, trouble: Trouble) -> None:
        """Let *trouble* be over."""
        self.on.discard(trouble)
        self.again()

    def again(self) -> None:
        """Set everything as it is to be: also after a restart, with which an engine is another."""
        faults = self._stage.carrier.faults
        faults.clear()
        if Trouble.DOUBLED_WEBHOOKS in self.on:
            faults.add(WebhookFault.DUPLICATE, times=_FOR_EVER)
        if Trouble.LOST_CALLBACKS in self.on:
            faults.add(WebhookFault.LOST, path="/status", times=_FOR_EVER)
        if Trouble.REST_ERRORS in self.on:
            faults.add(RestFault.ERROR_BEFORE, times=_FOR_EVER)
        self._set_the_database(away=Trouble.DATABASE_AWAY in self.on)
        self._rota.set(dead=Trouble.DEAD_FEED in self.on)

    def _set_the_database(self, *, away: bool) -> None:
        parts = self._stage.parts
        both = (parts.engine, parts.exchange.journal.engine)  # pages and the clock, and calls
        if self._dark and (not away or self._dark != both):
            for engine in self._dark:
                sa.event.remove(engine, "do_connect", _refuse)
            self._dark = ()
        if away and not self._dark:
            for engine in both:
                sa.event.listen(engine, "do_connect", _refuse)
                engine.dispose()
            self._dark = both


def _refuse(dialect: sa.Dialect, *_: Any) -> NoReturn:  # noqa: ANN401 - SQLAlchemy's own
    raise dialect.loaded_dbapi.OperationalError("the database is away")
