"""The organisation, changed from a page: an edit of its document, shown first and then applied."""

from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa

from app.duty.gate import Gate, NotAllowed
from app.duty.organisation_forms import Edit
from app.intake.changes import changes
from app.intake.document import Document
from app.intake.organisation_file import document_of, organisation_from, organisation_of
from app.store import alterations
from app.store import organisation as stored
from app.store import register as stored_register
from app.store.alterations import Alteration
from app.store.rights import Lift, lifted
from routing.access import Denial, Office
from routing.errors import Conflict, InvalidInput, Place, Unavailable
from routing.organisation import Organisation

_FILE = "organisation.toml"
_SUBJECT = "organisation"
_CHANGED, _LOADED = "organisation.changed", "organisation.loaded"
LARGEST = 400_000  # bytes, as a file may be


class ChangedMeanwhile(Conflict):
    """Somebody else has changed the organisation since it was shown."""

    code = "changed_meanwhile"


class NothingChanges(Conflict):
    """What was asked for is so already."""

    code = "nothing_changes"


class NothingHeld(Conflict):
    """What was uploaded is kept for an hour, and is gone."""

    code = "nothing_held"


@dataclass(frozen=True, slots=True)
class Standing:
    """The organisation as it is stored now, and which version that is."""

    version: int
    organisation: Organisation
    document: Document = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an edit of *version* would change, line by line as a load tells it."""

    version: int
    lines: tuple[str, ...]
    token: str = ""  # of an uploaded file, compared with that version


@dataclass(frozen=True, slots=True)
class Told:
    """A change that was made: who, when, and what, line by line."""

    alteration: Alteration
    lines: tuple[str, ...]


class _Held(msgspec.Struct, frozen=True):
    content: bytes
    version: int


def standing(gate: Gate) -> Standing:
    """
    The organisation as stored; for managers too, whose pages show their own part of it.

    Raises:
        NotAllowed: the viewer is neither a manager nor an administrator.
        Unavailable: none was loaded yet.
    """
    if gate.viewer.office not in {Office.ADMINISTRATOR, Office.MANAGER}:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    return _standing(gate)


def propose(gate: Gate, edit: Edit, version: int) -> Proposal:
    """
    What *edit* of *version* would change; nothing is changed.

    Raises:
        NotAllowed: the viewer is no administrator.
        InvalidInput: as the file would be refused; naming the field.
        NothingChanges: it would change nothing.
        ChangedMeanwhile: there is another version by now.
    """
    before = _for_administrators(gate)
    _require_version(before, version)
    _, lines = _tried(gate, before, edit)
    return Proposal(before.version, lines)


def apply(gate: Gate, edit: Edit, version: int) -> tuple[str, ...]:
    """
    Make *edit* of *version*; what it changed.

    Raises:
        NotAllowed, InvalidInput, NothingChanges, ChangedMeanwhile: as `propose`.
    """
    stored.claim(gate.connection)
    before = _for_administrators(gate)
    _require_version(before, version)
    document, lines = _tried(gate, before, edit)
    _save(gate, document, lines, _CHANGED)
    return lines


def propose_file(gate: Gate, content: bytes) -> Proposal:
    """
    What a whole file would change; it is kept for an hour, to be applied.

    Raises:
        NotAllowed, NothingChanges: as `propose`.
        InvalidInput: naming the line and the field; nothing is kept of it then.
    """
    before = _for_administrators(gate)
    _, lines = _tried_file(gate, before, content)
    held = _Held(content, before.version)
    body = msgspec.json.encode(held)
    alterations.hold(gate.connection, gate.cipher, gate.viewer.id, _SUBJECT, body, gate.now)
    return Proposal(before.version, lines, _token(gate, held))


def again(gate: Gate) -> Proposal:
    """
    As `propose_file`, of what is kept already, against the organisation as it is by now.

    Raises:
        NothingHeld: an hour has passed, or it was applied.
    """
    _require_administrator(gate)
    return propose_file(gate, _held(gate).content)


def apply_file(gate: Gate, token: str) -> tuple[str, ...]:
    """
    Make the uploaded file the organisation, as it was shown under *token*; what it changed.

    Raises:
        NotAllowed, InvalidInput, NothingChanges: as `propose_file`.
        NothingHeld: an hour has passed, or it was applied.
        ChangedMeanwhile: there is another version by now, or another file.
    """
    stored.claim(gate.connection)
    before = _for_administrators(gate)
    held = _held(gate)
    _require_version(before, held.version)
    if _token(gate, held) != token:
        raise ChangedMeanwhile("another file was chosen since it was shown")
    document, lines = _tried_file(gate, before, held.content)
    _save(gate, document, lines, _LOADED)
    alterations.let_go(gate.connection, gate.viewer.id, _SUBJECT)
    return lines


def history(gate: Gate) -> tuple[Told, ...]:
    """
    What was changed from a page, the newest first.

    Raises:
        NotAllowed: the viewer is no administrator.
    """
    _require_administrator(gate)
    found = alterations.latest(gate.connection, gate.cipher, ("organisation",))
    return tuple(Told(one, msgspec.json.decode(one.about, type=tuple[str, ...])) for one in found)


def require_districts(
    connection: sa.Connection, organisation: Organisation, file: str = _FILE
) -> None:
    """
    Refuse an organisation without a district that still has callers in the register.

    Raises:
        InvalidInput: naming the districts.
    """
    with lifted(connection, Lift.CHANGE):
        orphaned = stored_register.districts_in_use(connection) - set(organisation.districts)
    if orphaned:
        raise InvalidInput(
            f"{', '.join(sorted(orphaned))} still has callers in the register: "
            "give it a valid_to instead of removing it",
            Place(file, field="districts"),
        )


def _held(gate: Gate) -> _Held:
    body = alterations.held(gate.connection, gate.cipher, gate.viewer.id, _SUBJECT, gate.now)
    if body is None:
        raise NothingHeld("what was uploaded is no longer kept")
    return msgspec.json.decode(body, type=_Held)


def _token(gate: Gate, held: _Held) -> str:
    """Stands for this file compared with this version, and tells nothing of either."""
    return f"{gate.cipher.opaque_number(msgspec.json.encode(held).decode()):07}"


def _require_administrator(gate: Gate) -> None:
    if gate.viewer.office is not Office.ADMINISTRATOR:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)


def _require_version(standing_: Standing, version: int) -> None:
    if standing_.version != version:
        raise ChangedMeanwhile("the organisation was changed since it was shown")


def _for_administrators(gate: Gate) -> Standing:
    _require_administrator(gate)
    return _standing(gate)


def _standing(gate: Gate) -> Standing:
    found = stored.in_force(gate.connection, gate.cipher)
    if found is None:
        raise Unavailable("no organisation has been loaded: run `beredskap load`")
    document = document_of(found.document)
    return Standing(found.version, organisation_of(found.document), document)


def _tried(gate: Gate, before: Standing, edit: Edit) -> tuple[bytes, tuple[str, ...]]:
    document = msgspec.json.encode(edit(before.document))
    return document, _differences(gate, before, organisation_of(document))


def _tried_file(gate: Gate, before: Standing, content: bytes) -> tuple[bytes, tuple[str, ...]]:
    loaded = organisation_from(_FILE, content)
    return loaded.document, _differences(gate, before, loaded.organisation)


def _differences(gate: Gate, before: Standing, new: Organisation) -> tuple[str, ...]:
    require_districts(gate.connection, new)
    lines = changes(before.organisation, new)
    if not lines:
        raise NothingChanges("it is so already")
    return lines


def _save(gate: Gate, document: bytes, lines: tuple[str, ...], what: str) -> None:
    stored.save(gate.connection, gate.cipher, document, gate.now)
    about = msgspec.json.encode(lines).decode()
    made = Alteration(gate.viewer.id, gate.viewer.district, what, gate.now, about)
    alterations.add(gate.connection, gate.cipher, made)
