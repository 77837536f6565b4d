"""A small soak with everything that can go wrong at once; `make soak` is the large one."""

from pathlib import Path

import pytest

from tests.databases import Databases
from tests.faults.judging import table
from tests.faults.soak import Soak
from tests.faults.weather import EVERYTHING, WEATHERS


@pytest.mark.slow
def test_nobody_is_lost_doubled_or_left_alone_when_everything_goes_wrong_at_once(
    databases: Databases, tmp_path: Path
) -> None:
    soak = Soak(databases.sqlite, tmp_path)

    result = soak.run(EVERYTHING, calls=14, texts=6)

    assert result.wrong == []
    assert (result.unhelped, result.lost, result.doubled) == (0, 0, 0)
    assert (result.notices_lost, result.notices_doubled) == (0, 0)
    assert result.reached + result.told + result.left == result.calls == 14
    assert result.injected > 40
    assert len(result.kinds) > 9
    # Words and each fallback for half a minute, where nothing of ours could be asked.
    assert result.extra_wait < 90
    assert table([result]).count("\n") == 3


def test_each_kind_of_weather_has_a_row_of_its_own() -> None:
    names = [weather.name for weather in WEATHERS]

    assert len(names) == len(set(names)) == 18
