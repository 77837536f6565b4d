"""The organisation, register and rota that the app's tests load, and plain questions about them."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

from app.bootstrap import Parts, assemble
from app.contact_log import LogRow, log_rows
from app.demo.stage import Stage
from app.intake.organisation_file import read_organisation
from app.lab.call import Call
from app.lab.signature import sign, signed_address
from app.lab.transport import HttpReply, HttpRequest
from app.lab.variant import Variant
from app.settings import Settings
from app.store import contacts, organisation, register, rota
from app.store.database import reading
from app.store.fields import FieldCipher
from app.store.tables import metadata
from routing.contact import Contact
from routing.ids import ClientId, ContactId
from routing.register import RegisterEntry
from routing.role import Role
from routing.rota import Shift
from tests.databases import new_file
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, ORGANISATION_TOML, at, entry, shift

PUBLIC_URL = "https://jour.example.se"
LINE = "+46766861004"
FALLBACK, SECOND_FALLBACK = "+46846500499", "+46846500498"
OFFICE = "+46846500401"  # Järva's
T1, T2, T3 = "+46701740605", "+46701740606", "+46701740607"  # Hässelby-Vällingby's
T4, T5, T6 = "+46701740608", "+46701740609", "+46701740610"

YOUTH = "+46701740650"  # Järva's client K-1001
GUARDIAN = "+46701740651"  # Hässelby-Vällingby's client H-2001
SHARED = "+46701740652"  # a client of each
PROTECTED = "+46701740653"  # Järva's client K-1003, whom nobody writes to
STRANGER = "+46701740690"

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"  # a database that refuses at once
NAMES = {
    T1: "t1", T2: "t2", T3: "t3", T4: "t4", T5: "t5", T6: "t6", OFFICE: "office",
    FALLBACK: "fallback", SECOND_FALLBACK: "second fallback", YOUTH: "youth",
    GUARDIAN: "guardian", STRANGER: "stranger", SHARED: "shared", PROTECTED: "protected",
}  # fmt: skip

REGISTER: tuple[RegisterEntry, ...] = (
    entry(YOUTH),
    entry(GUARDIAN, client=ClientId("H-2001"), role=Role.GUARDIAN, district=HASSELBY_VALLINGBY),
    entry(SHARED, client=ClientId("K-1002")),
    entry(SHARED, client=ClientId("H-2002"), district=HASSELBY_VALLINGBY),
    entry(PROTECTED, client=ClientId("K-1003"), protected=True),
)
A_TUESDAY = "2026-03-03"
LOADED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_FILE = "organisation.toml"
_LOADED: LRUCache[object, bytes] = LRUCache(100)  # files of SQLite's with a world in them
VARIANTS = tuple(Variant)
ANSWERS = "answer 4, press 1 after 3, talk 60"
SILENT = "no answer"


def evening(day: str, first: str = "t4", backup: str = "t1", opens: str = "17:00") -> list[Shift]:
    """The two shifts of one evening, until ten o'clock."""
    start, end = f"{day}T{opens}", f"{day}T22:00"
    return [shift(first, start, end, 1), shift(backup, start, end, 2)]


def settings_for(database_url: str, state_dir: Path, **more: str) -> Settings:
    """Settings with made-up keys, as the environment would give them."""
    return Settings.from_env(environment(database_url, state_dir, **more))


def environment(database_url: str, state_dir: Path, **more: str) -> dict[str, str]:
    """The variables that a process of the service needs, with made-up keys."""
    return {
        "DATABASE_URL": database_url,
        "PUBLIC_URL": PUBLIC_URL,
        "SECRET_KEY": "a secret for tests, long enough",
        "DATA_KEYS": data_key(1),
        "TWILIO_ACCOUNT_SID": "AC" + "a" * 32,
        "TWILIO_AUTH_TOKEN": "a token for tests",
        "TWILIO_API_URL": "http://127.0.0.1:9",  # where nobody is; never Twilio's own
        "STATE_DIR": str(state_dir),
        **more,
    }


def data_key(number: int) -> str:
    """One of 256 keys for DATA_KEYS."""
    return base64.urlsafe_b64encode(bytes([number]) * 32).decode()


def changed(*replacements: tuple[str, str]) -> str:
    """The organisation file with some text replaced; each must be there."""
    text = ORGANISATION_TOML
    for old, new in replacements:
        assert old in text, f"the organisation file of the examples has no {old!r}"
        text = text.replace(old, new)
    return text


CLOSED_FALLBACK = ('closed = "office"', 'closed = "fallback"')
CLOSED_MESSAGE = ('closed = "office"', 'closed = "message"')
NO_FALLBACK = ('[[lines.fallback]]\nname = "Socialjouren"\nnumber = "+46846500499"\n', "")


def load_organisation(
    engine: sa.Engine, cipher: FieldCipher, folder: Path, text: str = ORGANISATION_TOML
) -> None:
    """Make *text* the organisation in force."""
    path = folder / _FILE
    path.write_text(text, encoding="utf-8")
    with engine.begin() as connection:
        organisation.save(connection, cipher, read_organisation(path).document, LOADED_AT)


def load_register(
    engine: sa.Engine, cipher: FieldCipher, entries: Sequence[RegisterEntry] = REGISTER
) -> None:
    with engine.begin() as connection:
        register.replace_districts(connection, cipher, entries)


def publish(engine: sa.Engine, shifts: Sequence[Shift]) -> None:
    with engine.begin() as connection:
        rota.publish(connection, EFTERVARD, shifts, rota.Signed("a test", "", LOADED_AT))


def load_world(
    settings: Settings,
    *,
    shifts: Sequence[Shift] = (),
    toml: str = ORGANISATION_TOML,
    entries: Sequence[RegisterEntry] = REGISTER,
) -> None:
    """Organisation, register and rota, in the database of *settings*."""
    file = new_file(settings.database_url)
    own = replace(settings, database_url="", state_dir=Path())
    world = own, tuple(shifts), toml, tuple(entries)
    if file is not None and world in _LOADED:  # most tests begin alike, and loading takes longest
        file.write_bytes(_LOADED[world])
        (settings.state_dir / _FILE).write_text(toml, encoding="utf-8")
        return
    parts = assemble(settings)
    load_organisation(parts.engine, parts.cipher, settings.state_dir, toml)
    load_register(parts.engine, parts.cipher, entries)
    if shifts:
        publish(parts.engine, shifts)
    parts.engine.dispose()
    if file is not None:
        _LOADED[world] = file.read_bytes()


def parts_at(settings: Settings, moment: str) -> Parts:
    """The service's parts, on a clock that stands still."""
    assembled = assemble(settings, clock=lambda: at(moment).astimezone(UTC))
    assembled.mirror.refresh()
    return assembled


def contact_of(stage: Stage, sid: str) -> Contact:
    """What the log knows of one call or text."""
    with reading(stage.parts.engine) as connection:
        (found,) = contacts.of_ids(connection, [sid])
    return found


def logged(stage: Stage, sid: str) -> LogRow:
    """The contact's row in the exported log, as of now."""
    zone = stage.organisation.lines[EFTERVARD].zone
    return log_rows([contact_of(stage, sid)], {}, zone, stage.parts.clock())[0]


def exported(stage: Stage, district: str) -> list[str]:
    """The ids of every contact in a district's log."""
    known = next(d for d in stage.organisation.districts if d == district)
    with reading(stage.parts.engine) as connection:
        return [c.id for c in contacts.of_district(connection, known, None, None)]


@contextmanager
def table_away(engine: sa.Engine, table: str) -> Iterator[None]:
    """The database fails whoever asks for *table*, until the block is left."""
    with engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO lost"))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text(f"ALTER TABLE lost RENAME TO {table}"))


def rows(engine: sa.Engine, table: str) -> list[Mapping[str, object]]:
    """Every row of a table, as it stands in the database, in the order of its key."""
    found = metadata.tables[table]
    with reading(engine) as connection:
        query = sa.select(found).order_by(*found.primary_key.columns)
        return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - its public name


def post(stage: Stage, address: str, form: Mapping[str, str]) -> HttpReply:
    """The service's answer to a request of the carrier's own; a path or a whole address."""
    url = address if "://" in address else f"{stage.parts.settings.public_url}{address}"
    pairs = tuple(form.items())
    signature = sign(stage.carrier.account.token, signed_address(url, voice=True), pairs)
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    headers = (("X-Twilio-Signature", signature), ("Content-Type", kind))
    request = HttpRequest("POST", url, headers, urlencode(pairs).encode())
    return stage.carrier.transport.send(request, patience=5)


def tried(call: Call) -> list[str]:
    """Who was rung, in order, by name: no test's output shows a number."""
    return [NAMES.get(number, "somebody else") for number in call.dialled]


def reached(call: Call) -> str | None:
    """Whom the caller talked with, by name."""
    return None if call.bridged_to is None else NAMES.get(call.bridged_to, "somebody else")


def received_by(stage: Stage, words: str) -> list[str]:
    """Who received a text of ours with *words* in it, by name; twice who received it twice."""
    return [NAMES.get(m.to, "somebody else") for m in stage.carrier.messages if words in m.body]


def told(stage: Stage) -> list[tuple[str, str]]:
    """Every text that the service sent: to whom, by name, and its words."""
    return [(NAMES.get(m.to, "somebody else"), m.body) for m in stage.carrier.messages]


def heard_in(call: Call, *words: str) -> bool:
    """Whether the caller heard all of *words*, in any of what was said."""
    said = " ".join(call.heard)
    return all(word in said for word in words)


def ids(found: Iterable[Contact]) -> list[ContactId]:
    return [contact.id for contact in found]


def with_tokens(settings: Settings, *tokens: str) -> Settings:
    return replace(settings, twilio_auth_tokens=tokens)
