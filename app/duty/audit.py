"""Seals what was read and altered into the audit chain, and takes its head out of the house."""

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from app.duty.handover import Desk
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import alterations, audit_chain, carried
from app.store.alterations import Alteration
from app.store.audit_chain import Head
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher
from app.store.outbox import By, Letter
from app.wording import when
from routing.ids import DistrictId
from routing.organisation import Line, Organisation

log = structlog.get_logger()

HEADS = "audit-heads.log"
_A_DAY = timedelta(days=2)  # with what the clocks do at night, and some more


class KeptHead(msgspec.Struct, frozen=True):
    """A line of the file: the head as it was on *day*."""

    day: date
    at: datetime
    number: int
    digest: str
    rows: int


def write_down(
    url: str, cipher: FieldCipher, author: str, what: str, about: str, now: datetime
) -> None:
    """Keep, in the chain, what was done to the service itself by a command."""
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            made = Alteration(author, DistrictId(""), what, now, about)
            alterations.add(connection, cipher, made)
    finally:
        engine.dispose()


def seal_and_tell(desk: Desk, organisation: Organisation, state_dir: Path, now: datetime) -> int:
    """`seal_audit`, and then `tell_head`; how many rows were sealed."""
    sealed = seal_audit(desk, now)
    tell_head(desk, organisation, state_dir, now)
    return sealed


def seal_audit(desk: Desk, now: datetime) -> int:
    """Put into the chain whatever is not in it yet; how many rows."""
    sealed = 0
    while True:
        with desk.engine.begin() as connection:
            some = audit_chain.seal(connection, desk.cipher, now)
        if not some:
            return sealed
        sealed += some


def tell_head(desk: Desk, organisation: Organisation, state_dir: Path, now: datetime) -> bool:
    """
    Once a day, keep the head where who has the database cannot change it; whether it was done.

    It goes into a file of this machine's, into the process's log, and by mail to the managers.
    """
    line = next(iter(organisation.lines.values()), None)
    if line is None:
        return False
    day, path = line.today(now), state_dir / HEADS
    is_kept = _is_kept(path, day)
    with reading(desk.engine) as connection:
        is_mailed = not desk.mails or carried.posted_since(connection, _key(day), now - _A_DAY)
        if is_kept and is_mailed:
            return False
        head = audit_chain.head(connection)
    if head is None:
        return False
    if not is_kept:
        _keep(path, KeptHead(day, head.at, head.number, head.text, head.rows))
    if not is_mailed:
        with desk.engine.begin() as connection:
            post(connection, desk, _letters(organisation, line, day, head), now)
    return True


def kept_heads(path: Path) -> tuple[KeptHead, ...]:
    """
    What the file holds, the oldest first; a line torn by a power cut is passed over.

    Raises:
        OSError: it is there and cannot be read.
    """
    found: list[KeptHead] = []
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    for number, written in enumerate(lines, start=1):
        try:
            found.append(msgspec.json.decode(written, type=KeptHead))
        except msgspec.DecodeError:
            log.warning("audit.head_unreadable", line=number)
    return tuple(found)


def _is_kept(path: Path, day: date) -> bool:
    try:
        return any(kept.day >= day for kept in kept_heads(path))
    except OSError:
        return False


def _keep(path: Path, kept: KeptHead) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(msgspec.json.encode(kept) + b"\n")
            file.flush()
            os.fsync(fd)
    except OSError as err:
        log.error("audit.head_not_kept", error=type(err).__name__)  # noqa: TRY400 - what it was says enough
        return
    log.info("audit.head", number=kept.number, digest=kept.digest, rows=kept.rows)


def _key(day: date) -> str:
    return f"audit/{day.isoformat()}/"


def _letters(organisation: Organisation, line: Line, day: date, head: Head) -> Iterator[Letter]:
    said = (
        phrases(FIRST)
        .written["audit_head"]
        .format(number=head.number, rows=head.rows, when=when(head.at, line), digest=head.text)
    )
    for manager in organisation.managers:
        if manager.email is not None:
            yield Letter(f"{_key(day)}{manager.id}", By.MAIL, line.id, manager.email, said)
