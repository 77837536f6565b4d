"""What was changed from a page, by whom; and what waits there until somebody confirms it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store.fields import FieldCipher
from app.store.tables import alterations, writings
from routing.ids import DistrictId

HELD_FOR = timedelta(hours=1)
_ABOUT = "alterations.about"
_UPLOADS = "upload:"


@dataclass(frozen=True, slots=True)
class Alteration:
    """
    One change: *what* is a word such as ``client.added``.

    *about* says of what, in references and ids; it is sealed where it is stored.
    """

    author: str
    district: DistrictId
    what: str
    at: datetime
    about: str = field(default="", repr=False)


def add(connection: sa.Connection, cipher: FieldCipher, made: Alteration) -> None:
    """Write it down.  The caller commits."""
    row = {
        "author": made.author,
        "district": made.district,
        "what": made.what,
        "about": cipher.seal(made.about, _ABOUT),
        "at": made.at,
    }
    # Its number is not asked for: whoever changes another district's account does not see the row.
    connection.execute(alterations.insert().inline(), row)


def latest(
    connection: sa.Connection,
    cipher: FieldCipher,
    kinds: Collection[str],
    districts: Collection[DistrictId] | None = None,
    most: int = 100,
) -> tuple[Alteration, ...]:
    """
    The last changes, the newest first.

    Args:
        kinds: what stands before the full stop in *what*, such as ``client``.
        districts: whose authors; None is everybody's.
    """
    a = alterations.c
    wanted = sa.or_(*(a.what.startswith(f"{kind}.", autoescape=True) for kind in kinds))
    query = sa.select(alterations).where(wanted).order_by(a.at.desc(), a.id.desc()).limit(most)
    if districts is not None:
        query = query.where(a.district.in_(districts))
    return tuple(
        Alteration(
            row.author,
            DistrictId(row.district),
            row.what,
            row.at,
            "" if row.about is None else cipher.open(row.about, _ABOUT),
        )
        for row in connection.execute(query)
    )


def hold(
    connection: sa.Connection,
    cipher: FieldCipher,
    person: str,
    subject: str,
    body: bytes,
    now: datetime,
) -> None:
    """
    Keep what *person* has uploaded until she confirms it, or an hour has passed.

    What she uploaded before about the same *subject* is dropped.  The caller commits.
    """
    drop_old(connection, now)
    let_go(connection, person, subject)
    name = _UPLOADS + subject
    row = {"person": person, "subject": name, "body": cipher.seal(body, name), "saved_at": now}
    connection.execute(writings.insert(), row)


def held(
    connection: sa.Connection, cipher: FieldCipher, person: str, subject: str, now: datetime
) -> bytes | None:
    """What is kept so; None when there is nothing, or it is older than an hour."""
    w, name = writings.c, _UPLOADS + subject
    is_hers = sa.and_(w.person == person, w.subject == name, w.saved_at > now - HELD_FOR)
    sealed = connection.scalar(sa.select(w.body).where(is_hers))
    return None if sealed is None else cipher.open_bytes(sealed, name)


def let_go(connection: sa.Connection, person: str, subject: str) -> None:
    """Drop what is kept so.  The caller commits."""
    w = writings.c
    mine = sa.and_(w.person == person, w.subject == _UPLOADS + subject)
    connection.execute(writings.delete().where(mine))


def drop_old(connection: sa.Connection, now: datetime) -> int:
    """Drop the uploads that nobody confirmed within the hour; how many.  The caller commits."""
    w = writings.c
    is_old = sa.and_(w.subject.startswith(_UPLOADS, autoescape=True), w.saved_at <= now - HELD_FOR)
    return connection.execute(writings.delete().where(is_old)).rowcount
