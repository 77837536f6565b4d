"""How long a text is to a carrier, and how it is split: nothing is lost and nothing is too long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.segments import LONGEST, parts, segments

_MARK = re.compile(r"(?:A2 )?(?:\d{1,2}/\d{1,2} )?· ")
# What phones send: Swedish, what costs two, other alphabets, emoji that take one unit and two,
# families and flags that are made of several, and what is not printed.
_ANYTHING = st.text(
    st.one_of(
        st.sampled_from("aåäö €[]~\n🙏👍❤\u200d👩👧🇸🇪’–é\u0301ا" + "A2 1/2 · "),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=900,
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def unmarked(part: str) -> str:
    return _MARK.sub("", part, count=1)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("å" * 160, 1),
        ("å" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("🙏" * 35, 1),
        ("🙏" * 36, 2),
        ("a" * 1600, 11),
        ("á" * 1600, 24),
    ],
)
def test_segments_are_counted_as_the_carrier_counts_them(text: str, count: int) -> None:
    assert segments(text) == count


def test_one_letter_of_another_alphabet_makes_the_whole_text_dear() -> None:
    assert (segments("a" * 160), segments("a" * 159 + "’")) == (1, 3)


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 152 + "€" + "a" * 152, 3), ("🙏" * 67, 3), ("🙏" * 33 + "á" + "🙏" * 33, 2)],
    ids=["an escape pair", "a surrogate pair", "none falls on the edge"],
)
def test_a_pair_is_never_split_between_two_segments(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize("body", ["a" * LONGEST, "🙏" * (LONGEST // 2), ""])
def test_what_the_carrier_takes_in_one_is_left_alone(body: str) -> None:
    assert parts(body) == (body,)


def test_a_tag_stands_first() -> None:
    assert parts("hej", "A2") == ("A2 · hej",)


def test_what_a_tag_makes_too_long_is_split_and_numbered() -> None:
    first, second = parts("a" * LONGEST, "A2")

    assert first.startswith("A2 1/2 · a")
    assert second.startswith("A2 2/2 · a")
    assert unmarked(first) + unmarked(second) == "a" * LONGEST


@pytest.mark.parametrize("prefix", ["", "A2"])
@pytest.mark.parametrize("more", [0, 1, 800])
def test_sixteen_hundred_units_of_emoji_come_whole(prefix: str, more: int) -> None:
    body = "🙏" * (800 + more)

    split = parts(body, prefix)

    assert all(units(part) <= LONGEST for part in split)
    assert "".join(map(unmarked, split) if len(split) > 1 or prefix else split) == body


@given(body=_ANYTHING, times=st.integers(1, 6), prefix=st.sampled_from(["", "A2"]))
def test_the_parts_make_up_the_text_again_and_none_is_too_long(
    body: str, times: int, prefix: str
) -> None:
    body *= times

    split = parts(body, prefix)

    assert all(0 < units(part) <= LONGEST for part in split if body)
    is_marked = bool(prefix) or len(split) > 1
    assert "".join(map(unmarked, split) if is_marked else split) == body
    if is_marked:
        assert all(part.startswith(prefix) for part in split)
    if len(split) > 1:
        numbers = [part.removeprefix(prefix).split()[0] for part in split]
        assert numbers == [f"{n}/{len(split)}" for n in range(1, len(split) + 1)]


@given(body=_ANYTHING)
def test_a_text_takes_no_fewer_segments_than_it_has_room_for(body: str) -> None:
    assert segments(body) >= max(1, -(-units(body) // 160))
    assert segments(body) <= max(1, -(-units(body) // 66))
