"""Two web processes and two clocks on one PostgreSQL, each on a host whose clock is wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from app.bootstrap import Parts, assemble, create_app
from app.clock import attempt
from app.demo.stage import Stage
from app.lab.transport import HttpReply, HttpRequest, WsgiTransport
from app.sweeps import sweeps
from app.telephony.carrier import TwilioCarrier
from tests.app.world import ANSWERS, GUARDIAN, SILENT, STRANGER, YOUTH, logged, reached, rows
from tests.faults.database_service import stage_on

pytestmark = pytest.mark.postgres
_OFF = (timedelta(minutes=5), timedelta(minutes=-5))
_SWEEPS = ("texts.handle", "texts.follow", "outbox.send")


class _InTurn:
    """Gives each request to the next host, as a proxy does."""

    def __init__(self, hosts: list[Parts]) -> None:
        self._hosts = cycle(enumerate([(host, create_app(host)) for host in hosts]))
        self.took: list[int] = []

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        number, (parts, app) = next(self._hosts)
        self.took.append(number)
        parts.mirror.refresh()
        return WsgiTransport(app).send(request, patience=patience)


@pytest.fixture
def stage(postgres_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from stage_on(postgres_url, tmp_path)


def _clock(stage: Stage, off: timedelta) -> Callable[[], datetime]:
    return lambda: stage.carrier.now() + off


@pytest.fixture
def hosts(stage: Stage, tmp_path: Path) -> Iterator[list[Parts]]:
    """Each with a disk of its own, five minutes ahead and five behind."""
    own = stage.parts.settings
    made = [
        assemble(
            replace(own, state_dir=tmp_path / str(number)),
            clock=_clock(stage, off),
        )
        for number, off in enumerate(_OFF)
    ]
    for parts in made:
        parts.settings.state_dir.mkdir()
        parts.mirror.refresh()
    yield made
    for parts in made:
        parts.engine.dispose()


def test_steps_on_hosts_ten_minutes_apart_make_one_call_and_each_text_is_sent_once(
    stage: Stage, hosts: list[Parts]
) -> None:
    way = _InTurn(hosts)
    stage.carrier.transport = way

    calls = [
        stage.call(YOUTH, phones={"t4": SILENT, "t1": ANSWERS}),
        stage.call(STRANGER, caller="press 2", phones={"t4": ANSWERS}),
        stage.call(GUARDIAN, phones={"t4": SILENT, "t1": SILENT}, default="answer 4, talk 20"),
    ]
    texts = [stage.text(YOUTH, "Kan någon ringa?"), stage.text(GUARDIAN, "Hej")]
    with stage.rest_face() as address:
        carrier = TwilioCarrier(stage.carrier.account.sid, stage.carrier.account.token, address)
        clocks = [sweeps(parts, carrier) for parts in hosts]
        for _ in range(2):
            for due in clocks:
                assert all(attempt(name, due[name][0]) for name in _SWEEPS)
    stage.carrier.run()

    assert Counter(way.took).keys() == {0, 1}
    assert [reached(call) for call in calls] == ["t1", "t4", "fallback"]
    assert [logged(stage, call.sid)["outcome"] for call in calls] == [
        "answered", "answered", "fallback_answered",
    ]  # fmt: skip
    assert [logged(stage, text.sid)["outcome"] for text in texts] == ["relayed", "relayed"]
    relayed = [row for row in rows(stage.parts.engine, "outbox") if "relay/" in str(row["key"])]
    assert len(relayed) == 2
    assert Counter(m.body for m in stage.carrier.messages).most_common(1)[0][1] == 1
