"""The sealed files in STATE_DIR: under which keys they are, and how they get under the newest."""

import base64
import binascii
import fcntl
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.store.fields import FieldCipher, UnreadableField, key_of
from app.store.last_good import LastGood

# What the spool keeps, a sealed line each; the lock is the one under which it sets rows aside.
_REFUSED, _LOCK, _PURPOSE = "refused.log", "drain.lock", "spool"
_OF_LINES = ("spool.log", "spool.draining", _REFUSED)
_LAST_GOOD = "last-good"


def keys_of(folder: Path) -> Mapping[bytes, Counter[str]]:
    """How many sealed values each file holds, by the key's id; raises OSError as reading does."""
    found: dict[bytes, Counter[str]] = {}
    for name in _OF_LINES:
        for sealed in filter(None, _lines(folder / name)):
            found.setdefault(key_of(sealed), Counter())[name] += 1
    try:
        picture = (folder / _LAST_GOOD).read_bytes()
    except FileNotFoundError:
        return found
    found.setdefault(key_of(picture), Counter())[_LAST_GOOD] += 1
    return found


def renew(folder: Path, cipher: FieldCipher) -> int:
    """
    Seal under the newest key what stays in files; how many values.

    What waits in the spool is left to the clock, which puts it into the database within seconds.
    """
    renewed = 0
    if any(
        _LAST_GOOD in files for key, files in keys_of(folder).items() if key != cipher.key_ids[0]
    ):
        kept = LastGood(folder, cipher)
        picture = kept.recall()
        if picture is not None:
            kept.keep(picture)
            renewed += 1
    if (folder / _REFUSED).exists():
        with (folder / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            renewed += _renew_lines(folder / _REFUSED, cipher)
    return renewed


def _renew_lines(path: Path, cipher: FieldCipher) -> int:
    lines = path.read_bytes().split(b"\n")
    renewed = 0
    for place, sealed in enumerate(_lines(path)):
        if sealed is None or cipher.is_newest(sealed):
            continue
        try:
            plain = cipher.open_bytes(sealed, _PURPOSE)
        except UnreadableField:
            continue  # stays as it is, for whoever has its key
        lines[place] = base64.b64encode(cipher.seal(plain, _PURPOSE))
        renewed += 1
    if renewed:
        scratch = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(
            os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as file:
            file.write(b"\n".join(lines))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    return renewed


def _lines(path: Path) -> Iterator[bytes | None]:
    """The value in each line; None in an empty or a torn one."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield base64.b64decode(line, validate=True) or None
        except (binascii.Error, ValueError):
            yield None
