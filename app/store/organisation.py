"""The organisation as it was loaded, version by version."""

from datetime import datetime

import sqlalchemy as sa

from app.store.database import announce
from app.store.fields import FieldCipher
from app.store.tables import changes, organisations

TOPIC = "organisation"
_PURPOSE = "organisations.document"


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
