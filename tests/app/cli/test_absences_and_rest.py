"""Absences come in from a file, and the rest of everyone on a rota is looked at where it counts."""

import pytest

from tests.app.cli.terminal import Terminal, one_line

LINE = ("--line", "eftervard")
HEADER = "therapist,starts_at,ends_at,kind\n"
AWAY = (
    f"{HEADER}t4,2026-03-02T00:00,2026-03-05T00:00,leave\n"
    "t2,2026-03-09T00:00,2026-03-10T00:00,sick\n"
)
# t2 has the whole weekend of week 10; the Friday before it may be given in return.
WEEKEND = (
    "position,therapist,starts_at,ends_at\n"
    "1,t2,2026-03-07T10:00,2026-03-07T22:00\n"
    "1,t2,2026-03-08T10:00,2026-03-08T22:00\n"
)
FRIDAY_OFF = f"{HEADER}t2,2026-03-06T00:00,2026-03-07T00:00,compensation\n"


def absences(terminal: Terminal, text: str, *more: str) -> tuple[int, str, str]:
    answer = terminal.run("absences", "import", terminal.file("away.csv", text), *more)
    return answer.status, answer.out, answer.err


def rest(terminal: Terminal) -> list[tuple[str, str, str]]:
    """What `rota check` says of rest in week 10."""
    answer = terminal.run(
        "rota", "check", *LINE, "--from", "2026-03-02", "--to", "2026-03-09", "--json"
    )
    rules = ("R1", "R5", "R6", "R7", "R8", "R9", "R19")
    return [
        (f["rule"], f["severity"], f["therapist"])
        for f in answer.json["findings"]
        if f["rule"] in rules
    ]


def test_absences_are_counted_and_a_duty_that_one_collides_with_is_told(
    loaded_on_each: Terminal,
) -> None:
    status, out, _ = absences(loaded_on_each, AWAY)

    assert status == 0
    assert out.splitlines() == [
        "added 2, removed 0, unchanged 0",
        (
            "error R9: t4 is on standby while away; put somebody else on standby "
            "from Tue 2026-03-03 17:00 to Tue 2026-03-03 22:00"
        ),
    ]
    assert rest(loaded_on_each) == [("R9", "error", "t4")]


def test_the_file_is_the_truth_for_the_people_it_names_and_its_span(loaded: Terminal) -> None:
    absences(loaded, AWAY)

    again = absences(loaded, AWAY)[1]
    without_t2 = absences(loaded, f"{HEADER}t4,2026-03-03T00:00,2026-03-11T00:00,leave\n")[1]
    kept = loaded.kept(("absences",))

    assert again.startswith("added 0, removed 0, unchanged 2")
    assert without_t2.startswith("added 1, removed 0, unchanged 0")  # what reaches outside stays
    assert kept.count("'therapist': 't2'") == 1


def test_a_dry_run_of_absences_changes_nothing(loaded: Terminal) -> None:
    before = loaded.kept(("absences",))

    status, out, _ = absences(loaded, AWAY, "--dry-run")

    assert (status, "added 2" in out) == (0, True)
    assert loaded.kept(("absences",)) == before


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("t2,", "t9,", "away.csv, line 3, therapist: there is no such therapist"),
        ("sick", "holiday", "away.csv, line 3, kind: must be one of leave, sick, compensation"),
        ("2026-03-10T00:00", "2026-03-08T00:00", "away.csv, line 3, ends_at: the absence does"),
        ("2026-03-10T00:00", "tomorrow", "away.csv, line 3, ends_at: not a time such as"),
        ("kind", "why", "away.csv, line 1, kind: the column is missing"),
        ("t4,2026-03-02T00:00,2026-03-05T00:00,leave\n", "t4\n", "away.csv, line 2: 1 fields"),
    ],
)
def test_a_bad_absence_is_one_line_and_changes_nothing(
    old: str, new: str, place: str, loaded: Terminal
) -> None:
    assert old in AWAY
    before = loaded.kept(("absences",))

    status, out, err = absences(loaded, AWAY.replace(old, new, 1))

    assert (status, out) == (2, "")
    assert place in one_line(err)
    assert loaded.kept(("absences",)) == before


def test_an_empty_file_of_absences_is_refused(loaded: Terminal) -> None:
    assert absences(loaded, HEADER)[0] == 2


def test_a_weekend_without_a_day_off_is_unlawful_and_says_which_day_would_mend_it(
    loaded_on_each: Terminal,
) -> None:
    terminal = loaded_on_each

    answer = terminal.run("rota", "import", terminal.file("r.csv", WEEKEND), *LINE)
    refused = terminal.run("rota", "import", terminal.file("r.csv", WEEKEND), *LINE, "--strict")

    assert answer.status == 0
    assert (
        "error R6: t2 has 17 h of weekly rest without work and standby, and must have 36 h "
        "(ATL 14 §); give Fri 2026-03-06 off: then 41 h are free" in answer.out
    )
    assert refused.status == 2
    assert rest(terminal) == [("R6", "error", "t2")]

    absences(terminal, FRIDAY_OFF)

    assert rest(terminal) == [("R7", "info", "t2")]


def test_standby_during_ordinary_hours_is_told_of(loaded: Terminal) -> None:
    text = "position,therapist,starts_at,ends_at\n1,t6,2026-03-05T15:00,2026-03-05T22:00\n"

    loaded.run("rota", "import", loaded.file("r.csv", text), *LINE)

    assert ("R9", "error", "t6") in rest(loaded)
