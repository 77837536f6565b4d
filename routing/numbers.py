"""Telephone numbers: who called, and where a call or a text can be sent."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from routing.errors import InvalidPhoneNumber, Place

HOME_REGION = "SE"

# What carriers send in place of a withheld number: words typed on a keypad (ANONYMOUS, RESTRICTED,
# UNKNOWN, UNAVAILABLE, BLOCKED), with and without a leading 1, and stubs seen in the wild.  Some of
# them are valid numbers somewhere, so no library can tell.
# Source: Twilio docs, "TwiML Voice", From; and what its customers have recorded.
_WITHHELD = frozenset(
    {"266696687", "7378742833", "7378742883", "8656696", "86282452253", "2562533"}
)
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_TEXT_TYPES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


@dataclass(frozen=True, slots=True, order=True)
class PhoneNumber:
    """A number that exists, in E.164; it does not show itself in a repr, a log or an f-string."""

    e164: str = field(repr=False)

    def __repr__(self) -> str:
        return "PhoneNumber(…)"

    __str__ = __repr__


def parse_number(text: str, place: Place | None = None) -> PhoneNumber:
    """
    The number that a person wrote, in any spelling a Swede would use.

    Raises:
        InvalidPhoneNumber: it cannot be a subscriber's number; short codes such as 112 are not.
    """
    number = _subscriber(text.strip())
    if number is None:
        raise InvalidPhoneNumber("not a valid telephone number", place)
    return number


def caller_number(raw: str) -> PhoneNumber | None:
    """
    The caller's number as the carrier gave it, or None when it was withheld.

    Every withheld caller is nobody in particular: two of them are never taken for one person.
    """
    digits = re.sub(r"\D", "", raw)
    if digits in _WITHHELD or digits.removeprefix("1") in _WITHHELD or not _E164.fullmatch(raw):
        return None
    return _subscriber(raw)


def holds_number(text: str) -> bool:
    """Whether a telephone number stands anywhere in *text*, in any usual spelling."""
    return phonenumbers.PhoneNumberMatcher(text, HOME_REGION).has_next()


def takes_texts(number: PhoneNumber) -> bool:
    """Whether a text can reach *number*: mobiles only, since landlines cost an error each."""
    return phonenumbers.number_type(phonenumbers.parse(number.e164)) in _TEXT_TYPES


@lru_cache(maxsize=4096)
def _subscriber(text: str) -> PhoneNumber | None:
    # is_possible is not enough: some keypad words are possible numbers.
    try:
        parsed = phonenumbers.parse(text, HOME_REGION)
    except NumberParseException:
        return None
    # An extension would be dropped, and somebody else be rung.
    is_more = parsed.extension is not None or re.search(r"[A-Za-z]", text)
    if is_more or not phonenumbers.is_valid_number(parsed):
        return None
    return PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
