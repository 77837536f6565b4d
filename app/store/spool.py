"""A durable local journal that takes what the database cannot while it is away."""

import base64
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog

from app.store.fields import FieldCipher, UnreadableField
from routing.errors import RowsRefused

log = structlog.get_logger()

# A row and the name of the table it belongs to.
Entry = tuple[str, Mapping[str, object]]

_PURPOSE = "spool"


@dataclass(frozen=True, slots=True)
class Spool:
    """
    Batches of rows, one sealed line each, appended and synced before the caller is answered.

    The seal proves a line whole: one torn by a power cut is told of and skipped.
    """

    directory: Path
    cipher: FieldCipher

    def append(self, batch: Sequence[Entry]) -> None:
        """
        Keep *batch* until the database is back.

        Raises:
            OSError: the disk is full or may not be written.
        """
        with self._alone():
            self._write(self._file, batch)

    @property
    def is_empty(self) -> bool:
        return not self._file.exists()

    def drain(self, store: Callable[[Sequence[Entry]], None]) -> int:
        """
        Hand every batch to *store*, oldest first, then forget them; how many there were.

        An error from *store* keeps them all: storing a row that is there already does nothing.
        Only a batch that the database refuses for good is set aside, so that it holds up no other.
        """
        if self.is_empty:
            return 0
        with self._alone():
            batches = [*self._read()] if self._file.exists() else []
            for batch in batches:
                try:
                    store(batch)
                except RowsRefused:
                    log.error("spool.set_aside", rows=len(batch))  # noqa: TRY400 - it holds the rows
                    self._write(self.directory / "refused.log", batch)
            self._file.unlink(missing_ok=True)
        return len(batches)

    def _write(self, path: Path, batch: Sequence[Entry]) -> None:
        # The line break comes first, so that a torn line before this one takes nothing with it.
        line = b"\n" + base64.b64encode(self.cipher.seal(_pack(batch), _PURPOSE))
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(fd, "wb") as file:  # which writes all of it or raises
            file.write(line)
            file.flush()
            os.fsync(fd)

    @property
    def _file(self) -> Path:
        return self.directory / "spool.log"

    def _read(self) -> Iterator[Sequence[Entry]]:
        for number, line in enumerate(self._file.read_bytes().splitlines(), start=1):
            if not line:
                continue
            try:
                sealed = base64.b64decode(line, validate=True)
                yield _unpack(self.cipher.open_bytes(sealed, _PURPOSE))
            except (ValueError, UnreadableField, msgspec.DecodeError):
                log.error("spool.line_unreadable", line=number)  # noqa: TRY400 - the line is a secret

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "spool.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


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
