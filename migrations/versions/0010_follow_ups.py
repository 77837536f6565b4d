"""Follow-ups: ordered in daytime, carried out in the evening."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follow_up_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("number_key", sa.LargeBinary(), nullable=False),
        sa.Column("may_leave_voicemail", sa.Boolean(), nullable=False),
        sa.Column("may_say_who_calls", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("instruction", sa.LargeBinary(), nullable=False),
        sa.Column("ordered_by", sa.String(), nullable=False),
        sa.Column("ordered_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_orders")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("if_not_reached", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.Column("reported_by", sa.String(), nullable=True),
        sa.Column("reported_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["series"], ["follow_up_orders.id"], name=op.f("fk_follow_ups_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("follow_ups") as batch:
        batch.create_index(op.f("ix_follow_ups_series"), ["series"])
        batch.create_index("ix_follow_ups_state_starts_at", ["state", "starts_at"])
    op.create_table(
        "follow_up_attempts",
        sa.Column("follow_up", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["follow_up"], ["follow_ups.id"], name=op.f("fk_follow_up_attempts_follow_up")
        ),
        sa.PrimaryKeyConstraint("follow_up", "number", name=op.f("pk_follow_up_attempts")),
        sa.UniqueConstraint("contact", name=op.f("uq_follow_up_attempts_contact")),
    )
    op.create_table(
        "follow_up_events",
        sa.Column("follow_up", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["follow_up"], ["follow_ups.id"], name=op.f("fk_follow_up_events_follow_up")
        ),
        sa.PrimaryKeyConstraint("follow_up", "event", name=op.f("pk_follow_up_events")),
    )
