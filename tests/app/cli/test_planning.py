"""`beredskap rota generate` proposes a rota, and what it writes can be loaded and is lawful."""

import os
import subprocess
import sys
from pathlib import Path

from tests.app.cli.terminal import Terminal, one_line

GENERATE = ("rota", "generate", "--line", "eftervard", "--from", "2027-01-11")
AWAY = "therapist,starts_at,ends_at,kind\n"
FORTNIGHT = ("--from", "2027-01-11", "--to", "2027-01-25")


def test_a_plan_is_kept_as_a_draft_that_nobody_goes_by_yet(loaded: Terminal) -> None:
    planned = loaded.run(*GENERATE, "--weeks", "1", "--absences-out", f"{loaded.folder}/off.csv")

    assert planned.status == 0, planned.err
    assert "proved: no rota costs less" in planned.out
    assert "Checked: 0 errors" in planned.out
    assert f"`beredskap absences import {loaded.folder}/off.csv`" in planned.out
    assert "Draft 1 is kept; `beredskap rota publish 1 --line eftervard`" in planned.out
    drafts = loaded.run("rota", "drafts", "--line", "eftervard", "--json").json["drafts"]
    assert [(d["author"], d["shifts"]) for d in drafts] == [("planner", 14)]


def test_what_is_written_is_loaded_again_and_has_no_error(loaded: Terminal) -> None:
    rota, off = f"{loaded.folder}/planned.csv", f"{loaded.folder}/off.csv"
    leave = f"{AWAY}t1,2027-01-11T00:00,2027-01-18T00:00,leave\n"
    loaded.run("absences", "import", loaded.file("leave.csv", leave))
    planned = loaded.run(*GENERATE, "--weeks", "2", "--out", rota, "--absences-out", off)
    assert planned.status == 0, planned.err

    assert loaded.run("absences", "import", off).status == 0
    brought = loaded.run("rota", "import", rota, "--line", "eftervard", "--strict")
    checked = loaded.run("rota", "check", "--line", "eftervard", *FORTNIGHT, "--json")

    assert brought.status == 0, brought.err
    assert checked.status == 0
    assert {f["severity"] for f in checked.json["findings"]} <= {"info", "warning"}
    assert loaded.run("rota", "drafts", "--line", "eftervard").out == "No drafts.\n"


def test_a_program_is_told_everything_and_progress_stays_out_of_it(loaded: Terminal) -> None:
    told = loaded.run(*GENERATE, "--weeks", "1", "--dry-run", "--json")

    assert told.status == 0, told.err
    assert told.json["status"] == "optimal"
    assert told.json["cost"] == told.json["bound"]
    assert told.json["draft"] is None
    assert len(told.json["shifts"]) == 14
    assert len(told.json["days_off"]) == 2
    assert "a rota with cost" in told.err


def test_where_there_is_no_rota_it_is_said_why(loaded: Terminal) -> None:
    away = "".join(f"t{n},2027-01-11T00:00,2027-01-18T00:00,leave\n" for n in range(1, 6))
    loaded.run("absences", "import", loaded.file("leave.csv", AWAY + away))

    for_people = loaded.run(*GENERATE, "--weeks", "1")
    for_programs = loaded.run(*GENERATE, "--weeks", "1", "--json")

    assert (for_people.status, for_people.err) == (1, "beredskap: there is no such rota\n")
    assert "week of 2027-01-11" in for_people.out
    assert "away (R9): t1, t2, t3, t4, t5" in for_people.out
    assert "2 more people who may answer for the whole line" in for_people.out
    assert for_programs.status == 1
    assert for_programs.json["weeks"] == ["2027-01-11"]


def test_a_bad_wish_is_one_line(loaded: Terminal) -> None:
    wishes = loaded.file("wishes.csv", "therapist,starts_at,ends_at,wish\nt9,,,free\n")

    refused = loaded.run(*GENERATE, "--weeks", "1", "--wishes", wishes)

    assert refused.status == 2
    assert one_line(refused.err) == (
        "beredskap: wishes.csv, line 2, therapist: there is no such therapist\n"
    )


def test_a_weight_that_there_is_none_of_is_refused(loaded: Terminal) -> None:
    unknown = loaded.run(*GENERATE, "--weeks", "1", "--weight", "luck=3")
    no_number = loaded.run(*GENERATE, "--weeks", "1", "--weight", "wish=much")

    assert (unknown.status, no_number.status) == (2, 2)
    assert "there are: day-off, evenings-running, wish" in one_line(unknown.err)
    assert "wish must be a whole number up to 1000" in one_line(no_number.err)


def test_without_the_extra_it_is_said_how_to_install_it(loaded: Terminal) -> None:
    program = "import sys; sys.modules['ortools'] = None; from app.cli import main; main()"
    command = [sys.executable, "-c", program, *GENERATE, "--weeks", "1"]
    env = {"PATH": os.defpath, **loaded.env}

    run = subprocess.run(
        command, env=env, cwd=Path.cwd(), capture_output=True, text=True, check=False
    )

    assert run.returncode == 2, run.stderr
    assert one_line(run.stderr) == (
        "beredskap: planning needs OR-Tools: install it with `make planner`, or with "
        "`pip install 'beredskap[planner]'`\n"
    )
