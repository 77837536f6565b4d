"""When people are away; and the outbox by age, which is looked through every few seconds."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    with op.batch_alter_table("absences") as batch:
        batch.create_index("ix_absences_therapist_ends_at", ["therapist", "ends_at"])
    with op.batch_alter_table("outbox") as batch:
        batch.create_index("ix_outbox_created_at", ["created_at"])
