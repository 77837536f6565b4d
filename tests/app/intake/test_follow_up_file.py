"""What is ordered of a follow-up, in a file, and what is said of a fault in it."""

import pytest

from app.intake.follow_up_file import read_order
from routing.errors import InvalidInput
from routing.follow_up import IfNotReached
from tests.examples import STOCKHOLM, span

ORDER = """\
client = "K-1001"
number = 2
language = "fi"
voicemail = true
attempts = 4
if_not_reached = "socialjouren"
instruction = \"\"\"
Fråga hur kvällen har varit.
Ring inte om pappa är hemma.
\"\"\"

[[windows]]
from = 2026-03-03T19:00:00
to = "2026-03-03T20:00"
if_not_reached = "next_window"

[[windows]]
from = "2026-03-07T11:00"
to = "2026-03-07T12:00"
"""
FEWEST = """\
client = "K-1001"
if_not_reached = "home_district"
instruction = "Ring."
windows = [{ from = "2026-03-03T19:00", to = "2026-03-03T20:00" }]
"""


def test_everything_that_can_be_said() -> None:
    read = read_order("order.toml", ORDER.encode(), STOCKHOLM)

    assert (read.client, read.number, read.language, read.max_attempts) == ("K-1001", 2, "fi", 4)
    assert (read.may_leave_voicemail, read.may_say_who_calls) == (True, False)
    assert read.instruction.splitlines()[1] == "Ring inte om pappa är hemma."
    assert [window.time for window in read.windows] == [
        span("2026-03-03T19:00", "2026-03-03T20:00"),
        span("2026-03-07T11:00", "2026-03-07T12:00"),
    ]
    rules = [window.if_not_reached for window in read.windows]
    assert rules == [IfNotReached.NEXT_WINDOW, IfNotReached.SOCIALJOUREN]
    assert "pappa" not in repr(read)
    assert "K-1001" not in repr(read)


def test_what_need_not_be_said() -> None:
    read = read_order("order.toml", FEWEST.encode(), STOCKHOLM)

    assert (read.number, read.line, read.district, read.language) == (None, None, None, None)
    assert (read.may_leave_voicemail, read.may_say_who_calls, read.max_attempts) == (
        False, False, 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('client = "K-1001"\n', "", "order.toml, client: is missing"),
        ('"K-1001"', '" "', "order.toml, line 1, client: is empty"),
        ('"K-1001"', "1001", "order.toml, line 1, client: must be a text in quotes"),
        ("number = 2", 'number = "+46701740650"', "line 2, number: must be a whole number"),
        ("number = 2", "number = true", "line 2, number: must be a whole number"),
        ("number = 2", 'phone = "070-174 06 50"', "line 2, phone: unknown field"),
        ("voicemail = true", 'voicemail = "yes"', "line 4, voicemail: must be true or false"),
        ('"socialjouren"', '"police"', "must be one of socialjouren, next_window, home_district"),
        ('"next_window"', '"later"', "line 15, windows.if_not_reached: must be one of"),
        ('"next_window"', "1", "line 15, windows.if_not_reached: must be a text in quotes"),
        ('"2026-03-03T20:00"', '"2026-03-03T19:00"', "line 14, windows.to: is not after its st"),
        ('"2026-03-03T20:00"', '"20:00"', "line 14, windows.to: not a time such as"),
        ('"2026-03-03T20:00"', "20", "line 14, windows.to: not a time such as"),
        ('to = "2026-03-03T20:00"\n', "", "line 12, windows.to: is missing"),
        ('to = "2026-03-03T20:00"', 'till = "x"', "line 14, windows.till: unknown field"),
        ("[[windows]]\nfrom = 2026", "windows = 1\n[[window]]\nfrom = 2026", "order.toml"),
        ('client = "K-1001"', 'client = "K-1001', "order.toml: not TOML"),
    ],
)
def test_a_fault_is_named_by_file_line_and_field_and_not_quoted(
    old: str, new: str, said: str
) -> None:
    assert old in ORDER

    with pytest.raises(InvalidInput) as caught:
        read_order("order.toml", ORDER.replace(old, new, 1).encode(), STOCKHOLM)

    assert said in str(caught.value)
    for secret in ("K-1001", "701740650", "pappa"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (ORDER.encode("latin-1"), "not UTF-8"),
        (b"#" * 100_001, "larger than"),
        (FEWEST.replace("[{", "[1, {").encode(), "windows: must be a table"),
    ],
)
def test_what_is_no_order_at_all(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_order("order.toml", data, STOCKHOLM)
