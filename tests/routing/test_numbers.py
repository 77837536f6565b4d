"""Telephone numbers: what can be called, and who has withheld theirs."""

import pytest

from routing.errors import InvalidPhoneNumber, Place
from routing.numbers import PhoneNumber, caller_number, holds_number, parse_number, takes_texts


@pytest.mark.parametrize(
    "text",
    [
        "+46701740605",
        "0701740605",
        "070-174 06 05",
        " 070 174 06 05 ",
        "0046701740605",
        "+46 (0)70-174 06 05",
        "+460701740605",
    ],
)
def test_any_spelling_a_swede_would_use_is_one_number(text: str) -> None:
    assert parse_number(text) == PhoneNumber("+46701740605")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "112",
        "113 13",
        "114 14",
        "1177",
        "90000",
        "0701740605abc",
        "070174",
        "telephone",
        "08-465 004 00 #5",  # an extension cannot be dialled
        "08-465 004 00,5",
        "tel:+46846500400",
    ],
)
def test_what_is_no_subscribers_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidPhoneNumber):
        parse_number(text)


def test_a_refused_number_is_not_quoted() -> None:
    with pytest.raises(InvalidPhoneNumber) as caught:
        parse_number("070-174 06", Place("org.toml", 3, "phone"))

    assert str(caught.value) == "org.toml, line 3, phone: not a valid telephone number"


def test_a_number_shows_itself_nowhere() -> None:
    number = parse_number("+46701740605")

    assert "7" not in f"{number!r} {number} {[number]}"


@pytest.mark.parametrize(
    "raw",
    [
        "+266696687",  # ANONYMOUS
        "+7378742833",  # RESTRICTED
        "+17378742833",  # the same after a 1, a valid number of the USA
        "+7378742883",
        "+8656696",  # UNKNOWN, a possible number
        "+86282452253",  # UNAVAILABLE, a possible number
        "+2562533",  # BLOCKED
        "+464",
        "Anonymous",
        "Restricted",
        "Unavailable",
        "anonymous",
        "Private",
        "",
        "sip:anonymous@anonymous.invalid",
        "client:x",
        "0701740605",  # carriers give E.164, so this is made up
    ],
)
def test_a_withheld_caller_is_nobody(raw: str) -> None:
    assert caller_number(raw) is None


@pytest.mark.parametrize("raw", ["+46701740605", "+460701740605"])
def test_a_caller_who_shows_a_number_has_it(raw: str) -> None:
    assert caller_number(raw) == PhoneNumber("+46701740605")


def test_texts_go_to_mobiles_only() -> None:
    assert takes_texts(parse_number("070-174 06 05"))
    assert not takes_texts(parse_number("08-465 004 00"))


@pytest.mark.parametrize(
    ("text", "is_held"),
    [
        ("070-174 06 05", True),
        ("K-0701740605", True),
        ("mother +46701740605", True),
        ("K.070.174.06.05", True),
        ("K-1001", False),
        ("HV-2024-0815", False),
        ("", False),
    ],
)
def test_a_text_holds_a_number_in_any_usual_spelling(text: str, is_held: bool) -> None:
    assert holds_number(text) is is_held
