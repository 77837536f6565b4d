"""Commands about one handover: who reads, acknowledges and exports it, and what is kept of that."""

import json
import stat
from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.duty.handover import Desk, build_handovers, notify_of_handovers
from app.duty.handover_state import chase_handovers
from app.settings import Settings
from tests.app.cli.terminal import Terminal, one_line
from tests.app.duty.before_duty import MANAGERS
from tests.examples import ORGANISATION_TOML, at

YOUTH = "+46701740650"


@pytest.fixture
def handed(loaded: Terminal) -> tuple[Terminal, str]:
    """Järva's handover of a Tuesday, told of and then ignored, and its id."""
    loaded.run("load", loaded.file("with_managers.toml", ORGANISATION_TOML + MANAGERS))
    done = loaded.run("call", "--from", YOUTH, "--at", "2026-03-03T19:04")
    assert "is talking with t4" in done.out
    parts = assemble(Settings.from_env(loaded.env))
    parts.mirror.refresh()
    organisation = parts.mirror.picture.organisation
    desk = Desk(parts.engine, parts.cipher, "https://jour.example.se", mails=False)
    build_handovers(desk, organisation, at("2026-03-03T22:00"))
    notify_of_handovers(desk, organisation, at("2026-03-03T22:01"))
    chase_handovers(desk, organisation, at("2026-03-04T09:01"))
    chase_handovers(desk, organisation, at("2026-03-04T09:31"))
    (row,) = loaded.run("handovers", "--json").json["handovers"]
    assert (row["part"], row["late"], row["state"]) == (0, True, "notified")
    return loaded, row["handover_id"]


def kept(terminal: Terminal, act: str) -> int:
    return terminal.kept(("readings",)).count(f"'act': '{act}'")


def test_a_handover_is_read_acknowledged_and_put_into_the_file(
    handed: tuple[Terminal, str],
) -> None:
    terminal, handover = handed

    shown = terminal.run("handover", "show", handover, "--by", "t5", "--language", "en")
    structured = terminal.run("handover", "show", handover, "--by", "t5", "--json").json
    early = terminal.run("handover", "transfer", handover, "--by", "t5")
    done = [
        terminal.run("handover", step, handover, "--by", who).out
        for step, who in (
            ("acknowledge", "t5"), ("acknowledge", "t6"), ("transfer", "t6"), ("close", "t6"),
        )
    ]  # fmt: skip
    past = terminal.run("handover", "history", handover, "--by", "m2", "--json").json

    assert shown.out.startswith("Handover to Järva: 1 contact, 1 lacks a note.\n")
    assert structured["state"] == "opened"
    assert one_line(early.err) == "beredskap: the handover cannot be transferred yet\n"
    assert done == [
        "Acknowledged.\n",
        "It was acknowledged already.\n",
        "Transferred.\n",
        "Closed.\n",
    ]
    assert [(one["event"], one["actor"]) for one in past["history"]] == [
        ("built", None), ("notified", None), ("reminded", None), ("escalated", None),
        ("opened", "t5"), ("acknowledged", "t5"), ("transferred", "t6"), ("closed", "t6"),
    ]  # fmt: skip
    (row,) = terminal.run("handovers", "--json").json["handovers"]
    assert not row["late"]


def test_the_history_of_one_that_was_ignored(handed: tuple[Terminal, str]) -> None:
    terminal, handover = handed

    past = terminal.run("handover", "history", handover, "--by", "m2")

    assert past.out == (
        "tisdag 3 mars 2026 22.00            skapad\n"
        "tisdag 3 mars 2026 22.01            aviserad\n"
        "onsdag 4 mars 2026 09.01            påmind om\n"
        "onsdag 4 mars 2026 09.31            cheferna underrättade\n"
    )


def test_an_export_is_a_new_file_for_one_reader_and_is_kept_in_the_log(
    handed: tuple[Terminal, str], tmp_path: Path
) -> None:
    terminal, handover = handed
    pdf, structured = tmp_path / "a.pdf", tmp_path / "a.json"
    export = ("handover", "export", handover, "--by", "t5", "--format")

    answers = [
        terminal.run(*export, form, "--out", str(out))
        for form, out in (("pdf", pdf), ("json", structured))
    ]
    again = terminal.run(*export, "json", "--out", str(pdf))

    assert [answer.status for answer in answers] == [0, 0]
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert json.loads(structured.read_text())["handover_id"] == handover
    assert {stat.S_IMODE(out.stat().st_mode) for out in (pdf, structured)} == {0o600}
    assert (again.status, pdf.read_bytes()[:5]) == (2, b"%PDF-")
    assert "is not written over" in one_line(again.err)
    assert kept(terminal, "export") == 2
    past = terminal.run("handover", "history", handover, "--by", "t4", "--json").json
    assert [one["actor"] for one in past["history"] if one["event"] == "exported"] == ["t5", "t5"]


@pytest.mark.parametrize(
    ("command", "act", "why"),
    [
        (("show",), "read", "not_your_contact"),
        (("acknowledge",), "acknowledge", "not_your_district"),
        (("export", "--format", "json", "--out", "never.json"), "export", "not_your_district"),
        (("history",), "log", "not_your_contact"),
    ],
    ids=["show", "acknowledge", "export", "history"],
)
def test_the_other_district_is_turned_away_and_that_is_kept(
    command: tuple[str, ...], act: str, why: str, handed: tuple[Terminal, str]
) -> None:
    terminal, handover = handed

    answer = terminal.run("handover", command[0], handover, *command[1:], "--by", "t1")

    assert (answer.status, answer.out) == (1, "")
    assert one_line(answer.err) == f"beredskap: {why.replace('_', ' ')}\n"
    assert kept(terminal, act) == 1
    assert f"'denied': '{why}'" in terminal.kept(("readings",))
    assert not Path("never.json").exists()


@pytest.mark.parametrize(
    ("by", "handover", "status", "said"),
    [
        ("nobody", "x", 2, "--by: nobody there has that id"),
        ("t5", "x", 1, "there is no such handover"),
        ("m2", "", 1, "not your office"),
    ],
)
def test_whoever_cannot_is_told_in_one_line(
    by: str, handover: str, status: int, said: str, handed: tuple[Terminal, str]
) -> None:
    terminal, known = handed

    answer = terminal.run("handover", "show", handover or known, "--by", by)

    assert (answer.status, one_line(answer.err)) == (status, f"beredskap: {said}\n")
