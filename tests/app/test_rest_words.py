"""The words of the report on rest: the same in both languages, and lengths as people write them."""

from datetime import timedelta

import pytest

from app.console.rest_page import hours, signed
from app.console.rest_words import LAW_OF_RULE, RULES, WORDS


def test_every_word_is_there_in_both_languages() -> None:
    assert WORDS["sv"].keys() == WORDS["en"].keys()
    assert RULES["sv"].keys() == RULES["en"].keys() == LAW_OF_RULE.keys()
    assert all(word for words in (*WORDS.values(), *RULES.values()) for word in words.values())


@pytest.mark.parametrize(
    ("length", "plain", "with_sign"),
    [
        (timedelta(), "0:00", "0:00"),
        (timedelta(hours=11, minutes=5, seconds=59), "11:05", "+11:05"),
        (timedelta(hours=168), "168:00", "+168:00"),
    ],
)
def test_lengths_are_hours_and_minutes(length: timedelta, plain: str, with_sign: str) -> None:
    assert (hours(length), signed(length)) == (plain, with_sign)


@pytest.mark.parametrize(
    ("lack", "said"),
    [
        (timedelta(minutes=70), "−1:10"),
        (timedelta(seconds=1), "−0:01"),
        (timedelta(hours=36), "−36:00"),
    ],
)
def test_a_lack_is_never_rounded_to_nothing(lack: timedelta, said: str) -> None:
    assert signed(-lack) == said
