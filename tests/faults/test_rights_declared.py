"""What `app.store.rights` says of each table is what the database does; and nothing is left out."""

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

import app
from app.store.database import make_engine
from app.store.migrate import migrate
from app.store.rights import GUARDED, NOBODY, RIGHTS, VIEWER, Lift, Whose, narrowed, wall
from app.store.tables import metadata
from routing.errors import BeredskapError
from tests.databases import Databases
from tests.faults.rights_rows import HV, JARVA, of, write

# Where a service sees further than the viewer for a moment: what is new here is to be argued for.
LIFTS = Counter(
    {
        ("duty.gate", Lift.JUDGED): 2,  # a contact, and a thread, that is refused
        ("duty.handover_state", Lift.JUDGED): 1,
        ("duty.follow_ups", Lift.JUDGED): 1,
        ("duty.ledger", Lift.LEDGER): 1,
        ("duty.call_back", Lift.HELPED): 1,
        ("duty.tonight", Lift.PROTECTED): 1,
        ("duty.organisation_desk", Lift.CHANGE): 1,
        ("review.figures", Lift.FIGURES): 1,
        ("review.system", Lift.COUNTS): 3,  # letters, the wall itself, when keys were renewed
        ("review.system_people", Lift.COUNTS): 1,  # how often each telephone has failed
    }
)
# A column by which a row could be somebody's.
TELLING = frozenset({"district", "home_district", "contact", "client", "caller", "handover"})
_VERBS = {"SELECT": "S", "INSERT": "I", "UPDATE": "U", "DELETE": "D"}
_ROOT = Path(app.__file__).parent


def test_every_table_says_whose_its_rows_are() -> None:
    assert set(RIGHTS) == set(metadata.tables), "say in app.store.rights whose its rows are"
    could_be = {name for name, table in metadata.tables.items() if TELLING & set(table.c.keys())}
    unsaid = {
        name
        for name in could_be - GUARDED
        if RIGHTS[name].whose is not Whose.UNGUARDED or not RIGHTS[name].why
    }
    assert not unsaid, "somebody's rows, and neither held back nor said why not"


@pytest.mark.postgres
def test_the_database_does_what_is_said_of_each_table(postgres_url: str) -> None:
    engine = make_engine(postgres_url)
    with engine.connect() as connection:
        granted: dict[str, set[str]] = {}
        for table, verb in connection.execute(
            sa.text(
                "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
                "WHERE grantee = :role"
            ),
            {"role": VIEWER},
        ):
            granted.setdefault(table, set()).add(_VERBS[verb])
        held = sa.text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity")
        assert set(connection.scalars(held)) == GUARDED
        policies = sa.text("SELECT tablename, count(*) AS number FROM pg_policies GROUP BY 1")
        found = {row.tablename: row.number for row in connection.execute(policies)}
        assert found == dict.fromkeys(GUARDED, 4)  # to see, to make, to change, to remove
    engine.dispose()
    del granted["alembic_version"]
    assert granted == {name: set(right.may) for name, right in RIGHTS.items() if right.may}


def test_whoever_lifts_it_is_known() -> None:
    assert Counter(_calls("lifted")) == LIFTS
    assert {why for _, why in LIFTS} == set(Lift)


def test_only_the_site_looks_through_it_so_that_every_page_does() -> None:
    assert [where for where, _ in _calls("narrowed")] == ["console.site"]


@pytest.mark.postgres
def test_a_user_that_may_make_no_roles_is_told_what_its_administrator_is_to_do(
    databases: Databases,
) -> None:
    """And what it then owns holds back from those who look, and nothing from the service."""
    user = f"service_{uuid4().hex[:8]}"
    with databases.unmigrated_postgres() as url, closing(_server(url)) as server:
        server.execute(f"CREATE ROLE {user} LOGIN")
        server.execute(f"ALTER DATABASE {make_url(url).database} OWNER TO {user}")
        own = make_url(url).set(username=user).render_as_string()
        with pytest.raises(BeredskapError) as refused:
            migrate(own)
        said = str(refused.value)
        assert f"GRANT {VIEWER} TO {user}" in said
        for statement in said.split("`")[1::2]:
            try:
                server.execute(statement)
            except psycopg.errors.DuplicateObject:
                assert statement.startswith("CREATE ROLE")  # another database of the server's
        migrate(own)

        engine = make_engine(own)
        with engine.begin() as connection:
            for district in (JARVA, HV):
                write(connection, of(district))
            found = wall(connection)
            assert found is not None
            assert found.stands
        assert _notes(engine) == 2
        assert _notes(narrowed(engine, lambda: NOBODY)) == 0
        engine.dispose()
        server.execute(f"ALTER DATABASE {make_url(url).database} OWNER TO CURRENT_USER")
        with closing(_server(url, of_its_own=True)) as inside:
            inside.execute(f"DROP OWNED BY {user} CASCADE")
        server.execute(f"DROP ROLE {user}")


def _notes(engine: sa.Engine) -> int:
    with engine.begin() as connection:
        count: int = connection.scalar(sa.select(sa.func.count()).select_from(_NOTES)) or 0
    return count


_NOTES = metadata.tables["notes"]


def _server(url: str, *, of_its_own: bool = False) -> psycopg.Connection:
    name = make_url(url).database if of_its_own else "postgres"
    plain = make_url(url).set(drivername="postgresql", database=name)
    return psycopg.connect(plain.render_as_string(), autocommit=True)


def _calls(name: str) -> Iterator[tuple[str, Lift | None]]:
    """Where *name* is called in the app, and with which lift."""
    for path in sorted(_ROOT.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path == _ROOT / "store" / "rights.py" or f"{name}(" not in text:
            continue
        module = ".".join(path.relative_to(_ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name:
                last = node.args[-1]
                why = (
                    Lift[last.attr]
                    if isinstance(last, ast.Attribute) and name == "lifted"
                    else None
                )
                yield module, why
