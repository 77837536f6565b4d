"""One run of the purge: what it goes by, what it has done so far, and its batches."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import sqlalchemy as sa

from app.store import alterations, carrier_purges, holds, retention
from app.store.alterations import Alteration
from app.store.database import reading
from app.store.fields import FieldCipher
from routing.ids import DistrictId
from routing.organisation import Organisation
from routing.retention import Cutoffs, Fate, Holds

# So many cost some ten milliseconds on SQLite, where everybody else who writes waits.
IN_A_BATCH, IN_A_LOOK = 20, 400
_NOBODY = DistrictId("")  # the service's own, and no district's


@dataclass(frozen=True, slots=True)
class Count:
    """Of one kind: how many went, how many are held, and how many wait for export."""

    removed: int = 0
    held: int = 0
    waits: int = 0

    def __bool__(self) -> bool:
        return bool(self.removed or self.held or self.waits)


@dataclass(frozen=True, slots=True)
class Report:
    """What a purge did, or would do: counts, and nothing of whom."""

    counts: Mapping[str, Count]
    at_the_carrier: int  # calls and texts that it still has to delete
    is_finished: bool

    @property
    def total(self) -> Count:
        every = self.counts.values()
        return Count(
            sum(one.removed for one in every),
            sum(one.held for one in every),
            sum(one.waits for one in every),
        )


class Enough(Exception):
    """As many batches as one sweep may take."""


@dataclass(slots=True)
class Run:
    """What one run goes by, and what it has done."""

    engine: sa.Engine
    cipher: FieldCipher
    organisation: Organisation
    cut: Cutoffs
    now: datetime
    author: str
    is_dry: bool
    pause: Callable[[], object]
    batches_left: int | None
    held: Holds
    removed: Counter[str] = field(default_factory=Counter)
    fates: Counter[tuple[str, Fate]] = field(default_factory=Counter)
    gone: set[str] = field(default_factory=set)  # contacts
    gone_orders: set[int] = field(default_factory=set)
    sids: set[str] = field(default_factory=set)

    def batch(self, kind: str, count: int, work: Callable[[sa.Connection], int]) -> None:
        """Do *work* in a transaction of its own, and write down how many it removed."""
        if not self.is_dry:
            if self.batches_left == 0:
                raise Enough
            if self.batches_left is not None:
                self.batches_left -= 1
            with self.engine.begin() as connection:
                count = work(connection)
                self.write_down(connection, kind, count)
            self.pause()
        self.removed[kind] += count

    def write_down(self, connection: sa.Connection, kind: str, count: int) -> None:
        """That so many of a kind were removed, in the transaction that removed them."""
        if count:
            about = msgspec.json.encode({"removed": count}).decode()
            made = Alteration(self.author, _NOBODY, f"purge.{kind}", self.now, about)
            alterations.add(connection, self.cipher, made)

    def at_the_carrier(self, connection: sa.Connection, found: Iterable[str]) -> None:
        """Have the carrier forget them too, once this is committed."""
        own = list(found)
        self.sids.update(own)
        if not self.is_dry:
            carrier_purges.add(connection, own, self.now)

    def holds(self, connection: sa.Connection) -> Holds:
        """All holds in force, to which nobody adds one before this commits."""
        found = holds.in_force(connection, lock=True)
        return found.by_every_name(self.organisation, self.now.date())

    def tell(self, kind: str, fates: Iterable[Fate]) -> None:
        """Count what was judged, and keep it for the report."""
        self.fates.update((kind, fate) for fate in fates)

    def look_at_the_carrier(self, ids: Sequence[str]) -> None:
        """For a dry run: what the carrier would have to delete."""
        if self.is_dry:
            with reading(self.engine) as connection:
                self.sids.update(retention.at_the_carrier(connection, ids))

    @property
    def counts(self) -> Mapping[str, Count]:
        """By kind, without those of which there was nothing."""
        kinds = dict.fromkeys([*self.removed, *(kind for kind, _ in self.fates)])
        found = {
            kind: Count(
                self.removed[kind], self.fates[kind, Fate.HELD], self.fates[kind, Fate.WAITS]
            )
            for kind in kinds
        }
        return {kind: one for kind, one in found.items() if one}
