"""The caller register: who a number belongs to, found without the number standing anywhere."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from app.store.database import announce
from app.store.fields import FieldCipher, UnreadableField
from app.store.tables import changes, clients
from routing.ids import ClientId, DistrictId, TherapistId
from routing.numbers import PhoneNumber
from routing.organisation import Validity
from routing.register import RegisterEntry
from routing.role import Role

log = structlog.get_logger()

TOPIC = "register"
_PHONE = "clients.phone"


@dataclass(frozen=True, slots=True)
class Change:
    """How the register of the districts in a file changes."""

    added: int
    removed: int
    kept: int


@dataclass(frozen=True, slots=True)
class Kept:
    """
    An entry as it is stored; *stamp* tells whether it is still the one that somebody looked at.

    An import makes rows anew, so an id alone may come to mean another entry.
    """

    id: int
    entry: RegisterEntry = field(repr=False)
    stamp: str


def replace_districts(
    connection: sa.Connection, cipher: FieldCipher, entries: Sequence[RegisterEntry]
) -> Change:
    """
    Make *entries* the register of the districts they name; those of other districts stay.

    A family that is no longer in its district's file is no longer known.  The caller commits.
    """
    districts = {entry.district for entry in entries}
    theirs = sa.select(clients).where(clients.c.district.in_(districts))
    # What nobody can read any more is put right by what replaces it.
    old = Counter(_readable(connection, cipher, theirs)[0])
    new = Counter(entries)
    connection.execute(clients.delete().where(clients.c.district.in_(districts)))
    if entries:
        connection.execute(clients.insert(), [_row(cipher, entry) for entry in entries])
    announce(connection, changes, TOPIC)
    return Change(added=(new - old).total(), removed=(old - new).total(), kept=(new & old).total())


def districts_in_use(connection: sa.Connection) -> frozenset[DistrictId]:
    """The districts that have somebody in the register."""
    return frozenset(map(DistrictId, connection.scalars(sa.select(clients.c.district).distinct())))


def load(connection: sa.Connection, cipher: FieldCipher) -> tuple[RegisterEntry, ...]:
    """
    Everybody in the register who can be read.

    A row under a key that is lost is somebody we do not know, and asked like any; it must not cost
    all others the rota of tonight.  `doctor` names it.

    Raises:
        UnreadableField: none of them can be read, so what is remembered is better.
    """
    found, lacking = _readable(connection, cipher, sa.select(clients))
    if lacking and not found:
        raise UnreadableField("the register: sealed with a key that DATA_KEYS does not hold")
    return found


def _readable(
    connection: sa.Connection, cipher: FieldCipher, query: sa.Select[tuple[object, ...]]
) -> tuple[tuple[RegisterEntry, ...], int]:
    """Those entries that can be read, and how many cannot."""
    found: list[RegisterEntry] = []
    rows = connection.execute(query).all()
    for row in rows:
        with suppress(UnreadableField):
            found.append(_entry(row, cipher))
    lacking = len(rows) - len(found)
    if lacking:
        log.error("register.unreadable", rows=lacking)
    return tuple(found), lacking


def of_client(
    connection: sa.Connection, cipher: FieldCipher, client: ClientId
) -> tuple[RegisterEntry, ...]:
    """The numbers of one client, in the order of the file they came in."""
    query = sa.select(clients).where(clients.c.client == client).order_by(clients.c.id)
    return tuple(_entry(row, cipher) for row in connection.execute(query))


def page(
    connection: sa.Connection,
    cipher: FieldCipher,
    districts: Collection[DistrictId],
    *,
    begins: str = "",
    after: int | None = None,
    most: int,
) -> tuple[Kept, ...]:
    """
    At most *most* entries of *districts* by reference, behind the entry *after*.

    Args:
        begins: how the reference begins, in capitals or not.
        after: an entry's id; one that is gone is taken for none.
    """
    c = clients.c
    query = sa.select(clients).where(c.district.in_(districts)).order_by(c.client, c.id).limit(most)
    if begins:
        head = sa.func.substr(c.client, 1, len(begins))
        query = query.where(sa.or_(head == begins, sa.func.lower(head) == begins.lower()))
    if after is not None:
        client = connection.scalar(
            sa.select(c.client).where(c.id == after, c.district.in_(districts))
        )
        if client is not None:
            later = sa.and_(c.client == client, c.id > after)
            query = query.where(sa.or_(c.client > client, later))
    return _kept(connection, cipher, query)


def of_id(
    connection: sa.Connection,
    cipher: FieldCipher,
    entry: int,
    districts: Collection[DistrictId],
) -> Kept | None:
    """The entry of that id, if it is one of *districts*."""
    c = clients.c
    query = sa.select(clients).where(c.id == entry, c.district.in_(districts))
    return next(iter(_kept(connection, cipher, query)), None)


def of_number(
    connection: sa.Connection,
    cipher: FieldCipher,
    number: PhoneNumber,
    districts: Collection[DistrictId],
) -> tuple[Kept, ...]:
    """The entries of *districts* with exactly that number."""
    c = clients.c
    keys = cipher.indexes(number)
    query = sa.select(clients).where(c.phone_key.in_(keys), c.district.in_(districts))
    return _kept(connection, cipher, query.order_by(c.client, c.id))


def of_districts(
    connection: sa.Connection, cipher: FieldCipher, districts: Collection[DistrictId]
) -> tuple[Kept, ...]:
    """Everybody in the register of *districts*, by reference."""
    c = clients.c
    query = sa.select(clients).where(c.district.in_(districts)).order_by(c.client, c.id)
    return _kept(connection, cipher, query)


def claim(connection: sa.Connection) -> None:
    """
    Let nobody else change the register before this commits, so that what is looked at now holds.

    To do so it announces a change, which is to follow.
    """
    announce(connection, changes, TOPIC)


def add(connection: sa.Connection, cipher: FieldCipher, entry: RegisterEntry) -> None:
    """Put *entry* into the register.  The caller has claimed it, and commits."""
    connection.execute(clients.insert(), _row(cipher, entry))


def change(
    connection: sa.Connection, cipher: FieldCipher, kept: Kept, entry: RegisterEntry
) -> None:
    """Let *entry* stand where *kept* stood.  The caller has claimed the register, and commits."""
    row = _row(cipher, entry)
    connection.execute(clients.update().where(clients.c.id == kept.id).values(row))


def fingerprint(kept: Iterable[Kept]) -> str:
    """The same for the same entries, in whatever order."""
    return " ".join(sorted(one.stamp for one in kept))


def _kept(
    connection: sa.Connection, cipher: FieldCipher, query: sa.Select[tuple[object, ...]]
) -> tuple[Kept, ...]:
    found: list[Kept] = []
    for row in connection.execute(query):
        entry = _entry(row, cipher)
        found.append(Kept(row.id, entry, _stamp(cipher, entry)))
    return tuple(found)


def _stamp(cipher: FieldCipher, entry: RegisterEntry) -> str:
    parts = (
        entry.phone.e164, entry.client, entry.role, entry.district, entry.language,
        entry.validity.first, entry.validity.last, entry.therapist, entry.sms_ok, entry.protected,
    )  # fmt: skip
    return f"{cipher.opaque_number(repr([str(part) for part in parts])):07}"


def _row(cipher: FieldCipher, entry: RegisterEntry) -> dict[str, object]:
    return {
        "phone_key": cipher.index(entry.phone),
        "phone": cipher.seal(entry.phone.e164, _PHONE),
        "client": entry.client,
        "role": entry.role,
        "district": entry.district,
        "language": entry.language,
        "valid_from": entry.validity.first,
        "valid_to": entry.validity.last,
        "therapist": entry.therapist,
        "sms_ok": entry.sms_ok,
        "protected": entry.protected,
    }


def _entry(row: sa.Row[tuple[object, ...]], cipher: FieldCipher) -> RegisterEntry:
    return RegisterEntry(
        phone=PhoneNumber(cipher.open(row.phone, _PHONE)),
        client=ClientId(row.client),
        role=Role(row.role),
        district=DistrictId(row.district),
        language=row.language,
        validity=Validity(row.valid_from, row.valid_to),
        therapist=row.therapist and TherapistId(row.therapist),
        sms_ok=row.sms_ok,
        protected=row.protected,
    )
