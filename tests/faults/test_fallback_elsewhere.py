"""While the service is away, the document that is hosted elsewhere finds a person all the same."""

from datetime import time

from app.lab.call import Outcome
from app.phrases import phrases
from app.telephony.fallback_document import fallback_address, fallback_document
from routing.hours import Hours, Window
from routing.numbers import parse_number
from routing.organisation import Fallback
from tests.app.conftest import StageAt
from tests.app.world import (
    FALLBACK,
    NO_FALLBACK,
    SECOND_FALLBACK,
    YOUTH,
    changed,
    heard_in,
    reached,
    tried,
)
from tests.examples import STOCKHOLM, line
from tests.faults.away import ELSEWHERE, goes_away, host_fallback

SEVEN = "2026-03-03T19:00"
SV, EN = phrases("sv").spoken, phrases("en").spoken
IN_OFFICE_HOURS = """
[[lines.fallback]]
name = "Dagtid"
number = "+46846500498"
hours = [{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "17:00" }]

[[lines.fallback]]
name = "Socialjouren"
number = "+46846500499"
"""
TWO = changed((NO_FALLBACK[0], IN_OFFICE_HOURS))
THERE, NOT_THERE = "answer 5, talk 30", "no answer"


def test_a_caller_reaches_the_fallback_without_the_service(variant_stage_at: StageAt) -> None:
    stage = variant_stage_at(SEVEN)
    hosted = host_fallback(stage)
    goes_away(stage)

    call = stage.call(YOUTH, phones={"Socialjouren": THERE})

    assert hosted.asked == ["GET"]
    assert tried(call) == ["fallback"]
    assert reached(call) == "fallback"
    assert call.waited is not None
    assert call.waited < 15


def test_a_service_that_dies_in_mid_call_leaves_the_caller_to_it(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN)
    host_fallback(stage)
    goes_away(stage, path="/ended")

    call = stage.call(YOUTH, phones={"t4": NOT_THERE, "Socialjouren": THERE})

    assert tried(call) == ["t4", "fallback"]
    assert reached(call) == "fallback"


def test_when_nobody_answers_there_either_the_caller_hears_what_to_do(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(SEVEN)
    host_fallback(stage)
    goes_away(stage)

    call = stage.call(YOUTH, phones={"Socialjouren": NOT_THERE})

    assert call.outcome is Outcome.ENDED_BY_LINE
    assert heard_in(call, SV["trouble"], SV["after_trouble"], EN["after_trouble"], "1 1 2")


def test_the_one_that_is_always_open_is_rung_first_and_nobody_after_who_answered(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(SEVEN, toml=TWO)
    host_fallback(stage)
    goes_away(stage)

    answered = stage.call(YOUTH, phones={"Socialjouren": THERE, "Dagtid": THERE})
    passed_on = stage.call(YOUTH, phones={"Socialjouren": NOT_THERE, "Dagtid": THERE})

    assert answered.dialled == [FALLBACK]
    assert passed_on.dialled == [FALLBACK, SECOND_FALLBACK]
    assert passed_on.bridged_to == SECOND_FALLBACK


def test_without_a_fallback_there_are_words_at_least(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, toml=changed(NO_FALLBACK))
    host_fallback(stage)
    goes_away(stage)

    call = stage.call(YOUTH)

    assert call.dialled == []
    assert heard_in(call, SV["after_trouble"])


def test_the_document_holds_nothing_of_ours() -> None:
    office_hours = Hours((Window(frozenset({"mon"}), time(8), time(17)),), STOCKHOLM)
    many = [Fallback(f"f{n}", parse_number(f"+4684650041{n}"), None) for n in range(10)]
    twice = Fallback("again", many[0].number, office_hours)

    document = fallback_document(line(fallback=(twice, *many)))

    assert "action=" not in document
    assert "http" not in document
    assert document.count("<Number>") == 10
    assert 'callerId="+46766861004"' in document


def test_a_language_without_a_voice_is_left_out() -> None:
    assert fallback_document(line(languages=("so",))) == fallback_document(line(languages=("sv",)))


def test_several_lines_have_an_address_each() -> None:
    assert fallback_address("https://x.example.se/{line}.xml", line()).endswith("/eftervard.xml")
    assert fallback_address(ELSEWHERE, line()) == ELSEWHERE
