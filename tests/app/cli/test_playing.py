"""`beredskap call` and `sms` play through the real webhooks, and show nobody's number."""

import re
from pathlib import Path

import pytest

from tests.app.cli.terminal import Terminal

EVENING = ("--at", "2026-03-03T19:04")
YOUTH = ("--from", "070-174 06 50")
SITTING = """start = 2026-11-20T19:04:00
[[deeds]]
do = "call"
who = "070-174 06 48"
[[deeds]]
do = "answer"
who = "1"
after = 5
[[deeds]]
do = "press"
who = "1"
words = "1"
after = 4
[[deeds]]
do = "hang up"
who = "1"
after = 30
"""
A_NUMBER = re.compile(r"\+?\d[\d -]{6,}\d")


def play(terminal: Terminal, *words: str) -> str:
    """What was printed: no number, nor anything on stderr."""
    answer = terminal.run(*words)
    assert (answer.status, answer.err) == (0, "")
    times = re.sub(r"\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d\S*|1 1 \d,? ?1? ?1? ?1?", "", answer.out)
    assert not A_NUMBER.search(times)
    return answer.out


def deeds(**phones: str) -> list[str]:
    return [word for who, does in phones.items() for word in ("--does", f"{who}={does}")]


def test_the_first_on_standby_answers(loaded_on_each: Terminal) -> None:
    told = play(loaded_on_each, "call", *YOUTH, *EVENING)

    assert told.splitlines()[0] == "2026-03-03T19:04:00+01:00  a call to eftervard"
    assert "19:04:00  caller  calls the line" in told
    assert "is talking with t4" in told
    assert "Logged: outcome answered, home_district jarva, caller K-1001, therapist t4" in told


def test_the_backup_answers(loaded: Terminal) -> None:
    told = play(loaded, "call", *YOUTH, *EVENING, *deeds(t4="no answer"))

    assert "is talking with t1" in told
    assert "therapist t1" in told


def test_a_voicemail_takes_the_first(loaded: Terminal) -> None:
    told = play(loaded, "call", *YOUTH, *EVENING, *deeds(t4="voicemail 6"))

    assert "voicemail picks up" in told
    assert "is talking with t1" in told


def test_nobody_answers_and_the_fallback_does(loaded: Terminal) -> None:
    told = play(loaded, "call", *YOUTH, *EVENING, *deeds(t4="busy", t1="answer 3, press 2"))

    assert "Vänta kvar" in told
    assert "is talking with Socialjouren" in told
    assert "outcome fallback_answered" in told


def test_a_withheld_number_at_half_past_ten(loaded: Terminal) -> None:
    told = play(loaded, "call", "--from", "withheld", "--at", "2026-03-03T22:30")

    assert "stängd just nu" in told
    assert "is talking with Socialjouren" in told
    assert "caller withheld-" in told


def test_nobody_at_all_ends_in_advice(loaded: Terminal) -> None:
    silent = deeds(t4="no answer", t1="no answer", Socialjouren="busy")
    told = play(loaded, "call", *YOUTH, *EVENING, *silent)

    assert "ring 1 1 2" in told
    assert "outcome fallback_failed" in told


def test_a_caller_can_hang_up(loaded: Terminal) -> None:
    told = play(loaded, "call", *YOUTH, *EVENING, "--caller", "hang up 2 after ringing")

    assert "caller  hangs up" in told
    assert "outcome abandoned" in told


def test_a_script_plays_everybody_s_part(loaded: Terminal) -> None:
    script = (
        'variant = "B"\ndefault = "no answer"\n\n[caller]\ndoes = "hang up 30 after bridging"\n\n'
        '[phones]\nt4 = "airplane"\n"+46701740605" = "answer 2, press 1, talk 90"\n'
    )

    told = play(loaded, "call", *YOUTH, *EVENING, "--script", loaded.file("script.toml", script))

    assert "voicemail picks up" in told
    assert "is talking with t1" in told


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ('[phones]\nnobody = "answer"\n', "line 2: nobody"),
        ('[phones]\nt4 = "sings"\n', "line 2: t4"),
        ('variant = "Z"\n', "line 1: variant"),
        ("[phones\n", "script.toml"),
    ],
    ids=["nobody known", "no such deed", "no such variant", "not TOML"],
)
def test_a_mistake_in_a_script_is_told_by_file_line_and_field(
    script: str, place: str, loaded: Terminal
) -> None:
    answer = loaded.run("call", *YOUTH, *EVENING, "--script", loaded.file("script.toml", script))

    assert (answer.status, answer.out) == (2, "")
    assert "script.toml" in answer.err
    assert place in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        ("call", "--from", "112"),
        ("call", "--from", "somebody"),
        ("call", "--from", "withheld", "--does", "t9=answer"),
        ("call", "--from", "withheld", "--does", "t4=sings"),
        ("call", "--from", "withheld", "--caller", "sings"),
        ("call", "--from", "withheld", "--at", "later"),
        ("sms", "--from", "x", "Hej"),
        ("sms", "--from", "withheld"),
        ("call",),
    ],
    ids=" ".join,
)
def test_what_cannot_be_played_is_told_in_one_line(
    command: tuple[str, ...], loaded: Terminal
) -> None:
    before = loaded.kept(("contact_events",))

    answer = loaded.run(*command)

    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("beredskap: ")
    assert answer.err.count("\n") == 1
    assert loaded.kept(("contact_events",)) == before


def test_a_text_is_played_to_whoever_receives_it(loaded_on_each: Terminal) -> None:
    told = play(loaded_on_each, "sms", *YOUTH, *EVENING, "Kan någon ringa mig?")

    assert "caller  writes “Kan någon ringa mig?”" in told
    assert "t4  receives “" in told
    assert "outcome relayed, home_district jarva, caller K-1001, therapist t4" in told


def test_a_text_at_night_is_answered(loaded: Terminal) -> None:
    told = play(loaded, "sms", *YOUTH, "--at", "2026-03-03T22:30", "Hallå")

    assert "caller  receives “" in told
    assert "outcome closed" in told


def test_calls_that_are_played_are_kept_and_each_is_a_new_one(loaded: Terminal) -> None:
    for _ in range(2):
        play(loaded, "call", *YOUTH, *EVENING)

    log = loaded.run("contacts", "export", "--district", "jarva", "--json").json["contacts"]

    assert len({row["contact_id"] for row in log}) == 2
    assert {row["outcome"] for row in log} == {"answered"}


def test_a_therapist_s_own_call_is_not_put_through_to_herself(loaded: Terminal) -> None:
    told = play(loaded, "call", "--from", "+46701740608", *EVENING)

    assert "t1  rings" in told
    assert "t4  rings" not in told


def test_the_clock_does_what_is_due_and_ends(loaded: Terminal) -> None:
    played = play(loaded, "call", *YOUTH)  # now, when nobody has a duty

    answer = loaded.run("clock", "--once")

    assert "outcome" in played
    assert answer.status == 0
    (handover,) = loaded.run("handovers", "--json").json["handovers"]
    assert (handover["district"], handover["state"]) == ("jarva", "notified")
    # Nobody answers at the carrier's address, so the three notices are still owed.
    assert loaded.kept(("outbox",)).count("'handover/") == 3


def test_what_was_saved_in_the_phone_lab_is_played_again_and_leaves_no_trace(
    loaded: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "sitting.toml"
    file.write_text(SITTING + '[expect]\ntalked = ["t3"]\n')

    told = play(loaded, "call", "--script", str(file))

    assert "is talking with t3" in told
    assert "Logged: outcome answered, home_district jarva" in told
    assert loaded.run("contacts", "export", "--district", "jarva").out.count("\n") == 1


def test_what_a_sitting_does_not_come_to_is_said(loaded: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "sitting.toml"
    file.write_text(f'{SITTING}[[deeds]]\ndo = "answer"\nwho = "t4"\n[expect]\ntalked = ["t4"]\n')

    answer = loaded.run("call", "--script", str(file))

    assert answer.status == 1
    assert answer.err.splitlines() == [
        "beredskap: sitting.toml: deed 5 (answer): is in no call",
        "beredskap: sitting.toml: talked: expected ['t4'], and it was ['t3']",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Missing option '--from'"),
        (["--script", "{}"], "sitting.toml, line 2, deeds: must be a table"),
        (["--script", "{}", *YOUTH], "sitting.toml says itself who calls and when"),
    ],
    ids=str,
)  # fmt: skip
def test_a_call_that_says_too_little_or_too_much_is_refused(
    words: list[str], said: str, loaded: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "sitting.toml"
    file.write_text("start = 2026-11-20T19:04:00\ndeeds = [1]\n")

    answer = loaded.run("call", *(word.format(file) for word in words))

    assert answer.status == 2
    assert answer.err.startswith(f"beredskap: {said}")
    assert answer.err.count("\n") == 1
