"""
`python -m tests.bench.log_page`: how long a manager waits for a page of the call log.

    --contacts N       contacts of two years in the database (1 000 000)
    --engine E         sqlite or postgres (sqlite)
    --rounds N         how often each page is asked for (7)
    --figures          the figures of a half-year, of a year and of all, too
    --plans            what the database says of how it looks

The time to the first byte of the answer, in milliseconds: the median, least and most; and the
median of what this process computed for it, which a busy machine does not lengthen.  The pages are
asked of the console's own application, signed in as a manager of one of two districts: the
sign-in, the gate and the reading log are in it, the network is not.  Contacts have about five
events each and come at even distances, half of them for the other district.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from flask.testing import FlaskClient

from app.bootstrap import assemble, console_of, utc_now
from app.intake.organisation_file import read_organisation
from app.settings import Settings
from app.store import accounts, organisation, sessions
from app.store.call_log import UNANSWERED, Wanted, _rows
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher
from app.store.migrate import migrate
from app.store.tables import contact_events
from routing.access import Office
from tests.app.review.stories import rows_of, stories
from tests.bench.calls import KEY, environment
from tests.databases import Databases
from tests.examples import EFTERVARD, JARVA, ORGANISATION_TOML

_TWO_YEARS, _AT_ONCE = timedelta(days=730), 50_000
_MANAGER = """
[[managers]]
id = "m2"
name = "Manager 2"
email = "m2@example.invalid"
district = "jarva"
"""
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
_COLUMNS = [column.name for column in contact_events.c]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.log_page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--contacts", type=int, default=1_000_000, help=argparse.SUPPRESS)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=7, help=argparse.SUPPRESS)
    for name in ("figures", "plans"):
        parser.add_argument(f"--{name}", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args(arguments)
    with ExitStack() as stack:
        prefix = "beredskap-bench-"
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
        url = stack.enter_context(_database(told.engine, folder))
        now = utc_now().replace(microsecond=0)
        began = time.perf_counter()
        _furnish(url, folder, told.contacts, now)
        _say(
            f"{told.engine}, {told.contacts} contacts, made in {time.perf_counter() - began:.0f} s"
        )
        if told.plans:
            _plans(url)
        client = _signed_in(url, folder, now)
        pages = dict(_pages(client, now))
        if told.figures:
            pages["figures of a half-year"] = "/figures"
            pages["figures of a year"] = "/figures?length=year"
            first, last = (now - _TWO_YEARS).date(), now.date()
            pages["figures of all"] = f"/figures?length=own&from={first}&to={last}"
        for name, address in pages.items():
            _measure(client, name, address, told.rounds)


def _measure(client: FlaskClient, name: str, address: str, rounds: int) -> None:
    took, worked = [], []
    for turn in range(rounds + 1):
        began, before = time.perf_counter(), time.process_time()
        answer = client.get(address, buffered=False)
        chunks = answer.iter_encoded()
        first = next(chunks, b"")
        if turn:  # the first round only warms up
            took.append(1e3 * (time.perf_counter() - began))
            worked.append(1e3 * (time.process_time() - before))
        if answer.status_code != 200:
            raise SystemExit(f"{name}: {answer.status_code}")
        text = b"".join([first, *chunks]).decode()
        answer.close()
    rows = text.count('<th scope="row"><time')
    stopped = ", stopped" if "Fortsätt söka" in text else ""
    spread = f"({min(took):.1f}–{max(took):.1f})"
    _say(f"{name:24} {median(took):8.1f} {spread:18} {median(worked):7.1f}  {rows} rows{stopped}")


def _pages(client: FlaskClient, now: datetime) -> Iterator[tuple[str, str]]:
    """The pages that are measured, by what they are."""
    yield "first page", "/log"
    long_ago = (now - timedelta(days=600)).date().isoformat()
    yield "until 600 days ago", f"/log?to={long_ago}"
    deep = client.get(f"/log?to={long_ago}").text
    older = re.search(r'rel="next" href="([^"]+)"', deep)
    newer = re.search(r'rel="prev" href="([^"]+)"', client.get(_plain(older)).text)
    yield "a page deep down", _plain(older).replace(f"to={long_ago}&", "")
    yield "and back up", _plain(newer).replace(f"to={long_ago}&", "")
    yield "one day", f"/log?from={long_ago}&to={long_ago}"
    yield "unanswered", "/log?unanswered=1"
    yield "one therapist", "/log?therapist=t3"
    yield "texts", "/log?channel=text"
    yield "calls out", "/log?direction=outbound"
    for outcome in ("missed", "fallback_failed", "undelivered", "blocked"):
        yield outcome, f"/log?outcome={outcome}"
    token = _CSRF.search(client.get("/log").text)
    assert token is not None
    sent = client.post("/log", data={"csrf_token": token[1], "client": "J-7"})
    yield "one client", sent.location


def _plain(found: re.Match[str] | None) -> str:
    assert found is not None
    return found[1].replace("&amp;", "&")


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    (folder / "databases").mkdir()
    with (
        closing(Databases(folder / "databases", os.getpid())) as databases,
        databases.unmigrated_postgres() as url,
    ):
        yield url


def _furnish(url: str, folder: Path, contacts: int, now: datetime) -> None:
    """An organisation, and *contacts* of the two years before *now*."""
    migrate(url)
    file = folder / "organisation.toml"
    file.write_text(ORGANISATION_TOML + _MANAGER, encoding="utf-8")
    engine = make_engine(url)
    families = max(10, contacts // 100)
    told = stories(contacts, now - _TWO_YEARS, now, families=families)
    events = chain.from_iterable(map(rows_of, told))
    with engine.begin() as connection:
        document = read_organisation(file).document
        organisation.save(connection, FieldCipher([KEY]), document, now - _TWO_YEARS)
        while rows := list(islice(events, _AT_ONCE)):
            _fill(connection, rows)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE contact_events")  # as autovacuum does
    engine.dispose()


def _fill(connection: sa.Connection, rows: list[dict[str, object]]) -> None:
    """As many rows as fast as the driver takes them."""
    driver = connection.connection
    names = ", ".join(_COLUMNS)
    if connection.dialect.name == "postgresql":
        copy = f"COPY contact_events ({names}) FROM STDIN"
        with driver.cursor() as cursor, cursor.copy(copy) as lines:  # type: ignore[attr-defined]
            for row in rows:
                lines.write_row([_plain_value(row[name]) for name in _COLUMNS])
        return
    marks = ", ".join("?" * len(_COLUMNS))
    values = [[_plain_value(row[name], as_text=True) for name in _COLUMNS] for row in rows]
    driver.cursor().executemany(f"INSERT INTO contact_events ({names}) VALUES ({marks})", values)


def _plain_value(value: object, *, as_text: bool = False) -> object:
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=None).isoformat(" ", timespec="microseconds")
        return moment if as_text else value
    return str(value) if isinstance(value, str) else value


def _signed_in(url: str, folder: Path, now: datetime) -> FlaskClient:
    """A browser in which Järva's manager has signed in."""
    # Without TLS, since a browser would keep the cookie to itself otherwise.
    settings = {**environment(url, str(folder)), "PUBLIC_URL": "http://localhost"}
    parts = assemble(Settings.from_env(settings), clock=lambda: now)
    parts.mirror.refresh()
    client: FlaskClient = console_of(parts).test_client()
    with parts.engine.begin() as connection:
        account = accounts.add(
            connection, login="m2@example.invalid", person="m2", office=Office.MANAGER,
            district=JARVA, now=now,
        )  # fmt: skip
        kept = sessions.begin(connection, account.id, "Firefox · Linux", now)
    with client.session_transaction() as session:
        session.update({"_user_id": account.stamp, "_fresh": True, "kept": kept, "fs_cc": "set"})
    return client


def _plans(url: str) -> None:
    """How the database looks for a page, in its own words."""
    engine = make_engine(url)
    wanted = Wanted((EFTERVARD,), frozenset({JARVA}), outcomes=UNANSWERED)
    query = _rows(wanted, EFTERVARD, None, 200, newer=False)
    words = query.compile(engine, compile_kwargs={"literal_binds": True})
    is_postgres = engine.dialect.name == "postgresql"
    with reading(engine) as connection:
        explain = "EXPLAIN (ANALYZE, COSTS OFF) " if is_postgres else "EXPLAIN QUERY PLAN "
        for row in connection.exec_driver_sql(explain + str(words).replace("%", "%%")):
            _say(f"    {row[-1]}")
    engine.dispose()


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
