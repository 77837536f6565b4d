"""Every finding about rest can be said, in Swedish and in English, whatever its numbers are."""

import string
from datetime import timedelta

import pytest

from routing.intervals import Interval
from routing.rest import findings
from routing.rest_debts import debt_findings
from routing.rest_load import load_findings
from routing.rest_sentences import WAY_OUT, WORDS
from routing.rest_words import in_words
from routing.work import RestFinding
from tests.examples import STOCKHOLM, at, span
from tests.routing.weeks import FRI, NEXT_MON, NIGHT, SAT, THU, TUE, WED, WEEK, hours, time, work

AT_TWO = time(WED, "02:00", "03:30")
EVERY = span("2026-02-01T00:00", "2026-04-01T00:00")


def every_finding() -> list[RestFinding]:
    """Something of everything, some of it with nothing left at all."""
    now = at("2026-03-20T08:00")
    whole = time("2026-03-01", "00:00", "00:00", "2026-03-31")
    two_nights = [NIGHT, time(WED, "17:00", "08:00", THU)]
    starts = [NIGHT.start + hours(n) for n in range(5)]
    often = [Interval(start, start + hours(0, 9)) for start in starts]
    return [
        *findings(work([whole], [whole], jour=[time(TUE, "12:00", "03:00", WED)]), EVERY),
        *findings(work([NIGHT], [AT_TWO], off=[WED]), WEEK),
        *findings(work([time(FRI, "17:00", "22:00"), time("2026-03-08", "10:00", "22:00")]), WEEK),
        *findings(work([time("2026-03-08", "10:00", "22:00")]), WEEK),
        *findings(work([time(FRI, "17:00", "08:00", NEXT_MON)]), WEEK),
        *findings(work([time(SAT, "10:00", "11:00")], [time(SAT, "23:00", "23:30")]), WEEK),
        *debt_findings(work(two_nights, [AT_TWO]), WEEK, at(f"{WED}T04:00")),
        *debt_findings(work([whole], [whole]), EVERY, now),
        *load_findings(work([NIGHT], often), at(f"{THU}T08:00")),
        *load_findings(work([whole], [whole], jour=[whole]), now),
    ]


@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_finding_has_its_words(language: str) -> None:
    for found in every_finding():
        said = in_words(found, STOCKHOLM, language)

        assert "{" not in said.message + said.remedy
        assert "t2" in said.message
        assert said.remedy


def test_both_languages_speak_of_the_same_numbers() -> None:
    def fields(words: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(words) if name}

    for rule, languages in WORDS.items():
        assert set(languages) == {"en", "sv"}, rule
        english, swedish = languages["en"], languages["sv"]
        assert fields(english.message) == fields(swedish.message), rule
        assert fields(english.remedy) == fields(swedish.remedy), rule
    assert set(WAY_OUT) == {"en", "sv"}


def test_no_rest_at_all_is_said_as_nought_hours() -> None:
    (daily, *_) = [f for f in every_finding() if f.numbers.get("longest") == timedelta()]

    assert "0 h" in in_words(daily, STOCKHOLM).message
