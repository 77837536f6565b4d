"""The canary: what was heard of each."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canaries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("heard_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("call", sa.String(), nullable=True),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("answered_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("over_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("told_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canaries")),
    )
    op.create_index("ix_canaries_line_due_at", "canaries", ["line", "due_at"])
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # Every page says when one has failed.
        schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
        op.execute(f"GRANT SELECT ON {schema}.canaries TO beredskap_viewer")
