"""Retention: legal holds, and what the carrier still has to forget."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("client", sa.String(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "carrier_purges",
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_carrier_purges")),
    )
    op.create_index("ix_carrier_purges_due_at", "carrier_purges", ["due_at"])
    # When the words went; what a purge looks for is found without reading every text.
    for table in ("texts", "outbox"):
        op.add_column(table, sa.Column("emptied_at", UtcDateTime(timezone=True), nullable=True))
    op.create_index("ix_texts_emptied_at", "texts", ["emptied_at", "received_at"])
    op.create_index("ix_texts_thread", "texts", ["thread"])
    op.create_index("ix_outbox_contact", "outbox", ["contact"])
