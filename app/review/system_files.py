"""What lies in STATE_DIR, and how much room its disk and the database's have."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.store.spool import SPOOLED


@dataclass(frozen=True, slots=True)
class Space:
    """
    A disk where something of ours lies.

    *free* and *total* are bytes, as far as this user may have them; *files* is how many more there
    may be, None where the file system sets no number.
    """

    free: int
    total: int
    files: int | None = None
    is_writable: bool = True

    @property
    def share(self) -> int:
        """How much of it is free, in hundredths."""
        return self.free * 100 // max(self.total, 1)


@dataclass(frozen=True, slots=True)
class Files:
    """
    What lies in STATE_DIR, in bytes.

    *snapshot_at* is when the last good picture was kept, and *spooled_at* when what is spooled
    longest was, at the latest.  *space* is its disk, and *database* that of a file of SQLite's.
    """

    snapshot_at: datetime | None
    spooled: int
    refused: int
    spooled_at: datetime | None = None
    space: Space | None = None
    database: Space | None = None


def files_in(folder: Path, database: Path | None) -> Files:
    """Look at *folder*, and at the file of the *database* if it is one; change nothing."""
    spool = [folder / name for name in SPOOLED]
    return Files(
        _changed_at(folder / "last-good"),
        sum(map(_size, spool)),
        _size(folder / "refused.log"),
        min(filter(None, map(_changed_at, spool)), default=None),
        _space(folder),
        None if database is None else _space(database.parent, database),
    )


def _space(folder: Path, file: Path | None = None) -> Space | None:
    """The disk of *folder*, or of where it would be made; None where nobody may look."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        found = os.statvfs(there)
    except OSError:
        return None
    return Space(
        free=found.f_bavail * found.f_frsize,
        total=found.f_blocks * found.f_frsize,
        files=found.f_favail if found.f_files else None,
        is_writable=_may_write(there, file),
    )


def _may_write(folder: Path, file: Path | None) -> bool:
    """Whether this user may make files in *folder*, and write into *file* if there is one."""
    is_ours = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    return is_ours and (file is None or not file.exists() or os.access(file, os.W_OK))


def _changed_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # there is none, or it may not be looked at
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
