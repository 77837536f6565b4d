"""The hours of a month, as payroll reads them."""

import pytest

from tests.app.cli.terminal import Terminal

HEADER = (
    "therapist,employer,month,standby_minutes,standby_red_minutes,callout_minutes,"
    "callout_red_minutes,callouts"
)


def test_the_month_s_hours_are_a_table_for_payroll(loaded: Terminal) -> None:
    out = loaded.run("hours", "export", "--month", "2026-03").out

    assert out.splitlines() == [
        HEADER,
        "t1,hasselby-vallingby,2026-03,300,0,0,0,0",
        "t2,hasselby-vallingby,2026-03,300,0,0,0,0",
        "t4,jarva,2026-03,300,0,0,0,0",
        "t5,jarva,2026-03,300,0,0,0,0",
    ]
    assert loaded.run("hours", "export", "--month", "2026-04", "--json").json == {"hours": []}


@pytest.mark.parametrize("month", ["2026", "2026-13", "march", "2026-03-01", ""])
def test_a_month_that_is_none_is_refused(month: str, loaded: Terminal) -> None:
    answer = loaded.run("hours", "export", "--month", month)

    assert (answer.status, answer.err) == (2, "beredskap: --month: not a month such as 2026-03\n")
