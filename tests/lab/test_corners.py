"""The rarer corners of the carrier, each as Twilio's documentation describes it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Response
from werkzeug.test import Client as Browser

from app.lab.account import Account
from app.lab.engine import Engine, RunawayEngine
from app.lab.faults import Faults, RestFault, WebhookFault
from app.lab.openapi import cut
from app.lab.phones import TextFate
from app.lab.trace import What
from app.lab.transcript import transcript
from tests.lab.line import ANNA, BASE, BO, CALLER, LINE, NOBODY, SID, START, TOKEN, Line, carrier_of
from tests.lab.line import ring as rung

ACCEPTS = "answer 4, press 1 after 3, talk 60"
CALLS = f"/2010-04-01/Accounts/{SID}/Calls"
NUMBERS = f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers"
AUTH = (SID, TOKEN)


def asks(attributes: str) -> str:
    return (
        f'<Response><Gather action="/keyed"{attributes}><Pause length="1"/></Gather>'
        "<Redirect>/on</Redirect></Response>"
    )


@pytest.mark.parametrize(
    ("attributes", "caller", "form"),
    [
        (' numDigits="4"', "press 1234", {"Digits": "1234"}),
        ("", "press 12#", {"Digits": "12", "FinishedOnKey": "#"}),
        (' finishOnKey="*"', "press 1*", {"Digits": "1", "FinishedOnKey": "*"}),
        (' timeout="3"', "press 12", {"Digits": "12"}),
    ],
)
def test_keys_end_with_their_number_their_last_key_or_a_silence(
    attributes: str, caller: str, form: dict[str, str]
) -> None:
    line = Line(pages={"/voice": asks(attributes), "/keyed": NOBODY, "/on": NOBODY})

    carrier_of(line).call(CALLER, caller=caller)

    asked = line.asked("/keyed")[0]
    assert {key: asked[key] for key in ("Digits", "FinishedOnKey") if key in asked} == form


def test_a_last_key_alone_is_no_answer() -> None:
    line = Line(pages={"/voice": asks(""), "/on": NOBODY})

    carrier_of(line).call(CALLER, caller="press #")

    assert (len(line.asked("/keyed")), len(line.asked("/on"))) == (0, 1)


def test_keys_pressed_before_the_question_are_lost() -> None:
    words = '<Say language="sv-SE">Välkommen till jouren i kväll.</Say><Gather'
    line = Line(pages={"/voice": asks("").replace("<Gather", words), "/on": NOBODY})

    carrier_of(line).call(CALLER, caller="press 1 at 1")

    assert line.asked("/keyed") == []


def test_phones_in_sequence_are_rung_one_after_another() -> None:
    both = rung(ANNA, 0, ' sequential="true"').replace("</Dial>", f"<Number>{BO}</Number></Dial>")
    carrier = carrier_of(Line(pages={"/voice": both}), strict=False)

    call = carrier.call(CALLER, phones={ANNA: "busy", BO: "answer 2"})

    assert (call.dialled, call.bridged_to) == ([ANNA, BO], BO)
    assert call.children[1].began_at > call.children[0].began_at


def test_a_star_while_it_rings_stops_the_phone() -> None:
    line = Line(pages={"/voice": rung(ANNA, 0, ' hangupOnStar="true"'), "/ended/0": NOBODY})

    call = carrier_of(line).call(CALLER, caller="press * at 3")

    assert call.children[0].status == "canceled"
    assert line.asked("/ended/0")[0]["DialCallStatus"] == "completed"


def test_a_talk_ends_at_its_time_limit() -> None:
    line = Line(pages={"/voice": rung(ANNA, 0, ' timeLimit="30"')})

    call = carrier_of(line).call(CALLER, phones={ANNA: "answer 1, press 1, talk 600"})

    assert call.lasted == pytest.approx(33)


def test_a_dial_without_action_is_followed_by_its_words() -> None:
    document = (
        f'<Response><Dial callerId="{LINE}" timeout="10">{ANNA}</Dial>'
        '<Say language="sv-SE">Ring 112.</Say></Response>'
    )
    carrier = carrier_of(Line(pages={"/voice": document}), strict=False)

    call = carrier.call(CALLER)

    assert call.heard == ["Ring 112."]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response("<Reply/>", mimetype="text/xml"), 12100),
        (Response("{}", mimetype="application/json"), 12300),
        (Response("<Response>" + " " * 70_000 + "</Response>", mimetype="text/xml"), 11750),
        (Response(status=302, headers={"Location": f"{BASE}/voice"}), 11215),
        (Response("<Response><Play>/voice.txt</Play></Response>", mimetype="text/xml"), 12300),
        (Response("nothing here", 404), 11200),
    ],
)
def test_what_is_no_document_has_its_code(answer: Response, code: int) -> None:
    text = Response("hej", mimetype="text/plain")
    carrier = carrier_of(
        Line(pages={"/voice": lambda: answer, "/voice.txt": lambda: text}), strict=False
    )

    call = carrier.call(CALLER)

    assert code in {alert.code for alert in carrier.alerts}
    assert call.entries[-1].what is What.ERROR


def test_an_empty_answer_is_an_empty_document() -> None:
    carrier = carrier_of(Line(pages={"/voice": lambda: Response(status=204)}), strict=False)

    call = carrier.call(CALLER)

    assert (call.heard, [alert.code for alert in carrier.alerts]) == ([], [12200])


def test_markup_sent_as_plain_text_is_obeyed_and_a_failure() -> None:
    page = Response(NOBODY, mimetype="text/plain")
    carrier = carrier_of(Line(pages={"/voice": lambda: page}), strict=False)

    call = carrier.call(CALLER)

    assert call.heard == ["Ingen svarar."]
    assert [failure.rule for failure in carrier.failures] == ["content type"]


def test_a_whisper_that_cannot_be_had_lets_the_phone_go() -> None:
    carrier = carrier_of(Line())
    carrier.faults.add(WebhookFault.ERROR_BEFORE, path="/whisper")

    call = carrier.call(CALLER, phones={ANNA: ACCEPTS, BO: ACCEPTS})

    assert call.bridged_to == BO
    assert [alert.code for alert in carrier.alerts] == [11200]


def test_status_callbacks_that_fail_change_nothing_but_the_debugger() -> None:
    line = Line(pages={"/after": lambda: Response("", 500), "/progress": lambda: Response("ok")})
    carrier = carrier_of(line)

    call = carrier.call(CALLER, phones={ANNA: ACCEPTS})

    assert call.bridged_to == ANNA
    assert {alert.code for alert in carrier.alerts} == {15003, 12200}


def test_an_action_asked_in_vain_may_answer_anything() -> None:
    for answer in (Response("", 500), Response("nonsense")):
        line = Line(pages={"/ended/0": lambda answer=answer: answer})  # type: ignore[misc]
        carrier = carrier_of(line)

        carrier.call(CALLER, caller="hang up after 3")

        assert carrier.alerts[0].code in {11200, 12100}


def test_a_number_without_an_address_ends_the_call() -> None:
    carrier = carrier_of(Line())
    carrier.numbers[LINE].voice_url = ""

    assert carrier.call(CALLER).dialled == []


def test_a_forwarded_call_says_from_where() -> None:
    line = Line()

    carrier_of(line).call(CALLER, phones={ANNA: ACCEPTS}, forwarded_from="+46846500404")

    assert line.asked("/voice")[0]["ForwardedFrom"] == "+46846500404"


def test_texts_that_cannot_be_told_go_to_the_fallback() -> None:
    line = Line(pages={"/sms": lambda: Response("", 500), "/sms-fallback": "<Response/>"})
    carrier = carrier_of(line)
    carrier.numbers[LINE].sms_fallback_url = f"{BASE}/sms-fallback"

    carrier.text(CALLER, "HELP", media=1)

    assert line.asked("/sms-fallback")[0]["ErrorCode"] == "11200"
    assert line.asked("/sms-fallback")[0]["NumMedia"] == "1"
    assert [text.sid[:2] for text in carrier.texts] == ["MM"]


def test_unknown_markup_in_the_answer_to_a_text_is_a_failure() -> None:
    carrier = carrier_of(Line(pages={"/sms": "<Response><Mesage/></Response>"}), strict=False)

    carrier.text(CALLER, "Hej")

    assert [failure.rule for failure in carrier.failures] == ["grammar"]


def test_all_texts_may_share_a_fate() -> None:
    carrier = carrier_of(Line())
    carrier.set_text_fates({}, default=TextFate(code=30003))
    path = f"/2010-04-01/Accounts/{SID}/Messages.json"

    made = Browser(carrier.rest).post(
        path, data={"To": CALLER, "From": LINE, "Body": "a"}, auth=AUTH
    )
    early = Browser(carrier.rest).delete(made.get_json()["uri"], auth=AUTH)
    carrier.run()
    again = Browser(carrier.rest).post(made.get_json()["uri"], data={"Body": "b"}, auth=AUTH)

    assert (early.status_code, again.status_code) == (400, 400)
    assert carrier.messages[0].error_code == 30003


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"From": BO}, 21210),
        ({"To": "12"}, 21211),
        ({"To": "+447700900123"}, 21215),
        ({"Twiml": ""}, 21205),
    ],
)
def test_a_call_that_cannot_be_made_is_refused(form: dict[str, str], code: int) -> None:
    carrier = carrier_of(Line())

    reply = Browser(carrier.rest).post(
        f"{CALLS}.json", data={"From": LINE, "To": ANNA, "Twiml": "<Response/>"} | form, auth=AUTH
    )

    assert reply.get_json()["code"] == code


def test_calls_made_at_once_wait_their_turn_and_can_be_taken_down() -> None:
    line = Line(pages={"/alarm": NOBODY})
    carrier, order = carrier_of(line), {"From": LINE, "To": ANNA, "Url": f"{BASE}/alarm"}
    carrier.set_phones({ANNA: "answer 2", BO: "no answer"})
    rest = Browser(carrier.rest)

    rest.post(f"{CALLS}.json", data=order, auth=AUTH)
    second = rest.post(f"{CALLS}.json", data=order | {"To": BO}, auth=AUTH).get_json()
    carrier.run_until(START + timedelta(seconds=2))
    unfinished = rest.delete(second["uri"], auth=AUTH)
    rest.post(second["uri"], data={"Status": "canceled"}, auth=AUTH)
    carrier.run()
    too_late = rest.post(second["uri"], data={"Status": "completed"}, auth=AUTH)
    day = START.date().isoformat()
    listed = rest.get(
        f"{CALLS}.json", query_string={"StartTime": day, "Status": "canceled"}, auth=AUTH
    )

    starts = {entry.at for entry in carrier.trace.entries if entry.what is What.RINGS}
    assert max(starts) - min(starts) == timedelta(seconds=1)
    assert (unfinished.status_code, too_late.get_json()["code"]) == (400, 21220)
    assert [seen["to"] for seen in listed.get_json()["calls"]] == [BO]
    assert line.asked("/alarm")[0]["Direction"] == "outbound-api"


def test_what_the_lab_does_not_do_it_refuses() -> None:
    carrier = carrier_of(Line())
    rest, own = Browser(carrier.rest), carrier.numbers[LINE].sid

    replies = [
        rest.post(f"{NUMBERS}.json", data={"PhoneNumber": BO}, auth=AUTH),
        rest.delete(f"{NUMBERS}/{own}.json", auth=AUTH),
        rest.get(f"{NUMBERS}/PN{'f' * 32}.json", auth=AUTH),
        rest.post(f"{NUMBERS}/{own}.json", data={"BundleSid": "BU" + "1" * 32}, auth=AUTH),
        rest.get(f"{CALLS}/CA{'f' * 32}.json", auth=AUTH),
        rest.get(f"{CALLS}.json", query_string={"PageSize": "0"}, auth=AUTH),
        rest.get(f"{CALLS}.json", query_string={"StartTime": "today"}, auth=AUTH),
        rest.get("/2010-04-01/Accounts.json", auth=AUTH),
    ]

    assert [reply.status_code for reply in replies] == [403, 403, 404, 400, 404, 400, 400, 404]


def test_a_repeated_parameter_is_a_failure_unless_it_is_a_list() -> None:
    carrier = carrier_of(Line())
    form = {"From": LINE, "To": [ANNA, BO], "Url": f"{BASE}/voice"}

    Browser(carrier.rest).post(f"{CALLS}.json", data=form, auth=AUTH)

    assert [failure.words for failure in carrier.failures] == [
        "POST /2010-04-01/Accounts/{AccountSid}/Calls.json: “To” is given more than once"
    ]


def test_an_account_knows_its_keys() -> None:
    account = Account(SID, TOKEN, api_keys={"SK1": "secret"})

    assert account.opens("SK1", "secret")
    assert not account.opens("SK1", "guess")
    assert not account.opens(SID, "")
    assert TOKEN not in repr(account)
    with pytest.raises(ValueError, match="no secondary"):
        account.promote_secondary()


def test_faults_can_wait_and_be_called_off() -> None:
    faults = Faults()
    faults.add(WebhookFault.DOWN, skip=1)
    faults.add(RestFault.SLOW)

    assert [faults.webhook("/a") for _ in range(3)] == [None, WebhookFault.DOWN, None]
    faults.clear()
    assert faults.rest("/a") is None


def test_the_clock_needs_a_zone_and_loops_end() -> None:
    with pytest.raises(ValueError, match="aware"):
        Engine(datetime(2026, 11, 20))  # noqa: DTZ001 - that is the point
    engine = Engine(datetime(2026, 11, 20, tzinfo=UTC))

    def again() -> None:
        engine.after(0, again)

    again()
    with pytest.raises(RunawayEngine):
        engine.run()


def test_a_transcript_hides_numbers_that_the_line_says() -> None:
    words = f"Ring {ANNA}, 070-174 06 05 eller 112."
    said = NOBODY.replace("Ingen svarar.", words)

    call = carrier_of(Line(pages={"/voice": said})).call(CALLER, phones={ANNA: "failed"})

    assert (
        transcript(call, {})[1]
        == "19:04:00  caller  hears “Ring (a number), (a number) eller 112.”"
    )


def test_the_cut_keeps_shapes_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = {"schema": {"type": "string", "description": "long"}, "in": "path", "name": "Sid"}
    form = {"properties": {"To": {"$ref": "#/components/schemas/to"}}, "required": ["To"]}
    operation = {
        "parameters": [text],
        "requestBody": {"content": {cut.FORM: {"schema": form}}},
    }
    array = {"type": "array", "items": {"type": "string", "example": "x"}}
    spec = {
        "paths": {path: {"post": operation} for paths in cut.PATHS.values() for path in paths},
        "components": {"schemas": {"to": array}},
    }
    for name in cut.PATHS:
        (tmp_path / name).write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setattr(cut, "CUT", tmp_path / "cut.json")

    cut.main(tmp_path)

    found = json.loads((tmp_path / "cut.json").read_text(encoding="utf-8"))
    assert found[cut.ACCOUNT + "/Calls.json"]["POST"] == {
        "path": {"Sid": {"type": "string"}},
        "query": {},
        "form": {"To": {"type": "array", "items": {"type": "string"}}},
        "required": ["To"],
    }
