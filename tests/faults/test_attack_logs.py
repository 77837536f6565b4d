"""What somebody else has written never looks like a line of the log, and never moves a cursor."""

import io
import json
import logging
from typing import NoReturn

import pytest
import structlog

from tests.app.conftest import start_log

FORGED = "2026-03-03T19:04:00.000000Z [error    ] call.failed"
EVIL = (
    f"x\n{FORGED}\r\x1b[2J\x1b[31m\x07\x9b31m\u2028{FORGED}\u2029\x85{FORGED}\u202egnorw\u2066\x00"
)
UNSEEN = set(EVIL) - set("x\n" + FORGED) - set("gnorw[2J31m")


def fail() -> NoReturn:
    raise ValueError(EVIL)


def everywhere() -> None:
    """*EVIL* in a value, within one, in a name, a message, an error, and a library's line."""
    log, library = structlog.get_logger(), logging.getLogger("some.library")
    log.info("call.tried", contact=EVIL, form={"x": [EVIL], EVIL: 1})
    log.info("call.tried", contact=EVIL.replace(" ", "").replace("\n", ""))
    log.info(EVIL)
    log.info("call.tried", **{EVIL: 1})
    structlog.contextvars.bind_contextvars(call=EVIL)
    try:
        fail()
    except ValueError:
        log.exception("call.failed")
        library.exception("failed with %s", EVIL)
    library.warning(EVIL, extra={"who": EVIL})


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "columns"])
def test_no_words_become_a_line_or_move_the_cursor(*, as_json: bool) -> None:
    written = io.StringIO()
    start_log(written, as_json=as_json)

    everywhere()

    text = written.getvalue()
    assert [char for char in UNSEEN if char in text] == []
    lines = text.split("\n")[:-1]
    assert text.splitlines() == lines
    assert [line for line in lines if line.startswith(FORGED)] == []
    if as_json:
        assert len([json.loads(line) for line in lines]) == 7
    else:
        first = [line for line in lines if line and not line.startswith("  ")]
        assert len(first) == 7  # the rest are lines of tracebacks, and seen to be


def test_what_is_seen_is_written_as_it_was(log: io.StringIO) -> None:
    structlog.get_logger().info("call.tried", words='Åsa \U0001f64f "x" \\ C:\\x1b\\u0007')

    assert json.loads(log.getvalue())["words"] == 'Åsa \U0001f64f "x" \\ C:\\x1b\\u0007'


@pytest.mark.parametrize(
    "before", ["\x00", "\x07", "\b", "\f", "\n", "\x1b", "\x85", "\u2028", "\\"]
)
@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "columns"])
def test_no_number_hides_behind_what_is_not_seen(before: str, *, as_json: bool) -> None:
    written = io.StringIO()
    start_log(written, as_json=as_json)

    for number in ("0701740650", "+46701740650", "0046701740650", "46701740650"):
        structlog.get_logger().info("call.tried", who=f"x {before}{number}", all=[before + number])
        structlog.get_logger().info(f"{before}{number}")

    assert "701740650" not in written.getvalue()
    assert written.getvalue().count("[number]") == 12
    assert len(written.getvalue().splitlines()) == 8
    if as_json:
        assert [json.loads(line)["level"] for line in written.getvalue().splitlines()]
