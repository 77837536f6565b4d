"""Fields are sealed for one purpose, opened by any key we hold, and found without being read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.fields import FieldCipher, UnreadableField
from routing.numbers import parse_number

OLD, NEW, STRANGE = (bytes([n]) * 32 for n in (1, 2, 3))
PURPOSE = "texts.body"
NUMBER, ANOTHER = parse_number("+46701740650"), parse_number("+46701740651")


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_is_opened_again(text: str) -> None:
    cipher = FieldCipher([OLD])

    assert cipher.open(cipher.seal(text, PURPOSE), PURPOSE) == text


def test_the_same_words_are_never_the_same_bytes() -> None:
    cipher = FieldCipher([OLD])

    sealed = {cipher.seal("Hej", PURPOSE) for _ in range(100)}

    assert len(sealed) == 100
    assert not [one for one in sealed if b"Hej" in one]


def test_a_value_moved_to_another_column_cannot_be_read_there() -> None:
    cipher = FieldCipher([OLD])

    with pytest.raises(UnreadableField, match=r"outbox\.body"):
        cipher.open(cipher.seal("Hej", PURPOSE), "outbox.body")


@given(place=st.integers(0, 35), bit=st.integers(0, 7))
def test_one_changed_bit_is_noticed(place: int, bit: int) -> None:
    cipher = FieldCipher([OLD])
    sealed = bytearray(cipher.seal("Hej", PURPOSE))
    sealed[place] ^= 1 << bit

    with pytest.raises(UnreadableField):
        cipher.open(bytes(sealed), PURPOSE)


@pytest.mark.parametrize("length", [0, 1, 5, 16, 17, 30])
def test_a_value_that_is_cut_off_is_unreadable(length: int) -> None:
    cipher = FieldCipher([OLD])
    sealed = cipher.seal("Hej", PURPOSE)

    with pytest.raises(UnreadableField):
        cipher.open(sealed[:length], PURPOSE)


def test_old_values_are_opened_and_new_ones_sealed_with_the_newest_key() -> None:
    before = FieldCipher([OLD]).seal("Hej", PURPOSE)
    rotating = FieldCipher([NEW, OLD])

    after = rotating.seal("Hej", PURPOSE)

    assert rotating.open(before, PURPOSE) == rotating.open(after, PURPOSE) == "Hej"
    assert FieldCipher([NEW]).open(after, PURPOSE) == "Hej"
    with pytest.raises(UnreadableField, match="DATA_KEYS"):
        FieldCipher([NEW]).open(before, PURPOSE)


def test_a_number_is_found_while_keys_are_rotated() -> None:
    before, rotating = FieldCipher([OLD]), FieldCipher([NEW, OLD])

    found = rotating.indexes(NUMBER)

    assert found == (FieldCipher([NEW]).index(NUMBER), before.index(NUMBER))
    assert rotating.index(NUMBER) == found[0]


def test_an_index_says_nothing_without_our_own_key() -> None:
    ours, theirs = FieldCipher([OLD]), FieldCipher([STRANGE])

    assert ours.index(NUMBER) == ours.index(parse_number("070-174 06 50"))
    assert len({ours.index(NUMBER), ours.index(ANOTHER), theirs.index(NUMBER)}) == 3


def test_a_label_is_the_same_each_time_and_differs_between_organisations() -> None:
    ours, theirs = FieldCipher([OLD]), FieldCipher([STRANGE])

    assert ours.opaque_number("x") == ours.opaque_number("x")
    assert ours.opaque_number("x") != theirs.opaque_number("x")
    assert 0 <= ours.opaque_number("x") < 10_000_000


def test_what_goes_wrong_is_told_without_what_was_said() -> None:
    cipher = FieldCipher([OLD])

    with pytest.raises(UnreadableField) as caught:
        FieldCipher([STRANGE]).open(cipher.seal("Hemliga ord", PURPOSE), PURPOSE)

    assert "Hemliga" not in str(caught.value)
    assert caught.value.__cause__ is None
