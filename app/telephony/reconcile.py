"""
Compares the carrier's lists with the log, and adds what the service did not hear of.

Each contact is added in one transaction of its own, under the keys that its webhooks would have
written, so that a clock that dies, two at once, or a webhook that comes after all double nothing.
The mark moves only over days that have been compared.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty.notifier import Archive
from app.phrases import FIRST, phrases
from app.store import carrier_purges, contacts, outbox, pulses, texts
from app.store.contacts import row_of
from app.store.database import add_once, insert_once, reading
from app.store.outbox import By, Letter
from app.store.spool import Entry
from app.store.tables import contact_events
from app.store.tables import outbox as outbox_table
from app.store.tables import texts as texts_table
from app.store.texts import Text
from app.telephony.exchange import Arrival, Exchange, arrival
from app.wording import when
from routing import record
from routing.contact import Channel, ContactEvent, Kind
from routing.errors import InvalidInput
from routing.ids import ContactId, DistrictId
from routing.intervals import Interval
from routing.organisation import Line, Organisation, Therapist
from routing.reconciliation import (
    FARTHEST,
    SETTLED_AFTER,
    CarriedCall,
    CarriedText,
    added,
    is_our_own,
    is_unfinished,
    windows,
)

log = structlog.get_logger()

EVERY = timedelta(minutes=10)
# After an outage longer than this somebody says from when with `beredskap reconcile --since`.
_MOST_BACK = timedelta(days=30)
# Whoever was rung for a call is rung within it; clocks and whole seconds may be off.
_MARGIN = timedelta(minutes=1)
# After this nobody remembers what she wrote.
_TOLD_WITHIN = timedelta(hours=2)


@dataclass(slots=True)
class Tally:
    """How many calls and texts were looked at, and what was done with them."""

    calls: int = 0
    calls_added: int = 0
    calls_completed: int = 0  # whose beginning was known
    texts: int = 0
    texts_added: int = 0
    of_staff: int = 0  # theirs, which are no contacts


def reconcile_when_due(exchange: Exchange, archive: Archive, now: datetime) -> Tally | None:
    """
    Compare what has come since the last time; None when it is too early.

    The very first time there is nothing to compare with: from then on the log is to be complete.

    Raises:
        CarrierUnavailable: the carrier cannot be asked; what was not compared stays to be.
    """
    engine = exchange.engine
    with reading(engine) as connection:
        mark = pulses.read(connection).get(pulses.RECONCILED)
    if mark is None:
        with engine.begin() as connection:
            for name in (pulses.RECONCILED, pulses.COMPARED_FROM):
                pulses.beat(connection, name, now)
        return None
    # What lies in the spool was heard of, and is better than what the carrier can tell.
    if now - mark.at < EVERY or not exchange.journal.spool.is_empty:
        return None
    return reconcile(exchange, archive, max(mark.at, now - _MOST_BACK), now)


def reconcile(exchange: Exchange, archive: Archive, since: datetime, now: datetime) -> Tally:
    """
    Compare everything since that moment, a day at a time, and keep how far it has come.

    Raises:
        InvalidInput: that is longer ago than contacts are handed over or kept, or to come.
        CarrierUnavailable: the carrier cannot be asked; what was added by then stays.
    """
    organisation, engine = exchange.mirror.picture.organisation, exchange.engine
    if since < now - FARTHEST or since > now:
        raise InvalidInput(f"a moment of the last {FARTHEST.days} days is needed")
    with reading(engine) as connection:
        marks = pulses.read(connection)
    mark = marks.get(pulses.RECONCILED)
    # What lies between an older mark and *since* has not been compared.
    is_joined = mark is None or since <= mark.at
    tally = Tally()
    for window in _ours(windows(since, now), since, marks.get(pulses.COMPARED_FROM)):
        for line in organisation.lines.values():
            span = _kept_part(organisation, line, window, now)
            if span is not None:
                _calls(exchange, archive, line, span, now, tally)
                _texts(exchange, archive, line, span, now, tally)
        if is_joined:
            with engine.begin() as connection:
                pulses.beat(connection, pulses.RECONCILED, window.end)
    if tally.calls_added or tally.calls_completed or tally.texts_added:
        log.warning(
            "reconcile.found",
            calls=tally.calls_added,
            ends=tally.calls_completed,
            texts=tally.texts_added,
        )
    return tally


def _ours(
    every: Iterable[Interval], since: datetime, begun: pulses.Pulse | None
) -> Iterator[Interval]:
    """
    *every* window without what came in before there was a service, unless somebody asks for that.

    Whoever had the number then has answered it; it is looked back at for calls that are long.
    """
    first = None if begun is None or since < begun.at else begun.at.replace(microsecond=0)
    for window in every:
        if first is None or first <= window.start:
            yield window
        elif first < window.end:
            yield Interval(first, window.end)


def _kept_part(
    organisation: Organisation, line: Line, window: Interval, now: datetime
) -> Interval | None:
    """*window* without what the line's contacts are no longer kept of: it must not come back."""
    first = organisation.retention.contacts.before(line.today(now))
    start = datetime(first.year, first.month, first.day, tzinfo=line.zone)
    return window.overlap(Interval(start, now + _MARGIN))


def _calls(
    exchange: Exchange,
    archive: Archive,
    line: Line,
    span: Interval,
    now: datetime,
    tally: Tally,
) -> None:
    number, engine = line.number.e164, exchange.engine
    # A little more, so that both ends of a call to oneself are there.
    listed = archive.calls_to(number, Interval(span.start - _MARGIN, span.end))
    came = [c for c in listed if c.direction == "inbound" and c.parent is None]
    came = [c for c in came if c.began_at in span]
    with reading(engine) as connection:
        open_ = contacts.without_an_end(connection, line.id, span)
        known = contacts.events_of(connection, [*(c.id for c in came), *open_])
        going = carrier_purges.owed(connection)  # of which the other end may be gone already
    came = [c for c in came if c.id in known or not (c.id in going or is_our_own(c, listed))]
    tally.calls += len(came)
    waiting = [c for c in came if c.is_settled(now) and _lacks(known.get(c.id, ()))]
    ours = set(open_) - {c.id for c in came}  # calls that the line itself made
    if not waiting and not ours:
        return
    first = span.start if ours else min(c.began_at for c in waiting) - _MARGIN
    last = max((c.ended_at or c.began_at for c in waiting), default=span.end)
    rung = archive.calls_from(number, Interval(first, max(last, span.end) + _MARGIN))
    waiting += [c for c in rung if c.id in ours and c.is_settled(now)]
    targets = _targets(exchange.mirror.picture.organisation, line)
    for call in waiting:
        _add_call(exchange, line, call, rung, known.get(call.id, []), targets, now, tally)


def _lacks(known: Sequence[ContactEvent]) -> bool:
    return is_unfinished(known) or all(event.kind is not Kind.RECEIVED for event in known)


def _targets(organisation: Organisation, line: Line) -> Mapping[str, str]:
    """Whose each number is, in the words of the log; a fallback before whoever else has it."""
    homes = (organisation.districts.get(DistrictId(d)) for d in line.districts)
    return {
        **{phone.e164: str(staff.id) for phone, staff in organisation.staff_of.items()},
        **{home.office.e164: "office" for home in homes if home is not None and home.office},
        **{f.number.e164: f"fallback-{n}" for n, f in enumerate(line.fallback, start=1)},
    }


def _add_call(
    exchange: Exchange,
    line: Line,
    call: CarriedCall,
    rung: Iterable[CarriedCall],
    known: list[ContactEvent],
    targets: Mapping[str, str],
    now: datetime,
    tally: Tally,
) -> None:
    rows: list[Entry] = []
    caller = None
    is_new = all(event.kind is not Kind.RECEIVED for event in known)
    if is_new:
        came = _arrival(exchange, call.shown, call.to, call.id, call.began_at)
        staff = _staff(came)
        if staff is not None and staff.id in came.picture.pins:
            tally.of_staff += 1  # she is asked for her code, and is no caller before she is silent
            return
        caller = came.caller
        heard = record.received(call.id, line.id, Channel.VOICE, caller, call.began_at)
        rows.append(came.received(exchange, heard))
        if exchange.is_blocked(came):
            known = [*known, record.blocked(call.id, line.id, call.ended_at or call.began_at)]
            rows.append(("contact_events", row_of(known[-1])))
    found = added(call, rung, known, targets, line.id)
    if not rows and not found:
        return
    rows += [("contact_events", row_of(event)) for event in found]
    mark = record.reconciled(call.id, line.id, now, caller)
    if _keep(exchange, mark, [row for _, row in rows]):
        tally.calls_added += is_new
        tally.calls_completed += not is_new
        log.info("reconcile.call_added", contact=call.id, is_new=is_new)


def _texts(
    exchange: Exchange,
    archive: Archive,
    line: Line,
    span: Interval,
    now: datetime,
    tally: Tally,
) -> None:
    listed = archive.texts_to(line.number.e164, span)
    tally.texts += len(listed)
    settled = [text for text in listed if now - text.at >= SETTLED_AFTER]
    ids = [text.id for text in settled]
    with reading(exchange.engine) as connection:
        known = {*texts.kept_of(connection, ids), *contacts.events_of(connection, ids)}
    for text in settled:
        if text.id not in known:
            _add_text(exchange, line, text, now, tally)


def _add_text(
    exchange: Exchange, line: Line, text: CarriedText, now: datetime, tally: Tally
) -> None:
    came = _arrival(exchange, text.shown, text.to, text.id, text.at)
    if came.number == line.number:
        return  # from ourselves: see app.telephony.sms
    staff = _staff(came)
    if staff is not None:
        _set_aside(exchange, line, text, staff, now)
        tally.of_staff += 1
        return
    heard = record.received(text.id, line.id, Channel.TEXT, came.caller, text.at)
    kept = Text(text.id, line.id, text.body, text.at, staff=None, media=text.media)
    mark = record.reconciled(text.id, line.id, now, came.caller)
    row = texts.entry(exchange.cipher, kept)[1]
    if _keep(exchange, mark, [came.received(exchange, heard)[1]], row):
        tally.texts_added += 1
        log.info("reconcile.text_added", contact=text.id)


def _set_aside(
    exchange: Exchange, line: Line, text: CarriedText, staff: Therapist, now: datetime
) -> None:
    """
    What a therapist wrote is not carried out afterwards; she is told, while she may remember it.

    An order of hours ago may no longer be meant, and an answer could reach another child now.
    """
    empty = Text(text.id, line.id, "", text.at, staff.id, text.media)
    row = {**texts.entry(exchange.cipher, empty)[1], "handled_at": now}
    with exchange.engine.begin() as connection:
        if not _is_first(connection, texts_table, row):
            return
        if now - text.at <= _TOLD_WITHIN and staff.phone is not None:
            said = phrases(FIRST).written["came_late"].format(when=when(text.at, line))
            letter = Letter(f"late/{text.id}", By.TEXT, line.id, staff.phone.e164, said)
            add_once(connection, outbox_table, [outbox.entry(exchange.cipher, letter, now)[1]])
    log.info("reconcile.staff_text_set_aside", contact=text.id)


def _arrival(exchange: Exchange, shown: str, to: str, contact: ContactId, at: datetime) -> Arrival:
    return arrival(exchange, {"From": shown, "To": to}, contact, came_at=at)


def _staff(came: Arrival) -> Therapist | None:
    number = came.number
    return None if number is None else came.picture.organisation.staff_of.get(number)


def _keep(
    exchange: Exchange,
    mark: ContactEvent,
    events: Sequence[Mapping[str, object]],
    text: Mapping[str, object] | None = None,
) -> bool:
    """Add it all or nothing; whether this process was the one that did."""
    with exchange.engine.begin() as connection:
        if not _is_first(connection, contact_events, row_of(mark)):
            return False
        add_once(connection, contact_events, events)
        if text is not None:
            add_once(connection, texts_table, [text])
    return True


def _is_first(connection: sa.Connection, table: sa.Table, row: Mapping[str, object]) -> bool:
    """Whether the row was not there; another transaction that is adding it is waited for."""
    insert = insert_once(connection, table).execution_options(preserve_rowcount=True)
    return bool(connection.execute(insert, dict(row)).rowcount == 1)
