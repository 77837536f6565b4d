"""Measures: what every process counted, for /metrics."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "measures",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("labels", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", "part", name=op.f("pk_measures")),
    )
    op.create_table(
        "counted",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("counted_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted")),
    )
    op.create_index(op.f("ix_counted_counted_at"), "counted", ["counted_at"])
