"""What a purge does with contacts, and with what was written and ordered of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from app.duty.follow_up_handover import duty_that_tells
from app.duty.purge_run import IN_A_BATCH, IN_A_LOOK, Run
from app.store import pulses, retention, retention_more
from app.store.database import reading
from app.store.retention_more import Order
from routing.retention import Fate, Holds, Kept, Ordered, of_contact, of_note, of_order


def words(run: Run) -> None:
    """What texts said, a while after the handover that tells of them was acknowledged."""
    with reading(run.engine) as connection:
        found = retention.with_words(connection, run.cut.message_bodies)
        keeps = retention.held_contacts(connection, run.held)
    run.fates["message_bodies", Fate.HELD] += sum(contact in keeps for contact in found)
    going = [contact for contact in found if contact not in keeps]
    for some in retention.in_batches(going, IN_A_BATCH):

        def work(connection: sa.Connection, some: Sequence[str] = some) -> int:
            held = retention.held_of(connection, some, run.holds(connection))
            free = [contact for contact in some if contact not in held]
            return retention.empty(connection, run.cipher, free, run.now)

        run.batch("message_bodies", len(some), work)


def notes(run: Run) -> None:
    """Notes and their addenda, where their term is over before that of their contact."""
    with reading(run.engine) as connection:
        found = retention.noted_before(connection, run.cut.notes)
    for some in retention.in_batches(found, IN_A_LOOK):
        with reading(run.engine) as connection:
            kept = retention.facts(connection, some, run.held)
        fates = {contact: of_note(one, run.cut) for contact, one in kept.items()}
        run.tell("notes", fates.values())
        going = [contact for contact, fate in fates.items() if fate is Fate.GOES]
        for few in retention.in_batches(going, IN_A_BATCH):

            def work(connection: sa.Connection, few: Sequence[str] = few) -> int:
                again = _again(run, connection, few)
                free = [c for c, one in again.items() if of_note(one, run.cut) is Fate.GOES]
                return retention.remove_notes(connection, free)

            run.batch("notes", len(few), work)


def contacts(run: Run) -> None:
    """Contacts with their texts, letters and threads; not those that go with a follow-up."""
    with reading(run.engine) as connection:
        lines = retention.lines(connection)
    for line in lines:
        after: retention.Row | None = None
        while True:
            with reading(run.engine) as connection:
                found = retention.contacts_before(
                    connection, line, run.cut.contacts, after, IN_A_LOOK
                )
                ids = [contact for _, contact in found]
                called = retention.called_in_follow_ups(connection, ids)
                kept = retention.facts(connection, ids, run.held)
            if not found:
                break
            after = found[-1]
            fates = {c: of_contact(kept[c], run.cut) for c in ids if c in kept and c not in called}
            run.tell("contacts", fates.values())
            going = [contact for contact, fate in fates.items() if fate is Fate.GOES]
            for some in retention.in_batches(going, IN_A_BATCH):
                _remove_contacts(run, some)


def _remove_contacts(run: Run, some: Sequence[str]) -> None:
    def work(connection: sa.Connection) -> int:
        again = _again(run, connection, some)
        free = [c for c, one in again.items() if of_contact(one, run.cut) is Fate.GOES]
        run.at_the_carrier(connection, retention.at_the_carrier(connection, free))
        retention.remove_contacts(connection, free)
        _mark(run, connection)
        return len(free)

    run.look_at_the_carrier(some)
    run.batch("contacts", len(some), work)
    run.gone.update(some)


def follow_ups(run: Run) -> None:
    """What was ordered, what was reported, and the calls that were made: together."""
    with reading(run.engine) as connection:
        found = retention_more.orders_over(connection, run.cut.contacts)
    for order in found:
        with reading(run.engine) as connection:
            fate = _fate_of(run, connection, order, run.held)
        run.tell("follow_ups", [fate])
        if fate is not Fate.GOES:
            continue
        run.look_at_the_carrier(order.calls)

        def work(connection: sa.Connection, order: Order = order) -> int:
            retention_more.lock_order(connection, order.id)
            retention.lock(connection, order.calls)
            held = run.holds(connection)
            again = retention_more.orders(connection, [order.id])
            if again != (order,) or _fate_of(run, connection, order, held) is not Fate.GOES:
                return 0
            calls = list(order.calls)
            run.at_the_carrier(connection, retention.at_the_carrier(connection, calls))
            removed = retention_more.remove_order(connection, order.id)
            retention.remove_contacts(connection, calls)
            _mark(run, connection)
            run.write_down(connection, "contacts", len(calls))
            return removed

        run.batch("follow_ups", 1, work)
        run.removed["contacts"] += len(order.calls)
        run.gone.update(order.calls)
        run.gone_orders.add(order.id)


def _fate_of(run: Run, connection: sa.Connection, order: Order, held: Holds) -> Fate:
    kept = retention.facts(connection, order.calls, held)
    calls = tuple(of_contact(one, run.cut) for one in kept.values())
    reported = [one for one in order.windows if one.reported_at is not None]
    reports = []
    for one in reported:
        handover = _handover_of(run, connection, order, one.ends_at)
        filed = {} if handover is None else retention.filed_at(connection, [handover])
        reports.append((one.reported_at or one.ends_at, filed.get(handover or "")))
    is_held = order.id in retention.clients_held(connection, held)
    return of_order(Ordered(order.over_at, tuple(reports), calls, is_held), run.cut)


def _handover_of(
    run: Run, connection: sa.Connection, order: Order, ends_at: datetime
) -> str | None:
    line = run.organisation.lines.get(order.line)
    district = run.organisation.districts.get(order.district)
    if line is None or district is None:
        return None
    ended = duty_that_tells(connection, line, district, ends_at)
    return retention_more.handover_of(connection, line.id, district.id, ended)


def loose(run: Run) -> None:
    """Events of contacts whose beginning never came."""
    with reading(run.engine) as connection:
        found = retention.loose_before(connection, run.cut.contacts)
        keeps = retention.held_contacts(connection, run.held)
    run.fates["loose_events", Fate.HELD] += sum(contact in keeps for contact in found)
    for some in retention.in_batches([c for c in found if c not in keeps], IN_A_BATCH):

        def work(connection: sa.Connection, some: Sequence[str] = some) -> int:
            held = retention.held_of(connection, some, run.holds(connection))
            free = [contact for contact in some if contact not in held]
            run.at_the_carrier(connection, retention.at_the_carrier(connection, free))
            retention.remove_contacts(connection, free)
            return len(free)

        run.look_at_the_carrier(some)
        run.batch("loose_events", len(some), work)


def _mark(run: Run, connection: sa.Connection) -> None:
    """Up to when contacts have been removed, for figures: a term may be longer again one day."""
    pulses.beat(connection, pulses.KEPT_FROM, run.cut.contacts)


def _again(run: Run, connection: sa.Connection, ids: Sequence[str]) -> Mapping[str, Kept]:
    """What decides about *ids* now that nobody else can change it."""
    retention.lock(connection, ids)
    return retention.facts(connection, ids, run.holds(connection))
