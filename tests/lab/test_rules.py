"""The grammar of TwiML and the rules beyond it."""

from xml.etree import ElementTree as ET

import pytest

from app.lab.grammar import message_grammar, problems, voice_grammar
from app.lab.lint import Context, Role, lint
from app.lab.trace import CarrierFailure
from tests.lab.line import ANNA, BASE, CALLER, LINE, WHISPER, Line, carrier_of, ring

SAY = '<Say language="sv-SE">Hej.</Say>'
DIAL = f'<Dial action="/e" timeout="15" callerId="{LINE}"><Number url="/w">{ANNA}</Number></Dial>'
SAY_AND_LEAVE = f"<Response>{SAY}<Hangup/></Response>"
SILENT_DIAL = DIAL.replace(' action="/e"', "")
TWO_AT_ONCE = DIAL.replace("</Dial>", "<Number>+46701740699</Number></Dial>")


def broken(document: str, role: Role = Role.CALLER) -> list[str]:
    context = Context(role, f"{BASE}/voice", frozenset({LINE}))
    return lint(ET.fromstring(document), context)


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<say>Hej</say>", "<Response> cannot hold <say>"),
        (f"<Dial><Nmuber>{ANNA}</Nmuber></Dial>", "<Dial> cannot hold <Nmuber>"),
        (f'<Dial calerId="{LINE}"/>', "<Dial> has no attribute “calerId”"),
        ('<Dial><Number urll="/w"/></Dial>', "<Number> has no attribute “urll”"),
        ('<Dial statusCallback="/s"/>', "<Dial> has no attribute “statusCallback”"),
        ("<Gather><Dial/></Gather>", "<Gather> cannot hold <Dial>"),
        ("Hej", "<Response> holds no text"),
    ],
)
def test_the_grammar_names_what_twilio_would_ignore(inside: str, words: str) -> None:
    assert problems(ET.fromstring(f"<Response>{inside}</Response>"), voice_grammar()) == [words]


def test_the_grammar_knows_what_is_right() -> None:
    for document in (WHISPER, ring(ANNA), f"<Response>{SAY}<Pause length='1'/></Response>"):
        assert problems(ET.fromstring(document), voice_grammar()) == []
    reply = ET.fromstring("<Response><Message><Body>Hej</Body></Message></Response>")
    assert problems(reply, message_grammar()) == []


def test_good_documents_break_no_rule() -> None:
    assert broken(ring(ANNA)) == []
    assert broken(WHISPER, Role.WHISPER) == []
    assert broken("<Response/>", Role.ACCEPT) == []
    assert broken(f"<Response>{SAY}<Hangup/></Response>") == []
    asks = f'<Gather action="/g" numDigits="1" actionOnEmptyResult="true">{SAY}</Gather>'
    assert broken(f"<Response>{asks}</Response>") == []


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (f"<Response><Gather>{SAY}</Gather><Hangup/></Response>", "for ever"),
        (f'<Response><Gather action="/g">{SAY}</Gather></Response>', "no key"),
        (f"<Response>{DIAL}{SAY}</Response>", "never reached"),
        (f"<Response>{DIAL.replace(LINE, CALLER)}</Response>", "our own number"),
        (f"<Response>{DIAL.replace('15', '4')}</Response>", "5 to 600"),
        (f"<Response>{SILENT_DIAL}</Response>", "neither an action"),
        (f"<Response>{TWO_AT_ONCE}</Response>", "exactly one"),
        (f"<Response>{DIAL.replace('/e', 'https://elsewhere.example/e')}</Response>", "away"),
        (f"<Response>{DIAL.replace('/e', '/e?t=a%2Fb')}</Response>", "signature"),
        ("<Response><Say>Hej</Say><Hangup/></Response>", "no language"),
        ('<Response><Say language="so-SO">Hej</Say><Hangup/></Response>', "so-SO"),
        (
            SAY_AND_LEAVE.replace(">Hej", ' voice="Polly.Suvi-Neural">Hej'),
            "no voice",
        ),
        (f"<Response>{SAY}</Response>", "nothing"),
        ("<Response/>", "nothing"),
        ("<Response><Record/><Hangup/></Response>", "not used"),
    ],
)
def test_a_broken_rule_is_named(document: str, word: str) -> None:
    assert any(word in words for words in broken(document))


def test_a_whisper_says_asks_and_ends_the_call() -> None:
    assert any(
        "does not work" in words for words in broken(f"<Response>{DIAL}</Response>", Role.WHISPER)
    )
    assert any(
        "any voicemail" in words for words in broken(f"<Response>{SAY}</Response>", Role.WHISPER)
    )


def test_a_strict_carrier_raises_what_a_lenient_one_writes_down() -> None:
    line = Line(pages={"/voice": '<Response><say language="sv-SE">Hej</say><Hangup/></Response>'})
    lenient = carrier_of(line, strict=False)

    lenient.call(CALLER)

    assert [failure.rule for failure in lenient.failures] == ["grammar"]
    with pytest.raises(CarrierFailure, match="cannot hold <say>"):
        carrier_of(line).call(CALLER)
