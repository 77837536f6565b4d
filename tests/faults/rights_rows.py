"""Rows of each district in every table that holds some back, written as the tables' owner would."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from app.store.tables import metadata

AT = datetime(2026, 3, 3, 18, 4, tzinfo=UTC)
JARVA, HV = "jarva", "hasselby-vallingby"
NUMBERS = {JARVA: 1, HV: 2}  # of what has no name
NOBODYS = "call-nobody"
Rows = dict[str, list[dict[str, Any]]]


def events(contact: str, home: str | None, taker: str = "t9") -> list[dict[str, Any]]:
    """A call that came in, was taken, and is over; only its beginning says whose it is."""

    def event(key: str, **more: object) -> dict[str, Any]:
        empty = dict.fromkeys(("target", "caller", "home_district"))
        kind = key.partition("/")[0]
        fixed = {"contact": contact, "key": key, "kind": kind, "line": "eftervard", "at": AT}
        return {**empty, **fixed, **more}

    return [
        event("received", caller="a-client", home_district=home),
        event(f"accepted/{taker}", target=taker),
        event("ended"),
    ]


def of(district: str) -> Rows:
    """What *district* has: a row in each of the tables, and three of a contact."""
    n, contact, thread = NUMBERS[district], f"call-{district}", f"thread-{district}"
    handover, meeting = f"handover-{district}", f"meeting-{district}"
    on_line = {"line": "eftervard", "district": district}
    sealed = b"sealed"
    return {
        "contact_events": events(contact, district),
        "threads": [
            {
                "id": thread, "line": "eftervard", "answerable": True, "caller": "a-client",
                "home_district": district, "tag": f"A{n}", "opened_at": AT, "last_at": AT,
            }
        ],
        "texts": [
            {
                "contact": contact, "body": sealed, "line": "eftervard", "received_at": AT,
                "media": 0, "thread": thread,
            }
        ],
        "outbox": [
            {
                "key": f"missed/{contact}", "channel": "text", "line": "eftervard",
                "recipient": sealed, "body": sealed, "contact": contact, "state": "sent",
                "due_at": AT, "tries": 1, "rank": 0,
            }
        ],
        "notes": [
            {
                "contact": contact, **on_line, "author": "t9", "written_at": AT,
                "broken_agreement": False, "urgency": "normal", "content": sealed,
            }
        ],
        "addenda": [
            {"id": n, "contact": contact, "author": "t9", "written_at": AT, "content": sealed}
        ],
        "handovers": [
            {
                "id": handover, **on_line, "duty_ended_at": AT, "due_at": AT, "state": "built",
                "built_at": AT, "part": 0,
            }
        ],
        "handover_contacts": [{"contact": contact, "handover": handover}],
        "handover_events": [{"handover": handover, "event": "built", "at": AT}],
        "meetings": [
            {
                "id": meeting, **on_line, "due_at": AT, "state": "called", "sequence": 0,
                "organiser": "m9",
            }
        ],
        "meeting_handovers": [{"handover": handover, "meeting": meeting}],
        "meeting_guests": [
            {
                "meeting": meeting, "therapist": "t9", "address": sealed, "due_at": AT,
                "sequence": 0, "invited": True,
            }
        ],
        "follow_up_orders": [
            {
                "id": n, **on_line, "client": "a-client", "number_key": b"key",
                "may_leave_voicemail": False, "may_say_who_calls": False, "language": "sv",
                "max_attempts": 1, "instruction": sealed, "ordered_by": "t9", "ordered_at": AT,
            }
        ],
        "follow_ups": [
            {
                "id": n, "series": n, "starts_at": AT, "ends_at": AT,
                "if_not_reached": "home_district", "state": "ordered",
            }
        ],
        "follow_up_attempts": [
            {"follow_up": n, "number": 1, "contact": f"out-{district}", "therapist": "t9", "at": AT}
        ],
        "follow_up_events": [{"follow_up": n, "event": "ordered", "actor": "t9", "at": AT}],
        "clients": [
            {
                "id": n, "phone_key": b"key", "phone": sealed, "client": "a-client",
                "role": "youth", "district": district, "language": "sv", "sms_ok": True,
                "protected": False,
            }
        ],
        "readings": [
            {
                "id": n, "at": AT, "viewer": "t9", "viewer_district": district,
                "office": "therapist", "act": "read", "district": district, "contact": contact,
            }
        ],
        "reading_samples": [
            {
                "district": district, "month": date(2026, 2, 1), "readings": [n],
                "drawn_by": "r9", "drawn_at": AT,
            }
        ],
        "alterations": [
            {"id": n, "author": "m9", "district": district, "what": "client.added", "at": AT}
        ],
        "writings": [
            {"person": f"writer-{district}", "subject": "note:x", "body": sealed, "saved_at": AT}
        ],
    }  # fmt: skip


# A second row of the same district: what tells it from the first, in each table.
SECOND: Mapping[str, Mapping[str, object]] = {
    "contact_events": {"key": "declined/t8"},
    "threads": {"id": "another"},
    "texts": {"contact": "call-another"},
    "outbox": {"key": "another"},
    "notes": {"contact": "call-another"},
    "addenda": {"id": 99},
    "handovers": {"id": "another", "part": 1},
    "handover_contacts": {"contact": "call-another"},
    "handover_events": {"event": "opened"},
    "meetings": {"id": "another", "state": "off"},
    "meeting_handovers": {"handover": "another"},
    "meeting_guests": {"therapist": "t8"},
    "follow_up_orders": {"id": 99},
    "follow_ups": {"id": 99},
    "follow_up_attempts": {"number": 2, "contact": "another"},
    "follow_up_events": {"event": "told"},
    "clients": {"id": 99},
    "readings": {"id": 99},
    "reading_samples": {"month": date(2026, 1, 1)},
    "alterations": {"id": 99},
    "writings": {"subject": "another"},
}


def write(connection: sa.Connection, rows: Rows) -> None:
    """In the order in which the tables refer to one another."""
    for table in metadata.sorted_tables:
        if table.name in rows:
            connection.execute(table.insert(), rows[table.name])


def keys_of(table: str, rows: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """What tells *rows* from others: the values of the table's key."""
    names = [column.name for column in metadata.tables[table].primary_key]
    return sorted(tuple(row[name] for name in names) for row in rows)
