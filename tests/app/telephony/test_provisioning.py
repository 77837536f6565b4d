"""What differs between a number as it is and as it should be, and whose it is: plain values."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.duty.notifier import Endpoint, MessagingService, NumberSetup
from app.telephony.exchange import TRIES_AGAIN
from app.telephony.provisioning import (
    NOWHERE,
    Change,
    Found,
    Lack,
    Ours,
    Part,
    changes,
    lacks_of,
    reaches_us,
    shown,
    wanted_of,
)
from tests.examples import line

PUBLIC, ELSEWHERE = "https://jour.example.se", "https://spare.example.org/{line}.xml"
OURS = Ours(PUBLIC, ELSEWHERE)
WANTED = wanted_of(line(), PUBLIC, ELSEWHERE)
NUMBER, MADE = "PN" + "1" * 32, "MG" + "0" * 32
THEIRS = "https://switchboard.example.org/call"
BARE = NumberSetup(
    id=NUMBER,
    voice=("https://demo.twilio.com/welcome/voice/", "POST"),
    fallback=("", "POST"),
    status=("", "POST"),
    text=("https://demo.twilio.com/welcome/sms/reply", "POST"),
    text_fallback=("", "POST"),
    takes_calls=True,
    takes_texts=True,
    voice_diverted="",
    text_diverted="",
)
_FIELDS = {
    Part.VOICE_FALLBACK: "fallback",
    Part.STATUS: "status",
    Part.VOICE: "voice",
    Part.VOICE_DIVERTED: "voice_diverted",
    Part.TEXT_FALLBACK: "text_fallback",
    Part.TEXT: "text",
    Part.TEXT_DIVERTED: "text_diverted",
    Part.SERVICE_FALLBACK: "fallback",
    Part.SERVICE_TEXT: "text",
    Part.SERVICE_ASKS_NUMBER: "asks_number",
    Part.SERVICE_SMART: "is_smart",
}


def bare(**more: Any) -> NumberSetup:  # noqa: ANN401 - any field
    """A number as bought, with the fields in *more* instead."""
    return replace(BARE, **more)


def service(name: str = WANTED.service, **more: Any) -> MessagingService:  # noqa: ANN401 - any field
    """A service that is right already, with the fields in *more* instead."""
    right = MessagingService(
        id="MG" + "2" * 32,
        name=name,
        text=WANTED.text,
        fallback=NOWHERE,
        asks_number=True,
        is_smart=False,
        numbers=frozenset({NUMBER}),
    )
    return replace(right, **more)


def applied(found: Found, change: Change) -> Found:
    """*found* as the carrier has it after *change*; it makes up a method where there is none."""
    if change.part is Part.SERVICE:
        services = [s if s.id != change.leaves else _without(s) for s in found.services]
        if not change.of:
            services.append(service(id=MADE, numbers=frozenset()))
        of = change.of or MADE
        return replace(found, services=tuple(_with(s) if s.id == of else s for s in services))
    new = ("", "POST") if change.new == NOWHERE else change.new
    field: Mapping[str, Any] = {_FIELDS[change.part]: new}
    if change.of == NUMBER:
        return replace(found, setup=replace(found.setup, **field))
    services = [replace(s, **field) if s.id == change.of else s for s in found.services]
    return replace(found, services=tuple(services))


def _without(one: MessagingService) -> MessagingService:
    assert NUMBER in one.numbers, "the carrier takes no number out of a service it is not in"
    return replace(one, numbers=one.numbers - {NUMBER})


def _with(one: MessagingService) -> MessagingService:
    return replace(one, numbers=one.numbers | {NUMBER})


def parts(found: Found) -> dict[Part, Change]:
    """What differs, by part."""
    return {change.part: change for change in changes(WANTED, found, OURS)}


def test_a_number_as_bought_gets_everything_and_nothing_of_it_is_somebody_s() -> None:
    found = parts(Found(BARE, ()))

    assert {part: change.new for part, change in found.items()} == {
        Part.VOICE_FALLBACK: ("https://spare.example.org/eftervard.xml", "GET"),
        Part.STATUS: (f"{PUBLIC}/twilio/voice/status{TRIES_AGAIN}", "POST"),
        Part.VOICE: (f"{PUBLIC}/twilio/voice{TRIES_AGAIN}", "POST"),
        Part.TEXT: (f"{PUBLIC}/twilio/sms{TRIES_AGAIN}", "POST"),
        Part.SERVICE: "Beredskap eftervard",
    }
    assert not any(change.is_foreign for change in found.values())


def test_what_stands_by_comes_before_what_may_fail() -> None:
    order = [change.part for change in changes(WANTED, Found(BARE, ()), OURS)]

    assert order.index(Part.VOICE_FALLBACK) < order.index(Part.VOICE)
    assert order[-1] is Part.SERVICE


def test_addresses_without_our_overrides_are_not_right_yet() -> None:
    setup = replace(BARE, voice=(f"{PUBLIC}/twilio/voice", "POST"))

    assert not parts(Found(setup, ()))[Part.VOICE].is_foreign


def test_without_an_address_for_it_the_voice_fallback_is_nobody_s_business() -> None:
    setup = replace(BARE, fallback=(THEIRS, "GET"))
    wanted = wanted_of(line(), PUBLIC, None)

    found = changes(wanted, Found(setup, ()), Ours(PUBLIC, None))

    assert Part.VOICE_FALLBACK not in {change.part for change in found}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://demo.twilio.com/welcome/voice/",
        f"{PUBLIC}/old/voice",
        "https://JOUR.example.se:8443/x",
        "https://spare.example.org/another.xml",
    ],
)
def test_nobody_s_and_our_own_addresses_are_ours(address: str) -> None:
    assert OURS.has(address)


@pytest.mark.parametrize(
    "address",
    [
        THEIRS,
        "https://jour.example.se.example.org/twilio/voice",
        "https://jour.example.se@switchboard.example.org/",
        "https://handler.twilio.com/twiml/EH1",
        "not an address",
        "https://[broken",
    ],
)
def test_every_other_address_is_somebody_else_s(address: str) -> None:
    assert not OURS.has(address)


def test_where_everybody_s_documents_lie_only_our_own_is_ours() -> None:
    ours = Ours(PUBLIC, "https://handler.twilio.com/twiml/EH1")

    assert ours.has("https://handler.twilio.com/twiml/EH1")
    assert not ours.has("https://handler.twilio.com/twiml/EH2")


@pytest.mark.parametrize("part", ["voice", "fallback", "status", "text", "text_fallback"])
def test_somebody_else_s_address_is_told_apart(part: str) -> None:
    setup = bare(**{part: (THEIRS, "GET")})

    found = changes(WANTED, Found(setup, ()), OURS)

    assert [change.old for change in found if change.is_foreign] == [(THEIRS, "GET")]


@pytest.mark.parametrize("part", ["voice_diverted", "text_diverted"])
def test_what_stands_before_our_addresses_is_somebody_else_s(part: str) -> None:
    setup = bare(**{part: "AP" + "1" * 32})

    found = changes(WANTED, Found(setup, (service(),)), OURS)

    assert [change.new for change in found if change.is_foreign] == [""]


def test_a_service_of_somebody_else_s_is_left_and_never_changed() -> None:
    theirs = service("Theirs", text=(THEIRS, "POST"), is_smart=True, asks_number=False)

    found = parts(Found(BARE, (theirs,)))

    assert found[Part.SERVICE] == Change(
        Part.SERVICE, "", theirs.id, WANTED.service, is_foreign=True, leaves=theirs.id
    )
    assert theirs.id not in {change.of for change in found.values()}


def test_a_service_without_an_address_under_another_name_is_not_ours() -> None:
    assert parts(Found(BARE, (service("Theirs", text=NOWHERE),)))[Part.SERVICE].is_foreign


def test_a_service_that_already_sends_its_texts_here_is_kept() -> None:
    kept = service("Made by hand", text=(f"{PUBLIC}/twilio/sms", "POST"), is_smart=True)

    found = parts(Found(BARE, (kept, service(id="MG" + "3" * 32, numbers=frozenset()))))

    assert Part.SERVICE not in found
    assert {found[p].of for p in (Part.SERVICE_TEXT, Part.SERVICE_SMART)} == {kept.id}


def test_a_service_of_our_name_that_asks_somebody_else_is_not_overwritten_unseen() -> None:
    """Another installation of this service, on the same account, for a line of the same name."""
    theirs = service(text=("https://test.example.org/twilio/sms", "POST"))

    assert parts(Found(BARE, (theirs,)))[Part.SERVICE_TEXT].is_foreign


def test_a_number_that_lacks_something_is_set_up_for_the_rest() -> None:
    deaf, mute = replace(BARE, takes_calls=False), replace(BARE, takes_texts=False)

    assert lacks_of(None) == (Lack.NO_NUMBER,)
    assert lacks_of(deaf) == (Lack.NO_VOICE,)
    assert lacks_of(mute) == (Lack.NO_TEXTS,)
    assert lacks_of(BARE) == ()
    assert set(parts(Found(deaf, ()))) == {Part.TEXT, Part.SERVICE}
    assert set(parts(Found(mute, ()))) == {Part.VOICE_FALLBACK, Part.STATUS, Part.VOICE}


_ADDRESSES = st.sampled_from(
    ["", BARE.voice[0], f"{PUBLIC}/twilio/voice", WANTED.voice[0], WANTED.text[0], THEIRS]
)
_ENDPOINTS: st.SearchStrategy[Endpoint] = st.tuples(_ADDRESSES, st.sampled_from(["GET", "POST"]))
_SETUPS = st.builds(
    NumberSetup,
    id=st.just(NUMBER),
    voice=_ENDPOINTS,
    fallback=_ENDPOINTS,
    status=_ENDPOINTS,
    text=_ENDPOINTS,
    text_fallback=_ENDPOINTS,
    takes_calls=st.booleans(),
    takes_texts=st.booleans(),
    voice_diverted=st.sampled_from(["", "TK1", "AP1"]),
    text_diverted=st.sampled_from(["", "AP1"]),
)
_SERVICES = st.lists(
    st.builds(
        service,
        name=st.sampled_from([WANTED.service, "Theirs"]),
        text=_ENDPOINTS,
        fallback=_ENDPOINTS,
        asks_number=st.booleans(),
        is_smart=st.booleans(),
        numbers=st.just(frozenset({"PN2"})),
    ),
    max_size=3,
)


@given(_SETUPS, _SERVICES, st.integers(0, 3))
def test_after_all_changes_there_is_nothing_left_to_change(
    setup: NumberSetup, services: list[MessagingService], where: int
) -> None:
    numbered = [replace(one, id=f"MG{place}") for place, one in enumerate(services)]
    if where < len(numbered):  # a number is in one service, or in none
        numbered[where] = _with(numbered[where])
    found = Found(setup, tuple(numbered))

    for change in changes(WANTED, found, OURS):
        found = applied(found, change)

    assert changes(WANTED, found, OURS) == ()


@given(_SETUPS, st.integers(0, 12))
def test_what_fails_in_the_middle_is_gone_on_with(setup: NumberSetup, done: int) -> None:
    found = Found(setup, ())
    all_of_them = changes(WANTED, found, OURS)

    for change in all_of_them[:done]:
        found = applied(found, change)

    assert changes(WANTED, found, OURS) == all_of_them[done:]


def test_what_is_shown_of_somebody_else_s_address_holds_no_secret_and_no_number() -> None:
    address = "https://me:secret@switchboard.example.org:8443/to/46766861004?key=secret#rc=1"

    assert shown((address, "GET"), is_foreign=True) == (
        "GET https://switchboard.example.org:8443/to/…?…"
    )
    assert shown(("", "POST")) == "none"
    assert shown(WANTED.voice) == f"POST {WANTED.voice[0]}"
    assert (shown(value=True), shown(value=False), shown("")) == ("on", "off", "none")


@pytest.mark.parametrize(
    ("address", "is_reached"),
    [
        (PUBLIC, True),
        ("https://example.org/jour", True),
        ("https://93.184.216.34", True),
        ("http://jour.example.se", False),
        ("http://127.0.0.1:8000", False),
        ("https://127.0.0.1", False),
        ("https://[::1]:8443", False),
        ("https://10.1.2.3", False),
        ("https://localhost", False),
        ("https://jour.localhost", False),
        ("https://jour.local.", False),
        ("https://jour", False),
    ],
)
def test_only_a_public_https_address_can_be_reached(address: str, is_reached: bool) -> None:
    assert reaches_us(address) is is_reached
