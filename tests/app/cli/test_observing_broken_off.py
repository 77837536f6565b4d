"""`beredskap observe --borrow` gives the number back, however its process is made to end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

import pytest

from app.cli.signals import ended_once
from app.lab.account import Account, Number
from app.lab.carrier import Carrier
from app.lab.rest_server import serve
from app.lab.transport import WsgiTransport
from tests.app.world import environment
from tests.lab.line import START

SPARE = "+46701740690"
WAITS = b"Enter when done"
# As the entry point does, without the seconds that the other commands take to be loaded.
_PROGRAM = """
import fcntl, termios
import app.cli.observe
from app.cli.main import beredskap
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the window is this process's own
beredskap(standalone_mode=False)
"""


def spare() -> Number:
    return Number(
        SPARE,
        voice_url="https://elsewhere.example.se/voice",
        voice_fallback_url="https://elsewhere.example.se/fallback",
        status_callback="https://elsewhere.example.se/status",
        sms_url="https://elsewhere.example.se/sms",
    )


def led_to(number: Number) -> tuple[str, ...]:
    return (
        *(number.voice_url, number.voice_method),
        *(number.voice_fallback_url, number.voice_fallback_method),
        *(number.status_callback, number.sms_url, number.sms_method),
    )


@contextmanager
def sitting(number: Number, folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", FileIO]]:
    """The command in a window of its own, at its first question; and that window."""
    account = Account("AC" + "a" * 32, "a token for tests")
    carrier = Carrier(account, number, WsgiTransport(lambda _, __: []), start=START)
    side, screen = os.openpty()
    window = os.fdopen(side, "r+b", buffering=0)
    with serve(carrier.rest) as address:
        env = environment(f"sqlite:///{folder / 'none.db'}", folder, TWILIO_API_URL=address)
        command = ["observe", "--number", SPARE, "--public-url", "https://test.example.se"]
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *command, "--port", "0", "--borrow",
             "--out", str(folder / "seen")],
            stdin=screen, stdout=screen, stderr=screen,
            env={"PATH": os.defpath, **env, "NO_PROXY": "*"},
            start_new_session=True,
        )  # fmt: skip
        os.close(screen)
        try:
            window.write(b"y\n")
            said = b""
            while WAITS not in said:
                said += window.read(4096)
            yield process, window
        finally:
            process.kill()
            process.wait(60)
            window.close()


@pytest.mark.parametrize("is_closed", [False, True], ids=["terminated", "the window is closed"])
def test_the_number_is_set_up_as_before(is_closed: bool, tmp_path: Path) -> None:
    number = spare()
    before = led_to(number)
    with sitting(number, tmp_path) as (process, window):
        assert number.voice_url.startswith("https://test.example.se/observe/voice")
        if is_closed:
            window.close()
        for _ in range(600):  # again and again, as whoever is impatient or shuts down
            if not is_closed:
                process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
                break

    assert led_to(number) == before
    assert '"verdict": "not seen"' in (tmp_path / "seen" / "observed.json").read_text()


def test_whoever_started_it_to_outlive_its_window_is_obeyed() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup leaves it
    try:
        with ended_once():
            os.kill(os.getpid(), signal.SIGHUP)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)  # the first was enough
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
