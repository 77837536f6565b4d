"""Threads of texts, opt-outs, pauses and take-overs; texts that wait to be handled."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "optouts",
        sa.Column("number_key", sa.LargeBinary(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=True),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number_key", name=op.f("pk_optouts")),
    )
    op.create_table(
        "pauses",
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("therapist", name=op.f("pk_pauses")),
    )
    op.create_table(
        "takeovers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("taker", sa.String(), nullable=False),
        sa.Column("giver", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takeovers")),
    )
    op.create_table(
        "threads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("sender_key", sa.LargeBinary(), nullable=True),
        sa.Column("sender", sa.LargeBinary(), nullable=True),
        sa.Column("answerable", sa.Boolean(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("home_district", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
    )
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.create_index("ix_threads_line_last_at", ["line", "last_at"], unique=False)

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("created_at", UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("delivery", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("rank", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("passed_on_at", UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("redacted_at", UtcDateTime(timezone=True), nullable=True))

    # Every text so far was relayed in the same step as it was taken in.
    with op.batch_alter_table("texts") as batch_op:
        batch_op.add_column(sa.Column("line", sa.String()))
        batch_op.add_column(sa.Column("received_at", UtcDateTime(timezone=True)))
        batch_op.add_column(sa.Column("staff", sa.String()))
        batch_op.add_column(
            sa.Column("media", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
        batch_op.add_column(sa.Column("thread", sa.String()))
        batch_op.add_column(sa.Column("handled_at", UtcDateTime(timezone=True)))
        batch_op.add_column(sa.Column("redacted_at", UtcDateTime(timezone=True)))
    for column, source in (("line", "line"), ("received_at", "at"), ("handled_at", "at")):
        op.execute(
            f"UPDATE texts SET {column} = (SELECT e.{source} FROM contact_events e "  # noqa: S608
            "WHERE e.contact = texts.contact AND e.key = 'received')"
        )
    with op.batch_alter_table("texts") as batch_op:
        batch_op.alter_column("line", nullable=False, existing_type=sa.String())
        batch_op.alter_column(
            "received_at", nullable=False, existing_type=UtcDateTime(timezone=True)
        )
        batch_op.create_index("ix_texts_handled_at_received_at", ["handled_at", "received_at"])
