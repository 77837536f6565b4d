"""The call's state as it travels in addresses: opaque ids, signed, readable by any process."""

import base64
import hashlib

import msgspec
from itsdangerous import BadSignature, Signer

from routing.call import CallState, FallbackNumber, OfficeNumber, Person, Target
from routing.errors import InvalidCallState
from routing.ids import ContactId, DistrictId, LineId, TherapistId

_SALT = b"beredskap call state 1"


class _Person(msgspec.Struct, array_like=True, tag="p", frozen=True):
    therapist: str


class _Office(msgspec.Struct, array_like=True, tag="o", frozen=True):
    district: str


class _Fallback(msgspec.Struct, array_like=True, tag="f", frozen=True):
    place: int


class _State(msgspec.Struct, array_like=True, frozen=True):
    contact: str
    line: str
    language: str
    home: str | None
    targets: tuple[_Person | _Office | _Fallback, ...]
    rung: int
    closed: bool


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_State).decode


class Seal:
    """Turns a call's state into a token of ``[A-Za-z0-9_.-]`` and back."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(
            secret, salt=_SALT, sep=".", key_derivation="hmac", digest_method=hashlib.sha256
        )

    def close(self, state: CallState) -> str:
        """*state*, signed; it holds no number and no name."""
        packed = _State(
            state.contact,
            state.line,
            state.language,
            state.home,
            tuple(map(_packed, state.targets)),
            state.rung,
            state.closed,
        )
        plain = base64.urlsafe_b64encode(_encode(packed)).rstrip(b"=")
        return self._signer.sign(plain).decode()

    def open(self, token: str) -> CallState:
        """
        The state that *token* holds.

        Raises:
            InvalidCallState: we did not sign it.
        """
        try:
            plain = self._signer.unsign(token)
            state = _decode(base64.urlsafe_b64decode(plain + b"=" * (-len(plain) % 4)))
        except (BadSignature, ValueError, msgspec.DecodeError) as err:
            raise InvalidCallState("not a call state of ours") from err
        return CallState(
            contact=ContactId(state.contact),
            line=LineId(state.line),
            language=state.language,
            home=None if state.home is None else DistrictId(state.home),
            targets=tuple(map(_unpacked, state.targets)),
            rung=state.rung,
            closed=state.closed,
        )


def _packed(target: Target) -> _Person | _Office | _Fallback:
    match target:
        case Person(therapist):
            return _Person(therapist)
        case OfficeNumber(district):
            return _Office(district)
        case FallbackNumber(place):
            return _Fallback(place)


def _unpacked(target: _Person | _Office | _Fallback) -> Target:
    match target:
        case _Person():
            return Person(TherapistId(target.therapist))
        case _Office():
            return OfficeNumber(DistrictId(target.district))
        case _Fallback():
            return FallbackNumber(target.place)
