"""Call-outs corrected by hand, the rest that disturbed nights owe, and reasons to give it later."""

import pytest

from tests.app.cli.terminal import Terminal, one_line
from tests.app.world import changed

LINE = ("--line", "eftervard")
# t4 has a night, and the evening after it.
ROTA = (
    "position,therapist,starts_at,ends_at\n"
    "1,t4,2026-03-03T17:00,2026-03-04T08:00\n"
    "2,t1,2026-03-03T17:00,2026-03-04T08:00\n"
)
MARCH = ("--from", "2026-03-01", "--to", "2026-03-10")
AT_TWO = ("--from", "2026-03-04T02:00", "--to", "2026-03-04T03:30")


@pytest.fixture
def night(loaded: Terminal) -> Terminal:
    """A terminal with the night of the third of March."""
    imported = loaded.run("rota", "import", loaded.file("night.csv", ROTA), *LINE)
    assert imported.status == 0
    return loaded


def correct(terminal: Terminal, *what: str, note: str = "ringde från egen telefon") -> str:
    words = ("hours", "correct", "--therapist", "t4", *what, "--by", "t4", "--note", note)
    answer = terminal.run(*words)
    assert answer.status == 0, answer.err
    return answer.out


def worked(terminal: Terminal) -> list[tuple[str, str, str, int]]:
    found = terminal.run("hours", "callouts", *MARCH, "--json").json["callouts"]
    return [(c["therapist"], c["starts_at"][:16], c["ends_at"][:16], c["minutes"]) for c in found]


def debts(terminal: Terminal) -> list[tuple[str, str, int, str, bool]]:
    found = terminal.run("rest", "ledger", *MARCH, "--json").json["debts"]
    return [
        (d["therapist"], d["period_starts_at"][:16], d["minutes"], d["standing"], d["has_reason"])
        for d in found
    ]


def test_what_was_work_is_said_and_what_was_none_is_taken_out(night: Terminal) -> None:
    assert correct(night, *AT_TWO) == "Corrected.\n"
    correct(night, "--from", "2026-03-04T02:30", "--to", "2026-03-04T03:00", "--no-work")

    assert worked(night) == [
        ("t4", "2026-03-04T02:00", "2026-03-04T02:30", 30),
        ("t4", "2026-03-04T03:00", "2026-03-04T03:30", 30),
    ]
    assert "t4,jarva,2026-03,900,0,60,0,2" in night.run("hours", "export", "--month", "2026-03").out


def test_how_close_call_outs_are_one_is_the_organisation_s_to_say(loaded: Terminal) -> None:
    for moment in ("2026-03-03T19:04", "2026-03-03T19:20"):
        assert loaded.run("call", "--from", "+46701740650", "--at", moment).status == 0
    assert len(worked(loaded)) == 2

    longer = changed(("[working_time]", '[working_time]\njoined_within = "30m"'))
    assert loaded.run("load", loaded.file("longer.toml", longer)).status == 0

    ((who, start, _, minutes),) = worked(loaded)
    assert (who, start) == ("t4", "2026-03-03T19:04")
    assert minutes > 16


def test_the_ledger_tells_what_the_night_owed_and_that_it_was_given_back(night: Terminal) -> None:
    assert night.run("rest", "ledger", *MARCH).out == "Nothing is owed.\n"
    correct(night, *AT_TWO)

    assert debts(night) == [("t4", "2026-03-03T08:00", 120, "repaid", False)]
    shown = night.run("rest", "ledger", *MARCH)
    assert (shown.status, shown.out.splitlines()) == (
        0,
        [
            (
                "t4  night of 2026-03-03T08:00:00+01:00  owed 120 min, "
                "due 2026-03-05T08:00:00+01:00: repaid"
            )
        ],
    )


def test_what_was_never_given_back_is_overdue_and_the_status_says_so(night: Terminal) -> None:
    correct(night, *AT_TWO)
    for day in range(4, 19):  # each evening until half past nine, and weekends by day
        correct(night, "--from", f"2026-03-{day:02}T17:00", "--to", f"2026-03-{day:02}T21:30")
    for day in (7, 8, 14, 15):
        correct(night, "--from", f"2026-03-{day:02}T08:00", "--to", f"2026-03-{day:02}T17:00")

    answer = night.run("rest", "ledger", *MARCH)

    assert answer.status == 1
    assert "owed 120 min, due 2026-03-05T08:00:00+01:00: overdue" in answer.out


def test_a_reason_to_give_it_later_is_kept_once(night: Terminal) -> None:
    correct(night, *AT_TWO)
    defer = (
        "rest", "defer", "--therapist", "t4", "--period", "2026-03-03T08:00",
        "--by", "m1", "--note", "ingen annan kunde",
    )  # fmt: skip

    kept, again = night.run(*defer), night.run(*defer)

    assert kept.out == "Kept; the rest is to be given by 2026-03-18T08:00:00+01:00.\n"
    assert debts(night) == [("t4", "2026-03-03T08:00", 120, "repaid", True)]
    assert (again.status, again.err) == (1, "beredskap: a reason is on record already\n")


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (
            ("hours", "correct", "--therapist", "t9", *AT_TWO, "--note", "x"),
            "--therapist: there is no such therapist",
        ),
        (("hours", "correct", "--therapist", "t4", *AT_TWO), "--note: say why"),
        (
            ("hours", "correct", "--therapist", "t4", "--from", "2026-03-04T03:30", "--to",
             "2026-03-04T02:00", "--note", "x"),
            "--to is not after --from",
        ),
        (
            ("hours", "correct", "--therapist", "t4", "--from", "2026-03-04T03:30", "--to",
             "2126-03-04T02:00", "--note", "x"),
            "--to: lies ahead",
        ),
        (("rest", "defer", "--therapist", "t4", "--period", "2026-03-03T08:00"), "--note: say why"),
        (
            ("rest", "defer", "--therapist", "t4", "--period", "2026-03-01T08:00", "--note", "x"),
            "--period: no rest was broken",
        ),
        (("rest", "ledger", "--from", "yesterday"), "--from: "),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(command: tuple[str, ...], fault: str, night: Terminal) -> None:
    before = night.kept(("corrections", "rest_reasons"))

    answer = night.run(*command)

    assert answer.status == 2
    assert fault in one_line(answer.err)
    assert night.kept(("corrections", "rest_reasons")) == before
