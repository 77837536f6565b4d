"""A broad evening and its day after, and then every place is read where something is left."""

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from werkzeug.test import EnvironBuilder, run_wsgi_app

from app.bootstrap import create_app
from app.demo.stage import TEXTS, Stage
from app.lab.faults import RestFault
from app.store import staff
from routing.ids import TherapistId
from tests.app.cli.terminal import Terminal
from tests.app.conftest import StageAt, start_log
from tests.app.console.conftest import Console, ConsoleAt, console_at
from tests.app.console.test_junk import addresses
from tests.app.console.two_districts import OF, START, play
from tests.app.test_privacy import ADDRESSES, BODIES, NAMES, NUMBERS, SPELLINGS
from tests.app.world import LINE, SILENT, STRANGER, T4, YOUTH, post, table_away

__all__ = ["console_at"]
PIN = "864208642"
WORDS = (*(w for home in OF.values() for w in home if not w[0].isupper()), *BODIES, PIN)
CLIENTS = tuple(w for home in OF.values() for w in home if w[0].isupper())
_BETWEEN = re.compile(r"[\s()/.\u00a0-]|%20|%2D|\(0\)", re.IGNORECASE)


def shown(text: str, *, clients: bool = True) -> list[str]:
    """The secrets that stand in *text*: a number in any spelling, a name, a word, a reference."""
    whole = text + unquote(text)
    digits = _BETWEEN.sub("", whole.replace("(0)", ""))
    tails = [number.removeprefix("+46") for number in (*NUMBERS, "+46846500400")]
    found = [tail for tail in tails if re.search(rf"(?:46|0){tail}(?!\d)", digits)]
    plain = (*NAMES, *ADDRESSES, *WORDS, *(CLIENTS if clients else ()))
    return found + [secret for secret in plain if secret in whole]


@dataclass
class Left:
    """What was left behind, by where."""

    log: str = ""
    urls: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def told(self) -> list[tuple[str, list[str], str]]:
        """Where which secret stands, and a little of what is around it."""
        everything = [("log", line) for line in self.log.splitlines()]
        for name in ("urls", "notices", "headers", "errors", "health"):
            everything += [(name, text) for text in getattr(self, name)]
        told = [(where, shown(text), text[:300]) for where, text in everything if shown(text)]
        for name, content in self.files.items():
            # References stand in the log as they are: docs/architecture.md, "What is encrypted".
            found = shown(content.decode("latin-1"), clients=False)
            encoded = [word for word in WORDS if word.encode() in content]
            if found or encoded:
                told.append((f"file {name}", found + encoded, ""))
        return told


def an_evening(console: Console, left: Left) -> None:
    """Everything that may go well, and much that may not."""
    stage = console.stage
    with stage.parts.engine.begin() as connection:
        staff.set_pin(connection, stage.parts.cipher, TherapistId("t4"), PIN, stage.carrier.now())
    stage.call(STRANGER, caller="press 2", phones={"t4": "voicemail 5", "t1": SILENT})
    stage.call("anonymous", phones={"t4": "busy"})
    stage.call(YOUTH, caller="hang up 9 after ringing", default=SILENT)
    stage.call(T4, caller=f"press {PIN}#")
    stage.call(T4, caller="press 111111#", default=SILENT)
    for fault in (RestFault.ERROR_AFTER, RestFault.TOO_MANY, RestFault.MALFORMED):
        stage.carrier.faults.add(fault, path="Messages")
    for sender, body in zip((YOUTH, STRANGER, "+46701740651"), BODIES, strict=True):
        stage.text(sender, body)
        stage.sweep(TEXTS)
    _failures(console, left)
    play(console)


def _failures(console: Console, left: Left) -> None:
    stage, account = console.stage, console.stage.carrier.account
    form = {"CallSid": "CA1", "From": YOUTH, "To": LINE, "Body": BODIES[0], "Digits": PIN}
    post(stage, "/twilio/voice/ended/none-of-ours", {**form, "Direction": "inbound"})
    post(stage, "/twilio/sms/status/%C3%A5", form)
    with table_away(stage.parts.engine, "contact_events"):
        stage.call(YOUTH, phones={"t4": "answer 4, press 1 after 3, talk 60"})
        stage.text(YOUTH, BODIES[0])
        page = console.signed_in("t5").get("/tonight")
        left.errors.append(page.text if page.status_code >= 500 else "")
    before, account.token = account.token, "somebody else's"
    post(stage, f"/twilio/sms?x={YOUTH}", form)
    account.token = before


def everything_opened(console: Console, left: Left) -> None:
    """Every page by somebody who may, and what comes with it besides the page."""
    for path, who in addresses(console, "GET"):
        visitor = console.signed_in(who)
        answer = visitor.get(path)
        left.headers += [f"{name}: {value}" for name, value in answer.headers]
        cookie = visitor.client.get_cookie("console")
        if cookie is not None:  # it is signed, and anybody can read it
            packed = cookie.value.lstrip(".").partition(".")[0]
            left.headers.append(base64.urlsafe_b64decode(packed + "==").decode("latin-1"))
        left.urls.append(path + (answer.location or ""))
        if answer.status_code >= 500:
            left.errors.append(answer.text)


def commands(stage: Stage, folder: Path, left: Left) -> None:
    """What commands say when a file of somebody's is wrong."""
    terminal = Terminal.at(str(stage.parts.settings.database_url), folder)
    name, number = NAMES[0], "070-174 06 50"
    faulty = {
        "register.csv": f"phone,client,district,role\n{number} x,K-1001,{name},youth\n",
        "organisation.toml": f'[[therapists]]\nname = "{name}"\nphone = "{number}"\nx = 1\n',
        "rota.csv": f"start,end,therapist,position\n{number},{name},{BODIES[0]},1\n",
        "note.toml": f'told = "{BODIES[0]}"\nsupport = "{number}"\nnonsense = "{name}"\n',
        "absences.csv": f"therapist,start,end,kind\n{name},{number},{BODIES[0]},x\n",
    }
    for file, content in faulty.items():
        (folder / file).write_text(content)
    for line in (
        ["clients", "import", "register.csv"],
        ["load", "organisation.toml"],
        ["rota", "import", "rota.csv"],
        ["notes", "write", "CA1", "--by", "t4", "--file", "note.toml"],
        ["absences", "import", "absences.csv"],
        ["oncall", "--at", number],
        ["doctor"],
    ):
        arguments = [str(folder / part) if "." in part else part for part in line]
        left.errors.append(terminal.run(*arguments).err)


def test_no_number_name_or_word_is_left_where_it_does_not_belong(
    console_at: ConsoleAt, tmp_path: Path
) -> None:
    left, log = Left(), io.StringIO()
    start_log(log, as_json=True)
    console = console_at(START)
    stage = console.stage

    an_evening(console, left)
    start_log(columns := io.StringIO(), as_json=False)
    everything_opened(console, left)
    commands(stage, tmp_path, left)
    for path in ("/healthz", "/readyz", "/metrics"):
        environ = EnvironBuilder(path=path).get_environ()
        body, _, headers = run_wsgi_app(create_app(stage.parts), environ, buffered=True)
        left.health.append(b"".join(body).decode())
        left.headers += [f"{name}: {value}" for name, value in headers]

    left.log = log.getvalue() + columns.getvalue()
    left.urls += [one.url for one in stage.carrier.trace.exchanges if one.status != 403]
    left.notices = [
        message.body
        for message in stage.carrier.messages
        if message.frm == LINE and not any(word in message.body for word in WORDS)
    ]
    folder = stage.parts.settings.state_dir
    left.files = {
        path.name: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".toml", ".csv"}
    }
    assert len(left.log.splitlines()) > 40
    assert len(left.urls) > 100
    assert len(left.headers) > 500
    assert len(left.notices) > 4
    assert len([text for text in left.errors if text]) > 4
    assert {"beredskap.db", "last-good"} <= left.files.keys()
    assert left.told() == []


def planted() -> Iterator[tuple[str, str]]:
    for where in ("log", "urls", "notices", "headers", "errors", "health", "files"):
        for secret in (
            *SPELLINGS.values(),
            NAMES[0],
            ADDRESSES[0],
            WORDS[0],
            BODIES[0],
            CLIENTS[0],
        ):
            yield where, secret


def test_the_control_what_is_left_anywhere_in_any_spelling_is_found() -> None:
    for where, secret in planted():
        left, text = Left(), f"before x{secret}y after"
        if where == "files":
            left.files["x"] = b"\x00\xff" + text.encode() + b"\x00"
        elif where == "log":
            left.log = text
        else:
            getattr(left, where).append(text)
        is_reference = where == "files" and secret in CLIENTS
        assert bool(left.told()) is not is_reference, (where, secret)


def test_the_control_an_evening_that_logs_a_name_is_seen(sqlite_stage_at: StageAt) -> None:
    import structlog  # noqa: PLC0415 - only what an evening must not do

    log = io.StringIO()
    start_log(log)
    sqlite_stage_at(START)
    structlog.get_logger().info("call.tried", therapist=NAMES[0])

    assert Left(log=log.getvalue()).told()
