"""A durable local journal that takes what the database cannot while it is away."""

import base64
import errno
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import structlog

from app.store.fields import FieldCipher, UnreadableField
from routing.errors import RowsRefused

log = structlog.get_logger()

# A row and the name of the table it belongs to.
Entry = tuple[str, Mapping[str, object]]

# A call makes about ten rows, five kilobytes here: more than twelve thousand calls.
LIMIT = 64 * 1024 * 1024
# What is being drained, and what has come since.
SPOOLED = ("spool.draining", "spool.log")
_AT_ONCE = 50  # batches; they must be stored within what a caller would wait, as everything is
_PURPOSE = "spool"


class SpoolFull(OSError):
    """Nothing more is kept before the database has taken what there is."""


@dataclass(frozen=True, slots=True)
class Spool:
    """
    Batches of rows, one sealed line each, appended and synced before the caller is answered.

    The seal proves a line whole: one torn by a power cut is told of and skipped.  What is being
    drained is a file of its own, so that nobody who appends waits for a database.
    """

    directory: Path
    cipher: FieldCipher
    limit: int = LIMIT  # bytes

    def append(self, batch: Sequence[Entry]) -> None:
        """
        Keep *batch* until the database is back.

        Raises:
            OSError: the disk is full or may not be written, or the spool itself is full.
        """
        line = self._line(batch)
        with self._alone("spool.lock"):
            if self.size + len(line) > self.limit:
                raise SpoolFull(errno.ENOSPC, "the spool is full")
            _append(self._file, line)

    @property
    def is_empty(self) -> bool:
        return not self._file.exists() and not self._draining.exists()

    @property
    def size(self) -> int:
        """How many bytes wait."""
        return sum(_size(path) for path in (self._draining, self._file))

    def drain(self, store: Callable[[Sequence[Entry]], None]) -> int:
        """
        Hand every batch to *store*, oldest first, then forget them; how many there were.

        An error from *store* keeps them all, and so does the death of this process: storing a row
        that is there already does nothing.  Only a batch that the database refuses for good is set
        aside, so that it holds up no other.  Whoever comes while another drains leaves it to her.
        """
        if self.is_empty:
            return 0
        drained = 0
        with self._alone("drain.lock", wait=False) as is_mine:
            # First what somebody left who died on the way, then what has come since.
            while is_mine and (self._draining.exists() or self._set_apart()):
                drained += self._drained(store)
        return drained

    def _set_apart(self) -> bool:
        """Name what has been appended so far as what is drained; whether there was anything."""
        with self._alone("spool.lock"):
            if not self._file.exists():
                return False
            self._file.rename(self._draining)
            return True

    def _drained(self, store: Callable[[Sequence[Entry]], None]) -> int:
        drained = 0
        for some in _groups(self._read()):
            try:
                store([entry for batch in some for entry in batch])
            except RowsRefused:
                self._store_singly(some, store)
            drained += len(some)
        self._draining.unlink()
        return drained

    def _store_singly(
        self, batches: Sequence[Sequence[Entry]], store: Callable[[Sequence[Entry]], None]
    ) -> None:
        for batch in batches:
            try:
                store(batch)
            except RowsRefused:
                log.error("spool.set_aside", rows=len(batch))  # noqa: TRY400 - it holds the rows
                _append(self.directory / "refused.log", self._line(batch))

    def _line(self, batch: Sequence[Entry]) -> bytes:
        # The line break comes first, so that a torn line before this one takes nothing with it.
        return b"\n" + base64.b64encode(self.cipher.seal(_pack(batch), _PURPOSE))

    @property
    def _file(self) -> Path:
        return self.directory / SPOOLED[1]

    @property
    def _draining(self) -> Path:
        return self.directory / SPOOLED[0]

    def _read(self) -> Iterator[Sequence[Entry]]:
        with self._draining.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line == b"\n":
                    continue
                try:
                    sealed = base64.b64decode(line.removesuffix(b"\n"), validate=True)
                    yield _unpack(self.cipher.open_bytes(sealed, _PURPOSE))
                except (ValueError, UnreadableField, msgspec.DecodeError):
                    log.error("spool.line_unreadable", line=number)  # noqa: TRY400 - it is a secret

    @contextmanager
    def _alone(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """No other process or thread holds the lock of this *name*; without *wait*, perhaps one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / name).open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
            else:
                yield True


def _append(path: Path, line: bytes) -> None:
    is_new = not path.exists()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    before = os.fstat(fd).st_size
    with os.fdopen(fd, "wb", buffering=0) as file:
        try:
            while line:
                line = line[file.write(line) :]
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, before)  # half a line would be told of as unreadable for ever
            raise
    if is_new:  # a power cut must not take the name and leave the lines
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # there is none, or nobody can say
        return 0


def _groups(batches: Iterator[Sequence[Entry]]) -> Iterator[Sequence[Sequence[Entry]]]:
    """Some at a time: a night's outage is stored in seconds."""
    while some := list(islice(batches, _AT_ONCE)):
        yield some


# Moments and bytes have no type of their own in a row of objects, so each says what it is.
def _pack(batch: Sequence[Entry]) -> bytes:
    def tagged(value: object) -> object:
        match value:
            case datetime():
                return {"at": value.isoformat()}
            case bytes():
                return {"bytes": value}
            case _:
                return value

    rows = [(table, {k: tagged(v) for k, v in row.items()}) for table, row in batch]
    # A table's own name is a string of a kind that the encoder does not know.
    return msgspec.msgpack.encode(rows, enc_hook=str)


def _unpack(packed: bytes) -> list[Entry]:
    def plain(value: Any) -> object:  # noqa: ANN401 - whatever a row holds
        match value:
            case {"at": str(moment)}:
                return datetime.fromisoformat(moment)
            case {"bytes": bytes(raw)}:
                return raw
            case _:
                return value

    rows = msgspec.msgpack.decode(packed, type=list[tuple[str, dict[str, Any]]])
    return [(table, {k: plain(v) for k, v in row.items()}) for table, row in rows]
