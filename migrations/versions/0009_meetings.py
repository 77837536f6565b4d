"""Meetings that people are invited to, and mails that carry a calendar."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("calendar", sa.LargeBinary(), nullable=True))
    op.create_table(
        "meetings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    with op.batch_alter_table("meetings") as batch:
        batch.create_index(
            "uq_meetings_line_district_due_at",
            ["line", "district", "due_at"],
            unique=True,
            sqlite_where=sa.text("state = 'called'"),
            postgresql_where=sa.text("state = 'called'"),
        )
    op.create_table(
        "meeting_handovers",
        sa.Column("handover", sa.String(), nullable=False),
        sa.Column("meeting", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover"], ["handovers.id"], name=op.f("fk_meeting_handovers_handover")
        ),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.id"], name=op.f("fk_meeting_handovers_meeting")
        ),
        sa.PrimaryKeyConstraint("handover", name=op.f("pk_meeting_handovers")),
    )
    with op.batch_alter_table("meeting_handovers") as batch:
        batch.create_index(op.f("ix_meeting_handovers_meeting"), ["meeting"])
    op.create_table(
        "meeting_guests",
        sa.Column("meeting", sa.String(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("invited", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.id"], name=op.f("fk_meeting_guests_meeting")
        ),
        sa.PrimaryKeyConstraint("meeting", "therapist", name=op.f("pk_meeting_guests")),
    )
