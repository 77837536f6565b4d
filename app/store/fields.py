"""Encryption of single fields, and the keyed index by which an encrypted number is found."""

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from routing.errors import BeredskapError
from routing.numbers import PhoneNumber

_VERSION = b"\x01"
_KEY_ID, _NONCE, _MAC = 4, 12, 32
_LABELS = 10_000_000


class UnreadableField(BeredskapError):
    """A stored value was sealed with a key that is not among ours, or was tampered with."""

    code = "unreadable_field"


class FieldCipher:
    """
    Seals fields with AES-256-GCM under the newest of *keys*, and opens those of any.

    A sealed value is ``version, key id, nonce, ciphertext``.  The *purpose* (table and column) is
    bound to it, so that a value cannot be moved to another column and be read there.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self.key_ids = tuple(_derived(key, b"id")[:_KEY_ID] for key in keys)
        self._current = self.key_ids[0]
        self._index_keys = tuple(_derived(key, b"index") for key in keys)
        self._label_key = _derived(keys[0], b"label")
        self._code_keys = tuple(_derived(key, b"code") for key in keys)
        self._file_keys = {
            id_: _derived(key, b"file") for id_, key in zip(self.key_ids, keys, strict=True)
        }
        self._ciphers = {
            id_: AESGCM(_derived(key, b"encryption"))
            for id_, key in zip(self.key_ids, keys, strict=True)
        }

    def seal(self, text: str | bytes, purpose: str) -> bytes:
        """*text*, encrypted for *purpose*; never the same bytes twice."""
        nonce = os.urandom(_NONCE)
        plain = text.encode() if isinstance(text, str) else text
        sealed = self._ciphers[self._current].encrypt(nonce, plain, purpose.encode())
        return _VERSION + self._current + nonce + sealed

    def open_bytes(self, sealed: bytes, purpose: str) -> bytes:
        """
        What was sealed for *purpose*.

        Raises:
            UnreadableField: the key is gone, or the value is not what was written there.
        """
        cipher = self._ciphers.get(bytes(sealed[1 : 1 + _KEY_ID]))
        if sealed[:1] != _VERSION or cipher is None:
            raise UnreadableField(f"{purpose}: sealed with a key that DATA_KEYS does not hold")
        nonce = bytes(sealed[1 + _KEY_ID : 1 + _KEY_ID + _NONCE])
        try:
            rest = bytes(sealed[1 + _KEY_ID + _NONCE :])
            return cipher.decrypt(nonce, rest, purpose.encode())
        except (InvalidTag, ValueError):  # altered, or cut off before its end
            # The cause says nothing more, and holds the bytes.
            raise UnreadableField(f"{purpose}: not what was sealed for it") from None

    def open(self, sealed: bytes, purpose: str) -> str:
        """What was sealed for *purpose*, as text; raises as `open_bytes` does."""
        return self.open_bytes(sealed, purpose).decode()

    def is_newest(self, sealed: bytes) -> bool:
        """Whether it was sealed under the newest key."""
        return key_of(sealed) == self._current

    def index(self, number: PhoneNumber) -> bytes:
        """The key under which *number* is stored: 16 bytes that say nothing without our own key."""
        return _mac(self._index_keys[0], number)

    def indexes(self, number: PhoneNumber) -> tuple[bytes, ...]:
        """Every key under which *number* may be stored, newest first, while keys are rotated."""
        return tuple(_mac(key, number) for key in self._index_keys)

    def code_digest(self, therapist: str, code: str) -> bytes:
        """What is kept of a code: without our key its few digits could be tried out in a moment."""
        return self._current + _code_mac(self._code_keys[0], therapist, code)

    def is_code(self, therapist: str, code: str, digest: bytes) -> bool:
        """Whether *digest* is of that code, under any of our keys."""
        digests = (_code_mac(key, therapist, code) for key in self._code_keys)
        return any(hmac.compare_digest(own, digest[-_MAC:]) for own in digests)

    def file_cipher(self, file: bytes, key_id: bytes) -> AESGCM:
        """
        What seals a whole file under a key of its own, by the file's random id.

        Raises:
            UnreadableField: the key is not among ours.
        """
        if key_id not in self._file_keys:
            raise UnreadableField("the file was sealed with a key that DATA_KEYS does not hold")
        return AESGCM(hmac.digest(self._file_keys[key_id], file, hashlib.sha256))

    def opaque_number(self, about: str) -> int:
        """Seven digits that stand for *about* in a log, the same each time."""
        digest = hmac.digest(self._label_key, about.encode(), hashlib.sha256)
        return int.from_bytes(digest[:8]) % _LABELS


def key_of(sealed: bytes) -> bytes:
    """The id of the key that a value was sealed under."""
    return bytes(sealed[len(_VERSION) : len(_VERSION) + _KEY_ID])


def code_key_of(digest: bytes) -> bytes | None:
    """The id of the key that a code's digest hangs on; None where it does not say, as of old."""
    return bytes(digest[:_KEY_ID]) if len(digest) > _MAC else None


def _mac(key: bytes, number: PhoneNumber) -> bytes:
    return hmac.digest(key, number.e164.encode(), hashlib.sha256)[:16]


def _code_mac(key: bytes, therapist: str, code: str) -> bytes:
    return hmac.digest(key, f"{therapist} {code}".encode(), hashlib.sha256)


def _derived(key: bytes, purpose: bytes) -> bytes:
    """A key of its own for each purpose; the input is uniformly random, so one HMAC is enough."""
    return hmac.digest(key, b"beredskap field " + purpose, hashlib.sha256)
