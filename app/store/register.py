"""The caller register: who a number belongs to, found without the number standing anywhere."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.store.database import announce
from app.store.fields import FieldCipher
from app.store.tables import changes, clients
from routing.ids import ClientId, DistrictId, TherapistId
from routing.numbers import PhoneNumber
from routing.organisation import Validity
from routing.register import RegisterEntry
from routing.role import Role

TOPIC = "register"
_PHONE = "clients.phone"


@dataclass(frozen=True, slots=True)
class Change:
    """How the register of the districts in a file changes."""

    added: int
    removed: int
    kept: int


def replace_districts(
    connection: sa.Connection, cipher: FieldCipher, entries: Sequence[RegisterEntry]
) -> Change:
    """
    Make *entries* the register of the districts they name; those of other districts stay.

    A family that is no longer in its district's file is no longer known.  The caller commits.
    """
    districts = {entry.district for entry in entries}
    old = Counter(entry for entry in load(connection, cipher) if entry.district in districts)
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
    """Everybody in the register."""
    return tuple(_entry(row, cipher) for row in connection.execute(sa.select(clients)))


def of_client(
    connection: sa.Connection, cipher: FieldCipher, client: ClientId
) -> tuple[RegisterEntry, ...]:
    """The numbers of one client, in the order of the file they came in."""
    query = sa.select(clients).where(clients.c.client == client).order_by(clients.c.id)
    return tuple(_entry(row, cipher) for row in connection.execute(query))


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
