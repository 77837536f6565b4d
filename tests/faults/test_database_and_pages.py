"""What monitoring and the console say while the database is away: plainly, and at once."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import console_of
from app.demo.stage import Stage
from tests.app.console.conftest import Console
from tests.app.world import tried
from tests.faults.database_proxy import Proxy
from tests.faults.database_service import AFTERWARDS, Service, service, stage_on, until

PAGES = ("/", "/sign-in", "/tonight", "/log", "/rota", "/handovers", "/system", "/nothing")


@pytest.fixture
def stage(postgres_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from stage_on(postgres_url, tmp_path)


@pytest.fixture
def proxy(stage: Stage) -> Iterator[Proxy]:
    with Proxy(stage.parts.settings.database_url) as between:
        yield between


@pytest.fixture
def web(stage: Stage, proxy: Proxy) -> Iterator[Service]:
    with service(stage, proxy.url) as running:
        yield running


def test_readiness_says_what_is_away_for_how_long_and_what_waits(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    before = web.ready()
    proxy.hang()
    web.begin()
    stage.carrier.run()
    during = web.ready()
    proxy.mend()
    until(web.is_mended, "nothing is drained")
    after = web.ready()

    calm = {"status": "ready", "database": True, "seconds": 0, "spool": 0, "lost": 0}
    assert {name: before[name] for name in calm} == calm == {name: after[name] for name in calm}
    assert (during["status"], during["database"], during["lost"]) == ("degraded", False, 0)
    assert during["spool"] > 0
    assert during["lines"] == before["lines"]


def test_a_hang_is_seen_in_the_background_before_a_caller_comes(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    proxy.hang()
    until(web.is_away, "nobody has noticed")
    call = web.begin()
    stage.carrier.run()

    assert tried(call) == ["t4", "t1"]
    assert max(web.waits) < AFTERWARDS
    assert web.parts.mirror.picture.in_call == frozenset()
    proxy.mend()


@pytest.mark.parametrize("how", ["hang", "cut"])
def test_every_page_says_at_once_that_it_cannot_be_shown_and_that_calls_work(
    how: str, stage: Stage, proxy: Proxy, web: Service
) -> None:
    console = Console(stage, console_of(web.parts))
    therapist = console.signed_in("t4")
    assert therapist.get("/tonight").status_code == 200
    getattr(proxy, how)()
    until(lambda: web.parts.mirror.database_away, "nobody has noticed")

    for visitor in (therapist, console.visitor()):
        for page in PAGES:
            began = time.perf_counter()
            answer = visitor.get(page)
            assert time.perf_counter() - began < AFTERWARDS, page
            assert answer.status_code == 503
            assert "Samtal och sms fungerar ändå" in answer.text


def test_a_page_that_asks_as_the_hang_begins_is_let_go_in_a_few_seconds(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    console = Console(stage, console_of(web.parts))
    therapist = console.signed_in("t4")
    web.parts.mirror.close()  # nobody looks, so nobody has seen it
    proxy.hang()

    began = time.perf_counter()
    answer = therapist.get("/tonight")

    assert answer.status_code == 503
    assert time.perf_counter() - began < 3.5
