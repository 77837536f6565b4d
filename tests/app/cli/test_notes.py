"""From a call to its note, typed at a terminal: who may, what is kept, and who was turned away."""

import pytest

from tests.app.cli.terminal import Terminal, one_line

EVENING = ("--at", "2026-03-03T19:04")
NOTE = """\
told = "Kom inte hem i tid och vågar inte ringa"
support = "Talade om hur man kan börja samtalet"
next_step = "Behandlaren ringer i morgon"
broken_agreement = true
urgency = "urgent"
"""
_LENGTH = 34  # of a call's id
SPAN = ("--from", "2026-01-01")


@pytest.fixture
def called(loaded: Terminal) -> tuple[Terminal, str]:
    """A youth of Järva has spoken with t1, whom Hässelby-Vällingby employs; and that contact."""
    done = loaded.run("call", "--from", "+46701740650", *EVENING, "--does", "t4=no answer")
    assert "is talking with t1" in done.out
    log = loaded.run("contacts", "export", "--district", "jarva", "--format", "json").json
    (contact,) = (row["contact_id"] for row in log["contacts"])
    return loaded, contact


def write(terminal: Terminal, contact: str, by: str, text: str = NOTE) -> tuple[int, str]:
    answer = terminal.run("note", "write", contact, terminal.file("note.toml", text), "--by", by)
    return answer.status, answer.out or answer.err


def test_whoever_took_the_call_writes_of_it_once_and_adds_to_it(
    called: tuple[Terminal, str],
) -> None:
    terminal, contact = called
    assert terminal.run("note", "missing", "--by", "t1").out == "Every contact has its note.\n"

    assert write(terminal, contact, "t1") == (0, "Kept.\n")
    again = write(terminal, contact, "t1")
    added = terminal.run(
        "note", "add", contact, terminal.file("more.txt", "Mamma ringde också"), "--by", "t1"
    )

    assert again == (
        1,
        "beredskap: there is a note of this contact; write an addendum to it\n",
    )
    assert (added.status, added.out) == (0, "Added.\n")
    kept = terminal.kept(("notes", "addenda"))
    assert contact in kept
    assert "hem i tid" not in kept
    assert "Mamma" not in kept


def test_a_stranger_is_turned_away_and_that_is_seen(called: tuple[Terminal, str]) -> None:
    terminal, contact = called

    assert write(terminal, contact, "t2") == (1, "beredskap: not your contact\n")
    assert write(terminal, contact, "t5")[0] == 0  # of the home district

    assert terminal.run("readings", "--district", "jarva", *SPAN, "--by", "t5").status == 1
    assert terminal.kept(("readings",)).count("not_your_contact") == 1


def test_a_broken_agreement_is_met_once(called: tuple[Terminal, str]) -> None:
    terminal, contact = called
    write(terminal, contact, "t1")

    turned_away = terminal.run("note", "react", contact, "--by", "t1")
    met = [terminal.run("note", "react", contact, "--by", "t5").out for _ in range(2)]

    assert (turned_away.status, turned_away.err) == (1, "beredskap: not your district\n")
    assert met == ["Kept.\n", "It had been met before.\n"]


def test_an_unknown_caller_becomes_a_district_s_by_whoever_took_the_call(loaded: Terminal) -> None:
    loaded.run("call", "--from", "+46701740690", *EVENING)
    loaded.run("call", "--from", "+46701740690", *EVENING)
    log = ("contacts", "export", "--district", "jarva", "--format", "json")
    assert loaded.run(*log).json == {"contacts": []}
    contact = next(
        part for part in loaded.kept(("contact_events",)).split("'") if len(part) == _LENGTH
    )
    assign = ("contacts", "assign", contact, "--district", "jarva", "--client", "K-1002", "--by")

    refused = loaded.run(*assign, "t1")
    assert (refused.status, refused.err) == (1, "beredskap: not your contact\n")
    assert loaded.run(*assign, "t4").out == "Assigned.\n"

    (row,) = loaded.run(*log).json["contacts"]
    assert (row["contact_id"], row["caller"], row["home_district"]) == (contact, "K-1002", "jarva")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("told = 3", "note.toml, told: must be text"),
        ('told = "x"\nsupport = ""', "note, support: is empty"),
        (NOTE + 'wish = "x"', "note.toml, wish: unknown field"),
        (
            NOTE.replace("urgent", "soon"),
            "note.toml, urgency: must be one of normal, urgent, at_once",
        ),
        (NOTE.replace("true", '"yes"'), "note.toml, broken_agreement: must be true or false"),
        (NOTE + 'role = "mother"', "note.toml, role: must be one of youth, guardian"),
        (NOTE + 'escalated_to = "112"', "note.toml, escalated_at: is missing"),
        (
            NOTE + 'escalated_to = "112"\nescalated_at = "2126-03-03T19:30"\n'
            'escalation_reason = "violence"',
            "note, escalated_at: lies ahead",
        ),
        ("told = ", "note.toml: not TOML"),
        (f'told = "{"x" * 2001}"\nsupport = "y"', "note, told: longer than 2000 characters"),
    ],
)
def test_a_note_that_cannot_be_used_is_one_line_and_nothing_is_kept(
    text: str, fault: str, called: tuple[Terminal, str]
) -> None:
    terminal, contact = called

    status, said = write(terminal, contact, "t1", text)

    assert status == 2
    assert fault in one_line(said)
    assert terminal.kept(("notes",)) == "[[]]"


@pytest.mark.parametrize(
    ("command", "status", "fault"),
    [
        (("note", "missing", "--by", "nobody"), 2, "--therapist: there is no such therapist"),
        (("contacts", "unassigned", "--by", "t4"), 1, "not your office"),
        (("readings", "--district", "jarva", "--by", "t4"), 1, "not your office"),
        (("signoff", "--by", "t4"), 1, "no duty with contacts has ended"),
        (("note", "react", "none", "--by", "t4"), 1, "there is no such contact"),
    ],
)
def test_what_cannot_be_is_one_line(
    command: tuple[str, ...], status: int, fault: str, loaded: Terminal
) -> None:
    answer = loaded.run(*command)

    assert answer.status == status
    assert fault in one_line(answer.err)
