"""Every webhook, given anything that is rightly signed: a document that helps, never an error."""

import io
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from app.bootstrap import create_app
from app.demo.stage import Stage
from routing.call import CallState, Person
from routing.callback import CallbackState
from routing.ids import ContactId, LineId, TherapistId
from tests.app.conftest import StageAt
from tests.app.world import LINE, STRANGER, T4, YOUTH, post
from tests.faults.fuzzing import count, tried

ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
CALLS = ("CA" + "1" * 32, "CA" + "2" * 32, "", "CA1")
LIKELY: Mapping[str, tuple[str, ...]] = {
    "CallSid": CALLS,
    "MessageSid": ("SM" + "1" * 32, ""),
    "ParentCallSid": CALLS,
    "From": (YOUTH, STRANGER, T4, LINE, "anonymous", "", "+", "sip:x@y", "BANKEN", "+" + "9" * 40),
    "To": (LINE, YOUTH, "", "+1"),
    "Direction": ("inbound", "outbound-dial", "outbound-api", "sideways"),
    "Digits": ("1", "2", "0", "9", "", "#", "²", "123456#", "9" * 99, "hangup"),
    "CallStatus": ("ringing", "in-progress", "completed", "busy", "no-answer", "failed", "x"),
    "DialCallStatus": ("completed", "busy", "no-answer", "failed", "canceled", "x", ""),
    "DialBridged": ("true", "false", "TRUE", ""),
    "DialCallDuration": ("0", "12", "-1", "1e9", "²", "9" * 30, ""),
    "CallDuration": ("0", "12", "-1", "x", "9" * 30),
    "Body": ("hej", "", "STOPP", "JOUR", "PAUS 15", "A2 hej", "\0", "x" * 1700, "🙈" * 400),
    "NumMedia": ("0", "1", "²", "-1", "9" * 5000),
    "MessageStatus": ("sent", "delivered", "undelivered", "failed", "x", ""),
    "ErrorCode": ("30003", "21610", "x", ""),
}
VERBS = {"Say", "Play", "Dial", "Gather", "Pause", "Redirect", "Hangup"}
FORMS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(some) | ANYTHING for name, some in LIKELY.items()}
)


def addresses(stage: Stage) -> list[str]:
    """Each webhook, with states of calls that are there and are not, and with none at all."""
    exchange = stage.parts.exchange
    targets = (Person(TherapistId("t4")), Person(TherapistId("gone")))
    states = [
        exchange.seal.close(
            CallState(ContactId(sid), LineId(line), "sv", None, None, targets, rung)
        )
        for sid, line, rung in ((CALLS[0], "eftervard", 0), (CALLS[1], "gone", 7))
    ]
    states += [
        exchange.callback_seal.close(
            CallbackState(ContactId(CALLS[0]), LineId("eftervard"), TherapistId(who))
        )
        for who in ("t4", "gone")
    ]
    states += ["x", "a.b", "%C3%A5", "~" * 50]
    rules = [str(rule) for rule in create_app(stage.parts).url_map.iter_rules()]
    found = [rule for rule in rules if rule.startswith("/twilio/")]
    return sorted(
        {
            rule.replace("<sealed>", state).replace("<key>", state)
            for rule in found
            for state in states
        }
    )


def test_no_form_at_any_address_breaks_a_call(sqlite_stage_at: StageAt, log: io.StringIO) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04")
    everywhere = addresses(stage)
    assert len(everywhere) > 60

    @tried(120)
    @given(st.sampled_from(everywhere), FORMS)
    def try_it(path: str, form: dict[str, str]) -> None:
        count("webhook")
        reply = post(stage, path, form)
        assert reply.status == 200, path
        assert reply.header("Content-Type").startswith("text/xml")
        root = ET.fromstring(reply.body.decode())
        assert root.tag == "Response"
        assert {verb.tag for verb in root} <= VERBS
        assert "Traceback" not in reply.body.decode()
        is_a_caller = path.startswith("/twilio/voice/ended") and form.get("Direction") == "inbound"
        if is_a_caller and form.get("CallStatus", "in-progress") == "in-progress":
            assert len(root) > 0, path  # never silence for somebody on the line

    try_it()

    assert "journal.lost" not in log.getvalue()
