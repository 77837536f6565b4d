"""The organisation as it was loaded, version by version."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from app.store.database import announce
from app.store.fields import FieldCipher
from app.store.tables import changes, organisations

TOPIC = "organisation"
_PURPOSE = "organisations.document"


@dataclass(frozen=True, slots=True)
class InForce:
    """The document in force, and which version of it that is."""

    version: int
    document: bytes = field(repr=False)


def save(connection: sa.Connection, cipher: FieldCipher, document: bytes, now: datetime) -> None:
    """Make *document* the organisation in force; earlier versions stay.  The caller commits."""
    sealed = cipher.seal(document, _PURPOSE)
    connection.execute(organisations.insert(), {"loaded_at": now, "document": sealed})
    announce(connection, changes, TOPIC)


def load(connection: sa.Connection, cipher: FieldCipher) -> bytes | None:
    """The document in force; None before the first one was loaded."""
    newest = sa.select(organisations.c.document).order_by(organisations.c.version.desc()).limit(1)
    sealed = connection.scalar(newest)
    return None if sealed is None else cipher.open_bytes(sealed, _PURPOSE)


def in_force(connection: sa.Connection, cipher: FieldCipher) -> InForce | None:
    """As `load`, with the version: whoever changes it says which one they had before them."""
    o = organisations.c
    newest = sa.select(o.version, o.document).order_by(o.version.desc()).limit(1)
    row = connection.execute(newest).first()
    return None if row is None else InForce(row.version, cipher.open_bytes(row.document, _PURPOSE))


def claim(connection: sa.Connection) -> None:
    """
    Let nobody else change the organisation before this commits.

    To do so it announces a change, which is to follow.
    """
    announce(connection, changes, TOPIC)
