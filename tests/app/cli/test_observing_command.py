"""`beredskap observe` on a terminal; what it makes of calls is in tests/app/telephony."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.main import beredskap
from tests.app.cli.terminal import Terminal, one_line

SPARE = "+46701740690"
AT = ("--number", SPARE, "--public-url", "https://test.example.se", "--port", "0")


def test_the_list_says_what_to_do_with_which_phone(terminal: Terminal) -> None:
    answer = terminal.run("observe", "--list")

    assert answer.status == 0
    assert answer.out.count("assumed: ") == 10
    assert "2. Pick up the second phone, and hang it up without pressing a key." in answer.out


def test_what_is_left_out_is_recorded_as_not_seen(terminal: Terminal, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        beredskap,
        ["observe", *AT, "--out", str(tmp_path / "seen")],
        input="s\ns\ns\nq\n",  # those that need no second phone
        env=terminal.env,
        catch_exceptions=False,
    )

    assert result.exit_code == 0
    assert "https://test.example.se/observe/voice#rc=1&rp=ct,rt,5xx" in result.stdout
    assert "left out: a second phone (--second) was not given" in result.stdout
    kept = json.loads((tmp_path / "seen" / "observed.json").read_text())
    assert {one["verdict"] for one in kept["behaviours"]} == {"not seen"}
    assert (tmp_path / "seen" / "observed.md").read_text().count("not seen") == 10
    assert SPARE not in result.stdout


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--only", "nothing"), "--only: there is no nothing; there are: whisper, caller"),
        (("--number", "+46766861004"), "--number: it is the line eftervard's own"),
        (("--number", "12"), "not a valid telephone number"),
    ],
)
def test_what_cannot_be_is_one_line(loaded: Terminal, more: tuple[str, ...], says: str) -> None:
    answer = loaded.run("observe", *AT, *more)

    assert answer.status == 2
    assert says in one_line(answer.err)


def test_without_a_number_it_says_so(terminal: Terminal) -> None:
    assert "--number and --public-url are needed" in terminal.run("observe").err


def test_where_nothing_can_be_written_is_said_before_anything_is_played(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    answer = terminal.run("observe", *AT, "--out", str(tmp_path / "file" / "seen"))

    assert answer.status == 1
    assert "file" in one_line(answer.err)
    assert "Enter when done" not in answer.out


def test_a_port_that_is_taken_is_one_line(terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = terminal.run("observe", *AT[:-1], str(taken.getsockname()[1]))

    assert answer.status == 2
    assert "--port: another program listens there" in one_line(answer.err)
