"""Whatever befalls the database, at whatever moment of a call, the call goes on as before."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.demo.stage import Stage
from tests.app.world import logged, reached, tried
from tests.faults.database_proxy import Proxy
from tests.faults.database_service import FAULTS, Fault, service, stage_on, until

# Seconds after the call came in: before it, while t4's phone rings, while t1's does, in the talk.
MOMENTS = (0, 10, 32, 60)
# The others differ in how they are found out, which is the same at every moment.
CASES = [
    *((fault, moment) for fault in FAULTS[:2] for moment in MOMENTS),
    *((fault, moment) for fault in FAULTS[2:] for moment in MOMENTS[::2]),
]
UNDISTURBED = [
    "accepted/t1",
    "attempt_ended/t1",
    "attempt_ended/t4",
    "ended",
    "hung_up",
    "offered/t1",
    "offered/t4",
    "received",
]


@pytest.fixture
def stage(postgres_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from stage_on(postgres_url, tmp_path)


@pytest.fixture
def proxy(stage: Stage) -> Iterator[Proxy]:
    with Proxy(stage.parts.settings.database_url) as between:
        yield between


@pytest.mark.parametrize(("fault", "moment"), CASES, ids=str)
def test_the_caller_notices_nothing_and_the_log_has_everything_once(
    fault: Fault, moment: int, stage: Stage, proxy: Proxy
) -> None:
    with ExitStack() as trouble, service(stage, proxy.url) as web:
        if moment:
            call = web.begin()
            web.pass_by(moment)
        trouble.enter_context(fault.during(proxy, stage.parts.settings.database_url))
        web.timed.waits.clear()
        if not moment:
            call = web.begin()
        stage.carrier.run()
        assert web.ready()["status"] == "degraded"
        web.nobody_waited()
        trouble.close()
        until(web.is_mended, "the database is back, and nothing is drained")

        assert (tried(call), reached(call)) == (["t4", "t1"], "t1")
        assert web.events(call) == UNDISTURBED
        assert logged(stage, call.sid)["outcome"] == "answered"
        assert web.ready()["status"] == "ready"
