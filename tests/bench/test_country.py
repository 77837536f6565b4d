"""A sweep over many lines asks the database a few things for each, however many there are."""

from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.sweeps import sweeps
from app.telephony.carrier import NoCarrier
from tests.app.world import settings_for
from tests.bench.country import Meter, furnish
from tests.databases import Databases

# Statements for each line more, in a sweep in which nothing has happened.
_MOST_FOR_A_LINE = {"rota.watch": 26, "texts.follow": 1, "handover.build": 14, "check_in.ask": 7}


@pytest.fixture
def counted(databases: Databases, tmp_path: Path) -> dict[int, dict[str, int]]:
    """Statements of each sweep, by how many lines there are."""
    found: dict[int, dict[str, int]] = {}
    for lines in (2, 6):
        folder = tmp_path / str(lines)
        folder.mkdir()
        parts = assemble(settings_for(databases.sqlite(folder / "many.db"), folder))
        furnish(parts, lines, 2 * lines, 0, days=40)
        parts.mirror.refresh()
        meter, due = Meter(parts.engine), sweeps(parts, NoCarrier(), look=lambda: None)
        for name in _MOST_FOR_A_LINE:
            due[name][0]()  # the first finds what there is to find
        found[lines] = {n: meter.measure(due[n][0]).statements for n in _MOST_FOR_A_LINE}
        parts.engine.dispose()
    return found


def test_no_line_costs_more_because_there_are_others(counted: dict[int, dict[str, int]]) -> None:
    for name, most in _MOST_FOR_A_LINE.items():
        assert counted[6][name] - counted[2][name] <= 4 * most, name
