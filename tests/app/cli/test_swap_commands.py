"""`beredskap swap`: offering, answering, arranging and undoing from a terminal."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.store.database import make_engine
from tests.app.cli.terminal import Terminal, one_line
from tests.app.duty.before_duty import MANAGERS
from tests.app.world import changed, rows

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TODAY = datetime.now(STOCKHOLM).date()  # noqa: TID251 - commands go by the real clock
# A Monday three weeks ahead: what has begun cannot be swapped.
MONDAY = TODAY + timedelta(days=21 - TODAY.weekday())
DAYS = [(MONDAY + timedelta(days=n)).isoformat() for n in range(3)]
FIRST, SECOND, THIRD = (f"{day}T17:00" for day in DAYS)


@pytest.fixture
def coming(loaded: Terminal) -> Terminal:
    """Three evenings to come, and two managers."""
    shifts = "position,therapist,starts_at,ends_at\n" + "".join(
        f"{position},{who},{day}T17:00,{day}T22:00\n"
        for day, people in zip(DAYS, (("t4", "t1"), ("t5", "t2"), ("t6", "t3")), strict=True)
        for position, who in enumerate(people, start=1)
    )
    # The mandates of the examples end one day, and the clock here is the real one.
    toml = changed().replace("valid_to = 2027-12-31", "valid_to = 2999-12-31") + MANAGERS
    loaded.run("load", loaded.file("managed.toml", toml))
    answer = loaded.run("rota", "import", loaded.file("r.csv", shifts), "--line", "eftervard")
    assert answer.status == 0, answer.err
    return loaded


def swap(terminal: Terminal, *words: str) -> dict[str, object]:
    """What a command that works says in JSON."""
    answer = terminal.run("swap", *words, "--json")
    assert answer.status == 0, answer.err
    found: dict[str, object] = answer.json
    return found


def first_on(terminal: Terminal, moment: str) -> str:
    asked = terminal.run("oncall", "--at", moment, "--district", "jarva", "--json")
    return str(asked.json["ladder"][0]["therapist"])


def test_candidates_are_shown_before_anybody_is_asked(coming: Terminal) -> None:
    found = coming.run("swap", "candidates", "--therapist", "t4", "--at", FIRST, "--json").json

    verdicts = {one["therapist"]: one["verdict"] for one in found["candidates"]}
    assert verdicts == {"t1": "may_not", "t2": "lawful", "t3": "lawful", "t5": "lawful",
                        "t6": "lawful"}  # fmt: skip
    assert (found["position"], found["starts_at"][:16]) == (1, FIRST)
    (stands,) = found["candidates"][0]["hindrances"]
    assert stands["message"] == "t1 is in position 2 then"
    plain = coming.run("swap", "candidates", "--therapist", "t4", "--at", FIRST)
    assert plain.out.startswith("t1  may not\n    t1 is in position 2 then\nt2  lawful\n")


def test_a_duty_is_offered_accepted_and_taken_back(coming: Terminal) -> None:
    offered = swap(coming, "offer", "--therapist", "t4", "--at", FIRST)
    assert (offered["swap"], offered["state"]) == (1, "proposed")
    assert offered["asked"] == ["t2", "t3", "t5", "t6"]
    swap(coming, "decline", "1", "--therapist", "t6")
    accepted = swap(coming, "accept", "1", "--therapist", "t5")
    assert (accepted["state"], accepted["taker"]) == ("accepted", "t5")
    assert first_on(coming, f"{DAYS[0]}T19:00") == "t5"

    undone = coming.run("swap", "undo", "1", "--by", "t4")

    assert undone.out.startswith("1  undone  ")
    assert first_on(coming, f"{DAYS[0]}T19:00") == "t4"
    (listed,) = coming.run("swap", "list", "--json").json["swaps"]
    assert [(e["what"], e["author"]) for e in listed["events"]] == [
        ("offered", "t4"),
        ("declined", "t6"),
        ("accepted", "t5"),
        ("undone", "t4"),
    ]
    assert listed["declined"] == ["t6"]


def test_an_exchange_of_parts(coming: Terminal) -> None:
    offered = swap(
        coming, "offer", "--therapist", "t4", "--at", FIRST, "--until", f"{DAYS[0]}T20:00",
        "--to", "t5", "--in-return", SECOND, "--return-from", f"{DAYS[1]}T19:00",
    )  # fmt: skip
    assert offered["kind"] == "exchange"
    swap(coming, "accept", "1", "--therapist", "t5")

    found = [first_on(coming, f"{DAYS[0]}T{clock}") for clock in ("19:59", "20:00")]
    found += [first_on(coming, f"{DAYS[1]}T{clock}") for clock in ("18:59", "19:00")]

    assert found == ["t5", "t4", "t5", "t4"]


def test_a_manager_arranges_and_the_reason_is_listed(coming: Terminal) -> None:
    swap(
        coming, "arrange", "--therapist", "t4", "--at", FIRST, "--to", "t2", "--by", "m2",
        "--reason", "t4 is ill",
    )  # fmt: skip

    assert first_on(coming, f"{DAYS[0]}T19:00") == "t2"
    (listed,) = coming.run("swap", "list", "--therapist", "t2", "--json").json["swaps"]
    assert [(e["author"], e["reason"]) for e in listed["events"]] == [("m2", "t4 is ill")]
    assert coming.run("swap", "list", "--therapist", "t3").out == "No swaps.\n"


def test_an_offer_is_withdrawn(coming: Terminal) -> None:
    coming.run("swap", "offer", "--therapist", "t4", "--at", FIRST, "--to", "t5")

    answer = coming.run("swap", "withdraw", "1", "--by", "t4")

    assert answer.out.startswith("1  withdrawn  ")
    kept = [str(row["key"]) for row in rows(make_engine(coming.database_url), "outbox")]
    assert kept == ["swap/1/ask/t5", "swap/1/asked/t4", "swap/1/withdrawn/t5"]


OFFER = ("offer", "--therapist", "t4", "--at", FIRST)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("accept", "7", "--therapist", "t5"), 2, "SWAP: there is no such swap"),
        ((*OFFER, "--to", "t9"), 2, "--to: there is no such therapist"),
        ((*OFFER, "--in-return", SECOND), 2, "--in-return needs --to"),
        ((*OFFER, "--from", SECOND), 2, "--from: lies outside the duty"),
        (
            (*OFFER, "--to", "t5", "--in-return", SECOND, "--return-until", THIRD),
            2,
            "--return-until: lies outside the duty",
        ),
        ((*OFFER, "--from", "soon"), 2, "--from: not a time such as"),
        ((*OFFER, "--to", "t1"), 1, "t1 is in position 2 then"),
        (("offer", "--therapist", "t5", "--at", FIRST), 1, "t5 has no duty then"),
        (
            ("arrange", *OFFER[1:], "--to", "t5", "--by", "m2", "--reason", " "),
            2,
            "--reason: is needed",
        ),
        (
            ("arrange", *OFFER[1:], "--to", "t5", "--by", "m1", "--reason", "ill"),
            1,
            "m1 is no manager of t4 or t5",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_and_changes_nothing(
    words: tuple[str, ...], status: int, said: str, coming: Terminal
) -> None:
    tables = ("swaps", "swap_events", "overrides", "outbox")
    before = coming.kept(tables)

    answer = coming.run("swap", *words)

    assert (answer.status, answer.out) == (status, "")
    assert said in one_line(answer.err)
    assert coming.kept(tables) == before
