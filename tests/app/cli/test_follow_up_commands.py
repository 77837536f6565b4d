"""Ordering follow-ups at a terminal, looking at them, and what may not be done."""

from datetime import datetime, timedelta

import pytest

from tests.app.cli.terminal import Terminal, one_line
from tests.examples import STOCKHOLM

SECRET = "Fråga hur kvällen har varit"


def tomorrow(clock: str) -> str:
    """A moment of the next day: commands read the real clock, and the line is open at seven."""
    day = datetime.now(STOCKHOLM).date() + timedelta(days=1)  # noqa: TID251 - as the commands do
    return f"{day}T{clock}"


def order(**changed: str) -> str:
    """An order for tomorrow evening."""
    fields = {
        "client": '"K-1001"',
        "if_not_reached": '"socialjouren"',
        "instruction": f'"{SECRET}"',
        "windows": f'[{{ from = "{tomorrow("19:00")}", to = "{tomorrow("20:00")}" }}]',
        **changed,
    }
    return "".join(f"{name} = {value}\n" for name, value in fields.items())


def ordered(terminal: Terminal, by: str = "t4", **changed: str) -> int:
    file = terminal.file("order.toml", order(**changed))
    answer = terminal.run("followup", "order", file, "--by", by, "--json")
    assert answer.status == 0, answer.err
    return int(answer.json["follow_ups"][0]["follow_up"])


def test_an_order_is_kept_listed_without_whom_and_shown_to_its_district(loaded: Terminal) -> None:
    number = ordered(loaded)

    listed = loaded.run("followup", "list", "--district", "jarva", "--json")
    (row,) = listed.json["follow_ups"]
    assert (row["follow_up"], row["state"], row["ordered_by"]) == (number, "ordered", "t4")
    assert (row["attempts"], row["max_attempts"]) == (0, 3)
    assert "K-1001" not in listed.out + loaded.run("followup", "list").out
    assert loaded.run("followup", "list", "--district", "hasselby-vallingby").out == (
        "No follow-ups.\n"
    )
    shown = loaded.run("followup", "show", str(number), "--by", "t5")
    for words in (SECRET, "client: K-1001", "role: youth", "may_leave_voicemail: False"):
        assert words in shown.out
    for hidden in ("701740650", "7017406"):
        assert hidden not in shown.out + listed.out
    as_json = loaded.run("followup", "show", str(number), "--by", "t5", "--json").json
    assert (as_json["fallback"], as_json["report"]) == ("Socialjouren", None)


def test_nobody_on_the_rota_who_may_is_said_when_it_is_ordered(loaded: Terminal) -> None:
    file = loaded.file("order.toml", order())

    answer = loaded.run("followup", "order", file, "--by", "t4")

    assert answer.status == 0
    assert "ordered  0 of 3 calls, then socialjouren" in answer.out
    assert answer.err == "Warning: by the rota nobody on standby may make 1.\n"


def test_another_district_sees_nothing_and_stands_in_the_reading_log(loaded: Terminal) -> None:
    number = str(ordered(loaded))

    for command in (
        ("show", number),
        ("cancel", number),
        ("call", number),
        ("record", number, loaded.file("report.txt", "Lugnt."), "--outcome", "reached"),
    ):
        answer = loaded.run("followup", *command, "--by", "t1")
        assert answer.status == 1
        assert one_line(answer.err) in {
            "beredskap: no contact\n",
            "beredskap: not your district\n",
        }
    kept = loaded.kept(("readings",))
    assert kept.count(f"follow-up-{number}") == 4
    assert kept.count("'viewer': 't1'") == 4


def test_before_its_time_it_is_neither_called_nor_recorded(loaded: Terminal) -> None:
    number = str(ordered(loaded))
    report = loaded.file("report.txt", "Lugnt.")

    called = loaded.run("followup", "call", number, "--by", "t4")
    told = loaded.run("followup", "record", number, report, "--by", "t4", "--outcome", "reached")

    assert one_line(called.err) == "beredskap: it is not the time that was ordered\n"
    assert one_line(told.err) == "beredskap: it has not begun\n"


def test_what_is_cancelled_stays_cancelled(loaded: Terminal) -> None:
    number = str(ordered(loaded))

    assert loaded.run("followup", "cancel", number, "--by", "t5").out == "Cancelled.\n"
    again = loaded.run("followup", "cancel", number, "--by", "t5")

    assert (again.status, one_line(again.err)) == (
        1,
        "beredskap: the follow-up is cancelled\n",
    )
    assert "cancelled" in loaded.run("followup", "list").out


@pytest.mark.parametrize(
    ("changed", "by", "said"),
    [
        ({"client": '"K-9999"'}, "t4", "order, client: your district's register has no such cl"),
        ({}, "t1", "order, client: your district's register has no such client"),
        ({"number": "2"}, "t4", "order, number: say which of the client's numbers: 1 youth"),
        ({"language": '"so"'}, "t4", "order, language: must be one of sv, en, fi, ar"),
        ({"line": '"farsta"'}, "t4", "--line: there is no such line"),
        ({"instruction": '""'}, "t4", "order, instruction: is empty"),
        ({"if_not_reached": '"next_window"'}, "t4", "order, if_not_reached: the last window"),
        ({}, "t9", "--by: nobody there has that id"),
    ],
)
def test_what_cannot_be_ordered_changes_nothing(
    changed: dict[str, str], by: str, said: str, loaded: Terminal
) -> None:
    file = loaded.file("order.toml", order(**changed))

    answer = loaded.run("followup", "order", file, "--by", by)

    assert answer.status == 2
    assert said in one_line(answer.err)
    assert loaded.run("followup", "list").out == "No follow-ups.\n"


def test_what_was_not_saved_as_text_is_refused(loaded: Terminal) -> None:
    number = str(ordered(loaded))
    file = loaded.file("report.txt", "Lugnt på kvällen".encode("latin-1"))

    answer = loaded.run("followup", "record", number, file, "--by", "t4", "--outcome", "reached")

    assert (answer.status, one_line(answer.err)) == (
        2,
        "beredskap: FILE: not UTF-8: save the file as UTF-8\n",
    )


def test_no_such_follow_up(loaded: Terminal) -> None:
    answer = loaded.run("followup", "show", "7", "--by", "t4")

    assert (answer.status, answer.err) == (1, "beredskap: there is no such follow-up\n")
