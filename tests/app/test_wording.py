"""How a stretch of time is said: with its weekday, and the second day only where it is another."""

import pytest

from app.phrases import phrases
from app.wording import span_in_words
from tests.examples import line, span

LINE = line()


def said(start: str, end: str, language: str = "sv") -> str:
    own = phrases(language)
    return span_in_words(span(start, end), LINE, own.written, own.names)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2027-01-14T16:30", "2027-01-14T22:00", "torsdag 14 januari 16.30–22.00"),
        ("2027-01-15T17:00", "2027-01-16T08:00", "fredag 15 januari 17.00–lördag 16 januari 08.00"),
        ("2027-01-16T10:00", "2027-01-17T00:00", "lördag 16 januari 10.00–00.00"),
        ("2027-02-28T22:00", "2027-03-01T08:00", "söndag 28 februari 22.00–måndag 1 mars 08.00"),
        # The clocks change in the night: what counts is what they show.
        ("2026-03-28T22:00", "2026-03-29T08:00", "lördag 28 mars 22.00–söndag 29 mars 08.00"),
    ],
)
def test_a_stretch_is_said_as_the_line_s_own_clocks_show_it(
    start: str, end: str, expected: str
) -> None:
    assert said(start, end) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Thursday 14 January 16:30–22:00"),
        ("fi", "torstai 14. tammikuuta 16.30–22.00"),
        ("ar", "الخميس 14 يناير 16:30–22:00"),
    ],
)
def test_each_language_has_its_own_days_and_clock(language: str, expected: str) -> None:
    assert said("2027-01-14T16:30", "2027-01-14T22:00", language) == expected
