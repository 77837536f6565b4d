"""What a webhook writes down before it answers: one transaction, or the spool."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa
import structlog

from app.store.database import add_once
from app.store.spool import Entry, Spool
from app.store.tables import metadata

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Journal:
    """Keeps batches of rows durably; a row whose key is there already stays as it was."""

    engine: sa.Engine
    spool: Spool

    def write(self, batch: Sequence[Entry]) -> None:
        """
        Keep *batch* whole, in the database or else in the spool.

        Never raises: a caller is helped even if nothing can be written, and that is logged as the
        loss it is.
        """
        try:
            self.store(batch)
        except sa.exc.SQLAlchemyError as err:
            log.warning("journal.database_away", error=type(err).__name__)
            self._spool(batch)

    def store(self, batch: Sequence[Entry]) -> None:
        """Keep *batch* in the database, in one transaction."""
        with self.engine.begin() as connection:
            for name, rows in groupby(batch, key=lambda entry: entry[0]):
                add_once(connection, metadata.tables[name], [row for _, row in rows])

    def _spool(self, batch: Sequence[Entry]) -> None:
        try:
            self.spool.append(batch)
        except OSError as err:
            log.error("journal.lost", rows=len(batch), error=type(err).__name__)  # noqa: TRY400
