"""
The purge: what is past its term goes, a few at a time, here and then at the carrier.

It is found by what is there and never by what was done before, so that whoever dies in between has
only done less.  What goes is looked for while nobody is locked out, and judged once more inside
the short transaction that removes it: a call never waits behind more than one batch.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog

from app.duty.purge_contacts import contacts, follow_ups, loose, notes, words
from app.duty.purge_run import IN_A_BATCH, Enough, Report, Run
from app.store import audit_chain, carrier_purges, holds, pulses, retention, retention_more
from app.store.database import reading
from app.store.fields import FieldCipher
from app.store.retention_aged import AGED, past, remove_some
from routing.organisation import Organisation
from routing.retention import Fate, cutoffs

log = structlog.get_logger()

RETENTION = "retention"  # who has purged, where nobody asked for it
# At night, by the wall clock of the first line; long enough to begin again after a fault.
_NIGHT = range(2, 5)
_BATCHES_IN_A_SWEEP = 200


def purge(
    engine: sa.Engine,
    cipher: FieldCipher,
    organisation: Organisation,
    now: datetime,
    *,
    author: str = RETENTION,
    dry_run: bool = False,
    pause: Callable[[], object] = lambda: None,
    most: int | None = None,
) -> Report:
    """
    Remove what is past its term, by the terms in force now.

    Two at once, in one process or two, remove and count each thing once.

    Args:
        author: who asked for it, as an id.
        dry_run: change nothing; the report is the one that a run would give.
        pause: done after each batch, so that others who write get their turn.
        most: how many batches at most; what is left then is left for the next time.
    """
    zones = [line.zone for line in organisation.lines.values()]
    cut = cutoffs(organisation.retention, now, zones)
    with reading(engine) as connection:
        held = holds.in_force(connection).by_every_name(organisation, now.date())
    run = Run(engine, cipher, organisation, cut, now, author, dry_run, pause, most, held)
    is_finished = True
    try:
        for step in _STEPS:
            step(run)
    except Enough:
        is_finished = False
    with reading(engine) as connection:
        owed = carrier_purges.owed(connection)
    report = Report(run.counts, len(owed | run.sids) if dry_run else len(owed), is_finished)
    if not dry_run:
        if is_finished:
            with engine.begin() as connection:
                pulses.mark(connection, pulses.PURGED, now, report.total.waits)
        if report.total.removed:
            removed = {kind: one.removed for kind, one in report.counts.items() if one.removed}
            log.info("retention.purged", finished=is_finished, **removed)
    return report


def purge_at_night(
    engine: sa.Engine,
    cipher: FieldCipher,
    organisation: Organisation,
    now: datetime,
    pause: Callable[[], object],
) -> Report | None:
    """
    Purge, where it is night and this night's purge is not done; None where there is nothing to do.

    So many batches at a time: the next sweep goes on where this one stopped.
    """
    line = next(iter(organisation.lines.values()), None)
    if line is None or now.astimezone(line.zone).hour not in _NIGHT:
        return None
    with reading(engine) as connection:
        last = pulses.read(connection).get(pulses.PURGED)
    if last is not None and line.today(last.at) == line.today(now):
        return None
    return purge(engine, cipher, organisation, now, pause=pause, most=_BATCHES_IN_A_SWEEP)


def _orders_by_text(run: Run) -> None:
    """What the staff wrote to the line that is no contact, from when it came."""
    with reading(run.engine) as connection:
        found = retention.orders_before(connection, run.cut.message_bodies)
    for some in retention.in_batches(found, IN_A_BATCH):

        def work(connection: sa.Connection, some: Sequence[str] = some) -> int:
            run.at_the_carrier(connection, carrier_purges.sids(some))
            return retention.remove_texts(connection, some)

        run.sids.update(carrier_purges.sids(some))
        run.batch("texts_of_staff", len(some), work)


def _letters(run: Run) -> None:
    """Letters that were sent, or given up, and carried nobody's words."""
    with reading(run.engine) as connection:
        found = retention.letters_before(connection, run.cut.traces)
    for some in retention.in_batches(list(found), IN_A_BATCH):
        sids = carrier_purges.sids(found[key] for key in some)

        def work(
            connection: sa.Connection,
            some: Sequence[str] = some,
            sids: Iterable[str] = sids,
        ) -> int:
            run.at_the_carrier(connection, sids)
            return retention.remove_letters(connection, some)

        run.sids.update(sids)
        run.batch("letters", len(some), work)


def _handovers_and_meetings(run: Run) -> None:
    """Handovers with nothing in them any more, and meetings for none."""
    with reading(run.engine) as connection:
        empty = retention_more.empty_handovers(
            connection, run.cut.contacts, run.gone, run.gone_orders
        )
        for_none = retention_more.empty_meetings(connection, run.cut.contacts, set(empty))
    for kind, found, remove in (
        ("handovers", empty, retention_more.remove_handovers),
        ("meetings", for_none, retention_more.remove_meetings),
    ):
        for some in retention.in_batches(found, IN_A_BATCH):
            run.batch(kind, len(some), lambda c, some=some, remove=remove: remove(c, some))  # type: ignore[misc]


def _aged(run: Run) -> None:
    """Whatever goes by a moment of its own."""
    for aged in AGED:
        with reading(run.engine) as connection:
            count = past(connection, aged, run.cut)
        if run.is_dry:
            run.batch(aged.name, count, lambda _: 0)
            continue
        while run.removed[aged.name] < count:
            before = run.removed[aged.name]
            run.batch(aged.name, 0, lambda c, aged=aged: remove_some(c, aged, run.cut))  # type: ignore[misc]
            if run.removed[aged.name] == before:
                break  # another process was quicker


def _audit(run: Run) -> None:
    """The log of what was read and altered, by whole links of its chain; and the samples of it."""
    with reading(run.engine) as connection:
        keeps = retention.held_contacts(connection, run.held)
        going, held = retention_more.links_before(connection, run.cut.audit, keeps)
        samples = retention_more.samples_before(connection, run.cut.audit)
    run.fates["audit", Fate.HELD] += sum(held.values())
    for number, size in going.items():

        def work(connection: sa.Connection, number: int = number) -> int:
            found = audit_chain.purge(connection, run.cipher, run.cut.audit, run.now, only=[number])
            return sum(found.values())

        run.batch("audit", size, work)
    for first in range(0, len(samples), IN_A_BATCH):
        some = samples[first : first + IN_A_BATCH]
        run.batch(
            "reading_samples",
            len(some),
            lambda c, some=some: retention_more.remove_samples(c, some),  # type: ignore[misc]
        )


# Words before their notes, and notes before their contacts: each is counted by itself.
_STEPS = (
    words, notes, follow_ups, contacts, _orders_by_text, _letters, loose, _handovers_and_meetings,
    _aged, _audit,
)  # fmt: skip
