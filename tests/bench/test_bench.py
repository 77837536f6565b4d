"""The parts of the measurement work; what they measure is of no interest here."""

import json
from itertools import groupby
from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.measure import BARE, Case, Figures, fsync_ms
from tests.bench.report import as_table
from tests.bench.servers import Kind

GRANIAN = Kind("granian", 1, 8)


def test_a_server_has_the_usual_size_or_its_own() -> None:
    assert Kind.parse("granian", 1, 8) == GRANIAN
    assert Kind.parse("gunicorn-gthread:2x4", 1, 8) == Kind("gunicorn-gthread", 2, 4)
    assert Kind.parse("gunicorn-sync", 2, 8) == Kind("gunicorn-sync", 2, 1)
    with pytest.raises(ValueError, match="none of"):
        Kind.parse("waitress", 1, 8)


def test_the_table_compares_each_case_with_bare_flask_in_the_same_round() -> None:
    bare, ours = Case(BARE, "", GRANIAN), Case("webhook", "SQLite", GRANIAN)
    found = {bare: _figures(100.0, 1000.0), ours: _figures(50.0, 500.0)}

    last = as_table(found).splitlines()[3]

    assert [cell.strip() for cell in last.split("|")][3:5] == ["275 (50–500)", "0.50"]


def test_the_disk_is_timed(tmp_path: Path) -> None:
    assert fsync_ms(tmp_path) > 0


@pytest.mark.slow
def test_a_small_run_measures_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    main(
        ["--rounds=1", "--requests=8", "--connections=2", "--starts=1", "--engine=SQLite", "--json"]
    )

    measured = json.loads(capsys.readouterr().out)

    cases = [name for name, _ in groupby(case["case"] for case in measured)]
    assert cases == [BARE, "bare Flask, one insert", "webhook", BARE]
    assert all(case["per_second"][0] > 0 and case["megabytes"] > 0 for case in measured)


def _figures(*per_second: float) -> Figures:
    ones = [1.0] * len(per_second)
    return Figures([*per_second], ones, ones, ones, ones, [0.3])
