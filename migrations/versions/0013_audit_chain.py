"""The audit chain, and the sealed numbers that a new key needs."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_links",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("alterations", sa.Integer(), nullable=False),
        sa.Column("sealed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("purged_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_links")),
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # The chain is the clock's: nothing that a page does needs to see it, or may touch it.
        schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
        op.execute(f"REVOKE ALL ON {schema}.audit_links FROM beredskap_viewer")
    for table in ("readings", "alterations"):
        op.add_column(table, sa.Column("link", sa.Integer(), nullable=True))
        op.create_index(op.f(f"ix_{table}_link"), table, ["link"])
    for table in ("optouts", "blocks"):
        op.add_column(table, sa.Column("number", sa.LargeBinary(), nullable=True))
