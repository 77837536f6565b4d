"""What somebody is writing and has not sent, sealed; for a week at most."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.store.fields import FieldCipher, UnreadableField
from app.store.tables import writings

KEPT_FOR = timedelta(days=7)
_BODY = "writings.body"


@dataclass(frozen=True, slots=True)
class Writing:
    """The fields of a form as they stood when they were last saved; none of them once sent."""

    fields: Mapping[str, str] = field(repr=False)
    saved_at: datetime

    @property
    def was_sent(self) -> bool:
        return not self.fields


def save(
    connection: sa.Connection,
    cipher: FieldCipher,
    person: str,
    subject: str,
    fields: Mapping[str, str],
    now: datetime,
) -> None:
    """Keep *fields*, in place of what was kept of *subject*.  The caller commits."""
    row = {
        "person": person,
        "subject": subject,
        "body": cipher.seal(msgspec.json.encode(dict(fields)), _BODY),
        "saved_at": now,
    }
    # On either engine, and at once: two telephones may save at the same moment.
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(writings)
    new = {"body": row["body"], "saved_at": now}
    keys = ["person", "subject"]
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=new), row)


def of_person(
    connection: sa.Connection, cipher: FieldCipher, person: str, subject: str, now: datetime
) -> Writing | None:
    """What *person* has written about *subject*; None where there is nothing, or it is too old."""
    w = writings.c
    row = connection.execute(
        sa.select(writings).where(
            w.person == person, w.subject == subject, w.saved_at > now - KEPT_FOR
        )
    ).one_or_none()
    return None if row is None else _writing(cipher, row)


def _writing(cipher: FieldCipher, row: sa.Row[tuple[object, ...]]) -> Writing:
    fields = msgspec.json.decode(cipher.open(row.body, _BODY), type=dict[str, str])
    return Writing(fields, row.saved_at)


def of_several(
    connection: sa.Connection,
    cipher: FieldCipher,
    people: Collection[str],
    subject: str,
    now: datetime,
) -> Mapping[str, Writing]:
    """As `of_person`, of each of *people*; what no key opens stands in nobody else's way."""
    w = writings.c
    rows = connection.execute(
        sa.select(writings).where(
            w.person.in_(people), w.subject == subject, w.saved_at > now - KEPT_FOR
        )
    )
    found = {}
    for row in rows:
        with suppress(UnreadableField):
            found[row.person] = _writing(cipher, row)
    return found


def drop(connection: sa.Connection, person: str, subject: str) -> None:
    """Keep nothing of *subject*.  The caller commits."""
    w = writings.c
    connection.execute(writings.delete().where(w.person == person, w.subject == subject))


def forget_old(connection: sa.Connection, now: datetime) -> int:
    """Remove what has been kept for a week; how many there were.  The caller commits."""
    old = writings.c.saved_at <= now - KEPT_FOR
    return int(connection.execute(writings.delete().where(old)).rowcount)
