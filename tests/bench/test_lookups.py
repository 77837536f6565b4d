"""The parts of the lookup curve work; its figures are of no interest here."""

import json

import pytest

from tests.bench.lookups import Curve, as_table, main, rota_of


def test_a_rota_of_any_size_has_both_positions_held_at_every_moment() -> None:
    rota = rota_of(100)

    found = [rota.on_call(shift.time.start) for shift in rota.shifts]

    assert len(rota.shifts) == 100
    assert all([shift.position for shift in on] == [1, 2] for on in found)


def test_the_table_compares_each_size_with_the_smallest() -> None:
    curves = [
        Curve(100, 0.5, [800.0, 1000.0, 1200.0], [1000.0] * 3),
        Curve(1_000_000, 5000.0, [1500.0] * 3, [4000.0] * 3),
    ]

    rows = as_table(curves).splitlines()

    assert rows[2] == "| 100 | 1.00 (0.80–1.20) | 1.00 | 1.00 (1.00–1.00) | 1.00 | 0.5 |"
    assert rows[3].startswith("| 1 000 000 | 1.50 (1.50–1.50) | 1.50 | 4.00 (4.00–4.00) | 4.00 |")


def test_a_small_run_measures_every_size(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--most=3", "--rounds=1", "--lookups=100", "--json"])

    found = json.loads(capsys.readouterr().out)

    assert [row["shifts"] for row in found] == [100, 1000]
    assert all(min(row.values()) > 0 for row in found)
