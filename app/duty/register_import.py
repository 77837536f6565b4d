"""The register out of an uploaded file: first what would change, then exactly that."""

from dataclasses import dataclass

import msgspec

from app.duty.gate import Gate
from app.duty.register_desk import Shown, keep_alteration, own_districts, shown, shown_entry
from app.intake.register_file import check_register
from app.store import alterations
from app.store import register as stored
from app.store.register import Kept
from routing.errors import Conflict, InvalidInput, Place
from routing.ids import DistrictId
from routing.register import RegisterEntry

LARGEST = 1_000_000  # bytes; some ten thousand rows
MOST_ROWS = 5_000  # a district has some hundred families
_FILE = "register.csv"
_SUBJECT = "register"


class NothingHeld(Conflict):
    """What was uploaded is kept for an hour, and is gone."""

    code = "nothing_held"


class Outdated(Conflict):
    """The register, or what was uploaded, is not what was shown."""

    code = "outdated"


class _Held(msgspec.Struct, frozen=True):
    content: bytes
    fingerprint: str  # of the register it was compared with


@dataclass(frozen=True, slots=True)
class Preview:
    """What reading the file in would do; with *faults* it would do nothing."""

    token: str
    added: tuple[Shown, ...] = ()
    changed: tuple[tuple[Shown, Shown], ...] = ()  # as it is, and as it would be
    removed: tuple[Shown, ...] = ()
    kept: int = 0
    faults: tuple[InvalidInput, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.changed or self.removed)


def preview(gate: Gate, content: bytes) -> Preview:
    """
    What the file would change in the own register; it is kept for an hour, to be read in.

    Nothing is kept of a file with faults.

    Raises:
        NotAllowed: the viewer keeps no register.
        InvalidInput: it is too large, no table, or without rows.
    """
    own = own_districts(gate)
    if len(content) > LARGEST:
        raise InvalidInput(f"larger than {LARGEST} bytes", Place(_FILE))
    read = check_register(_FILE, content, gate.organisation, districts=own, most=MOST_ROWS)
    if read.faults:
        return Preview("", faults=read.faults)
    if not read.entries:
        raise InvalidInput("there are no rows", Place(_FILE))
    now_kept = _named(gate, read.entries)
    held = _Held(content, stored.fingerprint(now_kept))
    body = msgspec.json.encode(held)
    alterations.hold(gate.connection, gate.cipher, gate.viewer.id, _SUBJECT, body, gate.now)
    return _compared(gate, held, now_kept, read.entries)


def again(gate: Gate) -> Preview:
    """
    As `preview`, of what is kept already, against the register as it is by now.

    Raises:
        NothingHeld: an hour has passed, or it was read in.
    """
    return preview(gate, _held(gate).content)


def apply(gate: Gate, token: str) -> Preview:
    """
    Read in what was shown under *token*; what it changed.

    Raises:
        NothingHeld: as `again`.
        Outdated: it would not do what was shown; `again` shows what it would do.
    """
    stored.claim(gate.connection)
    own = own_districts(gate)
    held = _held(gate)
    read = check_register(_FILE, held.content, gate.organisation, districts=own, most=MOST_ROWS)
    now_kept = _named(gate, read.entries)
    is_same = stored.fingerprint(now_kept) == held.fingerprint
    if read.faults or not is_same or _token(gate, held) != token:
        raise Outdated("the register was changed since this was shown")
    done = _compared(gate, held, now_kept, read.entries)
    stored.replace_districts(gate.connection, gate.cipher, read.entries)
    alterations.let_go(gate.connection, gate.viewer.id, _SUBJECT)
    keep_alteration(
        gate,
        "client.imported",
        added=len(done.added),
        changed=len(done.changed),
        removed=len(done.removed),
        kept=done.kept,
    )
    return done


def discard(gate: Gate) -> None:
    """Forget what was uploaded."""
    own_districts(gate)
    alterations.let_go(gate.connection, gate.viewer.id, _SUBJECT)


def _named(gate: Gate, entries: tuple[RegisterEntry, ...]) -> tuple[Kept, ...]:
    """What the register has of the districts that the file names: what it would replace."""
    districts: set[DistrictId] = {entry.district for entry in entries}
    return stored.of_districts(gate.connection, gate.cipher, districts)


def _compared(
    gate: Gate, held: _Held, now_kept: tuple[Kept, ...], entries: tuple[RegisterEntry, ...]
) -> Preview:
    before = {(one.entry.phone, one.entry.client): one for one in now_kept}
    after = {(entry.phone, entry.client): entry for entry in entries}
    both = [(before[key], entry) for key, entry in after.items() if key in before]
    return Preview(
        _token(gate, held),
        added=tuple(shown_entry(gate, e) for key, e in after.items() if key not in before),
        changed=tuple(
            (shown(gate, was), shown_entry(gate, entry))
            for was, entry in both
            if was.entry != entry
        ),
        removed=tuple(shown(gate, one) for key, one in before.items() if key not in after),
        kept=sum(was.entry == entry for was, entry in both),
    )


def _held(gate: Gate) -> _Held:
    body = alterations.held(gate.connection, gate.cipher, gate.viewer.id, _SUBJECT, gate.now)
    if body is None:
        raise NothingHeld("what was uploaded is no longer kept")
    return msgspec.json.decode(body, type=_Held)


def _token(gate: Gate, held: _Held) -> str:
    """Stands for this file compared with this register, and tells nothing of either."""
    return f"{gate.cipher.opaque_number(msgspec.json.encode(held).decode()):07}"
