"""How people write what phones do, and what becomes of a mistake."""

from pathlib import Path

import pytest

from app.lab import phone_text, script
from app.lab.phone_text import PhoneTextError
from app.lab.phones import Behaviour, Delivery, HangUp, Moment, PhoneBook, PickUp, Press, TextFate
from app.lab.variant import Variant
from tests.lab.line import ANNA, BO

MINUTE = HangUp(60, Moment.BRIDGING)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no answer", Behaviour(PickUp.NO_ANSWER, hang_ups=(MINUTE,))),
        ("Busy", Behaviour(PickUp.BUSY, hang_ups=(MINUTE,))),
        ("airplane", Behaviour(PickUp.VOICEMAIL, after=1, hang_ups=(MINUTE,))),
        (
            "answer 4, press 1 after 3, talk 60",
            Behaviour(PickUp.ANSWER, 4, presses=(Press("1", 3),), hang_ups=(MINUTE,)),
        ),
        (
            "answer 3, hang up after 2",
            Behaviour(PickUp.ANSWER, 3, hang_ups=(HangUp(2), MINUTE)),
        ),
        (
            "voicemail 1, press 1",
            Behaviour(
                PickUp.VOICEMAIL, 1, presses=(Press("1", 2, Moment.START),), hang_ups=(MINUTE,)
            ),
        ),
    ],
)
def test_a_sentence_becomes_a_phone(text: str, expected: Behaviour) -> None:
    assert phone_text.phone(text) == expected


def test_a_caller_is_asked_and_hangs_up_when_told_to() -> None:
    behaviour = phone_text.caller("press 2, press 1 after 5, hang up 5 after ringing")

    assert behaviour.presses == (Press("2", 2), Press("1", 5))
    assert behaviour.hang_ups == (HangUp(5, Moment.RINGING),)
    assert phone_text.caller("") == Behaviour()


@pytest.mark.parametrize("text", ["anser 4", "answer 4, prss 1", "answer four", "busy,", ""])
def test_a_word_that_is_not_understood_is_named(text: str) -> None:
    with pytest.raises(PhoneTextError, match=text.rpartition(",")[2].strip() or "empty"):
        phone_text.phone(text)


def test_texts_have_fates() -> None:
    assert phone_text.text_fate("undelivered 30005, late 60") == TextFate(
        Delivery.UNDELIVERED, 30005, 60
    )
    assert phone_text.text_fate("delivered, out_of_order, dup") == TextFate(
        out_of_order=True, twice=True
    )
    with pytest.raises(PhoneTextError, match="lost"):
        phone_text.text_fate("lost")


def test_each_attempt_has_its_own_behaviour_and_the_last_one_stays() -> None:
    busy, there = Behaviour(PickUp.BUSY), Behaviour()
    book = PhoneBook({ANNA: [busy, there]})

    assert [book.next_attempt(ANNA) for _ in range(3)] == [busy, there, there]
    assert book.next_attempt(BO).pick_up is PickUp.NO_ANSWER


def written(folder: Path, text: str) -> Path:
    path = folder / "evening.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'variant = "B"\ndefault = "busy"\n[caller]\ndoes = "press 1"\n'
        f'[phones]\n"{BO}" = "answer 4"\nanna = ["no answer", "answer 2"]\n',
    )

    found = script.read(path, {"anna": ANNA})

    assert found.variant is Variant.B
    assert found.default.pick_up is PickUp.BUSY
    assert found.caller.presses == (Press("1"),)
    assert [b.pick_up for b in found.phones[ANNA]] == [PickUp.NO_ANSWER, PickUp.ANSWER]
    assert found.phones[BO][0].after == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[phones]\nanna = "answr 2"', "evening.toml, line 2: anna: “answr 2”"),
        ('[phones]\ncecilia = "busy"', "line 2: cecilia: is neither"),
        ("[phones]\nanna = 3", "line 2: anna: is not text"),
        ("[phones]\nanna = []", "line 2: anna: the list"),
        ('[caller]\nsays = "hej"', "line 2: says: there is no field “caller.says”"),
        ('variant = "Z"', "line 1: variant: “Z” is not possible"),
        ('caller = "press 1"', "line 1: caller: is a table"),
        ('speed = "fast"', "line 1: speed: there is no field “speed”"),
        ("phones = = 2", "line 1"),
    ],
)
def test_a_mistake_in_a_script_is_named_with_its_place(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(script.ScriptError, match=words.replace("[", r"\[")):
        script.read(written(tmp_path, text), {"anna": ANNA})


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(script.ScriptError, match=r"nowhere\.toml: cannot be read"):
        script.read(tmp_path / "nowhere.toml", {})
