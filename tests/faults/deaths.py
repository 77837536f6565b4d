"""
A service whose processes may be killed at any step of their work, and are then started anew.

A step is whatever leaves a trace outside the process, or fails to: a statement, a commit, a request
to the carrier before it is made and after it was answered, a mail likewise, a file that is synced
or put in place of another, and the answer to a webhook.  What a killed process had in memory is
gone, its open transactions are undone, and whoever spoke with it sees the connection close.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app import sweeps as clockwork
from app.bootstrap import Parts, create_app
from app.clock import Sweep
from app.demo.stage import ANSWERS, Stage
from app.lab.call import Call
from app.lab.carrier import PhoneDoes
from app.lab.phones import Behaviour
from app.lab.transport import HttpReply, HttpRequest, NoReply, Transport, WsgiTransport
from app.phrases import FIRST, phrases
from app.settings import Settings
from app.store.mirror import Picture
from app.telephony.exchange import TRIES_AGAIN
from app.telephony.twiml import Speech, last_resort
from tests.app.texts.talk import WiredCarrier
from tests.app.world import LINE
from tests.faults.processes import Fate, Killed, Process

_NOTICED = 0.2  # seconds
ELSEWHERE = "https://elsewhere.example.org/fallback.xml"


class MortalCarrier(WiredCarrier):
    """Twilio's own client in a process that may die before or after each request."""

    def __init__(self, stage: Stage, process: Process) -> None:
        super().__init__(stage)
        self._process = process

    def send_text(self, to: str, sender: str, body: str, report_to: str) -> str:
        with self._around("text"):
            return super().send_text(to, sender, body, report_to)

    def redact(self, carrier_id: str) -> None:
        with self._around("redaction"):
            super().redact(carrier_id)

    def start_call(self, to: str, sender: str, address: str) -> str:
        with self._around("call"):
            return super().start_call(to, sender, address)

    def find_texts(self, to: str, sender: str, body: str, since: datetime) -> Sequence[str]:
        with self._around("list of texts"):
            return super().find_texts(to, sender, body, since)

    def fate_of(self, carrier_id: str) -> tuple[str, str | None]:
        with self._around("fate of a text"):
            return super().fate_of(carrier_id)

    @contextmanager
    def _around(self, what: str) -> Iterator[None]:
        self._process.step(f"{what}, asked")
        yield
        self._process.step(f"{what}, answered")


@dataclass
class Mails:
    """A mail server that keeps what it is given, and the client of each process that sends."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)  # recipient, subject, key

    def client(self, process: Process) -> type:
        box = self.sent

        class Client:
            def __init__(self, *_: object) -> None:
                """Whatever the address: there is one server."""

            def send_mail(self, to: str, subject: str, body: str, key: str, **_: object) -> None:
                process.step("mail, handed over")
                box.append((to, subject, key))
                process.step("mail, taken")

        return Client


class MortalStage(Stage):
    """
    A stage whose web worker and clock are processes of their own.

    `parts` belong to nobody who can die: tests look through them.  Whoever was killed is started
    again at once, as a supervisor does it, and its clock begins with what is already due.
    """

    def __init__(
        self,
        settings: Settings,
        start: datetime,
        *,
        fate: Fate | None = None,
        seed: int = 1,
        strict: bool = True,
        mails: bool = False,
        clocks: int = 1,
        skew: Mapping[str, timedelta] | None = None,
    ) -> None:
        super().__init__(settings, start, seed=seed, strict=strict)
        self.fate = fate or Fate()
        self.mails, self._sends_mails = Mails(), mails
        self.played: list[Call] = []
        self.skew = dict(skew or {})  # how far each process's clock is off, by its name
        self.skew_after_death: dict[str, timedelta] = {}
        number = self.carrier.numbers[LINE]  # set up at the carrier as the README says
        number.voice_url += TRIES_AGAIN
        number.status_callback += TRIES_AGAIN
        number.sms_url += TRIES_AGAIN
        number.voice_fallback_url, number.voice_fallback_method = ELSEWHERE, "GET"
        self._ways = _Ways(WsgiTransport(self._answered), self._fallback_document())
        self.carrier.transport = self._ways
        self.running: Process | None = None
        self._intruder: sqlite3.Connection | None = None
        self.worker = self._process("web")
        self.clocks = [self._process("clock") for _ in range(clocks)]

    def call(
        self,
        frm: str,
        *,
        phones: Mapping[str, PhoneDoes] | None = None,
        caller: str | Behaviour = "",
        default: PhoneDoes = ANSWERS,
        to: str = "",
    ) -> Call:
        """As a stage's, and kept in `played`."""
        made = super().call(frm, phones=phones, caller=caller, default=default, to=to)
        self.played.append(made)
        return made

    def sweep(self, names: Sequence[str] = (), *, live: bool = False) -> None:
        """Each clock sweeps once; one that dies is started again, and sweeps from the beginning."""
        for place in range(len(self.clocks)):
            while True:
                clock = self.clocks[place]
                try:
                    with self._runs(clock):
                        self._sweep(clock, names)
                    break
                except Killed:
                    clock.bury()
                    self.skew.update(self.skew_after_death)
                    self.clocks[place] = self._process("clock")
        if not live:
            self.carrier.run()

    def person(self, does: Callable[[Parts, Picture], object]) -> None:
        """Somebody does this on a page, again if the worker dies before the page comes back."""
        while True:
            try:
                with self._runs(self.worker):
                    self.worker.parts.mirror.refresh()
                    does(self.worker.parts, self.worker.parts.mirror.picture)
                    self.worker.step("page")
            except Killed:
                self._restart_worker()
            else:
                return

    def until(self, moment: datetime, *names: str, every: float = 30.0) -> None:
        """Let time pass until *moment*, with a sweep now and then."""
        while self.carrier.now() < moment:
            self.carrier.run_until(min(moment, self.carrier.now() + timedelta(seconds=every)))
            self.sweep(names)

    def later(self, minutes: float, *names: str, every: float = 30.0) -> None:
        self.until(self.carrier.now() + timedelta(minutes=minutes), *names, every=every)

    def lock_database(self) -> None:
        """Somebody else's process begins to write to the file and does not come to an end."""
        self._intruder = sqlite3.connect(str(self.parts.engine.url.database), isolation_level=None)
        self._intruder.execute("BEGIN IMMEDIATE")
        self._ways.in_earnest = True

    def unlock_database(self) -> None:
        if self._intruder is not None:
            self._intruder.close()
            self._intruder = None

    def close(self) -> None:
        self.unlock_database()
        for process in (self.worker, *self.clocks):
            process.bury()
        super().close()

    def _answered(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        worker = self.worker
        if worker.app is None:
            worker.app = create_app(worker.parts)
        try:
            with self._runs(worker):
                worker.parts.mirror.refresh()
                answer = [*worker.app(environ, start_response)]
                worker.step("answer")
        except Killed:
            self._restart_worker()
            raise NoReply("the worker died") from None
        return answer

    def _restart_worker(self) -> None:
        self.worker.bury()
        self.worker = self._process("web")

    def _process(self, name: str) -> Process:
        """A new one; it may die while it starts, and is then started once more."""
        while True:
            settings = self.parts.settings
            if self._sends_mails:
                settings = replace(settings, smtp_url="smtp://127.0.0.1:9", mail_from="a@b.se")
            process = Process(name, settings, lambda: self._time_of(name), self.fate)
            try:
                with self._runs(process):
                    process.parts.mirror.refresh()
            except Killed:
                process.bury()
            else:
                return process

    def _sweep(self, clock: Process, names: Sequence[str]) -> None:
        self._known(clock)
        clock.parts.mirror.refresh()
        for name, sweep in clock.sweeps.items():
            if not names or name in names:
                self._attempt(name, sweep)

    def _known(self, clock: Process) -> None:
        """Make its sweeps, with a client of its own for the carrier and the mail server."""
        if clock.sweeps:
            return
        own = vars(clockwork)["SmtpMailer"]
        vars(clockwork)["SmtpMailer"] = self.mails.client(clock)
        try:
            known = clockwork.sweeps(
                clock.parts,
                MortalCarrier(self, clock),
                look=lambda: None,
                post=self.ask_ourselves,
            )
        finally:
            vars(clockwork)["SmtpMailer"] = own
        clock.sweeps = {name: sweep for name, (sweep, _) in known.items()}

    def _attempt(self, name: str, sweep: Sweep) -> None:
        """As it is: a story that fails in a sweep fails."""
        sweep()

    @contextmanager
    def _runs(self, process: Process) -> Iterator[None]:
        before, self.running = self.running, process
        try:
            yield
        finally:
            self.running = before

    def _time_of(self, name: str) -> datetime:
        return self.carrier.now() + self.skew.get(name, timedelta(0))

    def _fallback_document(self) -> bytes:
        """What `beredskap fallback-twiml` prints."""
        (line,) = self.organisation.lines.values()
        numbers = tuple(fallback.number for fallback in line.fallback)
        return last_resort(numbers, line.number, Speech(phrases(FIRST), "")).encode()


class _Ways:
    """To the service; and to where the last document is hosted, which never fails."""

    def __init__(self, service: Transport, document: bytes) -> None:
        self._service, self._document = service, document
        self.in_earnest = False

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        if request.url.startswith(ELSEWHERE):
            return HttpReply(200, (("Content-Type", "text/xml"),), self._document)
        began = time.perf_counter()
        reply = self._service.send(request, patience=patience)
        took = time.perf_counter() - began
        # A database that hangs is waited for in earnest: for so long the caller waits, too.
        return replace(reply, took=took) if self.in_earnest and took > _NOTICED else reply


@contextmanager
def files_are_steps(stage: Callable[[], MortalStage | None]) -> Iterator[None]:
    """Meanwhile a file that is synced or put in place counts as a step of whoever runs."""
    fsync, rename = os.fsync, os.replace

    def step(name: str) -> None:
        here = stage()
        if here is not None and here.running is not None:
            here.running.step(name)

    def synced(descriptor: Any) -> None:  # noqa: ANN401 - as the system's
        step("fsync")
        fsync(descriptor)

    def replaced(*paths: Any, **how: Any) -> None:  # noqa: ANN401 - as the system's
        step("rename")
        rename(*paths, **how)

    vars(os).update(fsync=synced, replace=replaced)
    try:
        yield
    finally:
        vars(os).update(fsync=fsync, replace=rename)
