"""The pages of swaps: offered, answered, arranged and undone, in words."""

import html
import re

import pytest

from tests.app.console.conftest import CONSOLE_TOML, Console, ConsoleAt
from tests.app.duty.before_duty import AGREED
from tests.app.duty.swapping import NOON, TUE, WEEK, Swapping
from tests.examples import shift

DUTY = "eftervard|t4|2026-03-03T16:00:00+00:00|1"
# Here an agreement lets standby be rest, so that an evening more is lawful.
RELAXED = CONSOLE_TOML.replace(*AGREED)


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    return console_at(NOON, shifts=WEEK, toml=RELAXED)


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def offered(console: Console, to: str = "t6") -> str:
    """T4 has offered Tuesday's duty; the address of the swap."""
    done = console.signed_in("t4").post("/swaps/offer", {"duty": DUTY, "to": to})
    assert done.status_code == 303
    return "/swaps/eftervard/1"


def on(console: Console) -> tuple[int, str]:
    return Swapping(console.stage).on(f"{TUE}T18:00")[0]


def test_a_duty_is_offered_after_seeing_what_it_would_mean(console: Console) -> None:
    visitor = console.signed_in("t4")

    assert "Erbjud det till andra" in visitor.get("/swaps").text
    page = words(visitor.get("/swaps/offer", query_string={"duty": DUTY}).text)
    assert "Therapist 6 Kan ta det" in page
    assert "Therapist 1 Kan inte ta det Therapist 1 står på plats 2 då." in page
    visitor.post("/swaps/offer", {"duty": DUTY, "to": "t6"})

    assert "Passet är erbjudet till Therapist 6." in words(visitor.get("/swaps").text)
    assert on(console) == (1, "t4")
    again = visitor.post("/swaps/offer", {"duty": DUTY, "to": "t5"})
    assert again.status_code == 409
    assert "redan erbjudet" in again.text


def test_who_is_asked_sees_her_rest_and_takes_it(console: Console) -> None:
    address = offered(console)
    visitor = console.signed_in("t6")

    assert "Therapist 4 frågar Therapist 6" in words(visitor.get("/swaps").text)
    assert "Din vila är som förut, och ingen regel bryts." in visitor.get(address).text
    assert visitor.post(f"{address}/accept").status_code == 303

    assert on(console) == (1, "t6")
    assert "Therapist 6 i stället för Therapist 4" in words(visitor.get("/swaps").text)
    late = visitor.post(f"{address}/accept")
    assert late.status_code == 409
    assert "Någon annan har redan tagit det." in late.text


def test_what_a_swap_would_break_is_said_in_swedish_and_stops_it(console_at: ConsoleAt) -> None:
    # With every other evening and the weekend, Tuesday's is one too many for a week's rest.
    days = ("2026-03-02", "2026-03-04", "2026-03-05", "2026-03-06")
    evenings = [shift("t6", f"{day}T17:00", f"{day}T22:00", 2) for day in days]
    weekend = [shift("t6", f"2026-03-0{n}T10:00", f"2026-03-0{n}T22:00", 2) for n in (7,)]
    console = console_at(NOON, shifts=[*WEEK[:2], *evenings, *weekend])

    page = console.signed_in("t4").get("/swaps/offer", query_string={"duty": DUTY}).text
    refused = console.signed_in("t4").post("/swaps/offer", {"duty": DUTY, "to": "t1"})

    assert "Therapist 6" in words(page)
    assert refused.status_code == 409
    assert "Therapist 1 står på plats 2 då." in words(refused.text)


def test_no_and_taking_back(console: Console) -> None:
    address = offered(console)

    assert console.signed_in("t6").post(f"{address}/decline").status_code == 303
    assert "Alla sa nej" in console.signed_in("t4").get("/swaps").text
    offered(console, "t5")
    assert console.signed_in("t4").post("/swaps/eftervard/2/withdraw").status_code == 303
    assert "Återtaget" in console.signed_in("t4").get("/swaps").text


def test_the_giver_undoes_and_a_stranger_sees_nothing(console: Console) -> None:
    address = offered(console)
    console.signed_in("t6").post(f"{address}/accept")

    assert console.signed_in("t2").get(address).status_code == 403
    assert "Ångra bytet" not in console.signed_in("t6").get(address).text
    taker = console.signed_in("t6").post(f"{address}/undo")
    assert taker.status_code == 409
    assert "Det är inte du som bestämmer" in taker.text
    assert console.signed_in("t4").post(f"{address}/undo").status_code == 303
    assert on(console) == (1, "t4")


def test_a_manager_arranges_for_somebody_who_is_ill(console: Console) -> None:
    manager = console.signed_in("m2")

    assert "Therapist 4" in manager.get("/swaps/arrange").text
    form = manager.get("/swaps/arrange", query_string={"duty": DUTY}).text
    assert "Therapist 6 (Kan ta det)" in words(form)
    without = manager.post("/swaps/arrange", {"duty": DUTY, "to": "t6", "reason": " "})
    assert without.status_code == 422
    assert "Skriv ett skäl." in without.text
    data = {"duty": DUTY, "to": "t6", "reason": "Therapist 4 är sjuk"}
    assert manager.post("/swaps/arrange", data).status_code == 303

    assert on(console) == (1, "t6")
    address = "/swaps/eftervard/1"
    assert "Skäl: Therapist 4 är sjuk" in words(manager.get(address).text)
    assert "är sjuk" not in console.signed_in("m1").get(address).text
    assert "är sjuk" not in console.signed_in("t6").get(address).text


def test_a_manager_of_neither_is_turned_away_in_words(console: Console) -> None:
    data = {"duty": DUTY, "to": "t6", "reason": "ett skäl"}

    refused = console.signed_in("m1").post("/swaps/arrange", data)

    assert refused.status_code == 409
    assert "Det är inte du som bestämmer det här." in refused.text
    assert on(console) == (1, "t4")


def test_only_a_part_changes_hands(console: Console) -> None:
    data = {"duty": DUTY, "to": "t6", "starts": f"{TUE}T20:00"}
    console.signed_in("t4").post("/swaps/offer", data)
    console.signed_in("t6").post("/swaps/eftervard/1/accept")

    assert on(console) == (1, "t4")
    assert Swapping(console.stage).on(f"{TUE}T21:00")[0] == (1, "t6")
    outside = {"duty": DUTY, "to": "t6", "starts": "2026-03-04T20:00"}
    refused = console.signed_in("t4").post("/swaps/offer", outside)
    assert refused.status_code == 422
    assert "Delen ska ligga inom passet" in refused.text


@pytest.mark.parametrize("odd", ["", "x", "eftervard|t4|yesterday|1", "a|t4|2026-03-03T17:00|1"])
def test_no_duty_leads_back_to_the_list(console: Console, odd: str) -> None:
    visitor = console.signed_in("t4")

    assert visitor.get("/swaps/offer", query_string={"duty": odd}).location == "/swaps"
    assert visitor.post("/swaps/offer", {"duty": odd}).location == "/swaps"


def test_another_persons_duty_is_not_hers_to_offer(console: Console) -> None:
    visitor = console.signed_in("t5")

    assert visitor.get("/swaps/offer", query_string={"duty": DUTY}).status_code == 409
    assert visitor.post("/swaps/offer", {"duty": DUTY}).status_code == 409
    assert console.signed_in("m1").get("/swaps/offer").status_code == 403
    assert console.signed_in("t5").get("/swaps/arrange").status_code == 403
