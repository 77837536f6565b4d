"""A file of sealed chunks, of which none can be altered, dropped, swapped or cut off unnoticed."""

import errno
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from app.store.fields import FieldCipher
from routing.errors import InvalidInput

_MAGIC = b"BEREDSKAP\x00\x01\n"
_FILE_ID, _KEY_ID = 16, 4
_LENGTH = struct.Struct(">I")
# Far more than a chunk ever is; a length beyond it is damage, and is not read into memory.
_LONGEST = 256 * 1024 * 1024
# What disks on a network or a stick say that know one name for each file.
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_ON, _LAST = b"\x00", b"\x01"


def write(path: Path, cipher: FieldCipher, chunks: Iterable[bytes]) -> int:
    """
    Seal *chunks* into a new file at *path*; its size.  Nothing stands there before it is whole.

    Raises:
        InvalidInput: there is such a file already.
        OSError: the disk will not take it.
    """
    if path.exists():
        raise InvalidInput(f"{path.name} is there already, and is not written over")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _write(file, cipher, chunks)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        _put_in_place(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size


def _put_in_place(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)  # refuses where a rename would replace
    except FileExistsError:
        raise InvalidInput(f"{path.name} is there already, and is not written over") from None
    except OSError as err:
        if err.errno not in _NO_LINKS:
            raise
        draft.rename(path)


def read(path: Path, cipher: FieldCipher) -> Iterator[bytes]:
    """
    The chunks of the file at *path*, one at a time.

    Raises:
        InvalidInput: it is no such file, or is not whole; chunks that came before are as written.
        UnreadableField: it was sealed with a key that is not among ours.
    """
    with path.open("rb") as file:
        start = file.read(len(_MAGIC) + _FILE_ID + _KEY_ID)
        if not start.startswith(_MAGIC) or len(start) < len(_MAGIC) + _FILE_ID + _KEY_ID:
            raise InvalidInput(f"{path.name} is not a backup of this service")
        aead = cipher.file_cipher(start[len(_MAGIC) : -_KEY_ID], start[-_KEY_ID:])
        number, is_last = 0, False
        while not is_last:
            flag, sealed = _next(file, path)
            is_last = flag == _LAST
            try:
                packed = aead.decrypt(_nonce(number), sealed, start + flag)
            except InvalidTag:
                raise _damaged(path) from None
            yield zlib.decompress(packed)
            number += 1
        if file.read(1):
            raise _damaged(path)


def _write(file: BinaryIO, cipher: FieldCipher, chunks: Iterable[bytes]) -> None:
    id_, key = os.urandom(_FILE_ID), cipher.key_ids[0]
    start = _MAGIC + id_ + key
    aead = cipher.file_cipher(id_, key)
    file.write(start)
    number, waiting = 0, None
    for chunk in chunks:
        if waiting is not None:
            _put(file, _ON, aead.encrypt(_nonce(number), zlib.compress(waiting, 6), start + _ON))
            number += 1
        waiting = chunk
    last = zlib.compress(waiting or b"", 6)
    _put(file, _LAST, aead.encrypt(_nonce(number), last, start + _LAST))


def _put(file: BinaryIO, flag: bytes, sealed: bytes) -> None:
    file.write(flag + _LENGTH.pack(len(sealed)) + sealed)


def _next(file: BinaryIO, path: Path) -> tuple[bytes, bytes]:
    head = file.read(1 + _LENGTH.size)
    if len(head) < 1 + _LENGTH.size:
        raise _damaged(path)
    (length,) = _LENGTH.unpack(head[1:])
    sealed = file.read(length) if length <= _LONGEST else b""
    if len(sealed) < length:
        raise _damaged(path)
    return head[:1], sealed


def _nonce(number: int) -> bytes:
    # The key is the file's alone, so that a count is never used twice; and it keeps the order.
    return number.to_bytes(12)


def _damaged(path: Path) -> InvalidInput:
    return InvalidInput(f"{path.name} is torn or was altered; nothing of it is used")
