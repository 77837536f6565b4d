"""The one question: a key for each district, then the languages; silence is an answer too."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.call import CallState, Keyed
from routing.ids import ContactId, DistrictId
from routing.organisation import Line
from routing.question import district_keys, keyed, language_keys
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, line

_KEYS = "0123456789*#"


def _state(language: str = "sv", *, language_chosen: bool = False) -> CallState:
    contact = ContactId("CA1")
    return CallState(contact, EFTERVARD, language, language_chosen=language_chosen)


def test_the_key_of_a_district_is_its_place_in_the_list() -> None:
    other_way = line(districts=(JARVA, HASSELBY_VALLINGBY))

    assert district_keys(line()) == (("1", HASSELBY_VALLINGBY), ("2", JARVA))
    assert district_keys(other_way) == (("1", JARVA), ("2", HASSELBY_VALLINGBY))


def test_the_languages_come_after_the_districts_less_the_one_being_spoken() -> None:
    assert language_keys(line(), _state()) == (("3", "en"), ("4", "fi"), ("5", "ar"))
    assert language_keys(line(), _state("fi")) == (("3", "sv"), ("4", "en"), ("5", "ar"))


def test_whoever_has_a_language_is_offered_no_other() -> None:
    assert language_keys(line(), _state("ar", language_chosen=True)) == ()


def test_a_line_of_one_language_offers_none() -> None:
    assert language_keys(line(languages=("sv",)), _state()) == ()


@pytest.mark.parametrize(
    ("digits", "answer"),
    [
        ("1", Keyed(home=HASSELBY_VALLINGBY)),
        ("2", Keyed(home=JARVA)),
        ("3", Keyed(language="en")),
        ("5", Keyed(language="ar")),
        ("6", Keyed()),
        ("0", Keyed()),
        ("", Keyed()),
        ("12", Keyed()),
        ("*", Keyed()),
    ],
)
def test_what_a_key_answers(digits: str, answer: Keyed) -> None:
    assert keyed(line(), _state(), digits) == answer


def test_the_key_of_a_language_means_nothing_once_one_is_chosen() -> None:
    assert keyed(line(), _state("ar", language_chosen=True), "3") == Keyed()


_lines = st.builds(
    lambda districts, languages: line(
        districts=tuple(DistrictId(f"d{n}") for n in range(districts)),
        languages=tuple(["sv", "en", "fi", "ar"][:languages]),
    ),
    st.integers(1, 5),
    st.integers(1, 4),
)


@given(_lines, st.booleans(), st.text(_KEYS, max_size=2))
def test_a_key_answers_one_thing_at_most(own: Line, is_chosen: bool, digits: str) -> None:
    state = _state(language_chosen=is_chosen)

    answer = keyed(own, state, digits)

    offered = [key for key, _ in chain(district_keys(own), language_keys(own, state))]
    assert len(offered) == len(set(offered))
    assert (answer != Keyed()) == (digits in offered)
    assert answer.home is None or answer.language is None
    assert answer.home is None or answer.home in own.districts
    assert answer.language is None or answer.language in own.languages
    assert answer.language != state.language
