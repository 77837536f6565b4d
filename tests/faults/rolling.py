"""
`make rolling`: hundreds of calls, while the processes that answer them are restarted one by one.

Prints what came of it as Markdown; the status is 1 if anybody was lost.  With ``--old CHECKOUT``
the service of that checkout runs first, and is replaced by this one as docs/operations.md says.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.bootstrap import assemble
from app.lab.account import Account
from app.lab.rest_server import serve
from app.settings import Settings
from app.telephony.fallback_document import fallback_document
from tests.app.world import environment
from tests.databases import Databases
from tests.examples import EFTERVARD
from tests.faults.live import PROGRAM, ROOT, Process, Proxy, free_port
from tests.faults.rolling_calls import Lane, Result, Way

ACCOUNT, TOKEN = "AC" + "a" * 32, "a token for tests"
_LOADS = "from tests.faults.rolling_world import load; load()"


@dataclass
class Service:
    """Web processes and a clock over one database, and what may stand in front of them."""

    webs: list[Process]
    clocks: list[Process]
    proxy: Proxy | None = None

    @property
    def processes(self) -> list[Process]:
        return [*self.webs, *self.clocks]

    def start(self) -> None:
        for process in self.processes:
            process.start()
        if self.proxy is not None:
            self.proxy.start()

    def stop(self) -> None:
        if self.proxy is not None:
            self.proxy.stop()
        for process in self.processes:
            process.stop()

    def move_to(self, checkout: Path) -> None:
        for process in self.processes:
            process.checkout = checkout


Plan = Callable[[Service], Iterator[Callable[[], None]]]


def reloaded(service: Service) -> Iterator[Callable[[], None]]:
    """Each worker is replaced by SIGHUP, and the clock restarted, again and again."""
    while True:
        yield service.webs[0].reload
        yield service.clocks[0].restart


def the_first(service: Service) -> Iterator[Callable[[], None]]:
    """The first web process is stopped and started, once."""
    yield service.webs[0].restart


def one_by_one(service: Service) -> Iterator[Callable[[], None]]:
    """Each web process is stopped and started, then the clock, again and again."""
    while True:
        for process in service.processes:
            yield process.restart


def upgraded(service: Service) -> Iterator[Callable[[], None]]:
    """New tables first, then each web process, then the clock."""
    service.move_to(ROOT)
    init = Process("release", service.webs[0].env, service.webs[0].folder, ROOT)
    yield lambda: _run_to_its_end(init)
    for process in service.processes:
        yield process.restart


def _run_to_its_end(process: Process) -> None:
    process.start()
    process.wait()


@dataclass(frozen=True, slots=True)
class Manner:
    """One way to restart."""

    name: str
    plan: Plan
    webs: int = 1
    workers: int = 2
    behind_nginx: bool = False


WAYS = (
    Manner("one, its workers replaced (SIGHUP)", reloaded),
    Manner("two behind nginx, one after the other", one_by_one, 2, 1, behind_nginx=True),
    Manner("two, and the sender knows both", one_by_one, 2, 1),
    Manner("one, stopped and started", one_by_one, 1, 2),
)
UPGRADES = (Manner("an upgrade: two behind nginx", upgraded, 2, 1, behind_nginx=True),)
_HEADS = (
    "restarted", "database", "calls", "reached somebody", "told what to do", "hung up",
    "lost or wrong", "through the fallback document", "web restarts", "clock restarts",
    "webhooks", "asked again", "longest with asking again", "longest else", "notices",
)  # fmt: skip


def run(manner: Manner, settings: Settings, env: Mapping[str, str], given: "Given") -> Result:
    """Play the calls while *manner* goes on, over a database that is loaded."""
    folder = settings.state_dir
    ports = [free_port() for _ in range(manner.webs)]
    proxy = Proxy(folder, ports) if manner.behind_nginx else None
    account = Account(ACCOUNT, TOKEN)
    parts = assemble(settings)
    parts.mirror.refresh()
    line = parts.mirror.picture.organisation.lines[EFTERVARD]
    document = fallback_document(line).encode()
    entrances = ports if proxy is None else [proxy.port]
    start = datetime.now(UTC)  # noqa: TID251 - as the processes' own
    count = given.lanes
    lanes = [
        Lane(i, given.calls // count, Way(entrances, document), account, start, given.pace)
        for i in range(count)
    ]
    with serve(lanes[0].carrier.rest) as address:
        own = {**env, "TWILIO_API_URL": address}
        web_env = {**own, "WEB_CONCURRENCY": str(manner.workers)}
        webs = [Process("web", web_env, folder, given.old, port) for port in ports]
        clocks = [Process("clock", own, folder, given.old)] if given.clock else []
        service = Service(webs, clocks, proxy)
        with _running(service):
            _play(lanes, manner.plan(service))
            result = Result.of(lanes, parts.engine)
            result.restarts = _restarts(webs), _restarts(clocks)
            if clocks:
                clocks[0].stop()
                _finish(own, folder)
                lanes[0].carrier.run()
                result.compare_notices(lanes, parts.engine)
    parts.engine.dispose()
    return result


def _restarts(processes: list[Process]) -> int:
    return sum(process.starts + process.reloads - 1 for process in processes)


@contextmanager
def _running(service: Service) -> Iterator[None]:
    try:
        service.start()
        yield
    finally:
        service.stop()


def _play(lanes: list[Lane], steps: Iterator[Callable[[], None]]) -> None:
    for lane in lanes:
        lane.begin()
    for step in steps:
        if all(lane.is_over() for lane in lanes):
            break
        step()
    for lane in lanes:
        lane.end()


def _finish(env: Mapping[str, str], folder: Path) -> None:
    """What is owed still, until a clock finds nothing more."""
    for _ in range(3):
        once = Process("clock", env, folder, more="--once")
        once.start()
        once.wait()


@dataclass(frozen=True, slots=True)
class Given:
    """What was asked for."""

    calls: int = 200
    lanes: int = 4
    pace: float = 60.0  # how many times as fast as life calls are played
    old: Path = ROOT
    clock: bool = True  # whether one runs; without it notices wait


def main() -> int:
    """What was asked for on the command line; 1 where anything went wrong."""
    parser = argparse.ArgumentParser(prog="tests.faults.rolling", description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--pace", type=float, default=60.0, help="times as fast as life")
    parser.add_argument("--only", default="", help="ways to restart, by a part of their names")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--old", type=Path, help="a checkout of the release that is replaced")
    parser.add_argument("--keep", type=Path, help="an empty folder for logs")
    told = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing outlives it
    given = Given(told.calls, pace=told.pace, old=(told.old or ROOT).resolve())
    manners = [one for one in (WAYS if told.old is None else UPGRADES) if told.only in one.name]
    wrong = 0
    _say(f"| {' | '.join(_HEADS)} |")
    _say("|" + " --- |" * len(_HEADS))
    with tempfile.TemporaryDirectory(prefix="beredskap-") as name:
        os.chmod(name, 0o755)  # noqa: PTH101 - PostgreSQL and nginx have users of their own
        databases = Databases(Path(name), os.getpid())
        try:
            for number, manner in enumerate(manners):
                if manner.behind_nginx and PROGRAM is None:
                    _say(f"<!-- {manner.name}: no nginx here -->")
                    continue
                folder = (told.keep or Path(name)).resolve() / f"run-{number}"
                folder.mkdir()
                with _database(databases, folder, told.database) as url:
                    wrong += _shown(manner, url, folder, given, told.database)
        finally:
            databases.close()
    return min(wrong, 1)


def _shown(manner: Manner, url: str, folder: Path, given: Given, database: str) -> int:
    env = environment(url, folder)
    _python(given.old, env, "from app.cli import main; main()", "init")
    _python(given.old, env, _LOADS)
    found = run(manner, Settings.from_env(env), env, given)
    cells = (
        manner.name, database, found.calls, found.reached, found.told, found.left, len(found.wrong),
        found.elsewhere, *found.restarts, found.asked, found.again, f"{found.longest:.1f} s",
        f"{found.slowest:.1f} s", found.notices,
    )  # fmt: skip
    _say(f"| {' | '.join(map(str, cells))} |")
    for reason, times in found.reasons.items():
        _say(f"<!-- asked again {times} times: {reason} -->")
    for words, times in Counter(found.wrong).items():
        _say(f"<!-- {times} times: {words} -->")
    return len(found.wrong)


@contextmanager
def _database(databases: Databases, folder: Path, engine: str) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'beredskap.db'}"
        return
    with databases.unmigrated_postgres() as url:
        yield url


def _python(checkout: Path, env: Mapping[str, str], code: str, *arguments: str) -> None:
    own = {"PATH": os.defpath, "PYTHONPATH": f"{checkout}{os.pathsep}{ROOT}", **env}
    subprocess.run([sys.executable, "-c", code, *arguments], cwd=checkout, env=own, check=True)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
