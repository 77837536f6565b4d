"""Row-level security on PostgreSQL: what a viewer may see at all, whatever a query asks for."""

import sqlalchemy as sa
from alembic import op

from routing.errors import BeredskapError

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ROLE = "beredskap_viewer"

# What is said of whoever looks, once for a statement and not for each row.
_DISTRICTS = "(SELECT string_to_array(current_setting('beredskap.districts', true), ','))::text[]"
_VIEWER = "(SELECT current_setting('beredskap.viewer', true))"
_THERAPIST = "(SELECT current_setting('beredskap.therapist', true))"

# A contact is seen whole or not at all: what hangs on it is put together from its events, and half
# of them would tell another story.  So every row asks for the contact, and not for its own column.
_SEES = """
CREATE FUNCTION {schema}.beredskap_sees(which text, districts text[], therapist text)
RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  is_theirs boolean; is_hers boolean; is_somebodys boolean;
BEGIN
  IF coalesce(cardinality(districts), 0) = 0 THEN
    RETURN false;
  END IF;
  SELECT bool_or(e.home_district = ANY (districts)), bool_or(e.target = therapist),
         bool_or(e.home_district IS NOT NULL)
    INTO is_theirs, is_hers, is_somebodys
    FROM {schema}.contact_events e WHERE e.contact = which;
  IF is_theirs OR is_hers OR NOT is_somebodys THEN
    RETURN true;
  END IF;
  RETURN therapist <> '' AND EXISTS (
    SELECT FROM {schema}.texts t JOIN {schema}.threads h ON h.id = t.thread
    WHERE t.contact = which AND h.holder = therapist);
END $$
"""
_SEES_THREAD = """
CREATE FUNCTION {schema}.beredskap_sees_thread(which text, districts text[], therapist text)
RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM {schema}.texts t WHERE t.thread = which
      AND {schema}.beredskap_sees(t.contact, districts, therapist));
END $$
"""


def _contact(column: str) -> str:
    return f"{{schema}}.beredskap_sees({column}, {_DISTRICTS}, {_THERAPIST})"


def _thread(column: str) -> str:
    return f"{{schema}}.beredskap_sees_thread({column}, {_DISTRICTS}, {_THERAPIST})"


_FILED = f"home_district = ANY ({_DISTRICTS})"
_OWN = f"district = ANY ({_DISTRICTS})"
_ALWAYS, _NEVER = "true", "false"

# Which rows are seen, and changed; and what a new or changed one must be, where that is another.
_ROWS = {
    "addenda": (_contact("contact"), None),
    # What an administrator changes in the organisation is no caller's.
    "alterations": (f"{_OWN} OR what LIKE 'organisation.%'", f"author = {_VIEWER}"),
    "clients": (_OWN, None),
    "contact_events": (f"{_FILED} OR {_contact('contact')}", None),
    "follow_up_attempts": (
        "EXISTS (SELECT FROM {schema}.follow_ups f WHERE f.id = follow_up)",
        None,
    ),
    "follow_up_events": (
        "EXISTS (SELECT FROM {schema}.follow_ups f WHERE f.id = follow_up)",
        None,
    ),
    "follow_up_orders": (_OWN, None),
    "follow_ups": ("EXISTS (SELECT FROM {schema}.follow_up_orders o WHERE o.id = series)", None),
    "handover_contacts": (_contact("contact"), None),
    "handover_events": (
        "EXISTS (SELECT FROM {schema}.handovers h WHERE h.id = handover)",
        None,
    ),
    # Whoever took a contact for another district must find that it has been handed over.
    "handovers": (
        f"{_OWN} OR EXISTS (SELECT FROM {{schema}}.handover_contacts c WHERE c.handover = id)",
        _OWN,
    ),
    "meeting_guests": ("EXISTS (SELECT FROM {schema}.meetings m WHERE m.id = meeting)", None),
    "meeting_handovers": ("EXISTS (SELECT FROM {schema}.meetings m WHERE m.id = meeting)", None),
    "meetings": (_OWN, None),
    "notes": (f"{_OWN} OR {_contact('contact')}", _contact("contact")),
    # What is sent may be owed to anybody; what was sent is read by whom it is about.
    "outbox": (
        f"contact IS NULL OR therapist = {_THERAPIST} OR {_contact('contact')}",
        _ALWAYS,
    ),
    "reading_samples": (_OWN, None),
    # Nobody writes in another's name; and whoever was turned away finds what she tried.
    "readings": (
        f"{_OWN} OR viewer = {_VIEWER} OR (district IS NULL AND {_contact('contact')})",
        f"viewer = {_VIEWER}",
    ),
    "texts": (f"staff = {_THERAPIST} OR {_contact('contact')}", f"staff = {_THERAPIST}"),
    "threads": (
        f"{_FILED} OR holder = {_THERAPIST} OR {_thread('id')}",
        None,
    ),
    # A proposal for a line's rota is kept here, too, for all who plan it.
    "writings": (f"person = {_VIEWER} OR ({_VIEWER} <> '' AND person LIKE 'line:%')", None),
}

# What is never changed or never goes; all else may be all things.
_MAY = {
    "INSERT, SELECT": (
        "addenda alterations contact_events corrections feedback follow_up_attempts "
        "follow_up_events handover_events organisations readings rest_reasons "
        "rota_versions swap_events texts"
    ),
    "INSERT, SELECT, UPDATE": (
        "accounts blocks changes follow_up_orders follow_ups notes outbox reading_samples"
    ),
    "SELECT, UPDATE": "handovers",
    "DELETE, SELECT": "handover_contacts",
    "SELECT": "alembic_version meetings meeting_guests meeting_handovers threads",
}


class RoleMissing(BeredskapError):
    """The database's user may not make the role; the message says who is to do what."""

    code = "role_missing"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return  # SQLite has neither roles nor policies
    schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
    _make_role(connection)
    _let_in(schema)
    for function in (_SEES, _SEES_THREAD):
        op.execute(function.format(schema=schema))
    for name in ("beredskap_sees", "beredskap_sees_thread"):
        op.execute(f"REVOKE ALL ON FUNCTION {schema}.{name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {schema}.{name} TO {_ROLE}")
    for table, (seen, made) in _ROWS.items():
        _hold_back(
            f"{schema}.{table}", seen.format(schema=schema), (made or seen).format(schema=schema)
        )


def _make_role(connection: sa.Connection) -> None:
    """
    The role that the console's transactions become; roles are the whole server's.

    Raises:
        RoleMissing: it is to be made by the server's administrator first; nothing is migrated.
    """
    us = connection.scalar(sa.text("SELECT quote_ident(current_user)"))
    make, give = f"CREATE ROLE {_ROLE} NOLOGIN", f"GRANT {_ROLE} TO {us}"
    known = sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :role")
    try:
        if not connection.scalar(known, {"role": _ROLE}):
            with connection.begin_nested():
                # Two databases of one server may be migrated at the same moment.
                op.execute(
                    f"DO $$ BEGIN {make}; "
                    "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
                )
        if not _may_become(connection):
            with connection.begin_nested():
                op.execute(give)
    except sa.exc.ProgrammingError as err:
        raise RoleMissing(
            "the database's user may not make roles: have the server's administrator run "
            f"`{make};` and `{give};`, and migrate again"
        ) from err


def _may_become(connection: sa.Connection) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(sa.text(f"SET LOCAL ROLE {_ROLE}"))
            connection.execute(sa.text("SET LOCAL ROLE NONE"))
    except sa.exc.ProgrammingError:
        return False
    return True


def _let_in(schema: str) -> None:
    """
    What the role may do with tables.

    Those of later migrations it may not even look at, until one of them says what it may.
    """
    every = "DELETE, INSERT, SELECT, UPDATE"
    op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {_ROLE}")
    op.execute(f"GRANT {every} ON ALL TABLES IN SCHEMA {schema} TO {_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {_ROLE}")
    for may, tables in _MAY.items():
        some = ", ".join(f"{schema}.{table}" for table in tables.split())
        op.execute(f"REVOKE ALL ON {some} FROM {_ROLE}")
        op.execute(f"GRANT {may} ON {some} TO {_ROLE}")
    # To lock a contact's beginning takes the right to change it; the policy refuses the change.
    op.execute(f"GRANT UPDATE (key) ON {schema}.contact_events TO {_ROLE}")


def _hold_back(table: str, seen: str, made: str) -> None:
    # Not forced: whoever owns the tables, as calls, texts and the clock do, acts for everybody.
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    changed = _NEVER if table.endswith(".contact_events") else made
    for name, what in (
        ("seen", f"FOR SELECT TO {_ROLE} USING ({seen})"),
        ("made", f"FOR INSERT TO {_ROLE} WITH CHECK ({made})"),
        ("changed", f"FOR UPDATE TO {_ROLE} USING ({seen}) WITH CHECK ({changed})"),
        ("removed", f"FOR DELETE TO {_ROLE} USING ({seen})"),
    ):
        op.execute(f"CREATE POLICY {name} ON {table} {what}")
