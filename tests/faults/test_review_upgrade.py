"""A service that has run for months is upgraded, by a user of the database that is no superuser."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from app.store import audit_chain, audit_verify
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher
from app.store.migrate import migrate, migrating, upgrade
from app.store.rights import VIEWER, Scope, narrowed, wall
from routing.errors import BeredskapError
from tests.databases import Databases
from tests.examples import HASSELBY_VALLINGBY, JARVA, at

CIPHER = FieldCipher((bytes(32),))
THEN = at("2026-03-03T19:00")
pytestmark = pytest.mark.postgres


@contextmanager
def owned(databases: Databases, *, may_make_roles: bool) -> Iterator[tuple[str, str, str]]:
    """An empty database of a user who is no superuser: the user's address, the administrator's."""
    databases.postgres()  # there is a server, and the role is known to it
    user = f"service_{uuid4().hex}"
    may = "CREATEROLE" if may_make_roles else "NOCREATEROLE"
    with databases.unmigrated_postgres() as address:
        with psycopg.connect(plain(address), autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {user} LOGIN NOSUPERUSER {may}")
            admin.execute(f"ALTER SCHEMA public OWNER TO {user}")
        url = make_url(address).set(username=user)
        yield url.render_as_string(hide_password=False), address, user
    with psycopg.connect(plain(databases.postgres()), autocommit=True) as admin:
        admin.execute(f"DROP ROLE {user}")


def plain(address: str) -> str:
    return make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)


def months_of_work(url: str) -> None:
    """The tables as the version before had them, with a contact of each district, and readings."""
    with migrating(url) as connection:
        upgrade(connection, "0011")
        for contact, home in (("CA1", JARVA), ("CA2", HASSELBY_VALLINGBY)):
            connection.execute(
                sa.text(
                    "INSERT INTO contact_events (contact, key, at, kind, line, home_district) "
                    "VALUES (:contact, 'received', :at, 'received', 'eftervard', :home)"
                ),
                {"contact": contact, "at": THEN, "home": home},
            )
        old_process_reads(connection)


def old_process_reads(connection: sa.Connection) -> None:
    """A reading as whoever knows nothing of the chain writes it."""
    connection.execute(
        sa.text(
            "INSERT INTO readings (at, viewer, viewer_district, office, act, district, contact) "
            "VALUES (:at, 't4', 'jarva', 'therapist', 'read', 'jarva', 'CA1')"
        ),
        {"at": THEN},
    )


def seen(engine: sa.Engine) -> list[str]:
    with engine.begin() as connection:
        return sorted(connection.scalars(sa.text("SELECT contact FROM contact_events")))


def test_who_may_not_make_the_role_is_told_what_to_ask_for_and_nothing_is_changed(
    databases: Databases,
) -> None:
    with owned(databases, may_make_roles=False) as (url, address, user):
        months_of_work(url)
        with pytest.raises(BeredskapError, match="have the server's administrator run") as told:
            migrate(url)
        assert user in str(told.value)
        engine = make_engine(url)
        with engine.begin() as connection:
            assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "0011"
        assert seen(engine) == ["CA1", "CA2"]

        with psycopg.connect(plain(address), autocommit=True) as admin:
            admin.execute(f"GRANT {VIEWER} TO {user}")
        migrate(url)
        migrate(url)

        stands_for_both(engine)
        engine.dispose()


def stands_for_both(engine: sa.Engine) -> None:
    """The service sees all that it had, a viewer her own; old and new work side by side."""
    with reading(engine) as connection:
        found = wall(connection)
    assert found is not None
    assert found.stands, found
    assert seen(engine) == ["CA1", "CA2"]
    assert seen(narrowed(engine, lambda: Scope(frozenset({JARVA}), "t4"))) == ["CA1"]
    assert seen(narrowed(engine, Scope)) == []
    for minute in range(2):
        with engine.begin() as connection:
            audit_chain.seal(connection, CIPHER, THEN + timedelta(minutes=minute))
            old_process_reads(connection)
    with reading(engine) as connection:
        verdict = audit_verify.verify(connection, CIPHER, THEN + timedelta(minutes=2))
    assert verdict.is_whole
    assert (verdict.links, verdict.rows) == (2, 2)


def test_who_may_make_roles_needs_nobody(databases: Databases) -> None:
    with owned(databases, may_make_roles=True) as (url, address, user):
        with psycopg.connect(plain(address), autocommit=True) as admin:
            admin.execute(f"GRANT {VIEWER} TO {user} WITH ADMIN OPTION")
        months_of_work(url)
        migrate(url)
        engine = make_engine(url)
        stands_for_both(engine)
        engine.dispose()
