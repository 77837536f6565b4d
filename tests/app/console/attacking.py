"""What an attacker sends: junk in every field, ids of the other district, kept cookies."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.store.database import reading
from app.store.tables import metadata
from tests.app.console.conftest import HV, JARVA, Console, Visitor
from tests.app.console.two_districts import NUMBERS, OF
from tests.app.duty.following import ordered, wanted

TONIGHT = ("2026-03-04T19:00", "2026-03-04T20:00")  # of the day after the evening
MARK = "hemligtmärke"  # stands in whatever is sent, and belongs in no log and no address
JUNK = (
    "",
    f"{MARK}\x00{MARK}",
    "\x00",
    MARK * 3000,
    f"\u202e{MARK}\u2066\ufeff\U000e0001",
    "../../../etc/passwd",
    f"=cmd|' /C {MARK}'!A0",
    "<script>alert(1)</script>{{7*7}}%s%(x)s",
    "-1",
    "0",
    "2147483648",
    "9223372036854775808",
    "9" * 40,
    "9" * 5000,
    "٣",
    "²",
    "1e400",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59.999999+00:00",
    "0001-01-01T00:00:00+14:00",
    "2026-03-29T02:30",
    "2026-10-25T02:30",
    "9999-99",
    "0000-00",
    "9999-W53",
    "24:00",
    "+46701740650\r\nX-Evil: 1",
    "[]",
    "\ud7ff\uffff",
)
# What a page takes, so that junk in the next field is looked at as well.
_LIKELY = {
    "line": ("eftervard",),
    "district": ("hasselby-vallingby", "jarva"),
    "therapist": ("t1", "t4"),
    "from": ("2026-03-01",),
    "to": ("2026-03-31", "t2"),
    "first": ("2026-03-09",),
    "last": ("2026-03-22",),
    "day": ("2026-03-10",),
    "monday": ("2026-03-09",),
    "starts": ("17:00", "2026-03-10T17:00"),
    "ends": ("22:00", "2026-03-10T22:00"),
    "position": ("1",),
    "kind": ("vacation", "wanted"),
    "form": ("csv", "json", "xlsx"),
    "minutes": ("15",),
    "month": ("2026-02",),
    "at": ("2026-03-10T17:00",),
    "phone": ("070-174 06 66",),
    "client": ("H-2001",),
    "role": ("youth",),
    "outcome": ("reached",),
    "attempts": ("1",),
    "number": ("1",),
    "who": ("therapist:t3",),
    "login": ("ny@example.invalid",),
    "subject": ("note:x", "report:1"),
}
_NAMES = re.compile(
    r"(?:form|given|data|values|query|args|fields|typed)(?:\.get|\.getlist|\.pop)?[(\[]\"([a-z_]+)\""
    r"|(?:name=|field\(|choice\()\"([a-z_.-]+)\""
)


# Whose names are put together where they are read.
_MORE = (
    *(f"{name}_{row}" for name in ("day", "from", "to", "then") for row in (1, 2)),
    *(f"{by}_{name}" for by in ("number", "contact") for name in ("until", "reason")),
    *("id", "name", "phone", "email", "principal", "staff_of", "reference", "tasks"),
    *("active_from", "active_to", "office_number", "handover.at", "handover.notify"),
    *("ring_seconds", "fallback", "hours", "happened", "support", "next_step"),
)


def field_names() -> tuple[str, ...]:
    """Every name that some page reads or some form sends."""
    folder = Path(__file__).parents[3] / "app/console"
    files = [*folder.rglob("*.py"), *folder.rglob("*.html")]
    found = {name for path in files for pair in _NAMES.findall(path.read_text()) for name in pair}
    return tuple(sorted({*found, *_MORE} - {"", "csrf_token"}))


def likely(name: str) -> tuple[str, ...]:
    """What the page that reads *name* may find reasonable."""
    return _LIKELY.get(name, ("1", "x"))


def told(log: io.StringIO) -> list[str]:
    """The lines of the log that say what they must not."""
    secrets = (MARK, *NUMBERS, *(word for words in OF.values() for word in words))
    return [line for line in log.getvalue().splitlines() if any(one in line for one in secrets)]


TOUCHED = frozenset({"readings", "sessions", "refusals"})  # by whoever is turned away


def belongings(console: Console) -> dict[str, dict[str, str]]:
    """
    Things of each district, by what they are: for whoever is not to reach them.

    Made by those who may, after `two_districts.play`.
    """
    made: dict[str, dict[str, str]] = {}
    for home, therapist, manager, client, number in (
        (HV, "t2", "m1", "H-2001", "070-174 06 97"),
        (JARVA, "t5", "m2", "K-1001", "070-174 06 98"),
    ):
        (task,) = ordered(console.stage, therapist, wanted(client, TONIGHT))
        visitor, office = console.signed_in(therapist), console.signed_in(manager)
        for path, form in (
            ("/wishes", {"first": "2026-03-20", "last": "2026-03-21", "wanted": "free"}),
            ("/absences", {"starts": "2026-03-25", "ends": "2026-03-26", "kind": "leave"}),
            ("/rota/calendars", {"line": "eftervard"}),
        ):
            assert visitor.post(path, form).status_code in {200, 303}, path
        until = {"number_until": "2026-03-10T08:00", "number_reason": MARK}
        block = {"by": "number", "number": number, **until}
        assert office.post("/callers/blocks", block).status_code == 303
        made[home] = _newest(console, therapist) | {
            "follow_up": str(task),
            "absence": f"{therapist}|2026-03-24T23:00:00+00:00|2026-03-26T23:00:00+00:00|leave",
            "client": _client(console, home),
        }
        made[home] |= _of_the_night(console, home)
        about = f"note:{made[home]['contact']}"
        visitor.post("/writings", {"subject": about, "happened": f"{MARK} {home}"})
    return made


def _newest(console: Console, therapist: str) -> dict[str, str]:
    tables = metadata.tables
    wish, link, block = (tables[name].c for name in ("wishes", "calendar_links", "blocks"))
    queries = {
        "wish": sa.select(sa.func.max(wish.id)).where(wish.therapist == therapist),
        "calendar": sa.select(sa.func.max(link.id)).where(link.therapist == therapist),
        "block": sa.select(sa.func.max(block.id)),
    }
    with reading(console.stage.parts.engine) as connection:
        return {name: str(connection.scalar(query)) for name, query in queries.items()}


def _client(console: Console, home: str) -> str:
    clients = metadata.tables["clients"].c
    query = sa.select(sa.func.min(clients.id)).where(clients.district == home)
    with reading(console.stage.parts.engine) as connection:
        return str(connection.scalar(query))


def _of_the_night(console: Console, home: str) -> dict[str, str]:
    tables = metadata.tables
    handover, thread = tables["handovers"].c, tables["threads"].c
    event, session = tables["contact_events"].c, tables["sessions"].c
    queries = {
        "handover": sa.select(handover.id).where(handover.district == home),
        "thread": sa.select(thread.id).where(thread.home_district == home),
        "contact": sa.select(event.contact)
        .where(event.home_district == home)
        .order_by(event.contact),
        "session": sa.select(sa.func.max(session.id)),
    }
    with reading(console.stage.parts.engine) as connection:
        return {name: str(connection.scalars(query).first()) for name, query in queries.items()}


# Everything that can be done to a thing of somebody's, by its id.
DEEDS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/contacts/{contact}/note", {"happened": "x", "support": "x", "next_step": "x"}),
    ("/contacts/{contact}/addendum", {"text": "x"}),
    ("/contacts/{contact}/district", {"district": "jarva"}),
    ("/contacts/{contact}/reacted", {}),
    ("/threads/{thread}/reply", {"body": "x"}),
    ("/handovers/{handover}/state", {"state": "acknowledged"}),
    ("/handovers/{handover}/reaction", {"contact": "{contact}"}),
    ("/handovers/{handover}/export", {"form": "pdf"}),
    ("/follow-ups/{follow_up}/call", {}),
    ("/follow-ups/{follow_up}/report", {"outcome": "reached", "text": "x"}),
    ("/follow-ups/{follow_up}/cancel", {}),
    ("/callers/{client}/number", {"stamp": "1"}),
    ("/callers/{client}", {"stamp": "1", "client": "x"}),
    ("/callers/{client}/end", {"stamp": "1", "last": "2026-03-05"}),
    ("/callers/blocks/{block}/lift", {}),
    ("/wishes/{wish}/remove", {}),
    ("/rota/calendars/{calendar}/end", {}),
    ("/absences/remove", {"absence": "{absence}"}),
    ("/account/sessions/end", {"session": "{session}"}),
    ("/tonight/call-back", {"contact": "{contact}"}),
    (
        "/callers/blocks",
        {
            "by": "contact",
            "contact": "{contact}",
            "contact_until": "2026-03-10T08:00",
            "contact_reason": "x",
        },
    ),
)
LOOKS = (
    "/contacts/{contact}",
    "/threads/{thread}",
    "/threads/{thread}/texts",
    "/handovers/{handover}",
    "/handovers/{handover}/news",
    "/follow-ups/{follow_up}",
    "/callers/{client}",
    "/follow-ups/order?client={client}&contact={contact}",
)
NOBODYS = {
    **dict.fromkeys(("contact", "thread", "handover"), "f" * 32),
    **dict.fromkeys(("follow_up", "client", "block", "wish", "calendar", "session"), "77777"),
    "absence": "t5|2027-03-24T23:00:00+00:00|2027-03-26T23:00:00+00:00|leave",
}


def attempt(
    visitor: Visitor, path: str, form: Mapping[str, str] | None, ids: Mapping[str, str]
) -> TestResponse:
    """One deed, or one look, at the thing of these *ids*."""
    if form is None:
        return visitor.get(path.format(**ids))
    filled = {name: value.format(**ids) for name, value in form.items()}
    return visitor.post(path.format(**ids), filled)
