"""Years of contacts as they might be kept, made at random, and what ought to be left of them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.store import audit_chain, holds
from app.store.database import reading
from app.store.fields import FieldCipher
from app.store.tables import metadata
from routing.ids import ContactId, DistrictId
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, STOCKHOLM, at

NOW = at("2028-06-15T03:00")
CLIENTS = ("K-1", "K-2", "K-3", "unknown-77")
SEALED = b"sealed"  # nothing opens it here
DAY = timedelta(days=1)


@dataclass(slots=True)
class Old:
    """One contact, and all that decides about it."""

    id: str
    received_at: datetime
    home: DistrictId | None
    client: str
    is_text: bool
    written_at: datetime | None = None
    last_word_at: datetime | None = None  # of the note, or an addendum to it
    handover: str | None = None
    acknowledged_at: datetime | None = None
    filed_at: datetime | None = None
    is_held: bool = False
    order: int | None = None
    sent: str | None = None  # what the carrier calls the text by which it was carried on


@dataclass(slots=True)
class Past:
    """What was put into a database."""

    contacts: list[Old] = field(default_factory=list)
    reports: dict[int, bool] = field(default_factory=dict)  # by order: whether it was filed
    orders: dict[int, datetime] = field(default_factory=dict)


def midnight(day: datetime) -> datetime:
    return day.astimezone(STOCKHOLM).replace(hour=0, minute=0, second=0, microsecond=0)


def back(moment: datetime, months: int = 0, days: int = 0) -> datetime:
    """That midnight in Stockholm, counted back by the calendar."""
    day = midnight(moment)
    count = day.year * 12 + day.month - 1 - months
    return at(f"{count // 12}-{count % 12 + 1:02}-{day.day:02}T00:00") - days * DAY


def put(connection: sa.Connection, table: str, *rows: Mapping[str, object]) -> None:
    if rows:
        connection.execute(metadata.tables[table].insert(), list(rows))


def event(one: Old, key: str, at_: datetime, **more: object) -> dict[str, object]:
    row: dict[str, object] = {
        "contact": one.id, "key": key, "at": at_, "kind": key, "line": EFTERVARD,
        "target": None, "result": None, "seconds": None, "channel": None, "direction": None,
        "caller": None, "home_district": None, "role": None, "language": None,
        "caller_key": None, "caller_number": None,
    }  # fmt: skip
    return row | more


def a_past(engine: sa.Engine, cipher: FieldCipher, chance: random.Random, number: int) -> Past:
    """So many contacts of the last four years, in *engine*'s database."""
    past = Past()
    with engine.begin() as connection:
        for n in range(number):
            past.contacts.append(_contact(connection, cipher, chance, n))
        for n in range(number // 8):
            _order(connection, chance, past, n + 1)
        _hold_some(connection, cipher, chance, past)
        _the_rest(connection, cipher, chance)
    with engine.begin() as connection:
        audit_chain.seal(connection, cipher, NOW - timedelta(days=2100))
    return past


def _contact(connection: sa.Connection, cipher: FieldCipher, chance: random.Random, n: int) -> Old:
    # Around the terms as often as anywhere else.
    age = chance.choice([chance.uniform(0, 1500), 731 + chance.uniform(-3, 3)])
    received_at = NOW - timedelta(days=age)
    is_text = chance.random() < 0.5
    digits = f"{chance.getrandbits(128):032x}"
    one = Old(
        id=("SM" if is_text else "CA") + digits,
        received_at=received_at,
        home=chance.choice([JARVA, HASSELBY_VALLINGBY, None]),
        client=chance.choice(CLIENTS),
        is_text=is_text,
    )
    caller = {"caller": one.client, "home_district": one.home}
    channel = {"channel": "text" if is_text else "voice", "direction": "inbound"}
    put(
        connection,
        "contact_events",
        event(one, "received", received_at, **caller, **channel),
        event(one, "ended", received_at + timedelta(minutes=9), result="talked"),
    )
    if one.home is not None:
        _hand_over(connection, chance, one, n)
    if chance.random() < 0.5:
        _write(connection, chance, one)
    if is_text:
        _letter(connection, cipher, chance, one, n)
    if chance.random() < 0.3:
        row = {"person": "t1", "subject": f"note:{one.id}", "body": SEALED, "saved_at": NOW - DAY}
        put(connection, "writings", row)
    return one


def _hand_over(connection: sa.Connection, chance: random.Random, one: Old, n: int) -> None:
    id_ = f"h{n}"
    ended = one.received_at + timedelta(hours=2)
    state = chance.choice(["built", "opened", "acknowledged", "transferred", "closed"])
    events = {"built": ended}
    if state in {"acknowledged", "transferred", "closed"}:
        one.acknowledged_at = events["acknowledged"] = _later(chance, ended, 40)
    if state == "transferred":
        one.filed_at = events["transferred"] = _later(chance, ended + DAY, 400)
    one.handover = id_
    row = {
        "id": id_, "line": EFTERVARD, "district": one.home, "duty_ended_at": ended,
        "due_at": ended + DAY, "state": state, "built_at": ended, "part": n,
    }  # fmt: skip
    put(connection, "handovers", row)
    told = [
        {"handover": id_, "event": what, "actor": None, "at": when} for what, when in events.items()
    ]
    put(connection, "handover_events", *told)
    put(connection, "handover_contacts", {"contact": one.id, "handover": id_})
    if chance.random() < 0.3:
        exported = _later(chance, ended, 500)
        one.filed_at = max(exported, one.filed_at or exported)
        put(connection, "readings", _reading(exported, "export", one.home, None, id_))
    meeting = {
        "id": f"m{n}", "line": EFTERVARD, "district": one.home, "due_at": ended + DAY,
        "state": "begun", "sequence": 0, "organiser": "t1",
    }  # fmt: skip
    guest = {
        "meeting": f"m{n}", "therapist": "t1", "address": SEALED, "due_at": ended + DAY,
        "sequence": 0, "invited": True,
    }  # fmt: skip
    put(connection, "meetings", meeting)
    put(connection, "meeting_handovers", {"handover": id_, "meeting": f"m{n}"})
    put(connection, "meeting_guests", guest)


def _write(connection: sa.Connection, chance: random.Random, one: Old) -> None:
    one.written_at = one.last_word_at = _later(chance, one.received_at, 3)
    row = {
        "contact": one.id, "line": EFTERVARD, "district": one.home, "author": "t1",
        "written_at": one.written_at, "broken_agreement": False, "urgency": "normal",
        "content": SEALED,
    }  # fmt: skip
    put(connection, "notes", row)
    if chance.random() < 0.4:
        one.last_word_at = _later(chance, one.written_at, 500)
        added = {"contact": one.id, "author": "t1", "written_at": one.last_word_at}
        put(connection, "addenda", added | {"content": SEALED})


def _letter(
    connection: sa.Connection, cipher: FieldCipher, chance: random.Random, one: Old, n: int
) -> None:
    thread = f"thread-{n // 3}"  # three in a row share one, whenever they came
    exists = sa.select(metadata.tables["threads"].c.id).where(
        metadata.tables["threads"].c.id == thread
    )
    if connection.scalar(exists) is None:
        row = {
            "id": thread, "line": EFTERVARD, "answerable": True, "caller": one.client,
            "tag": "A2", "opened_at": one.received_at, "last_at": one.received_at,
        }  # fmt: skip
        put(connection, "threads", row)
    text = {
        "contact": one.id, "body": cipher.seal("ord", "texts.body"), "line": EFTERVARD,
        "received_at": one.received_at, "media": 0, "thread": thread,
        "handled_at": one.received_at,
    }  # fmt: skip
    put(connection, "texts", text)
    one.sent = f"SM{chance.getrandbits(128):032x}"
    put(connection, "outbox", letter(cipher, f"relay/{one.id}/t1/1", one.received_at, one))


def letter(
    cipher: FieldCipher, key: str, at_: datetime, one: Old | None = None, state: str = "sent"
) -> dict[str, object]:
    return {
        "key": key, "channel": "text", "line": EFTERVARD, "recipient": SEALED,
        "body": cipher.seal("ord", "outbox.body"), "contact": one and one.id, "therapist": "t1",
        "state": state, "due_at": at_, "tries": 1, "first_tried_at": at_,
        "carrier_id": one and one.sent, "created_at": at_, "rank": 0,
    }  # fmt: skip


def _reading(
    at_: datetime, act: str, district: str | None, contact: str | None, handover: str | None
) -> dict[str, object]:
    return {
        "at": at_, "viewer": "t1", "viewer_district": JARVA, "office": "therapist", "act": act,
        "district": district, "contact": contact, "handover": handover, "denied": None,
    }  # fmt: skip


def _order(connection: sa.Connection, chance: random.Random, past: Past, number: int) -> None:
    """Follow-ups that were ordered together, one of the contacts the call that was made."""
    calls = [c for c in past.contacts if not c.is_text and c.order is None and c.home is not None]
    if not calls:
        return
    call = chance.choice(calls)
    call.order = number
    ended = call.received_at + timedelta(minutes=30)
    row = {
        "id": number, "line": EFTERVARD, "district": call.home, "client": "K-9",
        "number_key": SEALED, "may_leave_voicemail": False, "may_say_who_calls": False,
        "language": "sv", "max_attempts": 2, "instruction": SEALED, "ordered_by": "t1",
        "ordered_at": call.received_at - DAY,
    }  # fmt: skip
    put(connection, "follow_up_orders", row)
    reported = chance.random() < 0.5
    window = {
        "id": number, "series": number, "starts_at": call.received_at - timedelta(minutes=30),
        "ends_at": ended, "if_not_reached": "home_district", "state": "done",
        "outcome": "reached" if reported else None, "report": SEALED if reported else None,
        "reported_by": "t1" if reported else None, "reported_at": ended if reported else None,
    }  # fmt: skip
    put(connection, "follow_ups", window)
    attempt = {"follow_up": number, "number": 1, "contact": call.id, "therapist": "t1"}
    put(connection, "follow_up_attempts", attempt | {"at": call.received_at})
    told = {"follow_up": number, "event": "open", "actor": None, "at": call.received_at}
    put(connection, "follow_up_events", told)
    past.orders[number] = ended
    if reported:
        past.reports[number] = chance.random() < 0.5
        # No rota is kept of those days: what belongs to no duty is told of by itself.
        told_at = ended - timedelta.resolution
        handover = {
            "id": f"report-{number}", "line": EFTERVARD, "district": call.home,
            "duty_ended_at": told_at, "due_at": told_at + DAY, "state": "opened",
            "built_at": told_at, "part": 0,
        }  # fmt: skip
        put(connection, "handovers", handover)
        if past.reports[number]:
            done = {"handover": f"report-{number}", "event": "exported", "at": ended + DAY}
            put(connection, "handover_events", done | {"actor": "t1"})


def _hold_some(
    connection: sa.Connection, cipher: FieldCipher, chance: random.Random, past: Past
) -> None:
    for one in chance.sample(past.contacts, k=len(past.contacts) // 12):
        number = holds.of_contact(connection, cipher, ContactId(one.id), "tvist", "m1", NOW)
        if chance.random() < 0.3:
            holds.lift(connection, number, NOW)
        else:
            one.is_held = True
    holds.of_client(connection, cipher, JARVA, "K-3", "tvist", "m1", NOW)
    for one in past.contacts:
        one.is_held |= (one.home, one.client) == (JARVA, "K-3")


def _the_rest(connection: sa.Connection, cipher: FieldCipher, chance: random.Random) -> None:
    """What goes by a moment of its own, on both sides of its term."""
    for n in range(12):
        when = NOW - timedelta(days=chance.uniform(0, 2200))
        later = when + timedelta(hours=4)
        span: dict[str, object] = {"therapist": "t1", "starts_at": when, "ends_at": later}
        put(connection, "readings", _reading(when, "log", JARVA, None, None))
        altered = {"author": "m1", "district": JARVA, "what": "client.added", "at": when}
        put(connection, "alterations", altered | {"about": cipher.seal("K-1", "alterations.about")})
        put(connection, "outbox", letter(cipher, f"rota/{n}", when, state="failed"))
        put(connection, "absences", span | {"kind": "leave"})
        put(connection, "wishes", span | {"wanted": "no", "made_at": when})
        put(connection, "feedback", {"page": "", "body": SEALED, "sent_at": when})
        put(connection, "refusals", {"login_key": SEALED, "at": when})
        put(connection, "blocks", _block(when, later, chance))
        put(connection, "texts", _an_order(cipher, chance, when))
        version = {
            "id": n + 101,
            "line": EFTERVARD,
            "published_at": when,
            "note": "",
            "author": "t1",
        }
        put(connection, "rota_versions", version)
        shift = span | {"line": EFTERVARD, "position": 1, "published_in": n + 101}
        put(connection, "shifts", shift)
        found = {
            "version": n + 101,
            "rule": "gap",
            "severity": "warning",
            "message": "",
            "remedy": "",
        }
        put(connection, "findings", found)
        swap = {
            "id": n + 1, "line": EFTERVARD, "giver": "t1", "position": 1, "starts_at": when,
            "ends_at": later, "begins_at": when, "state": "done",
        }  # fmt: skip
        put(connection, "swaps", swap)
        put(connection, "swap_answers", {"swap": n + 1, "therapist": "t2", "declined_at": when})
        said = {"swap": n + 1, "what": "offered", "author": "t1", "at": when, "findings": ""}
        put(connection, "swap_events", said)
        _account(connection, n, when)


def _block(when: datetime, until: datetime, chance: random.Random) -> dict[str, object]:
    is_lifted = chance.random() < 0.5
    lifted = when + timedelta(hours=1) if is_lifted else None
    return {
        "caller_key": SEALED, "until": until, "reason": SEALED, "blocked_at": when,
        "lifted_at": lifted,
    }  # fmt: skip


def _an_order(cipher: FieldCipher, chance: random.Random, when: datetime) -> dict[str, object]:
    return {
        "contact": f"SM{chance.getrandbits(128):032x}", "body": cipher.seal("JOUR", "texts.body"),
        "line": EFTERVARD, "received_at": when, "staff": "t1", "media": 0, "handled_at": when,
    }  # fmt: skip


def _account(connection: sa.Connection, n: int, when: datetime) -> None:
    account = {
        "id": n + 1, "login": f"a{n}@example.org", "person": f"a{n}", "office": "therapist",
        "district": JARVA, "active": n % 2 == 0, "stamp": str(n), "made_at": when,
    }  # fmt: skip
    put(connection, "accounts", account)
    session = {"digest": f"{n}".encode(), "account": n + 1, "agent": "", "began_at": when}
    put(connection, "sessions", session | {"seen_at": when + timedelta(days=2)})


def _later(chance: random.Random, since: datetime, days: float) -> datetime:
    """Some time after *since*, and not after now."""
    return min(since + timedelta(days=chance.uniform(0, days)), NOW)


def everything(engine: sa.Engine, but: Sequence[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with reading(engine) as connection:
        return {
            name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for name, table in metadata.tables.items()
            if name not in but
        }
