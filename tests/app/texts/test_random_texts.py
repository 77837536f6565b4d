"""
Whatever is written, lost, doubled, late or in doubt: every word reaches its one reader or nobody.

Generated scripts of three senders, four therapists of two districts and two duties, with the
carrier's faults between them.  Järva has given no mandate: its client has two possible readers.
"""

import io
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.bootstrap import create_app
from app.demo.stage import Stage
from app.duty.dispatch import PostOffice, ask_about_silence, send_what_is_due
from app.duty.handover import Desk
from app.duty.texts import handle_texts
from app.duty.threads import follow_the_duty, pass_on_what_is_stuck, tell_of_failed_answers
from app.lab.faults import RestFault, WebhookFault
from app.lab.sms import Message
from app.lab.transport import WsgiTransport
from app.telephony.callback import call_address
from app.telephony.sms import report_address
from routing.numbers import parse_number
from tests.app.texts.talk import MANDATE_OF_JARVA, WiredCarrier
from tests.app.world import (
    GUARDIAN,
    LINE,
    NAMES,
    PUBLIC_URL,
    STRANGER,
    T1,
    T2,
    T4,
    T5,
    YOUTH,
    changed,
    contact_of,
    load_world,
    rows,
    settings_for,
)
from tests.examples import at, shift

CLIENTS, STAFF = (YOUTH, GUARDIAN, STRANGER), (T4, T1, T5, T2)
CHANGE = "2026-03-03T19:30"
DUTIES = [
    shift("t4", "2026-03-03T17:00", CHANGE, 1),
    shift("t1", "2026-03-03T17:00", CHANGE, 2),
    shift("t2", CHANGE, "2026-03-03T22:00", 1),
    shift("t5", CHANGE, "2026-03-03T22:00", 2),
]
MAY_READ = {YOUTH: {T4, T5}, GUARDIAN: set(STAFF), STRANGER: set(STAFF)}
LONG = "🙏" * 795
REST = [
    RestFault.ERROR_BEFORE,
    RestFault.ERROR_AFTER,
    RestFault.TIMED_OUT_AFTER,
    RestFault.TOO_MANY,
    RestFault.MALFORMED,
    RestFault.REFUSED,
]
ARRIVING = [
    WebhookFault.DUPLICATE,
    WebhookFault.DUPLICATE_NEW_TOKEN,
    WebhookFault.ERROR_AFTER,
    WebhookFault.EXTRA_PARAMETERS,
]
REPORTS = [WebhookFault.LOST, WebhookFault.DUPLICATE, WebhookFault.DOWN, WebhookFault.ERROR_AFTER]
FATES = [
    "delivered", "delivered, dup", "delivered, out_of_order", "delivered, late 60", "never",
    "undelivered 30003", "undelivered 30003, dup, out_of_order", "failed 30008",
]  # fmt: skip
FAILED = {"undelivered", "failed"}
ORDERS = ["JOUR", "PAUS 5", "PAUSS", "STOP"]
KINDS = (
    "texts read",
    "texts passed on",
    "texts visibly undelivered",
    "replies read",
    "replies refused",
    "replies visibly undelivered",
)
SCRIPTS, STEPS = 16, 34
_SHOWN = re.compile(r"([A-Z]\d) (?:\d/\d )?· ")


class Conversations:
    """One script: what people do, and what must be true of the carrier's books in the end."""

    def __init__(self, stage: Stage, chance: random.Random, counts: Counter[str]) -> None:
        self.stage, self.chance, self.counts = stage, chance, counts
        self.carrier = self.stage.carrier
        parts = self.stage.parts
        sa.event.listen(parts.engine, "connect", _hasty)
        self.carrier.transport = WsgiTransport(create_app(parts))
        self.desk = Desk(parts.engine, parts.cipher, PUBLIC_URL, mails=False)
        self.office = PostOffice(
            parts.engine,
            parts.cipher,
            WiredCarrier(self.stage),
            None,
            leave=(),
            report_to=lambda key: report_address(PUBLIC_URL, key),
            call_to=lambda letter: call_address(parts.exchange, letter),
        )
        self.fates: dict[str, str] = {}
        self.told: dict[str, tuple[str, str]] = {}  # word -> who wrote it, and the carrier's id
        self.meant: dict[str, str | None] = {}  # word of a reply -> the tag it named
        self.known: dict[str, set[str]] = {}  # word of a reply -> whose words its writer had read

    def play(self, steps: int) -> None:
        """So many things happen; then the carrier is well again, and every word is looked for."""
        happens: dict[Callable[[], None], int] = {
            self.client_writes: 30,
            self.therapist_writes: 30,
            self.time_passes: 30,
            self.carrier_fails: 10,
            self.webhooks_suffer: 6,
            self.telephone_changes: 14,
            self.therapist_orders: 4,
        }
        for act in self.chance.choices(list(happens), list(happens.values()), k=steps):
            act()
            self.counts["steps"] += 1
        self.settle()
        self.judge()

    def client_writes(self) -> None:
        word = self._word()
        self._write(self.chance.choice(CLIENTS), word, self._long() + word)

    def therapist_writes(self) -> None:
        word, number = self._word(), self._somebody()
        on_her_phone = [m.body for m in self.carrier.messages if m.to == number]
        shown = _SHOWN.match(on_her_phone[-1]) if on_her_phone else None
        own = shown[1] if shown else ""
        tag = self.chance.choice(["", own, own, own, "A2", "f2", "h2:", "J2"])
        self.meant[word] = tag.upper().strip(":") or None
        self.known[word] = {
            self.told[found][0]
            for body in on_her_phone
            for found in self._words_in(body)
            if self.told[found][0] in CLIENTS
        }
        self._write(number, word, f"{tag} {self._long()}{word}".strip())

    def therapist_orders(self) -> None:
        number, body = self.chance.choice(STAFF), self.chance.choice(ORDERS)
        self.carrier.begin_text(number, body)
        if body == "STOP":  # she thinks better of it
            self.carrier.begin_text(number, "START")
        self.counts["orders"] += 1

    def carrier_fails(self) -> None:
        times, skip = self.chance.choice([1, 1, 2, 3, 12]), self.chance.randint(0, 2)
        self.carrier.faults.add(self.chance.choice(REST), path="Messages", times=times, skip=skip)
        self.counts["faults of the API"] += times

    def webhooks_suffer(self) -> None:
        times, faults = self.chance.randint(1, 3), self.carrier.faults
        faults.add(self.chance.choice(ARRIVING), path="/twilio/sms")
        faults.add(self.chance.choice(REPORTS), path="/status/", times=times)
        faults.callback_before_reply = self.chance.random() < 0.5
        self.counts["faults of webhooks"] += times + 1

    def telephone_changes(self) -> None:
        self.fates[self.chance.choice([*STAFF, *CLIENTS])] = self.chance.choice(FATES)
        self.carrier.set_text_fates(self.fates)

    def time_passes(self) -> None:
        self._pass(self.chance.choice([1, 5, 5, 20, 20, 70, 130, 300]))
        self._sweep(self.chance.sample(range(6), 6))

    def settle(self) -> None:
        self.carrier.faults.clear()
        self.carrier.set_text_fates({})
        for _ in range(6):
            self._pass(110)
            self._sweep(range(6))
        self.carrier.run()

    def judge(self) -> None:
        for message in self.carrier.messages:
            for word in self._words_in(message.body):
                writer, _ = self.told[word]
                readers = MAY_READ[writer] if writer in CLIENTS else set(CLIENTS)
                assert message.to in readers, "somebody read what was not for them"
        threads = {row["tag"]: row for row in rows(self.stage.parts.engine, "threads")}
        outbox = rows(self.stage.parts.engine, "outbox")
        keys = {str(row["key"]) for row in outbox}
        for word, (writer, sid) in self.told.items():
            arrived = [m for m in self._carrying(word) if m.status not in FAILED]
            self._judge(word, writer, sid, arrived, keys, threads)
        self._judge_all(outbox)

    def _judge(
        self,
        word: str,
        writer: str,
        sid: str,
        arrived: list[Message],
        keys: set[str],
        threads: dict[Any, Any],
    ) -> None:
        readers = [message.to for message in arrived]
        assert len(readers) == len(set(readers)), "the same words came twice to one telephone"
        if any(key.startswith(f"answer/{sid}/") for key in keys):
            assert not readers, "a reply that was refused arrived"
            self.counts["replies refused"] += 1
            return
        outcome = contact_of(self.stage, sid).outcome
        if writer in CLIENTS:
            assert readers or outcome == "undelivered", "a client's words are lost in silence"
            self.counts["texts read" if readers else "texts visibly undelivered"] += 1
            return
        assert len(readers) == 1 or outcome == "undelivered", "a reply is lost in silence"
        self.counts["replies read" if readers else "replies visibly undelivered"] += 1
        for reader in readers:
            tag = self.meant[word]
            key = self.stage.parts.cipher.index(parse_number(reader))
            if tag is None:
                assert self.known[word] <= {reader}, "a plain reply was guessed about"
            else:
                assert threads[tag]["sender_key"] == key, "a tagged reply went to somebody else"

    def _judge_all(self, outbox: Iterable[Any]) -> None:
        numbers = [number.removeprefix("+46") for number in NAMES]
        for message in self.carrier.messages:
            assert message.frm == LINE
            assert not any(number in message.body for number in numbers)
        assert not [row for row in outbox if row["state"] in {"pending", "sending"}]
        assert not [r for r in rows(self.stage.parts.engine, "texts") if r["handled_at"] is None]
        self.counts["messages"] += len(self.carrier.messages)
        relays = [row for row in outbox if str(row["key"]).startswith("relay/")]
        self.counts["texts passed on"] += sum(row["passed_on_at"] is not None for row in relays)

    def _write(self, number: str, word: str, body: str) -> None:
        sid = self.carrier.begin_text(number, body).sid
        self.told[word] = (number, sid)
        self._pass(1)
        if self.chance.random() < 0.7:
            self._sweep(range(6))

    def _somebody(self) -> str:
        """Mostly whoever was written to last, as people do."""
        to = [m.to for m in self.carrier.messages if m.to in STAFF]
        return to[-1] if to and self.chance.random() < 0.7 else self.chance.choice(STAFF)

    def _long(self) -> str:
        return LONG if self.chance.random() < 0.15 else ""

    def _pass(self, seconds: float) -> None:
        self.carrier.run_until(self.carrier.now() + timedelta(seconds=seconds))

    def _sweep(self, order: Iterable[int]) -> None:
        parts = self.stage.parts
        parts.mirror.refresh()
        picture = parts.mirror.picture
        known = picture.organisation
        steps: list[Callable[[], object]] = [
            lambda: handle_texts(self.desk, picture, parts.clock()),
            lambda: follow_the_duty(self.desk, known, parts.clock()),
            lambda: pass_on_what_is_stuck(self.desk, known, parts.clock()),
            lambda: tell_of_failed_answers(self.desk, known, parts.clock()),
            lambda: send_what_is_due(self.office, known, parts.clock()),
            lambda: ask_about_silence(self.office, parts.clock()),
        ]
        for place in order:
            steps[place]()
        self._pass(2)
        self.counts["sweeps"] += 1

    def _word(self) -> str:
        return f"ord{len(self.told):03}"

    def _words_in(self, body: str) -> list[str]:
        return [word for word in self.told if word in body]

    def _carrying(self, word: str) -> list[Message]:
        return [message for message in self.carrier.messages if word in message.body]


def _hasty(connection: Any, _: object) -> None:  # noqa: ANN401 - DB-API
    connection.execute("PRAGMA synchronous=OFF")  # no power is cut here


@pytest.mark.slow
def test_every_word_reaches_its_one_reader_or_is_visibly_undelivered(
    sqlite_url: str, tmp_path: Path, log: io.StringIO
) -> None:
    toml = changed((MANDATE_OF_JARVA, ""))
    load_world(settings_for(sqlite_url, tmp_path), shifts=DUTIES, toml=toml)
    loaded = Path(sqlite_url.removeprefix("sqlite:///"))
    counts: Counter[str] = Counter()

    for seed in range(SCRIPTS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        shutil.copyfile(loaded, folder / "own.db")
        own = settings_for(f"sqlite:///{folder / 'own.db'}", folder)
        stage = Stage(own, at("2026-03-03T19:20").astimezone(UTC), seed=seed)
        random.seed(seed)  # the outbox's pauses come from there
        conversations = Conversations(stage, random.Random(seed), counts)
        try:
            conversations.play(STEPS)
        except AssertionError as err:
            raise AssertionError(f"script {seed}: {err}") from err
        finally:
            stage.close()

    assert "7017406" not in log.getvalue()
    assert "🙏" not in log.getvalue()
    assert not re.search(r"ord\d{3}", log.getvalue())
    print(dict(counts))  # noqa: T201 - shown by pytest -s
    for kind in KINDS:
        assert counts[kind] > 1, f"the scripts show too little of: {kind}"
