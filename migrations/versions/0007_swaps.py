"""Duties offered to others: the swaps, who was asked, and what was done about each."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "swaps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("giver", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("back_position", sa.Integer(), nullable=True),
        sa.Column("back_starts_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("back_ends_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("begins_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("taker", sa.String(), nullable=True),
        sa.Column("reminded_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swaps")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("swaps") as batch:
        batch.create_index("ix_swaps_line_state", ["line", "state"])
    op.create_table(
        "swap_answers",
        sa.Column("swap", sa.Integer(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("declined_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["swap"], ["swaps.id"], name=op.f("fk_swap_answers_swap")),
        sa.PrimaryKeyConstraint("swap", "therapist", name=op.f("pk_swap_answers")),
    )
    with op.batch_alter_table("swap_answers") as batch:
        batch.create_index("ix_swap_answers_therapist", ["therapist"])
    op.create_table(
        "swap_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("swap", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("findings", sa.String(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["swap"], ["swaps.id"], name=op.f("fk_swap_events_swap")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swap_events")),
    )
    with op.batch_alter_table("swap_events") as batch:
        batch.create_index("ix_swap_events_swap", ["swap"])
