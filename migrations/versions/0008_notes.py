"""Notes and their addenda, what becomes of a handover, who has read what, and signing off."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("handovers") as batch:
        batch.add_column(sa.Column("part", sa.Integer(), server_default="0", nullable=False))
        batch.drop_constraint(op.f("uq_handovers_line_district_duty_ended_at"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_handovers_line_district_duty_ended_at_part"),
            ["line", "district", "duty_ended_at", "part"],
        )
    op.create_table(
        "handover_events",
        sa.Column("handover", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover"], ["handovers.id"], name=op.f("fk_handover_events_handover")
        ),
        sa.PrimaryKeyConstraint("handover", "event", name=op.f("pk_handover_events")),
    )
    op.create_table(
        "notes",
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("written_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("broken_agreement", sa.Boolean(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("escalated_to", sa.String(), nullable=True),
        sa.Column("escalated_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("reacted_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("reacted_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("contact", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes") as batch:
        batch.create_index(op.f("ix_notes_district"), ["district"])
        batch.create_index("ix_notes_urgency_written_at", ["urgency", "written_at"])
    op.create_table(
        "addenda",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("written_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["contact"], ["notes.contact"], name=op.f("fk_addenda_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addenda")),
    )
    with op.batch_alter_table("addenda") as batch:
        batch.create_index(op.f("ix_addenda_contact"), ["contact"])
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("viewer", sa.String(), nullable=False),
        sa.Column("viewer_district", sa.String(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("handover", sa.String(), nullable=True),
        sa.Column("denied", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
    )
    with op.batch_alter_table("readings") as batch:
        batch.create_index("ix_readings_district_at", ["district", "at"])
        batch.create_index("ix_readings_handover", ["handover"])
    op.create_table(
        "sign_offs",
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("duty_ended_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("chased_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("signed_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("line", "therapist", "duty_ended_at", name=op.f("pk_sign_offs")),
    )
