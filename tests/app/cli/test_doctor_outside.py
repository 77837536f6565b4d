"""`beredskap doctor` looks at a whole installation: at one that is well, and at one that is ill."""

import socket
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from app.bootstrap import utc_now
from app.cli import doctor
from app.lab.account import Profile
from app.review.diagnosis import Diagnosis
from app.store import pulses
from app.store.database import make_engine
from app.store.tables import optouts, shifts
from app.store.tables import pulses as kept_pulses
from routing.finding import Severity
from tests.app.cli.clinic import FOR_EVER, Installation, installation
from tests.app.cli.terminal import Terminal
from tests.app.review.test_doctor import system
from tests.app.world import changed

ILL = {
    "tokens_left": "warning",
    "clock_stopped": "error",
    "nobody_first": "error",
    "opted_out_on_duty": "warning",
    "mandate_ends": "warning",
    "number_voice": "error",
    "fallback_differs": "error",
    "account_unapproved": "error",
    "balance_low": "error",
    "certificate_ends": "warning",
    "mail_away": "warning",
}


def test_where_all_is_well_it_says_so(sqlite_url: str, tmp_path: Path) -> None:
    with installation(sqlite_url, tmp_path) as ours:
        answer = ours.terminal.run("doctor")
        told = ours.terminal.run("doctor", "--json").json

    assert (answer.status, answer.out, answer.err) == (0, "Nothing is wrong.\n", "")
    assert (told["ok"], told["findings"]) == (True, [])


def sicken(ours: Installation) -> None:
    """Much goes wrong at once."""
    ours.terminal.env["TWILIO_AUTH_TOKEN"] += ",an old one"
    ours.terminal.env["SMTP_URL"] = "smtp://gone.example.se"
    ours.around.number.voice_url = "https://other.example.se/voice"
    ours.around.account.balance = ("4.20", "USD")
    ours.around.account.profiles = [Profile("another policy")]
    ours.pages["/fallback.xml"] = (200, b"<Response/>")
    now = utc_now()
    engine = make_engine(ours.terminal.database_url)
    with engine.begin() as connection:
        connection.execute(kept_pulses.delete())
        pulses.beat(connection, pulses.CLOCK, now - timedelta(hours=1))
        soon = shifts.c.starts_at < now + timedelta(days=1)
        connection.execute(shifts.delete().where(soon, shifts.c.position == 1))
        connection.execute(optouts.insert(), {"number_key": b"t1", "therapist": "t1", "since": now})
    engine.dispose()


def test_an_ill_one_is_told_of_with_what_to_do(sqlite_url: str, tmp_path: Path) -> None:
    last = f"valid_to = {utc_now() + timedelta(days=20):%Y-%m-%d}\n"
    toml = changed((FOR_EVER[0], last))
    with installation(sqlite_url, tmp_path, timedelta(days=9), toml) as ours:
        sicken(ours)
        answer = ours.terminal.run("doctor")
        told = ours.terminal.run("doctor", "--json").json

    assert answer.status == 1
    assert {one["code"]: one["severity"] for one in told["findings"]} == ILL
    assert not told["ok"]
    said = answer.out + str(told)
    secrets = ("+46", "Therapist", "a token", "an old one", ours.terminal.env["SECRET_KEY"])
    assert not [secret for secret in secrets if secret in said]
    lines = answer.out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)


def test_whatever_hangs_it_comes_to_its_end(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_FOR_THE_REST", 0.3)
    with (
        installation(sqlite_url, tmp_path) as ours,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        deaf = f"127.0.0.1:{silent.getsockname()[1]}"
        env = {
            **ours.terminal.env,
            "SMTP_URL": f"smtp://{deaf}",
            "TWILIO_API_URL": f"http://{deaf}",
        }
        began = monotonic()
        some = ours.terminal.run("doctor", "--json", env=env).json["findings"]
        monkeypatch.setattr(doctor, "_FOR_OURSELVES", 0.3)
        database = f"postgresql://nobody:hemligt@{deaf}/none"
        all_ = ours.terminal.run("doctor", "--json", env={**env, "DATABASE_URL": database})

    assert monotonic() - began < 20
    unfinished = [one["message"] for one in some if one["code"] == "check_unfinished"]
    assert {words.split("known of ")[1].split(":")[0] for words in unfinished} >= {
        "the mail server",
        "the account at the carrier",
        "the numbers and the fallback",
    }
    assert "database_away" in {one["code"] for one in all_.json["findings"]}
    assert "hemligt" not in all_.out


def test_a_look_that_fails_by_a_fault_of_ours_hides_nothing_of_the_others(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr(doctor, "diagnose_account", fault)
    with installation(sqlite_url, tmp_path) as ours:
        ours.around.number.voice_url = "https://other.example.se/voice"
        listed = ours.terminal.run("go-live", "--json").json["checked"]

    found = {each["code"] for one in listed for each in (*one["findings"], *one["unseen"])}
    assert found == {"check_unfinished", "number_voice"}
    right = {one["code"]: one["right"] for one in listed}
    assert (right["account"], right["front"], right["line_number"]) == (None, True, False)


def test_what_is_only_to_be_known_is_nothing_wrong(
    loaded: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Diagnosis("canary_by_webhooks", Severity.INFO, {"line": "eftervard", "code": "21210"})
    monkeypatch.setattr(doctor, "look", lambda _, __: (system(), (known,)))

    answer = loaded.run("doctor")

    said, last = answer.out.splitlines()
    assert said.startswith("info  ")
    assert (last, answer.status) == ("Nothing is wrong.", 0)
