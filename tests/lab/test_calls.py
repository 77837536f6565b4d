"""Whole calls: who is rung, what is heard, what the service is told."""

import pytest

from app.lab.call import Outcome
from app.lab.transcript import transcript
from app.lab.variant import Variant
from tests.lab.line import ANNA, BO, CALLER, LINE, Line, carrier_of, ring

ACCEPTS = "answer 4, press 1 after 3, talk 60"


def test_the_first_who_presses_one_talks_with_the_caller() -> None:
    line = Line()

    call = carrier_of(line).call(CALLER, phones={ANNA: ACCEPTS})

    assert call.dialled == [ANNA]
    assert call.bridged_to == ANNA
    assert call.heard_by(ANNA) == ["Jouren. Tryck 1."]
    assert call.heard == []
    assert call.waited == pytest.approx(7)
    assert call.outcome is Outcome.TALKED
    assert line.asked("/ended/0")[0]["DialBridged"] == "true"
    assert line.asked("/ended/0")[0]["DialCallDuration"] == "63"
    assert line.asked("/after")[0]["CallStatus"] == "completed"


@pytest.mark.parametrize("variant", Variant)
@pytest.mark.parametrize(
    "anna",
    ["no answer", "busy", "reject", "failed", "voicemail 10", "airplane", "answer 5, press 2"],
)
def test_whoever_does_not_accept_is_followed_by_the_next(variant: Variant, anna: str) -> None:
    call = carrier_of(Line(), variant=variant).call(CALLER, phones={ANNA: anna, BO: ACCEPTS})

    assert call.dialled == [ANNA, BO]
    assert call.bridged_to == BO


def test_the_transcript_names_people_and_no_numbers() -> None:
    call = carrier_of(Line()).call(CALLER, phones={ANNA: "busy", BO: ACCEPTS})

    told = transcript(call, {ANNA: "Anna"})

    assert told[0] == "19:04:00  caller   calls the line"
    assert "19:04:07  phone 1  is talking with caller" in told
    assert not any("+46" in line or LINE in line for line in told)
    assert ring(ANNA)


@pytest.mark.parametrize("variant", Variant)
def test_a_caller_who_leaves_while_it_rings_stops_the_phone(variant: Variant) -> None:
    line = Line()

    call = carrier_of(line, variant=variant).call(
        CALLER, phones={ANNA: "answer 10, press 1"}, caller="hang up 5 after ringing"
    )

    assert call.dialled == [ANNA]
    assert call.children[0].status == "canceled"
    assert call.outcome is Outcome.ABANDONED
    assert call.lasted == pytest.approx(5)
    told = [(form["CallStatus"], form["DialCallStatus"]) for form in line.asked("/ended/0")]
    assert (
        told
        == {
            Variant.A: [("completed", "canceled")],
            Variant.B: [("no-answer", "no-answer")],
            Variant.C: [],
        }[variant]
    )
