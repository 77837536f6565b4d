"""The call's state as it travels in addresses: opaque ids, signed, readable by any process."""

import base64
import hashlib

import msgspec
from itsdangerous import BadSignature, Signer

from routing.call import CallState, FallbackNumber, OfficeNumber, Person, Target
from routing.callback import CallbackState
from routing.errors import InvalidCallState
from routing.ids import ContactId, DistrictId, LineId, TherapistId
from routing.role import Role

_SALT = b"beredskap call state 1"
_CALLBACK_SALT = b"beredskap callback state 1"


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
    role: Role | None
    asked: int
    language_chosen: bool
    withheld: bool


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_State).decode


def _signer(secret: str, salt: bytes) -> Signer:
    return Signer(secret, salt=salt, sep=".", key_derivation="hmac", digest_method=hashlib.sha256)


def _signed(signer: Signer, packed: bytes) -> str:
    return signer.sign(base64.urlsafe_b64encode(packed).rstrip(b"=")).decode()


def _unsigned(signer: Signer, token: str) -> bytes:
    plain = signer.unsign(token)
    return base64.urlsafe_b64decode(plain + b"=" * (-len(plain) % 4))


class CallbackSeal:
    """Turns the state of a therapist's own call into a token, as `Seal` does a caller's."""

    def __init__(self, secret: str) -> None:
        self._signer = _signer(secret, _CALLBACK_SALT)

    def close(self, state: CallbackState) -> str:
        """*state*, signed; it holds no number and no name."""
        return _signed(self._signer, msgspec.json.encode(state))

    def open(self, token: str) -> CallbackState:
        """The state that *token* holds; raises InvalidCallState where we did not sign it."""
        try:
            return msgspec.json.decode(_unsigned(self._signer, token), type=CallbackState)
        except (BadSignature, ValueError, msgspec.DecodeError) as err:
            raise InvalidCallState("not a callback state of ours") from err


class Seal:
    """Turns a call's state into a token of ``[A-Za-z0-9_.-]`` and back."""

    def __init__(self, secret: str) -> None:
        self._signer = _signer(secret, _SALT)

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
            state.role,
            state.asked,
            state.language_chosen,
            state.withheld,
        )
        return _signed(self._signer, _encode(packed))

    def open(self, token: str) -> CallState:
        """
        The state that *token* holds.

        Raises:
            InvalidCallState: we did not sign it.
        """
        try:
            state = _decode(_unsigned(self._signer, token))
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
            role=state.role,
            asked=state.asked,
            language_chosen=state.language_chosen,
            withheld=state.withheld,
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
