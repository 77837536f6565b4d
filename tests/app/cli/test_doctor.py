"""`beredskap doctor` on a terminal: a line for each thing wrong, and a status for a script."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.bootstrap import utc_now
from app.store import pulses
from app.store.database import make_engine
from tests.app.cli.terminal import Terminal, one_line
from tests.app.duty.before_duty import manned
from tests.app.world import NOWHERE, publish

NEVER_RAN = (
    "error  The clock has never run: no text is passed on, and nobody is told of anything.  "
    "Start `beredskap clock`."
)


def codes(terminal: Terminal) -> dict[str, str]:
    """What is found, and how bad it is."""
    found = terminal.run("doctor", "--json").json["findings"]
    return {one["code"]: one["severity"] for one in found}


def test_a_service_that_never_ran_may_lose_calls(loaded: Terminal) -> None:
    answer = loaded.run("doctor")

    assert answer.status == 1
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert NEVER_RAN in lines
    assert any(line.startswith("warning  SMTP_URL is not set") for line in lines)
    assert [line for line in lines if line.startswith("error")] == lines[
        : sum(line.startswith("error") for line in lines)
    ]


def test_without_anything_wrong_that_costs_a_call_the_status_is_nought(
    loaded_on_each: Terminal,
) -> None:
    terminal = loaded_on_each
    terminal.env["FALLBACK_URL"] = "https://elsewhere.example.se/fallback.xml"
    cover(terminal)

    answer = terminal.run("doctor", "--json")

    assert {one["severity"] for one in answer.json["findings"]} == {"warning"}
    assert answer.status == 0


def cover(terminal: Terminal) -> None:
    """Every hour of the coming weeks is somebody's, and the clock has just run."""
    now = utc_now()
    days = [f"{now + timedelta(days=n):%Y-%m-%dT00:00}" for n in (-2, 20)]
    engine = make_engine(terminal.database_url)
    publish(engine, manned(*days))
    with engine.begin() as connection:
        pulses.beat(connection, pulses.CLOCK, now)
    engine.dispose()


def test_it_changes_nothing_and_keeps_no_picture(loaded: Terminal) -> None:
    before = loaded.kept(("pulses", "outbox", "changes"))
    kept = [path.name for path in loaded.folder.glob("last-good*")]
    stamps = [path.stat().st_mtime_ns for path in loaded.folder.glob("last-good*")]

    loaded.run("doctor")

    assert loaded.kept(("pulses", "outbox", "changes")) == before
    assert [path.name for path in loaded.folder.glob("last-good*")] == kept
    assert [path.stat().st_mtime_ns for path in loaded.folder.glob("last-good*")] == stamps


def test_a_database_that_is_away_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    terminal = Terminal.at(NOWHERE, tmp_path)

    answer = terminal.run("doctor", "--json")

    found = {one["code"]: one for one in answer.json["findings"]}
    assert answer.status == 1
    assert found["database_away"]["severity"] == "error"
    assert "nobody@" not in answer.out


def test_a_database_without_tables_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "new.db").touch()
    terminal = Terminal.at(f"sqlite:///{tmp_path / 'new.db'}", tmp_path)

    answer = terminal.run("doctor")

    assert (
        "error  The database has no tables yet.  Run `beredskap init`." in answer.out.splitlines()
    )


def test_a_mistyped_path_is_found_and_nothing_is_made_of_it(tmp_path: Path) -> None:
    terminal = Terminal.at(f"sqlite:///{tmp_path / 'bererskap' / 'new.db'}", tmp_path / "state")

    answer = terminal.run("doctor", "--json")

    assert "database_missing" in {one["code"] for one in answer.json["findings"]}
    assert answer.status == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["oncall", "handovers", "keys status", "audit verify", "purge"])
def test_a_command_that_finds_no_file_says_so_in_one_line(words: str, tmp_path: Path) -> None:
    terminal = Terminal.at(f"sqlite:///{tmp_path / 'new.db'}", tmp_path)

    answer = terminal.run(*words.split())

    assert answer.status == 1
    assert "there is no such database file" in one_line(answer.err)
    assert list(tmp_path.glob("*.db")) == []
    assert terminal.run("init").status == 0
    assert (tmp_path / "new.db").stat().st_size > 0


def test_a_program_is_told_whether_all_is_well_and_when_that_was(loaded: Terminal) -> None:
    before = utc_now()

    told = loaded.run("doctor", "--json").json

    assert told["ok"] is False
    assert timedelta() <= datetime.fromisoformat(told["checked_at"]) - before.replace(microsecond=0)
    assert {*told["findings"][0]} == {"code", "severity", "message", "remedy"}


def test_no_telephone_number_or_name_is_said(loaded: Terminal) -> None:
    said = loaded.run("doctor").out

    assert "+46" not in said
    assert "Therapist" not in said
    assert "nobody_first" in codes(loaded)
