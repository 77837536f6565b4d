"""The database, the disk beside it, or both refuse: calls go on, and what is lost is counted."""

import contextlib
import errno
import io
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from app.demo.stage import Stage
from app.review.doctor import diagnose
from app.review.system import examine
from app.store.spool import Entry, Spool
from tests.app.store.test_spool import CIPHER, batch
from tests.app.world import logged, reached, rows, tried
from tests.faults.database_proxy import Proxy
from tests.faults.database_service import service, stage_on, until


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from stage_on(sqlite_url, tmp_path)


@pytest.fixture
def postgres_stage(postgres_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from stage_on(postgres_url, tmp_path)


@contextlib.contextmanager
def locked(url: str) -> Iterator[None]:
    """Another process keeps SQLite's one lock, and does not let go of it."""
    with contextlib.closing(sqlite3.connect(make_url(url).database or "")) as other:
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def disk_of(most: int) -> Iterator[None]:
    """No file may become larger than *most* bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def nowhere(folder: Path) -> Path:
    """A STATE_DIR in which nothing can be kept: even for root, a file is no folder."""
    in_the_way = folder / "a file and no folder"
    in_the_way.write_text("")
    return in_the_way


@pytest.mark.parametrize("moment", [0, 32])
def test_a_sqlite_that_somebody_keeps_locked_costs_one_caller_a_blink(
    moment: int, stage: Stage
) -> None:
    url = stage.parts.settings.database_url
    with contextlib.ExitStack() as trouble, service(stage, url) as web:
        if moment:
            call = web.begin()
            web.pass_by(moment)
        trouble.enter_context(locked(url))
        web.timed.waits.clear()
        if not moment:
            call = web.begin()
        stage.carrier.run()
        web.nobody_waited()
        trouble.close()
        until(web.is_mended, "SQLite is free again, and nothing is drained")

        assert (tried(call), reached(call)) == (["t4", "t1"], "t1")
        assert len(web.events(call)) == 8
        assert logged(stage, call.sid)["outcome"] == "answered"


def test_a_state_dir_that_refuses_is_not_noticed_while_the_database_answers(
    stage: Stage, tmp_path: Path
) -> None:
    with service(stage, stage.parts.settings.database_url, nowhere(tmp_path)) as web:
        call = web.begin()
        stage.carrier.run()
        state = web.ready()

    assert reached(call) == "t1"
    assert logged(stage, call.sid)["outcome"] == "answered"
    assert (state["status"], state["lost"]) == ("ready", 0)


def test_with_both_away_the_call_goes_on_and_the_loss_is_counted_where_the_doctor_looks(
    postgres_stage: Stage, tmp_path: Path, log: io.StringIO
) -> None:
    stage = postgres_stage
    parts, settings = stage.parts, stage.parts.settings
    with (
        Proxy(settings.database_url) as proxy,
        service(stage, proxy.url, nowhere(tmp_path)) as web,
    ):
        proxy.hang()
        call = web.begin()
        stage.carrier.run()
        web.nobody_waited()
        state = web.ready()
        proxy.mend()
        until(web.is_mended, "the database is back, and not asked")
        web.pass_by(30)  # what was counted is written down now and then
        until(lambda: any(row["name"] == "lost" for row in rows(parts.engine, "pulses")), "loss")

    assert reached(call) == "t1"
    assert (state["status"], state["lost"]) == ("degraded", 8)
    assert log.getvalue().count('"journal.lost"') > 0
    found = diagnose(
        examine(parts.engine, parts.cipher, settings.state_dir, parts.clock()), settings
    )
    (loss,) = [one for one in found if one.code == "journal_lost"]
    assert loss.values["count"] == 8


def test_a_disk_that_fills_up_leaves_no_half_line_behind(tmp_path: Path) -> None:
    spool, stored = Spool(tmp_path, CIPHER), list[Entry]()
    spool.append(batch("CA1"))
    file = tmp_path / "spool.log"

    with disk_of(file.stat().st_size + 100), pytest.raises(OSError, match=r".") as refused:
        spool.append(batch("CA2"))
    spool.append(batch("CA3"))
    spool.drain(stored.extend)

    assert refused.value.errno == errno.EFBIG
    assert {row["contact"] for _, row in stored} == {"CA1", "CA3"}
