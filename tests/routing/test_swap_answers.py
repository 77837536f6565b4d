"""BYT and NEJ: everyday words, which answer a swap only where nothing else can be meant."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.ids import TherapistId
from routing.text import Asked, Command, Misspelt, Order, Reply, StaffText, WhichThread, staff_text
from tests.examples import at
from tests.routing.test_text import A2, F2, thread

NOW = at("2026-03-03T19:04")
ASKED = (12, 7)


def meant(body: str, swaps: Collection[int] = ASKED) -> StaffText:
    return staff_text(body, TherapistId("t4"), (A2,), NOW, swaps=swaps)


@pytest.mark.parametrize("body", ["BYT 12", "byt 12", " Byt 12! ", "BYT12", "byt #12", "BYT\n12."])
def test_yes_to_a_swap_that_she_was_asked_about(body: str) -> None:
    assert meant(body) == Order(Command.SWAP, 12)


@pytest.mark.parametrize("body", ["NEJ 12", "nej 12.", "Nej12", "NEJ  12"])
def test_no_to_a_swap_that_she_was_asked_about(body: str) -> None:
    assert meant(body) == Order(Command.NO, 12)


@pytest.mark.parametrize(
    "body",
    ["Byt 4", "BYT 12", "Byt", "Nej 12", "Nej 14", "Nej", "nej tack", "Byt buss vid Spånga"],
)
def test_who_was_asked_about_no_swap_means_the_child(body: str) -> None:
    assert meant(body, swaps=()) == Reply(A2, body)


@pytest.mark.parametrize(
    "body",
    [
        "Nej",
        "Nej 14",
        "Nej, 12",
        "Nej 14 dagar",
        "Nejdå 12",
        "Byt buss vid Spånga",
        "Byt till 12",
        "Bytte 12",
        "Jag kan byta 12",
        "Ja 12",
        "12",
        "A2 nej 12",
        "A2 byt 12",
        "BYT 1234567",
        "byt 12a",
    ],
)
def test_with_a_swap_open_a_plain_answer_still_goes_to_the_child(body: str) -> None:
    assert meant(body) == Reply(A2, body.removeprefix("A2 "))


@pytest.mark.parametrize("body", ["BYT 21", "byt 1"])
def test_a_yes_with_a_wrong_number_is_no_message_to_a_child(body: str) -> None:
    assert meant(body) == Order(Command.SWAP, int(body.split()[1]))


@pytest.mark.parametrize("body", ["BYT", "byt!", "BYT 12 tack", "Nej 12 tyvärr", "BYT 12, 7"])
def test_what_is_nearly_an_answer_gets_help(body: str) -> None:
    assert meant(body) == Misspelt()


def test_a_question_about_the_duty_does_not_take_the_answer() -> None:
    for asked in Asked:
        found = staff_text("BYT 12", TherapistId("t4"), (A2, F2), NOW, asked=asked, swaps=ASKED)
        assert found == Order(Command.SWAP, 12)


@given(body=st.text(max_size=20), prefix=st.sampled_from(["", "BYT", "NEJ", "byt ", "nej 1"]))
def test_only_the_two_words_and_a_number_are_an_answer(body: str, prefix: str) -> None:
    words = prefix + body
    found = staff_text(words, TherapistId("t4"), (A2, F2), NOW, swaps=ASKED)

    if isinstance(found, Order) and found.command in {Command.SWAP, Command.NO}:
        assert words.strip(" .!?")[:3].upper() == found.command
        assert found.command is Command.SWAP or found.number in ASKED
    plain = staff_text(words, TherapistId("t4"), (A2, thread("H2")), NOW)
    assert not (isinstance(plain, Order) and plain.command in {Command.SWAP, Command.NO})
    assert not isinstance(found, Reply) or isinstance(plain, Reply | WhichThread)
