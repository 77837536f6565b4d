"""A sweep that finds nothing to do asks the database as much with many lines as with few."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.store import rota
from app.sweeps import sweeps
from app.telephony.carrier import NoCarrier
from routing.ids import LineId
from routing.intervals import Interval
from tests.app.world import settings_for
from tests.bench.country import Meter, furnish
from tests.databases import Databases
from tests.examples import at

_FEW, _MANY = 3, 12
# The one that asks the carrier, and not the database.
_ELSEWHERE = {"reconcile.calls"}
_MOMENTS = {
    "everybody has been asked": "2026-03-03T15:15",
    "a duty has ended": "2026-03-03T23:00",
}


@pytest.fixture(scope="module", params=[*_MOMENTS.values()], ids=[*_MOMENTS])
def counted(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, dict[str, int]]:
    """Statements of each sweep in which nothing is left to do, by how many lines there are."""
    moment = at(request.param).astimezone(UTC)
    return {
        lines: _counted(databases, tmp_path_factory.mktemp("lines"), lines, moment)
        for lines in (_FEW, _MANY)
    }


def _counted(databases: Databases, folder: Path, lines: int, now: datetime) -> dict[str, int]:
    settings = settings_for(databases.sqlite(folder / "many.db"), folder)
    parts = assemble(settings, clock=lambda: now)
    furnish(parts, lines, 2 * lines, 0, days=20, empty=True)
    parts.mirror.refresh()
    meter, due = Meter(parts.engine), sweeps(parts, NoCarrier(), look=lambda: None)
    asked = [{n: meter.measure(due[n][0]).statements for n in _names(due)} for _ in range(3)]
    parts.engine.dispose()
    return asked[-1]  # the first find what there is to find


def _names(due: Iterable[str]) -> list[str]:
    return [name for name in due if name not in _ELSEWHERE]


def test_more_lines_ask_no_more_of_the_database(counted: dict[int, dict[str, int]]) -> None:
    assert counted[_MANY] == counted[_FEW]
    assert min(counted[_FEW][name] for name in ("rota.watch", "check_in.ask", "rest.advise")) > 0


def test_a_change_of_one_rota_has_no_other_read_anew(databases: Databases, tmp_path: Path) -> None:
    now = at("2026-03-03T12:00").astimezone(UTC)
    settings = settings_for(databases.sqlite(tmp_path / "some.db"), tmp_path)
    parts = assemble(settings, clock=lambda: now)
    furnish(parts, _FEW, 2 * _FEW, 0, days=20)
    parts.mirror.refresh()
    before = parts.mirror.picture.rotas

    own, none = LineId("l1"), Interval(now, now + timedelta(days=1))
    with parts.engine.begin() as connection:
        rota.publish(connection, own, [], rota.Signed("a test", "", now), none)
    parts.mirror.refresh()

    after = parts.mirror.picture.rotas
    parts.engine.dispose()
    assert {line for line in before if after[line] is not before[line]} == {own}
    assert len(after[own].shifts) == len(before[own].shifts) - 2
