"""`beredskap go-live`: a list to tick, in Swedish, without a name or a number in it."""

import re
from pathlib import Path

from app.console.go_live_words import HEADINGS, WORDS
from app.review.go_live import Part
from app.store import canaries
from app.store.check_ins import ask, confirm, confirmations, key_of
from app.store.database import make_engine, reading
from routing.canary import Outcome, Verdict
from routing.check_in import Turn
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.numbers import holds_number
from tests.app.cli.terminal import Terminal
from tests.examples import EFTERVARD, at


def test_the_list_names_what_is_wrong_and_its_remedy_in_swedish(loaded: Terminal) -> None:
    answer = loaded.run("go-live")

    assert answer.status == 1
    assert answer.out.startswith("# Inför driftstart\n")
    assert "- ✗ Klockan och det den sköter.\n  - `clock_never`: Klockan har aldrig" in answer.out
    assert "- ✓ jarva:s behandlare för hasselby-vallingby: HV 2025/1, till och med" in answer.out
    assert "- [ ] Vårdnadshavarna har fått information, var för sig.\n  vem: ____" in answer.out
    assert "mån, tis, ons, tors, fre 17:00–22:00; lör, sön, röda dagar, aftnar" in answer.out


def test_it_holds_no_name_and_no_number(loaded: Terminal) -> None:
    out = loaded.run("go-live").out + loaded.run("go-live", "--json").out

    assert not holds_number(re.sub(r"[\d-]+T?[\d:.+]+", "", out))
    assert not re.search(r"\+46|070|0846", out)
    assert not [n for n in range(1, 7) if f"Therapist {n}" in out]
    assert "Socialjouren" not in out


def test_in_english_and_into_a_file(loaded: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "list.md"

    answer = loaded.run("go-live", "--language", "en", "--out", str(path))

    assert answer.status == 1
    assert re.fullmatch(r"\d+ wrong, [1-9] not known: see list.md\n", answer.out)
    assert path.read_text().startswith("# Before going live\n")


def test_programs_get_every_item_and_whether_all_is_right(loaded_on_each: Terminal) -> None:
    said = loaded_on_each.run("go-live", "--json").json

    assert said["ready"] is False
    clock = next(one for one in said["checked"] if one["code"] == "clock")
    assert clock == {
        "part": "service",
        "code": "clock",
        "about": {},
        "right": False,
        "findings": [{"code": "clock_never", "severity": "error"}],
        "unseen": [],
    }
    assert {"part": "changeover", "code": "rollback", "about": {}} in said["by_hand"]
    assert {one["code"] for one in (*said["checked"], *said["by_hand"])} <= set(WORDS)
    assert set(HEADINGS) == set(Part)


def test_a_database_that_is_away_is_one_of_the_faults(terminal: Terminal, tmp_path: Path) -> None:
    elsewhere = {**terminal.env, "DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"}

    answer = terminal.run("go-live", "--json", env=elsewhere)

    assert answer.status == 1
    assert not answer.err
    right = {one["code"]: one["right"] for one in answer.json["checked"]}
    assert right["database"] is False
    assert {code for code, known in right.items() if known is None} >= {
        "keys", "clock", "webhooks", "account", "last_backup", "administrator"
    }  # fmt: skip


def test_what_could_not_be_looked_at_is_neither_right_nor_wrong_and_says_why(
    loaded: Terminal,
) -> None:
    out = loaded.run("go-live", env={**loaded.env, "TWILIO_ACCOUNT_SID": "", "PUBLIC_URL": ""}).out

    why = "Inte undersökt, på grund av `no_account`: TWILIO_ACCOUNT_SID är inte satt"
    assert f"- ? Det som går att se av kontot hos Twilio.\n  - {why}" in out
    assert "- ? Den publika adressen och dess certifikat.\n  - Inte undersökt" in out
    assert "- ? Operatören har inte frågat något på två dygn" in out
    assert re.search(r"\d+ är fel \(✗\) och om [4-9] är inget känt \(\?\)", out)


def test_a_telephone_counts_once_it_has_answered_and_a_page_does_not(loaded: Terminal) -> None:
    engine = make_engine(loaded.database_url)
    for therapist, by in (("t1", "text"), ("t2", "page")):
        span = Interval(at("2026-03-03T17:00"), at("2026-03-03T22:00"))
        turn = Turn(TherapistId(therapist), 1, span)
        with engine.begin() as connection:
            ask(connection, EFTERVARD, turn, at("2026-03-03T15:00"))
            confirm(connection, key_of(EFTERVARD, turn), by, at("2026-03-03T15:01"))
    with reading(engine) as connection:
        known = confirmations(connection)
    engine.dispose()

    assert known == {TherapistId("t1"): at("2026-03-03T15:01")}
    assert "- ✓ t1: svarade på en incheckning 2026-03-03." in loaded.run("go-live").out


def test_a_line_counts_as_called_once_its_test_call_came_through(loaded: Terminal) -> None:
    assert "- ✗ eftervard (Eftervård): provsamtalet" in loaded.run("go-live").out
    engine = make_engine(loaded.database_url)
    with engine.begin() as connection:
        begun = canaries.begin(connection, EFTERVARD, at("2026-03-03T16:00"))
        made = canaries.of_id(connection, begun)
        assert made is not None
        canaries.finish(connection, made, Verdict(Outcome.PASSED), None, at("2026-03-03T16:01"))
    engine.dispose()

    said = loaded.run("go-live", "--json").json["checked"]

    ours = next(one for one in said if one["code"] == "line_canary")
    assert ours["right"] is (not ours["findings"])
