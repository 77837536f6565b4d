"""Switches for what goes wrong in the lab: each begins at once and lasts until it is over."""

from typing import Any, NoReturn

import sqlalchemy as sa

from app.demo.phone_lab.deeds import NotPossible, Trouble
from app.demo.stage import Stage
from app.lab.faults import RestFault, WebhookFault

_FOR_EVER = 10**9


class Troubles:
    """What is wrong with one world."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.on: set[Trouble] = set()
        self._dark: sa.Engine | None = None

    def begin(self, trouble: Trouble) -> None:
        """Let *trouble* begin; does nothing when it has already."""
        if trouble is Trouble.DEAD_FEED:
            raise NotPossible("no_feed")
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

    def _set_the_database(self, *, away: bool) -> None:
        engine = self._stage.parts.engine
        if self._dark is not None and (not away or self._dark is not engine):
            sa.event.remove(self._dark, "do_connect", _refuse)
            self._dark = None
        if away and self._dark is None:
            sa.event.listen(engine, "do_connect", _refuse)
            engine.dispose()
            self._dark = engine


def _refuse(dialect: sa.Dialect, *_: Any) -> NoReturn:  # noqa: ANN401 - SQLAlchemy's own
    raise dialect.loaded_dbapi.OperationalError("the database is away")
