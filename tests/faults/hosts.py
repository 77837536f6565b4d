"""
`python -m tests.faults.hosts`: several hosts on one PostgreSQL, some of which go away.  As root.

    --calls N     calls in each scene (80)
    --texts N     texts in each scene (16)
    --pool MODE   PgBouncer before PostgreSQL: session or transaction

Four hosts, each a network namespace of its own: A and B run web and clock, C PostgreSQL, and D the
carrier, which gives each request to A and to B in turn as a proxy would.  Prints what came of each
scene as Markdown; the status is 1 if anything was lost or doubled or anybody was left unhelped.
"""

import argparse
import io
import logging
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from werkzeug.serving import make_server

from app.bootstrap import assemble
from app.lab.account import Account, Number
from app.lab.call import Call, Outcome
from app.lab.carrier import Carrier
from app.lab.rest_server import Quiet
from app.log import configure_logging
from app.settings import Settings
from app.store.migrate import migrate
from app.telephony.exchange import TRIES_AGAIN
from app.telephony.sms import letter_key
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.reconciliation import SETTLED_AFTER
from routing.rota import Shift
from tests.app.world import LINE, PUBLIC_URL, changed, environment, load_world, rows, settings_for
from tests.faults.evening import PlannedText, evening, register
from tests.faults.network import Host, Network, NotPossible, until
from tests.faults.servers_apart import ROOT, Balanced, pooled, postgres, service

_SECONDS = 30.0  # in which a scene's calls and texts come in
_LONGEST, _SETTLES = (
    240.0,
    12.0,
)  # until the last call is over, and until the clocks have done theirs
_ALWAYS_OPEN = changed(
    ('"thu", "fri"], from = "17:00", to = "22:00"', '"thu", "fri"], from = "00:00", to = "00:00"'),
    (
        '["sat", "sun", "holiday", "eve"], from = "10:00", to = "22:00"',
        '["sat", "sun", "holiday", "eve"], from = "00:00", to = "00:00"',
    ),
)


@dataclass
class Stage:
    """The four hosts at work, and the carrier's view of them."""

    hosts: Mapping[str, Host]
    folder: Path
    database_url: str
    carrier: Carrier
    way: Balanced
    rest_url: str
    settings: Settings
    began: float = field(default_factory=time.monotonic)
    start: datetime = field(default_factory=lambda: datetime.now(UTC))  # noqa: TID251 - real processes ask for it

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self.began)

    def live(self, seconds: float) -> None:
        """Let the carrier's time pass as it does for the others."""
        until_then = time.monotonic() + seconds
        while time.monotonic() < until_then:
            self.carrier.run_until(self.now())
            time.sleep(0.02)

    def is_quiet(self, calls: Sequence[Call]) -> bool:
        """Whether *calls* are over, after the carrier's time has come up to ours."""
        self.carrier.run_until(self.now())
        return all(call.over for call in calls)

    def start_service(self, name: str) -> None:
        own = self.folder / name
        own.mkdir(exist_ok=True)
        own_url = environment(self.database_url, own, TWILIO_API_URL=self.rest_url)
        service(self.hosts[name], own_url, own)


@dataclass
class Scene:
    """What befalls the hosts a third into it, and what is done about it at two thirds."""

    name: str
    befalls: Callable[[Stage], None] = lambda _: None
    mended: Callable[[Stage], None] = lambda _: None
    is_fetched: bool = False  # what is missing afterwards is to be had from the carrier


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.hosts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=80, help=argparse.SUPPRESS)
    parser.add_argument("--texts", type=int, default=16, help=argparse.SUPPRESS)
    parser.add_argument("--pool", choices=("session", "transaction"), help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    configure_logging(as_json=True, to=io.StringIO(), level=logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends this ends its hosts too
    try:
        with Network("ABCD") as network, tempfile.TemporaryDirectory(prefix="beredskap-") as name:
            return _played(network.hosts, Path(name), given)
    except NotPossible as err:
        sys.stderr.write(f"{err}\n")
        return 2


def _played(hosts: Mapping[str, Host], folder: Path, given: argparse.Namespace) -> int:
    hosts["D"].enter()
    folder.chmod(0o755)
    url = postgres(hosts["C"], folder)
    migrate(url)
    if given.pool:
        url = pooled(hosts["C"], folder, url, given.pool)
    with _stage(hosts, folder, url) as stage:
        wrong = 0
        sys.stdout.write(f"{_row(_HEADS)}{_row(['---'] * len(_HEADS))}")
        for place, scene in enumerate(s for s in SCENES if given.only in s.name):
            wrong += _play(stage, scene, given.calls, given.texts, place)
        lost, doubled = _lost_and_doubled(stage)
        wrong += len(lost) + doubled
        sys.stdout.write(f"\nIn the end, of all scenes: {len(lost)} lost, {doubled} doubled.\n")
        kept = list(folder.glob("?/*.log"))
        words = "\n".join(path.read_text(errors="replace") for path in kept)
        sys.stdout.write(f"\n{_trouble(words)}\n")
    return min(wrong, 1)


@contextmanager
def _stage(hosts: Mapping[str, Host], folder: Path, url: str) -> Iterator[Stage]:
    state = folder / "D"
    state.mkdir()
    settings = settings_for(url, state)
    now = datetime.now(UTC)  # noqa: TID251 - it is asked by real processes
    duty = Interval(now - timedelta(hours=1), now + timedelta(hours=8))
    shifts = [Shift(duty, 1, TherapistId("t4")), Shift(duty, 2, TherapistId("t1"))]
    load_world(settings, shifts=shifts, toml=_ALWAYS_OPEN, entries=register())
    base = f"{PUBLIC_URL}/twilio"
    number = Number(
        LINE,
        voice_url=f"{base}/voice{TRIES_AGAIN}",
        status_callback=f"{base}/voice/status{TRIES_AGAIN}",
        sms_url=f"{base}/sms{TRIES_AGAIN}",
    )
    way = Balanced([hosts["A"].address, hosts["B"].address])
    account = Account(settings.twilio_account_sid, settings.twilio_auth_tokens[0])
    carrier = Carrier(account, number, way, start=now, strict=False)
    carrier.set_phones({}, default="answer 3, press 1, talk 10")
    rest = make_server(hosts["D"].address, 0, carrier.rest, threaded=True, request_handler=Quiet)
    threading.Thread(target=rest.serve_forever, daemon=True).start()
    rest_url = f"http://{hosts['D'].address}:{rest.port}"
    stage = Stage(hosts, folder, url, carrier, way, rest_url, settings, start=now)
    for name in "AB":
        stage.start_service(name)
    until(way.all_answer, "the two web hosts did not start")
    yield stage
    rest.shutdown()


def _play(stage: Stage, scene: Scene, calls: int, texts: int, place: int) -> int:
    """One scene; how many things went wrong."""
    plan, chance = evening(7 + place, calls, texts), random.Random(place)
    before, texted = len(stage.carrier.messages), len(stage.carrier.texts)
    stage.way.begin()
    moments = sorted(chance.uniform(0, _SECONDS) for _ in plan.calls)
    made = [
        stage.carrier.begin_call(c.number, phones=c.phones, caller=c.does, after=after)
        for c, after in zip(plan.calls, moments, strict=True)
    ]
    for text in plan.texts:
        stage.carrier.engine.after(chance.uniform(0, _SECONDS), _writes(stage, text))
    stage.live(_SECONDS / 3)
    scene.befalls(stage)
    stage.live(_SECONDS / 3)
    scene.mended(stage)
    stage.live(_SECONDS / 3)
    until(lambda: stage.is_quiet(made), "the calls do not end", _LONGEST)
    stage.live(_SETTLES)
    came = [call.sid for call in made] + [text.sid for text in stage.carrier.texts[texted:]]
    found = _judged(stage, made, came, before)
    cells = [scene.name, calls, texts, *stage.way.shares(), *found]
    sys.stdout.write(_row(map(str, cells)))
    sys.stdout.flush()
    if scene.is_fetched:
        _fetch(stage)
        # Texts and calls are found at the carrier; what a dead host alone knew of them is not.
        found[2] = len(_lost_and_doubled(stage)[0])
    return sum(found[1:4]) + found[5]


def _writes(stage: Stage, text: PlannedText) -> Callable[[], None]:
    def write() -> None:
        stage.carrier.begin_text(text.number, text.body)

    return write


def _fetch(stage: Stage) -> None:
    """`beredskap reconcile` on B, as soon as it takes the carrier's word for what is over."""
    stage.live((SETTLED_AFTER + timedelta(minutes=1)).total_seconds())
    host, own = stage.hosts["B"], stage.folder / "B"
    env = environment(stage.database_url, own, TWILIO_API_URL=stage.rest_url)
    since = (stage.start - timedelta(minutes=1)).isoformat()
    command = ["beredskap", "reconcile", "--since", since, "--json"]
    host.start("reconcile", command, {**env, "PYTHONPATH": str(ROOT)}, own)
    host.processes.pop("reconcile").wait(60)
    _, _, said = (own / "reconcile.log").read_text().rpartition("{")
    left = len(_lost_and_doubled(stage)[0])
    sys.stdout.write(f"<!-- reconcile on B: {' '.join(said.split())} {left} lost afterwards -->\n")


def _lost_and_doubled(stage: Stage) -> tuple[set[str], int]:
    """Contacts of all scenes so far that no log has, and those that it has twice or invented."""
    ours = {call.sid for call in stage.carrier.calls if call.leg.direction == "inbound"}
    ours |= {text.sid for text in stage.carrier.texts}
    engine = assemble(stage.settings).engine
    events = rows(engine, "contact_events")
    engine.dispose()
    kept = Counter(str(row["contact"]) for row in events if row["key"] == "received")
    return ours - set(kept), sum(times > 1 for times in kept.values()) + len(set(kept) - ours)


def _judged(stage: Stage, made: Sequence[Call], came: Sequence[str], before: int) -> list[int]:
    """On two hosts, unhelped, lost, doubled, letters sent, letters doubled or never sent."""
    engine = assemble(stage.settings).engine
    kept = Counter(
        str(row["contact"]) for row in rows(engine, "contact_events") if row["key"] == "received"
    )
    sent = Counter(
        letter_key(m.callback.partition("#")[0].rpartition("/")[2]) for m in stage.carrier.messages
    )
    owed = {str(r["key"]): r for r in rows(engine, "outbox")}
    never = [key for key, row in owed.items() if not sent[key] and row["passed_on_at"] is None]
    twice = [key for key, times in sent.items() if key and times > 1]
    engine.dispose()
    for key in (*never, *twice):
        sys.stdout.write(f"<!-- {key.partition('/')[0]}: {sent[key]} times -->\n")
    for call in made:
        if not _is_helped(call):
            sys.stdout.write(f"<!-- {call.outcome}: {call.heard} -->\n")
    ours = {call.sid for call in stage.carrier.calls} | {t.sid for t in stage.carrier.texts}
    return [
        stage.way.on_both({call.sid for call in made}),
        sum(not _is_helped(call) for call in made),
        sum(not kept[sid] for sid in came),
        sum(times > 1 for times in kept.values()) + len(set(kept) - ours),
        len(stage.carrier.messages) - before,
        len(never) + len(twice),
    ]


def _is_helped(call: Call) -> bool:
    if call.outcome is Outcome.ENDED_BY_LINE:
        return any("1 1 2" in words for words in call.heard)
    return call.outcome in {Outcome.TALKED, Outcome.ABANDONED}


def _unplug(stage: Stage) -> None:
    stage.hosts["A"].unplug()


def _plug_in(stage: Stage) -> None:
    stage.hosts["A"].plug_in()


def _cut_off(stage: Stage) -> None:
    """What the database says to A goes nowhere; A hears the carrier, and asks in vain."""
    stage.hosts["C"].swallow(stage.hosts["A"])


def _heal(stage: Stage) -> None:
    stage.hosts["C"].hear(stage.hosts["A"])


def _dies(stage: Stage) -> None:
    """Killed while it has what callers did on its own disk and nowhere else."""
    stage.hosts["A"].unplug()
    stage.hosts["A"].stop(signal.SIGKILL)
    stage.hosts["C"].hear(stage.hosts["A"])


def _comes_back(stage: Stage) -> None:
    stage.hosts["A"].plug_in()
    stage.start_service("A")


SCENES = (
    Scene("both hosts are there"),
    Scene("A's network is gone for a while", _unplug, _plug_in),
    Scene("A does not hear the database for a while", _cut_off, _heal),
    Scene(
        "A does not hear the database, and then dies with its spool",
        _cut_off,
        _dies,
        is_fetched=True,
    ),
    Scene("A comes back with its disk", _comes_back),
)
_HEADS = (
    "scene", "calls", "texts", "requests at A", "at B", "passed on by the proxy",
    "calls with steps on both", "unhelped", "contacts lost", "doubled", "texts sent",
    "doubled or never sent",
)  # fmt: skip


def _row(cells: "Sequence[str] | Iterator[str]") -> str:
    return f"| {' | '.join(cells)} |\n"


def _trouble(words: str) -> str:
    """What the services said went wrong, by its name."""
    named = ("database.away", "journal.spooled", "journal.lost", "journal.refused",
             "spool.drained", "clock.sweep_failed", "voice.failed", "Traceback")  # fmt: skip
    return ", ".join(f"{name} {words.count(name)}" for name in named)


if __name__ == "__main__":
    raise SystemExit(main())
