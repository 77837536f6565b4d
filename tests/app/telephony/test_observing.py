"""`observe` played against the built-in carrier: the record tells its variants apart."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from app.lab.account import Account, Number
from app.lab.carrier import Carrier, PhoneDoes
from app.lab.rest_server import serve
from app.lab.transport import HttpReply, HttpRequest, WsgiTransport
from app.lab.variant import Variant
from app.telephony.observe import loan
from app.telephony.observe.behaviours import BEHAVIOURS, Behaviour
from app.telephony.observe.record import record, table
from app.telephony.observe.seen import Cleaner, Parties
from app.telephony.observe.site import site
from app.telephony.observe.sitting import PATH, Observation, Sitting
from app.telephony.observe.verdict import Kind
from routing.errors import InvalidInput
from routing.numbers import holds_number, parse_number
from tests.lab.line import ANNA, CALLER, LANDLINE, LINE, SID, START, TOKEN

BASE = "https://test.example.se"
SHY = "+46701740699"  # somebody whom nobody has named
PARTIES = Parties(parse_number(LINE), parse_number(ANNA), parse_number(LANDLINE))
BY_ID = {one.id: one for one in BEHAVIOURS}
PHONES: dict[str, dict[str, PhoneDoes]] = {
    "whisper": {ANNA: "answer 4, hang up after 3"},
    "parameters": {ANNA: "answer 4, press 1, talk 5"},
    "ladder": {ANNA: ["no answer", "answer 3, press 1 after 2, talk 10"]},
    "emergency": {LANDLINE: "answer 4, talk 5"},
    "broken": {ANNA: "answer 4, talk 5"},
}


class Played:
    """A sitting, and the built-in carrier that calls it."""

    def __init__(
        self, variant: Variant = Variant.A, tokens: tuple[str, ...] = (TOKEN,), signs: str = TOKEN
    ) -> None:
        self.carrier: Carrier
        self.sitting = Sitting(BASE, PARTIES, self._now)
        ways = loan.wanted(BASE + PATH)
        number = Number(
            LINE,
            voice_url=ways["voice"][0],
            voice_fallback_url=ways["fallback"][0],
            voice_fallback_method="POST",
            status_callback=ways["status"][0],
            sms_url=ways["text"][0],
        )
        self.carrier = Carrier(
            Account(SID, signs),
            number,
            WsgiTransport(site(self.sitting, BASE, tokens)),
            start=START,
            variant=variant,
            strict=False,
        )

    def play(self, id_: str, *answers: bool) -> Observation:
        """Do what *id_* asks of the operator."""
        behaviour = BY_ID[id_]
        self.sitting.begin(behaviour)
        self.do(id_)
        self.sitting.answered(behaviour, answers)
        return self.sitting.observed(behaviour)

    def do(self, id_: str) -> None:
        match id_:
            case "keywords":
                for word in ("HELP", "STOP", "hej", "START"):
                    self.carrier.text(CALLER, word)
            case "withheld":
                for shown in ("anonymous", "+266696687"):
                    self.carrier.call(shown)
            case "signature":
                self.carrier.call(CALLER)
                self.carrier.text(SHY, "hej hej")
            case _:
                caller = "hang up 5 after ringing" if id_ == "caller" else ""
                self.carrier.call(CALLER, caller=caller, phones=PHONES.get(id_))

    def _now(self) -> datetime:
        return self.carrier.now()

    def play_all(self) -> list[Observation]:
        return [self.play(one.id, *(True for _ in one.questions)) for one in BEHAVIOURS]


@pytest.mark.parametrize("variant", Variant)
def test_all_ten_are_as_assumed_with_every_variant_and_the_record_tells_which(
    variant: Variant,
) -> None:
    found = {one.behaviour.id: one.verdict for one in Played(variant).play_all()}

    assert len(found) == 10
    assert {id_: one for id_, one in found.items() if one.kind is not Kind.AS_ASSUMED} == {}
    assert variant in found["whisper"].reading
    assert found["caller"].reading == variant
    assert variant in found["retry"].reading
    assert found["whisper"].reading == ("B" if variant is Variant.B else "A, C")


def test_every_behaviour_has_its_row_where_what_was_seen_is_pasted() -> None:
    page = Path(__file__).parents[3] / "docs" / "fidelity.md"
    rows = set(re.findall(r"^\| (\w+) \|", page.read_text(encoding="utf-8"), re.MULTILINE))

    assert {row for one in BEHAVIOURS for row in one.row.split(", ")} <= rows


def test_the_record_holds_no_number_no_id_and_no_word_of_a_text() -> None:
    played = Played()
    observed = played.play_all()

    kept = record(observed, played.sitting.refused, START.date())
    text = json.dumps(kept, ensure_ascii=False) + table(observed, START.date())

    assert not holds_number(text)
    assert not [n for n in (CALLER, ANNA, LANDLINE, LINE, SHY, SID, TOKEN) if n[1:] in text]
    assert "hej hej" not in text
    assert '"From": "caller"' in text
    assert '"To": "second phone"' in text
    assert '"From": "withheld: ANONYMOUS in digits"' in text
    assert "| 2 | The caller hangs up before the bridge | CallStatus=completed" in text


def test_requests_are_kept_in_order_with_their_times_and_who_signed_them() -> None:
    seen = Played().play("parameters").seen

    assert [one.place for one in seen if one.place not in {"leg", "status"}] == [
        "voice",
        "whisper",
        "key",
        "ended",
    ]
    assert [one.after for one in seen] == sorted(one.after for one in seen)
    assert {one.signed_by for one in seen} == {"token 1"}
    assert {one.form["CallStatus"] for one in seen if one.place == "voice"} == {"ringing"}


def test_a_region_that_signs_with_another_token_is_told_of() -> None:
    second = Played(tokens=("another", TOKEN)).play("signature")
    none = Played(tokens=("another",))

    assert second.verdict.kind is Kind.OTHERWISE
    assert "token 2 for call and text; X-Home-Region us1" in second.verdict.what
    assert none.play("signature").verdict.kind is Kind.NOT_SEEN
    assert none.sitting.refused > 0
    assert none.play("signature").seen == []


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda one: one.id)
def test_what_was_not_done_counts_as_not_seen(behaviour: Behaviour) -> None:
    played = Played()
    played.sitting.begin(behaviour)
    played.sitting.answered(behaviour, [True for _ in behaviour.questions])

    assert played.sitting.observed(behaviour).verdict.kind is Kind.NOT_SEEN


def test_what_comes_otherwise_is_said() -> None:
    played = Played()
    no_ringing = played.play("ladder", False).verdict
    no_help = played.play("keywords", False, True).verdict
    played.sitting.begin(BY_ID["withheld"])
    played.carrier.call(SHY)
    not_withheld = played.sitting.observed(BY_ID["withheld"]).verdict
    played.sitting.begin(BY_ID["emergency"])
    played.carrier.call(CALLER, phones={LANDLINE: "failed"})
    not_through = played.sitting.observed(BY_ID["emergency"]).verdict

    verdicts = (no_ringing, no_help, not_withheld, not_through)
    assert {one.kind for one in verdicts} == {Kind.OTHERWISE}
    assert "with a break" in no_ringing.what
    assert "HELP was not answered" in no_help.what
    assert not_withheld.what == "caller; one call only"
    assert "DialCallStatus=failed" in not_through.what


def test_callbacks_that_come_late_belong_to_their_own_call() -> None:
    played = Played()
    played.sitting.begin(BY_ID["caller"])
    played.carrier.begin_call(CALLER, caller="hang up 5 after ringing")
    played.carrier.run_until(START.replace(minute=START.minute, second=6))
    played.sitting.begin(BY_ID["signature"])
    played.carrier.run()

    assert played.sitting.observed(BY_ID["caller"]).verdict.reading == "A"
    assert played.sitting.observed(BY_ID["signature"]).seen == []


def test_an_odd_request_leaves_nothing_behind() -> None:
    clean = Cleaner(PARTIES).form(
        {
            "From": "0701740699;evil",
            "CallStatus": SHY,
            "NewParam": "Anna Andersson",
            "Body": "Jag heter Anna",
            "Digits": "0701740699",
            "FromCity": "Kista",
            SHY: "x",
        }
    )

    assert clean == {
        "From": "withheld: another form, 15 signs",
        "CallStatus": "set",
        "NewParam": "set",
        "Body": "a text",
        "Digits": "set",
        "FromCity": "set",
        "an odd name": "set",
    }


@pytest.fixture
def account() -> Iterator[tuple[loan.Account, Carrier]]:
    number = Number(LINE, voice_url="https://before.example.se/voice", sms_method="GET")
    carrier = Carrier(Account(SID, TOKEN), number, _Nobody(), start=START)
    with serve(carrier.rest) as base:
        yield loan.Account(SID, TOKEN, base), carrier


class _Nobody:
    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        raise AssertionError(request.url)


def test_a_borrowed_number_is_given_back_also_when_something_breaks(
    account: tuple[loan.Account, Carrier],
) -> None:
    own, carrier = account
    number = carrier.numbers[LINE]
    before = loan.lent(own, PARTIES.line)

    with suppress(ZeroDivisionError), loan.borrowed(own, before, BASE + PATH):
        assert number.voice_url == f"{BASE}/observe/voice#rc=1&rp=ct,rt,5xx"
        assert number.sms_url == f"{BASE}/observe/sms"
        assert 1 / 0

    assert number.voice_url == "https://before.example.se/voice"
    assert (number.sms_url, number.sms_method, number.status_callback) == ("", "GET", "")


def test_a_number_that_is_not_ours_or_led_elsewhere_is_not_borrowed(
    account: tuple[loan.Account, Carrier],
) -> None:
    own, carrier = account

    with pytest.raises(InvalidInput, match="does not have"):
        loan.lent(own, parse_number(SHY))
    carrier.numbers[LINE].voice_application = "AP" + "1" * 32
    with pytest.raises(InvalidInput, match="an application or a trunk"):
        loan.lent(own, PARTIES.line)
