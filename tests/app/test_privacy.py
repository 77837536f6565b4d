"""No number, name or word where it does not belong: logs, addresses, notices, TwiML."""

import io
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from typing import NoReturn
from urllib.parse import unquote

import pytest
import structlog

from app.demo.stage import Stage
from app.demo.tell import told_call, told_text
from app.lab.call import Call
from app.lab.faults import RestFault
from app.lab.sms import Message
from routing.numbers import parse_number
from tests.app.conftest import StageAt, connections_closed_afterwards, start_log
from tests.app.world import (
    ANSWERS,
    FALLBACK,
    GUARDIAN,
    LINE,
    OFFICE,
    SHARED,
    SILENT,
    STRANGER,
    T1,
    T4,
    YOUTH,
    load_world,
    post,
    settings_for,
    table_away,
)
from tests.app.world import evening as shifts_of
from tests.databases import Databases
from tests.examples import at

NUMBERS = (
    YOUTH,
    GUARDIAN,
    SHARED,
    STRANGER,
    FALLBACK,
    OFFICE,
    *(f"+467017406{n:02}" for n in range(5, 11)),
)
NAMES = tuple(f"Therapist {n}" for n in range(1, 7))
ADDRESSES = tuple(f"t{n}@example.org" for n in range(1, 7))
CLIENTS = ("K-1001", "H-2001", "K-1002", "H-2002")
BODIES = ("Hemliga ord om natten", "Min adress är Storgatan 1", "Ring mig innan klockan nio")
SPELLINGS = {
    "E.164": "+46701740650",
    "Swedish": "070-174 06 50",
    "Swedish without a hyphen": "0701740650",
    "Swedish in pairs": "070 17 40 650",
    "E.164 with spaces": "+46 70 174 06 50",
    "E.164 with a nought": "+46 (0)70-174 06 50",
    "with 00": "0046701740650",
    "without a plus": "46701740650",
    "in an address": "tel:%2B46701740650",
    "glued to letters": "from+46701740650to",
    "a landline": "08-465 004 00",
    "a landline in E.164": "+46846500400",
}
TELLTALE = re.compile(r"701740650|84650040")
STANDARD = logging.getLogger("some.library")


def of_key(number: str) -> None:
    structlog.get_logger().info("call.tried", number=number)


def of_event(number: str) -> None:
    structlog.get_logger().info(f"called {number}")


def of_name(number: str) -> None:
    structlog.get_logger().info("call.tried", **{number: 1})


def of_nested(number: str) -> None:
    structlog.get_logger().info("call.tried", form={"From": [number], "x": (number, 1)})


def fail(error: Exception) -> NoReturn:
    raise error


def of_exception(number: str) -> None:
    try:
        fail(ValueError(f"no such recipient {number}"))
    except ValueError:
        structlog.get_logger().exception("text.failed")


def of_cause(number: str) -> None:
    try:
        try:
            fail(ValueError(number))
        except ValueError as err:
            raise LookupError("nobody there") from err
    except LookupError as err:
        structlog.get_logger().error("text.failed", exc_info=err)


def of_local(number: str) -> None:
    recipient = {"number": number}
    try:
        _ = recipient["missing"]
    except KeyError:
        structlog.get_logger().exception("text.failed")


def of_object(number: str) -> None:
    structlog.get_logger().info("call.tried", to=parse_number(number), of=[parse_number(number)])


def of_context(number: str) -> None:
    structlog.contextvars.bind_contextvars(caller=number)
    structlog.get_logger().info("call.tried")


def of_library(number: str) -> None:
    STANDARD.warning("GET /Messages?To=%s", number, extra={"recipient": number})


def of_library_exception(number: str) -> None:
    try:
        fail(ConnectionError(number))
    except ConnectionError:
        STANDARD.exception("failed")


WAYS: tuple[Callable[[str], None], ...] = (
    of_key,
    of_event,
    of_name,
    of_nested,
    of_exception,
    of_cause,
    of_local,
    of_context,
    of_library,
    of_library_exception,
)


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "columns"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_number_passes_through_the_log(way: Callable[[str], None], *, as_json: bool) -> None:
    written = io.StringIO()
    start_log(written, as_json=as_json)

    for number in SPELLINGS.values():
        way(number)

    assert written.getvalue().count("\n") >= len(SPELLINGS)
    passed = [line for line in written.getvalue().splitlines() if shows_a_number(line)]
    assert passed == []


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "columns"])
def test_a_number_as_an_object_does_not_show_itself(*, as_json: bool) -> None:
    written = io.StringIO()
    start_log(written, as_json=as_json)

    of_object(SPELLINGS["Swedish"])

    assert "PhoneNumber(…)" in written.getvalue()
    assert not shows_a_number(written.getvalue())


def test_what_is_no_number_stays_readable(log: io.StringIO) -> None:
    call, message = "CA" + "0701740650" * 3 + "aa", "SM0846500400a0846500400a0846500400aa"

    structlog.get_logger().info(
        "call.ended", contact=call, text=message, at="2026-03-03T19:04:00Z", rung=2, code=21610
    )

    line = log.getvalue()
    assert call in line
    assert message in line
    assert "2026-03-03T19:04:00Z" in line


class Evening:
    """Everything that can happen in one evening, and everything that was written of it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.calls: list[Call] = []
        self.texts: list[Message] = []
        self._calls()
        self._texts()
        self._failures()
        for _ in range(6):
            stage.carrier.run_until(stage.carrier.now() + timedelta(hours=1))
            stage.sweep()

    def _calls(self) -> None:
        scripts: tuple[tuple[str, dict[str, str]], ...] = (
            (YOUTH, {"t4": ANSWERS}),
            (GUARDIAN, {"t4": SILENT, "t1": ANSWERS}),
            (SHARED, {"t4": "voicemail 5", "t1": "busy", "Socialjouren": "answer 3"}),
            (STRANGER, {"t4": SILENT, "t1": SILENT, "Socialjouren": SILENT}),
            (T4, {"t1": ANSWERS}),
            ("anonymous", {"t4": ANSWERS}),
        )
        self.calls.extend(self.stage.call(frm, phones=phones) for frm, phones in scripts)
        self.calls.append(self.stage.call(YOUTH, caller="hang up 3 after ringing"))

    def _texts(self) -> None:
        faults = self.stage.carrier.faults
        for fault in (RestFault.ERROR_AFTER, RestFault.TOO_MANY, RestFault.MALFORMED):
            faults.add(fault, path="Messages")
        self.stage.carrier.account.opted_out.add((LINE, T1))
        senders = (YOUTH, GUARDIAN, STRANGER)
        for sender, body in zip(senders, BODIES, strict=True):
            self.texts.append(self.stage.text(sender, body))
            self.stage.sweep()

    def _failures(self) -> None:
        account = self.stage.carrier.account
        form = {"CallSid": "CA1", "From": YOUTH, "To": LINE, "Body": BODIES[0]}
        post(self.stage, "/twilio/voice/ended/none-of-ours", {**form, "Direction": "inbound"})
        with table_away(self.stage.parts.engine, "contact_events"):
            self.calls.append(self.stage.call(YOUTH, phones={"t4": ANSWERS}))
            self.texts.append(self.stage.text(YOUTH, BODIES[0]))
        before, account.token = account.token, "somebody else's"
        post(self.stage, "/twilio/sms", form)
        account.token = before


@pytest.fixture(scope="module")
def evening(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """One evening for all who only look at it."""
    folder = tmp_path_factory.mktemp("evening")
    settings = settings_for(databases.sqlite(folder / "beredskap.db"), folder)
    with connections_closed_afterwards():
        load_world(settings, shifts=shifts_of("2026-03-03"))
        stage = Stage(settings, at("2026-03-03T17:30").astimezone(UTC))
        yield Evening(stage)
        stage.close()


def shows_a_number(text: str) -> bool:
    """Whether some number of the tests stands in *text*, in any spelling."""
    return bool(TELLTALE.search(re.sub(r"[\s()+-]|%2B", "", text).replace("(0)", "")))


def shown(text: str, *secrets: str) -> list[str]:
    """Those of *secrets* that stand in *text*; a number in any spelling."""
    plain = re.sub(r"[\s()-]", "", unquote(text))
    found = [s for s in secrets if s.startswith("+46") and (s[1:] in plain or f"0{s[3:]}" in plain)]
    return found + [s for s in secrets if not s.startswith("+46") and s in text]


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "columns"])
def test_the_log_of_an_evening_names_nobody(sqlite_stage_at: StageAt, *, as_json: bool) -> None:
    log = io.StringIO()
    start_log(log, as_json=as_json)

    Evening(sqlite_stage_at("2026-03-03T17:30"))

    written = log.getvalue()
    lines = written.splitlines()
    assert len(lines) > 60
    assert [e for e in ("call.failed", "outbox.failed", "database.away") if e not in written] == []
    secrets = (*NUMBERS, LINE, *NAMES, *ADDRESSES, *CLIENTS, *BODIES)
    assert [(shown(line, *secrets), line) for line in lines if shown(line, *secrets)] == []


def test_addresses_hold_opaque_ids_alone(evening: Evening) -> None:
    urls = {exchange.url for exchange in evening.stage.carrier.trace.exchanges}

    assert len(urls) > 20
    secrets = (*NUMBERS, LINE, *NAMES, *CLIENTS, *BODIES, "jarva", "hasselby")
    assert [url for url in urls if shown(url, *secrets)] == []


def test_nobody_is_told_the_other_side_s_number(evening: Evening) -> None:
    trace = evening.stage.carrier.trace

    on_phones_rung = [
        e.body for e in trace.exchanges if dict(e.form).get("Direction") == "outbound-dial"
    ]
    to_callers = [
        m.body for m in evening.stage.carrier.messages if m.to in {YOUTH, GUARDIAN, STRANGER}
    ]

    assert len(on_phones_rung) > 8
    for body in on_phones_rung:
        assert shown(body, *NUMBERS, *CLIENTS, *NAMES, *BODIES) == []
    for body in to_callers:
        assert shown(body, *NUMBERS, *NAMES, *CLIENTS) == []
    assert {leg.frm for call in evening.calls for leg in call.children} == {LINE}
    assert {m.frm for m in evening.stage.carrier.messages} == {LINE}


def test_what_is_said_aloud_names_nobody(evening: Evening) -> None:
    said = [entry.words for call in evening.calls for entry in call.entries if entry.words]

    assert [words for words in said if shown(words, *NUMBERS, *NAMES, *CLIENTS)] == []


def test_notices_hold_no_fact(evening: Evening) -> None:
    relayed = [m for m in evening.stage.carrier.messages if any(body in m.body for body in BODIES)]
    notices = [m.body for m in evening.stage.carrier.messages if m not in relayed]

    assert len(notices) >= 4
    facts = (*NUMBERS, *NAMES, *CLIENTS, *BODIES, "Järva", "Hässelby", "jarva", "19:", "K-", "H-")
    assert [body for body in notices if "överlämning" in body and shown(body, *facts)] == []
    assert [body for body in notices if shown(body, *NUMBERS, *NAMES, *CLIENTS, *BODIES)] == []


def test_transcripts_show_nobody_s_number(evening: Evening) -> None:
    stage = evening.stage

    told = [line for call in evening.calls for line in told_call(stage, call)]
    told += [line for text in evening.texts for line in told_text(stage, text)]

    assert [line for line in told if shown(line, *NUMBERS, LINE)] == []


def test_what_is_kept_on_disk_shows_nothing(evening: Evening) -> None:
    folder = evening.stage.parts.settings.state_dir

    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".toml"}

    assert {"last-good", "beredskap.db"} <= kept.keys()
    for name, content in kept.items():
        text = content.decode("latin-1")
        secrets = [s for s in (*NUMBERS, *NAMES, *ADDRESSES) if s in text or s[3:] in text]
        assert not secrets, name
        assert not [body for body in BODIES if body.encode() in content], name


def test_settings_and_parts_hide_their_secrets(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04")

    settings = stage.parts.settings

    seen = repr(stage.parts) + repr(stage.organisation) + repr(stage.parts.mirror.picture)

    secrets = (settings.secret_key, *settings.twilio_auth_tokens, repr(settings.data_keys[0]))
    assert not [secret for secret in secrets if secret in seen]
    assert settings.database_url not in repr(settings)
    assert shown(seen, *NUMBERS, LINE, *NAMES, *ADDRESSES, *CLIENTS) == []
