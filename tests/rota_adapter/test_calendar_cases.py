"""Calendars as they are met, each with what it must come to; nasty/calendars.toml says what."""

import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from rota_adapter.reading import Unusable
from tests.rota_adapter.calendars import read, stated

_NASTY = Path(__file__).parent / "nasty"
_TABLE = tomllib.loads((_NASTY / "calendars.toml").read_text(encoding="utf-8"))["calendars"]


class _Case(NamedTuple):
    file: str
    title: str
    shifts: list[str] = []  # noqa: RUF012 - only read
    findings: list[str] = []  # noqa: RUF012 - only read
    unusable: str | None = None
    position: int | None = None


_CASES = [_Case(**row) for row in _TABLE]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.file}: {case.title}")
def test_a_calendar_comes_to_what_the_table_says(case: _Case) -> None:
    content = (_NASTY / case.file).read_bytes()
    if case.unusable is not None:
        with pytest.raises(Unusable) as caught:
            read(content)
        assert caught.value.rule == case.unusable
        return

    reading = read(content, position=case.position)

    assert [stated(shift) for shift in reading.shifts] == case.shifts
    assert [f"{f.severity} {f.rule}" for f in reading.findings] == case.findings


def test_every_calendar_stands_in_the_table() -> None:
    assert sorted(case.file for case in _CASES) == sorted(p.name for p in _NASTY.glob("*.ics"))
