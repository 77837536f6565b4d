"""Corrections of call-outs, reasons to give rest back late, and to publish what breaks a rule."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("was_work", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections") as batch:
        batch.create_index("ix_corrections_ends_at", ["ends_at"])
    op.create_table(
        "rest_reasons",
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("period_starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("therapist", "period_starts_at", name=op.f("pk_rest_reasons")),
    )
    with op.batch_alter_table("rota_versions") as batch:
        batch.add_column(sa.Column("reason", sa.String(), nullable=True))
