"""Requests that are right in themselves, at the wrong time or place: replays, strange states."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from app.demo.stage import TEXTS, Stage
from app.lab.trace import Exchange
from app.store import staff
from app.store.tables import metadata
from routing.ids import TherapistId
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    FALLBACK,
    GUARDIAN,
    LINE,
    NAMES,
    STRANGER,
    T4,
    YOUTH,
    changed,
    contact_of,
    logged,
    post,
    rows,
)
from tests.examples import shift

EVENING = "2026-03-03T19:04"
PRIVATE = tuple(number for number in NAMES if number not in {LINE, FALLBACK})
# Counters of what came, and what is only looked at, change with every request.
TOUCHED = frozenset({"pulses", "measures", "refused_days", "changes"})
ANOTHER_LINE = """
[[lines]]
id = "dagtid"
name = "Dagtid"
number = "+46846500410"
timezone = "Europe/Stockholm"
districts = ["jarva"]
languages = ["sv"]
hours = [{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "22:00" }]
rota = { source = "database" }

[[lines.fallback]]
name = "Jourhemmet"
number = "+46846500497"
"""
TWO_LINES = changed(("\n[working_time]\n", f"\n{ANOTHER_LINE}\n[working_time]\n"))


def everything(stage: Stage) -> dict[str, list[tuple[object, ...]]]:
    names = [table.name for table in metadata.sorted_tables if table.name not in TOUCHED]
    return {
        name: sorted((tuple(row.values()) for row in rows(stage.parts.engine, name)), key=repr)
        for name in names
    }


def numbers_in(document: str) -> list[str]:
    """Whose private numbers stand in *document*, by name."""
    return [NAMES[number] for number in PRIVATE if number in document]


def an_evening(stage: Stage) -> None:
    """Calls of each kind, texts both ways, and a therapist who calls back."""
    stage.call(YOUTH, phones={"t4": "no answer", "t1": ANSWERS})
    stage.call(STRANGER, caller="press 2", phones={"t4": "voicemail 6", "t1": "busy"})
    stage.call(GUARDIAN, caller="hang up 9 after ringing", default="no answer")
    stage.text(YOUTH, "hej")
    stage.sweep(TEXTS)
    stage.text(T4, "hej du")
    stage.sweep(TEXTS)


def captured(stage: Stage) -> tuple[Exchange, ...]:
    return tuple(one for one in stage.carrier.trace.exchanges if "/twilio/" in one.url)


def test_what_was_captured_and_is_sent_again_hours_later_does_and_tells_nothing(
    engine_stage_at: StageAt,
) -> None:
    """By then somebody else has the duty, so that the same call would be laid out anew."""
    next_day = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T22:00", 1),
        shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2),
        shift("t5", "2026-03-04T17:00", "2026-03-04T22:00", 1),
        shift("t2", "2026-03-04T17:00", "2026-03-04T22:00", 2),
    ]
    stage = engine_stage_at(EVENING, shifts=next_day)
    an_evening(stage)
    sent = captured(stage)
    stage.carrier.run_until(stage.carrier.now() + timedelta(hours=24))
    stage.sweep(TEXTS)
    before, letters = everything(stage), len(stage.carrier.messages)
    calls = {one.param("CallSid") or "" for one in sent if one.url.endswith("/twilio/voice")}
    log = [logged(stage, call) for call in sorted(calls)]

    replies = [(one, post(stage, one.url, dict(one.form))) for one in sent]
    stage.sweep(TEXTS)

    assert len(sent) > 15
    assert {reply.status for _, reply in replies} == {200}
    told = [(urlsplit(o.url).path[:22], numbers_in(r.body.decode())) for o, r in replies]
    assert [one for one in told if one[1]] == []
    after = everything(stage)
    # The first request of a call is written down before anybody looks whether its caller has left:
    # looking first would cost every caller.  What is written then is an offer that rang nobody,
    # and no part of the contact.
    added = [row for row in after["contact_events"] if row not in before["contact_events"]]
    assert {row[3] for row in added} <= {"offered"}
    assert after | {"contact_events": before["contact_events"]} == before
    assert added
    assert [logged(stage, call) for call in sorted(calls)] == log
    assert len(stage.carrier.messages) == letters
    # The control: at the time, the same requests were answered with whom to ring.
    assert any(numbers_in(one.body) for one in sent)


def test_a_repeat_while_the_caller_is_on_the_line_still_gets_the_same_document(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.begin_call(YOUTH, phones={}, default="answer 9, press 1 after 3, talk 60")
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=3))
    (arrived,) = captured(stage)

    again = post(stage, arrived.url, dict(arrived.form))

    assert again.body.decode() == arrived.body
    assert numbers_in(arrived.body) == ["t4"]


@pytest.mark.parametrize("step", ["ended", "district", "whisper", "key"])
def test_the_state_of_one_call_is_of_no_use_in_another(step: str, sqlite_stage_at: StageAt) -> None:
    """Whoever may send signed requests holds a token of a call of the other district."""
    stage = sqlite_stage_at(EVENING)
    ours = stage.carrier.begin_call(YOUTH, phones={}, default="answer 3, press 1 after 3, talk 600")
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=30))
    seal = re.findall(r"/ended/([^\"#]+)", captured(stage)[0].body)[0]
    before = contact_of(stage, ours.sid)
    form = {
        "CallSid": "CA" + "9" * 32,
        "From": STRANGER,
        "To": LINE,
        "Direction": "inbound",
        "Digits": "1",
        "DialCallStatus": "no-answer",
    }
    if step in {"whisper", "key"}:
        form |= {"Direction": "outbound-dial", "ParentCallSid": form["CallSid"], "Digits": "2"}

    reply = post(stage, f"/twilio/voice/{step}/{seal}", form)

    assert reply.status == 200
    assert numbers_in(reply.body.decode()) == []
    assert contact_of(stage, ours.sid) == before
    if step in {"ended", "district"}:  # somebody is on that line, and is helped
        assert FALLBACK in reply.body.decode()


def test_the_state_of_one_line_is_of_no_use_at_another(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, toml=TWO_LINES)
    stage.carrier.begin_call(YOUTH, phones={}, default="no answer")
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=30))
    seal = re.findall(r"/ended/([^\"#]+)", captured(stage)[0].body)[0]
    form = dict(captured(stage)[0].form) | {"To": "+46846500410", "DialCallStatus": "no-answer"}

    reply = post(stage, f"/twilio/voice/ended/{seal}", form)

    assert "+46846500497" in reply.body.decode()  # the fallback of the line that was called
    assert numbers_in(reply.body.decode()) == []


@pytest.mark.parametrize("path", ["callback/code", "callback/pick", "callback/connect"])
def test_a_caller_s_state_is_no_therapist_s_and_the_other_way_round(
    path: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    call = stage.call(YOUTH, caller="hang up 9 after ringing", default="no answer")
    seal = re.findall(r"/ended/([^\"#]+)", captured(stage)[0].body)[0]
    form = {"CallSid": call.sid, "From": T4, "To": LINE, "Direction": "inbound", "Digits": "1"}

    reply = post(stage, f"/twilio/{path}/{seal}", form)

    assert reply.status == 200
    assert numbers_in(reply.body.decode()) == []
    assert FALLBACK in reply.body.decode()


def spoilt(seal: str) -> Iterator[str]:
    """*seal* with each of its characters another one, cut at each, and twice over."""
    for place, letter in enumerate(seal):
        yield f"{seal[:place]}{'A' if letter != 'A' else 'B'}{seal[place + 1 :]}"
        if place:
            yield seal[:place]
    yield from (seal * 2, f"{seal}A", ".", "..", "%00", "x" * 3000, seal.swapcase())


def test_whatever_is_spoilt_of_a_state_the_caller_is_helped_and_nothing_is_told(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.begin_call(YOUTH, phones={}, default="no answer")
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=3))
    (arrived,) = captured(stage)
    seal = re.findall(r"/ended/([^\"#]+)", arrived.body)[0]
    form = {**dict(arrived.form), "DialCallStatus": "no-answer"}

    for wrong in spoilt(seal):
        reply = post(stage, f"/twilio/voice/ended/{wrong}", form)
        if reply.status == 404:
            continue  # not an address of ours at all, such as one with a stroke in it
        verbs = [verb.tag for verb in ET.fromstring(reply.body.decode())]
        assert (reply.status, verbs) == (200, ["Say", "Dial", "Say", "Hangup"]), wrong
        assert numbers_in(reply.body.decode()) == []

    right = post(stage, f"/twilio/voice/ended/{seal}", form)
    assert numbers_in(right.body.decode()) == ["t1"]


def test_a_staff_number_alone_opens_nothing_and_its_code_cannot_be_guessed(
    sqlite_stage_at: StageAt,
) -> None:
    """Five tries of a forged number are asked for the code; after that it is a caller like any."""
    stage = sqlite_stage_at(EVENING)
    with stage.parts.engine.begin() as connection:
        staff.set_pin(
            connection, stage.parts.cipher, TherapistId("t4"), "135790", stage.carrier.now()
        )
    stage.call(YOUTH, caller="hang up 9 after ringing", default="no answer")
    guesses = [stage.call(T4, caller=f"press {n:06}#", default="no answer") for n in range(9)]

    asked = ["Slå din kod" in " ".join(call.heard) for call in guesses]
    assert asked == [True] * 5 + [False] * 4
    assert not any("väntar på att bli uppringd" in " ".join(call.heard) for call in guesses)
    assert not any(YOUTH in call.dialled for call in guesses)


@pytest.mark.parametrize(
    "form",
    [
        {"From": '"><Dial>+46701740699</Dial>', "CallSid": "CA1"},
        {"From": "tel:<Number>x</Number>", "CallSid": 'CA1"/><Hangup/>'},
        {"From": YOUTH, "CallSid": "CA1\r\nX-Evil: 1"},
        {"From": YOUTH, "CallSid": "</Response><Response>"},
        {"From": YOUTH, "CallSid": "{{7*7}}{0.__class__}%s%n${x}"},
        {"From": YOUTH, "CallSid": "CA1", "Digits": "<Say>x</Say>", "DialCallStatus": "&x;"},
    ],
)
def test_no_field_becomes_an_instruction_or_a_header(
    form: dict[str, str], sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING, toml=changed(('name = "Järva"', 'name = "J<Say>ä{0}&rva"')))
    told = {"To": LINE, "Direction": "inbound", **form}

    for path in ("voice", "voice/ended/x", "voice/district/x", "voice/key/x", "voice/status"):
        reply = post(stage, f"/twilio/{path}", told)
        root = ET.fromstring(reply.body.decode())
        assert {verb.tag for verb in root} <= {
            "Say",
            "Dial",
            "Hangup",
            "Play",
            "Gather",
            "Redirect",
        }
        assert "+46701740699" not in reply.body.decode()
        assert "49" not in " ".join(verb.text or "" for verb in root if verb.tag == "Say")
        assert "x-evil" not in {name.lower() for name, _ in reply.headers}
        assert set(reply.header("Content-Type").split(";")) == {"text/xml", " charset=utf-8"}


def test_a_district_s_name_is_said_as_it_is_written(sqlite_stage_at: StageAt) -> None:
    name = "J<Say>ä{0}&rva {{7*7}}"
    stage = sqlite_stage_at(EVENING, toml=changed(('name = "Järva"', f'name = "{name}"')))

    call = stage.call(STRANGER, caller="press 2", default=ANSWERS)

    said = " ".join(word for entry in call.entries for word in [entry.words] if word)
    assert said.count(name) >= 2  # to the caller, and to whoever pressed 1
