"""What is wrong with what lies on disk, and with the disk itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.review.diagnosis import Diagnosis, either, error, warning
from app.review.system_files import Files, Space
from app.store.spool import LIMIT

# The last good picture is renewed every six hours, and whenever anything changes.
SNAPSHOT_WITHIN = timedelta(hours=7)
SPOOLED_WITHIN = timedelta(minutes=5)
# The spool may grow to its limit and the picture is written beside the old one; SQLite's own log
# grows as much while a backup reads.
ROOM_NEEDED = LIMIT + 16 * 1024 * 1024
# A year of a large city's evenings is less: whoever is warned here has weeks.
ROOM_WANTED = 512 * 1024 * 1024
# Each process has a handful of files, and a picture and a spool make two more for a moment.
FILES_NEEDED, FILES_WANTED = 100, 1000
_MEGA = 1024 * 1024
STATE_DIR, DATABASE_URL = "STATE_DIR", "DATABASE_URL"


def of_files(files: Files, at: datetime, *, has_database: bool) -> Iterator[Diagnosis]:
    """What is wrong with *files*; what is spooled lies there rightly while the database is away."""
    if files.refused:
        yield warning("spool_refused", size=files.refused)
    is_old = files.spooled_at is not None and at - files.spooled_at > SPOOLED_WITHIN
    if files.spooled > LIMIT // 2:
        yield error("spool_fills", size=files.spooled, limit=LIMIT)
    elif files.spooled and has_database:
        # It is drained within a second; what lies there for longer nobody drains.
        yield (
            error("spool_stuck", size=files.spooled)
            if is_old
            else warning("spooled", size=files.spooled)
        )
    if files.snapshot_at is None:
        yield warning("no_snapshot")
    elif at - files.snapshot_at > SNAPSHOT_WITHIN:
        yield warning("old_snapshot", since=files.snapshot_at)
    for setting, space in ((STATE_DIR, files.space), (DATABASE_URL, files.database)):
        if space is not None:
            yield from _of_a_disk(setting, space)


def _of_a_disk(setting: str, space: Space) -> Iterator[Diagnosis]:
    if not space.is_writable:
        yield error("disk_shut", setting=setting)
    if space.free < ROOM_WANTED:
        yield either(
            "disk_full",
            is_error=space.free < ROOM_NEEDED,
            setting=setting,
            free=space.free // _MEGA,
            share=space.share,
            needed=ROOM_NEEDED // _MEGA,
        )
    if space.files is not None and space.files < FILES_WANTED:
        yield either(
            "inodes_low", is_error=space.files < FILES_NEEDED, setting=setting, count=space.files
        )
