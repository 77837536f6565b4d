"""PostgreSQL has no room for another connection: for a caller that is a database that is away."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa

from app.demo.stage import Stage
from tests.app.world import logged, reached
from tests.faults.database_service import plain, service, stage_on, until

pytestmark = pytest.mark.postgres
_ROOM = 6


@pytest.fixture
def stage(postgres_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from stage_on(postgres_url, tmp_path)


@pytest.fixture
def narrow_url(stage: Stage) -> Iterator[str]:
    """The database for somebody who may have few connections, and owns the tables all the same."""
    url, name = stage.parts.settings.database_url, f"few_{uuid4().hex[:8]}"
    with plain(url) as connection:
        owner = sa.make_url(url).username
        connection.execute(f"CREATE ROLE {name} LOGIN CONNECTION LIMIT {_ROOM} IN ROLE {owner}")
        yield sa.make_url(url).set(username=name).render_as_string(hide_password=False)
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (name,)
        )
        connection.execute(f"DROP ROLE {name}")


def test_callers_are_helped_and_the_log_is_whole_when_there_is_room_again(
    stage: Stage, narrow_url: str, log: io.StringIO
) -> None:
    with service(stage, narrow_url) as web, ExitStack() as others:
        before = web.begin()
        web.pass_by(10)
        _take_every_place(stage, narrow_url, others)
        web.timed.waits.clear()
        stage.carrier.run()
        during = web.begin()
        stage.carrier.run()

        assert {reached(call) for call in (before, during)} == {"t1"}
        assert web.ready()["status"] == "degraded"
        web.nobody_waited()
        assert "database.away" in log.getvalue()

        others.close()
        until(web.is_mended, "there is room, and nothing is drained")
        assert [logged(stage, call.sid)["outcome"] for call in (before, during)] == ["answered"] * 2
        assert len(web.events(during)) == len(web.events(before)) == 8


def _take_every_place(stage: Stage, url: str, others: ExitStack) -> None:
    """As when the server was started anew, and everybody else was quicker."""
    name = sa.make_url(url).username
    with plain(stage.parts.settings.database_url) as connection:
        connection.execute(f"ALTER ROLE {name} CONNECTION LIMIT 0")
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s",
            (name,),
        )
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        plain(url)

    def make_room() -> None:
        with plain(stage.parts.settings.database_url) as connection:
            connection.execute(f"ALTER ROLE {name} CONNECTION LIMIT {_ROOM}")

    others.callback(make_room)
