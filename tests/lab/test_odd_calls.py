"""Calls that do not go as hoped, calls at the same time, and calls played by hand."""

import io
import wave
from datetime import timedelta

import pytest
from flask import Response
from werkzeug.test import Client as Browser

from app.lab.call import Outcome
from app.lab.trace import CarrierFailure, What
from app.lab.variant import Variant
from tests.lab.line import (
    ANNA,
    BASE,
    BO,
    CALLER,
    LINE,
    NOBODY,
    SID,
    START,
    TOKEN,
    WHISPER,
    Line,
    carrier_of,
    ring,
)

ACCEPTS = "answer 4, press 1 after 3, talk 60"
OTHER_CALLER = "+46701740606"
ASKS = (
    '<Response><Gather action="/keyed" numDigits="1" timeout="5" actionOnEmptyResult="true">'
    '<Say language="sv-SE">Tryck 1 eller 2.</Say></Gather></Response>'
)


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        (
            Variant.A,
            {"DialCallStatus": "completed", "DialBridged": "false", "DialCallDuration": "2"},
        ),
        (Variant.B, {"DialCallStatus": "no-answer", "DialBridged": "false"}),
    ],
)
def test_a_phone_that_is_picked_up_and_put_down_is_told_in_two_ways(
    variant: Variant, told: dict[str, str]
) -> None:
    line = Line()

    carrier_of(line, variant=variant).call(
        CALLER, phones={ANNA: "answer 3, hang up after 2", BO: ACCEPTS}
    )

    form = line.asked("/ended/0")[0]
    assert {k: v for k, v in form.items() if k in told or k == "DialCallDuration"} == told


def test_a_phone_rings_five_seconds_longer_than_it_is_told_to() -> None:
    call = carrier_of(Line(ladder=(ANNA,))).call(CALLER)

    assert call.children[0].status == "no-answer"
    assert call.lasted == pytest.approx(20 + len("Ingen svarar.") / 14)
    assert call.heard == ["Ingen svarar."]
    assert call.outcome is Outcome.ENDED_BY_LINE


def test_a_caller_who_leaves_in_the_whisper_takes_the_phone_down() -> None:
    line = Line()

    call = carrier_of(line).call(
        CALLER, phones={ANNA: "answer 4, press 1 after 9"}, caller="hang up in the whisper"
    )

    assert call.bridged_to is None
    assert (call.children[0].status, call.status) == ("completed", "completed")
    assert line.asked("/accept") == []
    assert line.asked("/ended/0")[0]["DialCallStatus"] == "canceled"


def test_a_caller_who_leaves_a_second_after_the_bridge_was_connected() -> None:
    line = Line()

    call = carrier_of(line).call(CALLER, phones={ANNA: ACCEPTS}, caller="hang up 1 after bridging")

    assert (call.bridged_to, call.outcome) == (ANNA, Outcome.TALKED)
    form = line.asked("/ended/0")[0]
    assert (form["CallStatus"], form["DialBridged"]) == ("completed", "true")


def test_dialling_on_after_the_caller_left_is_a_failure() -> None:
    line = Line(pages={"/ended/0": ring(BO, 1)})

    with pytest.raises(CarrierFailure, match="dials on"):
        carrier_of(line).call(CALLER, caller="hang up after 5")


def test_a_voicemail_that_presses_one_is_taken_for_a_person() -> None:
    call = carrier_of(Line()).call(CALLER, phones={ANNA: "voicemail 1, press 1"})

    assert call.bridged_to == ANNA


@pytest.mark.parametrize("frm", ["anonymous", "", "+266696687"])
def test_a_withheld_number_is_passed_on_as_it_came(frm: str) -> None:
    line = Line()

    call = carrier_of(line).call(frm, phones={ANNA: ACCEPTS})

    assert call.bridged_to == ANNA
    assert (line.asked("/voice")[0]["From"], line.asked("/voice")[0]["FromCountry"]) == (frm, "")


def test_the_key_that_the_caller_presses_is_told() -> None:
    line = Line(pages={"/voice": ASKS, "/keyed": NOBODY})

    call = carrier_of(line).call(CALLER, caller="press 2")

    assert line.asked("/keyed")[0]["Digits"] == "2"
    assert call.heard == ["Tryck 1 eller 2.", "Ingen svarar."]


@pytest.mark.parametrize(("variant", "sent"), [(Variant.A, True), (Variant.B, False)])
def test_no_key_gives_empty_digits_or_none(variant: Variant, *, sent: bool) -> None:
    line = Line(pages={"/voice": ASKS, "/keyed": NOBODY})

    carrier_of(line, variant=variant).call(CALLER)

    assert ("Digits" in line.asked("/keyed")[0]) is sent
    assert line.asked("/keyed")[0].get("Digits", "") == ""


def test_without_the_empty_result_a_document_goes_on() -> None:
    asks = ASKS.replace(' actionOnEmptyResult="true"', "").replace(
        "</Response>", "<Redirect>/on</Redirect></Response>"
    )
    line = Line(pages={"/voice": asks, "/on": NOBODY})

    call = carrier_of(line).call(CALLER)

    assert (line.asked("/keyed"), call.heard[-1]) == ([], "Ingen svarar.")


def test_after_words_the_caller_hears_silence_in_the_whisper() -> None:
    words = '<Response><Say language="sv-SE">Vänta.</Say><Dial'
    line = Line(pages={"/voice": ring(ANNA).replace("<Response><Dial", words)})

    call = carrier_of(line).call(CALLER, phones={ANNA: ACCEPTS})

    silent = [entry for entry in call.entries if entry.what is What.HEARS_SILENCE]
    assert len(silent) == 1


def test_a_number_that_is_none_fails_and_the_next_is_rung() -> None:
    line = Line(ladder=("0000000", BO))
    carrier = carrier_of(line)

    call = carrier.call(CALLER, phones={BO: ACCEPTS})

    assert line.asked("/ended/0")[0]["DialCallStatus"] == "failed"
    assert call.dialled == [BO]
    assert [alert.code for alert in carrier.alerts] == [13224]


def test_a_caller_id_that_is_not_ours_is_a_failure() -> None:
    line = Line(
        pages={"/voice": ring(ANNA).replace(f'callerId="{LINE}"', 'callerId="+46701740699"')}
    )

    with pytest.raises(CarrierFailure, match="caller id"):
        carrier_of(line).call(CALLER, phones={BO: ACCEPTS})


def test_the_first_answer_cancels_the_other_phones() -> None:
    both = ring(ANNA).replace("</Dial>", f"<Number>{BO}</Number></Dial>")
    carrier = carrier_of(Line(pages={"/voice": both}), strict=False)

    call = carrier.call(CALLER, phones={ANNA: "answer 4, press 1", BO: "voicemail 1"})

    assert [child.status for child in call.children] == ["canceled", "completed"]
    assert call.bridged_to == BO


def test_a_whisper_that_names_the_caller_is_a_failure() -> None:
    told = WHISPER.replace("Jouren.", "Samtal från 070-174 06 05.")
    line = Line(pages={"/whisper": told})

    with pytest.raises(CarrierFailure, match="privacy"):
        carrier_of(line).call(CALLER, phones={ANNA: ACCEPTS})


def test_ringing_the_caller_is_a_failure() -> None:
    with pytest.raises(CarrierFailure, match="rings the caller"):
        carrier_of(Line(ladder=(CALLER, BO))).call(CALLER, phones={BO: ACCEPTS})


def test_the_fallback_of_a_number_is_in_the_debugger_not_in_the_failures() -> None:
    line = Line(pages={"/ended/0": "<Response"})
    carrier = carrier_of(line)
    carrier.numbers[LINE].voice_fallback_url = f"{BASE}/fallback"
    line.pages["/fallback"] = NOBODY

    call = carrier.call(CALLER)

    assert (call.heard, carrier.failures) == (["Ingen svarar."], [])
    assert [alert.code for alert in carrier.alerts] == [12100]


def test_two_callers_at_once_do_not_disturb_each_other() -> None:
    carrier = carrier_of(Line())
    phones = {ANNA: "answer 2, press 1, talk 100", BO: "answer 2, press 1, talk 100"}

    first = carrier.begin_call(CALLER, phones=phones)
    second = carrier.begin_call(OTHER_CALLER, phones=phones, after=20)
    carrier.run_until(START + timedelta(seconds=50))

    assert (first.bridged_to, second.bridged_to) == (ANNA, BO)
    assert (first.outcome, second.over) == (Outcome.UNDER_WAY, False)
    assert second.dialled == [ANNA, BO]  # Anna's phone is engaged
    carrier.run()
    assert (first.outcome, second.outcome) == (Outcome.TALKED, Outcome.TALKED)
    assert {seen.leg for seen in first.requests}.isdisjoint(seen.leg for seen in second.requests)


def test_an_account_may_have_too_few_lines() -> None:
    carrier = carrier_of(Line())
    carrier.account.max_concurrent = 1

    call = carrier.call(CALLER, phones={ANNA: ACCEPTS})

    assert (call.dialled, {alert.code for alert in carrier.alerts}) == ([], {10004})


def test_a_call_can_be_played_by_hand() -> None:
    carrier = carrier_of(Line())
    call = carrier.begin_call(CALLER, phones={ANNA: "by hand"})

    def wait(seconds: float) -> None:
        carrier.run_until(carrier.now() + timedelta(seconds=seconds))

    wait(3)
    assert call.children[0].status == "ringing"
    call.children[0].answer()
    wait(2)
    call.children[0].press("1")
    wait(10)
    assert (call.bridged_to, call.over) == (ANNA, False)
    call.hang_up()
    wait(5)
    assert (call.over, call.children[0].over) == (True, True)
    assert What.PICKS_UP in {entry.what for entry in call.entries}


def test_a_phone_put_down_by_hand_while_it_rings_is_passed_by() -> None:
    carrier = carrier_of(Line())
    call = carrier.begin_call(CALLER, phones={ANNA: "by hand", BO: "by hand"})

    carrier.run_until(START + timedelta(seconds=1))
    call.children[0].decline()
    carrier.run_until(START + timedelta(seconds=2))

    assert call.dialled == [ANNA, BO]


def test_the_same_seed_gives_the_same_night() -> None:
    def night(seed: int) -> list[tuple[str, str]]:
        carrier = carrier_of(Line(), seed=seed)
        call = carrier.call(CALLER, phones={ANNA: "busy", BO: ACCEPTS})
        return [(f"{seen.at:%T.%f}", seen.url) for seen in call.requests]

    assert night(1) == night(1)
    assert night(1) != night(2)


def test_the_service_may_send_a_text_in_the_middle_of_a_webhook() -> None:
    line = Line()
    carrier = carrier_of(line)

    def voice() -> str:
        form = {"To": ANNA, "From": LINE, "Body": "Det ringer"}
        path = f"/2010-04-01/Accounts/{SID}/Messages.json"
        assert Browser(carrier.rest).post(path, data=form, auth=(SID, TOKEN)).status_code == 201
        return ring(ANNA)

    line.pages["/voice"] = voice
    call = carrier.call(CALLER, phones={ANNA: ACCEPTS})

    assert (call.bridged_to, len(carrier.messages)) == (ANNA, 1)


def test_a_recording_is_played_for_as_long_as_it_lasts() -> None:
    sound = io.BytesIO()
    with wave.open(sound, "wb") as tape:
        tape.setnchannels(1)
        tape.setsampwidth(1)
        tape.setframerate(8000)
        tape.writeframes(b"\x80" * 24000)
    line = Line(
        pages={
            "/voice": "<Response><Play>/hej.wav</Play><Hangup/></Response>",
            "/hej.wav": lambda: Response(sound.getvalue(), mimetype="audio/wav"),
        }
    )

    call = carrier_of(line).call(CALLER)

    assert call.heard == ["hej.wav"]
    assert call.lasted == pytest.approx(3)


def test_a_call_can_be_ended_or_turned_over_rest() -> None:
    line = Line()
    carrier = carrier_of(line)
    rest, auth = Browser(carrier.rest), (SID, TOKEN)
    path = f"/2010-04-01/Accounts/{SID}/Calls"

    call = carrier.begin_call(CALLER, phones={ANNA: ACCEPTS})
    carrier.run_until(START + timedelta(seconds=2))
    line.pages["/other"] = NOBODY
    rest.post(f"{path}/{call.sid}.json", data={"Url": f"{BASE}/other"}, auth=auth)
    carrier.run()
    listed = rest.get(f"{path}.json", query_string={"To": LINE}, auth=auth)

    assert call.heard == ["Ingen svarar."]
    assert call.children[0].status == "canceled"
    assert listed.json
    assert [seen["sid"] for seen in listed.json["calls"]] == [call.sid]


@pytest.mark.parametrize(
    ("document", "status"),
    [('<Reject reason="busy"/>', "busy"), ("<Reject/>", "no-answer")],
)
def test_a_rejected_call_was_never_answered(document: str, status: str) -> None:
    carrier = carrier_of(Line(pages={"/voice": f"<Response>{document}</Response>"}))

    call = carrier.call(CALLER)

    assert (call.status, call.leg.answered_at) == (status, None)


def test_a_star_ends_the_talk_and_the_service_goes_on() -> None:
    line = Line(pages={"/voice": ring(ANNA, 0, ' hangupOnStar="true"'), "/ended/0": NOBODY})

    call = carrier_of(line).call(
        CALLER, phones={ANNA: "answer 1, press 1, talk 600"}, caller="press * at 30"
    )

    assert call.heard == ["Ingen svarar."]
    assert line.asked("/ended/0")[0]["CallStatus"] == "in-progress"
