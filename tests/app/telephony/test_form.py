"""A webhook's form is read as the standard library reads it."""

from urllib.parse import parse_qsl, urlencode

from hypothesis import given
from hypothesis import strategies as st

from app.telephony.webhook import _pairs

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(texts, texts), max_size=30))
def test_whatever_is_written_into_a_form_is_read_out_of_it(fields: list[tuple[str, str]]) -> None:
    assert _pairs(urlencode(fields).encode()) == fields


@given(st.text("ab=&+%2Fe5;\x00 ", max_size=40))
def test_an_odd_form_is_read_as_the_standard_library_reads_it(text: str) -> None:
    assert _pairs(text.encode()) == parse_qsl(text, keep_blank_values=True)


def test_what_is_no_form_or_has_too_many_fields_is_refused() -> None:
    assert _pairs("å=1".encode()) is None
    assert _pairs(b"&".join([b"a=1"] * 401)) is None
