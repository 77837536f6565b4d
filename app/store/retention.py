"""Contacts past their term, with all that hangs on them: found, judged by others, and removed."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from app.store import carrier_purges, outbox, texts
from app.store.fields import FieldCipher
from app.store.tables import (
    addenda,
    contact_events,
    follow_up_attempts,
    follow_up_orders,
    handover_contacts,
    handover_events,
    notes,
    readings,
    threads,
    writings,
)
from app.store.tables import outbox as letters
from app.store.tables import texts as texts_table
from routing.access import Act
from routing.contact import Kind
from routing.handover import HandoverState
from routing.ids import LineId
from routing.retention import Holds, Kept

# A handover's events that mean that the case file has it: a document was taken out for it, or
# somebody has said so.
_EXPORTED = "exported"
_FILED = (_EXPORTED, str(HandoverState.TRANSFERRED))
_SETTLED = (str(outbox.State.SENT), str(outbox.State.FAILED))
Row = tuple[datetime, str]  # a place in an order, and what stands there


def lines(connection: sa.Connection) -> tuple[LineId, ...]:
    """Every line that has contacts, also one that is in no organisation file any more."""
    e = contact_events.c
    query = sa.select(e.line).where(_is_received()).distinct().order_by(e.line)
    return tuple(map(LineId, connection.scalars(query)))


def contacts_before(
    connection: sa.Connection, line: LineId, before: datetime, after: Row | None, most: int
) -> Sequence[Row]:
    """The next contacts of *line* received before that moment, the earliest first."""
    e = contact_events.c
    query = sa.select(e.at, e.contact).where(_is_received(), e.line == line, e.at < before)
    if after is not None:
        at, contact = after
        query = query.where(e.at >= at, sa.or_(e.at > at, e.contact > contact))
    rows = connection.execute(query.order_by(e.at, e.contact).limit(most))
    return [(row.at, row.contact) for row in rows]


def noted_before(connection: sa.Connection, before: datetime) -> Sequence[str]:
    """The contacts whose notes were written before that moment, the earliest first."""
    n = notes.c
    query = sa.select(n.contact).where(n.written_at < before).order_by(n.written_at, n.contact)
    return connection.scalars(query).all()


def facts(connection: sa.Connection, ids: Sequence[str], held: Holds) -> Mapping[str, Kept]:
    """What decides about those of *ids* that are there."""
    e, n, a = contact_events.c, notes.c, addenda.c
    received = sa.select(e.contact, e.at).where(e.contact.in_(ids), e.key == str(Kind.RECEIVED))
    came: dict[str, datetime] = {row.contact: row.at for row in connection.execute(received)}
    written: dict[str, datetime] = {}
    for column, at in ((n.contact, n.written_at), (a.contact, a.written_at)):
        for contact, last in connection.execute(sa.select(column, at).where(column.in_(ids))):
            written[contact] = max(last, written.get(contact, last))
    filed = _filed(connection, list(written))
    keeps = held_of(connection, ids, held)
    return {
        contact: Kept(at, written.get(contact), filed.get(contact), contact in keeps)
        for contact, at in came.items()
    }


def lock(connection: sa.Connection, ids: Sequence[str]) -> None:
    """Let nobody write of *ids* before this commits; SQLite lets one write at a time anyway."""
    e, n = contact_events.c, notes.c
    received = sa.select(e.contact).where(e.contact.in_(ids), e.key == str(Kind.RECEIVED))
    connection.execute(received.order_by(e.contact).with_for_update()).all()
    noted = sa.select(n.contact).where(n.contact.in_(ids)).order_by(n.contact)
    connection.execute(noted.with_for_update()).all()


def called_in_follow_ups(connection: sa.Connection, ids: Sequence[str]) -> frozenset[str]:
    """Those of *ids* that are calls of follow-ups, and go with them."""
    a = follow_up_attempts.c
    return frozenset(connection.scalars(sa.select(a.contact).where(a.contact.in_(ids))))


def at_the_carrier(connection: sa.Connection, ids: Sequence[str]) -> frozenset[str]:
    """What the carrier knows of *ids*: the calls and texts themselves, and what we sent of them."""
    o = letters.c
    sent = sa.select(o.carrier_id).where(o.contact.in_(ids), o.carrier_id.is_not(None))
    return carrier_purges.sids([*ids, *connection.scalars(sent)])


def remove_contacts(connection: sa.Connection, ids: Sequence[str]) -> None:
    """Remove *ids* with their notes, texts, letters and threads that are empty then."""
    t = texts_table.c
    ends = list(connection.scalars(sa.select(t.thread).where(t.contact.in_(ids)).distinct()))
    remove_notes(connection, ids)
    for column in (
        handover_contacts.c.contact,
        t.contact,
        letters.c.contact,
        contact_events.c.contact,
    ):
        connection.execute(column.table.delete().where(column.in_(ids)))
    remove_empty_threads(connection, ends)


def remove_notes(connection: sa.Connection, ids: Sequence[str]) -> int:
    """Remove the notes of *ids*, their addenda, and what somebody began to write; how many."""
    begun = [f"{what}:{contact}" for what in ("note", "addendum") for contact in ids]
    connection.execute(writings.delete().where(writings.c.subject.in_(begun)))
    connection.execute(addenda.delete().where(addenda.c.contact.in_(ids)))
    return connection.execute(notes.delete().where(notes.c.contact.in_(ids))).rowcount


def remove_empty_threads(connection: sa.Connection, ids: Collection[str | None]) -> None:
    """Remove those of the threads *ids* that no text is in any more."""
    h = threads.c
    some = [thread for thread in ids if thread is not None]
    is_empty = ~sa.exists().where(texts_table.c.thread == h.id)
    connection.execute(threads.delete().where(h.id.in_(some), is_empty))


def with_words(connection: sa.Connection, before: datetime) -> Sequence[str]:
    """The texts whose words are kept although their handover was acknowledged before then."""
    t, link, e = texts_table.c, handover_contacts.c, handover_events.c
    is_told = sa.and_(
        e.handover == link.handover, e.event == str(HandoverState.ACKNOWLEDGED), e.at < before
    )
    query = (
        sa.select(t.contact)
        .join(handover_contacts, link.contact == t.contact)
        .join(handover_events, is_told)
        .where(t.emptied_at.is_(None))
        .order_by(t.received_at, t.contact)
    )
    return connection.scalars(query).all()


def empty(connection: sa.Connection, cipher: FieldCipher, ids: Sequence[str], now: datetime) -> int:
    """Keep nothing of what the texts *ids* said, nor the letters that carried it; how many."""
    t, o = texts_table.c, letters.c
    carried = (o.contact.in_(ids), o.emptied_at.is_(None), o.state.in_(_SETTLED))
    nothing = {"body": outbox.no_words(cipher), "emptied_at": now}
    connection.execute(letters.update().where(*carried).values(nothing))
    kept = texts_table.update().where(t.contact.in_(ids), t.emptied_at.is_(None))
    nothing = {"body": texts.no_words(cipher), "emptied_at": now}
    return connection.execute(kept.values(nothing)).rowcount


def orders_before(connection: sa.Connection, before: datetime) -> Sequence[str]:
    """
    Texts handled and received before then that are no contact: what staff wrote to the line.

    An order such as JOUR, or an answer that went to nobody.
    """
    t = texts_table.c
    query = sa.select(t.contact).where(
        t.handled_at.is_not(None), t.received_at < before, ~_has_events(t.contact)
    )
    return connection.scalars(query.order_by(t.received_at, t.contact)).all()


def remove_texts(connection: sa.Connection, ids: Sequence[str]) -> int:
    """Remove the texts *ids*, and the threads that are empty then; how many texts."""
    t = texts_table.c
    ends = list(connection.scalars(sa.select(t.thread).where(t.contact.in_(ids)).distinct()))
    removed = connection.execute(texts_table.delete().where(t.contact.in_(ids))).rowcount
    remove_empty_threads(connection, ends)
    return removed


def remove_letters(connection: sa.Connection, keys: Sequence[str]) -> int:
    """Remove those letters; how many."""
    return connection.execute(letters.delete().where(letters.c.key.in_(keys))).rowcount


def letters_before(connection: sa.Connection, before: datetime) -> Mapping[str, str | None]:
    """
    Letters written before then that carry no contact's words, and what the carrier calls each.

    Those about a contact go with it.
    """
    o = letters.c
    written = sa.or_(o.created_at < before, sa.and_(o.created_at.is_(None), o.due_at < before))
    is_alone = sa.or_(o.contact.is_(None), ~_has_events(o.contact))
    query = sa.select(o.key, o.carrier_id).where(written, o.state.in_(_SETTLED), is_alone)
    return {row.key: row.carrier_id for row in connection.execute(query.order_by(o.key))}


def loose_before(connection: sa.Connection, before: datetime) -> Sequence[str]:
    """Events before then of contacts without a beginning, of which nobody has written either."""
    e, first = contact_events.c, contact_events.alias()
    begins = sa.exists().where(first.c.contact == e.contact, first.c.key == str(Kind.RECEIVED))
    is_noted = sa.exists().where(notes.c.contact == e.contact)
    query = sa.select(e.contact).where(e.at < before, ~begins, ~is_noted).distinct()
    query = query.order_by(e.contact)
    return connection.scalars(query).all()


def held_contacts(connection: sa.Connection, held: Holds) -> frozenset[str]:
    """Every contact that is held."""
    found = set(held.contacts)
    e = contact_events.c
    for district, client in held.clients:
        # A number may stand for several children of a family: their references are joined.
        near = e.caller.contains(client, autoescape=True)
        query = sa.select(e.contact, e.caller).where(e.home_district == district, near).distinct()
        rows = connection.execute(query)
        found.update(row.contact for row in rows if client in _clients(row.caller))
    return frozenset(found)


def clients_held(connection: sa.Connection, held: Holds) -> frozenset[int]:
    """The orders for follow-ups of clients that are held."""
    o = follow_up_orders.c
    found: set[int] = set()
    for district, client in held.clients:
        query = sa.select(o.id).where(o.district == district, o.client == client)
        found.update(connection.scalars(query))
    return frozenset(found)


def filed_at(connection: sa.Connection, handovers: Collection[str]) -> Mapping[str, datetime]:
    """When each of *handovers* was last taken out for the case file, or said to stand in it."""
    e, r = handover_events.c, readings.c
    said = sa.select(e.handover, e.at).where(e.handover.in_(handovers), e.event.in_(_FILED))
    # Every export is a row of the reading log; of the handover's own events only the first.
    taken = sa.select(r.handover, r.at).where(
        r.handover.in_(handovers), r.act == str(Act.EXPORT), r.denied.is_(None)
    )
    found: dict[str, datetime] = {}
    for query in (said, taken):
        for handover, at in connection.execute(query):
            found[handover] = max(at, found.get(handover, at))
    return found


def _filed(connection: sa.Connection, ids: Sequence[str]) -> Mapping[str, datetime]:
    link = handover_contacts.c
    inside: defaultdict[str, list[str]] = defaultdict(list)
    query = sa.select(link.handover, link.contact).where(link.contact.in_(ids))
    for handover, contact in connection.execute(query):
        inside[handover].append(contact)
    found = filed_at(connection, list(inside))
    return {contact: at for handover, at in found.items() for contact in inside[handover]}


def held_of(connection: sa.Connection, ids: Sequence[str], held: Holds) -> frozenset[str]:
    """Those of *ids* that are held; by their own rows, however many others there are."""
    found = held.contacts.intersection(ids)
    if not held.clients:
        return found
    e = contact_events.c
    query = sa.select(e.contact, e.home_district, e.caller).where(
        e.contact.in_(ids), e.caller.is_not(None), e.home_district.is_not(None)
    )
    said = connection.execute(query)
    return found | {
        contact
        for contact, home, caller in said
        if any((home, client) in held.clients for client in _clients(caller))
    }


def _clients(caller: str) -> frozenset[str]:
    """The references in a caller's label."""
    return frozenset({caller, *caller.split("/")})


def _is_received() -> sa.ColumnElement[bool]:
    # The kind stands in the query itself, so that the planner sees the partial index.
    return contact_events.c.kind == sa.literal_column("'received'")


def _has_events(contact: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(contact_events.c.contact == contact)


def in_batches(every: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """*every* in its order, so many at a time."""
    for first in range(0, len(every), size):
        yield every[first : first + size]
