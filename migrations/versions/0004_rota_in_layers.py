"""The rota in layers: overrides and drafts, feeds, findings that are watched, check-ins."""

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=True),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_links_digest")),
    )
    op.create_table(
        "check_ins",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("called_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("told_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
    )
    with op.batch_alter_table("check_ins") as batch:
        batch.create_index("ix_check_ins_line_ends_at", ["line", "ends_at"])

    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("drafts") as batch:
        batch.create_index(batch.f("ix_drafts_line"), ["line"])

    op.create_table(
        "feeds",
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("line", name=op.f("pk_feeds")),
    )
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    with op.batch_alter_table("overrides") as batch:
        batch.create_index("ix_overrides_line_ends_at", ["line", "ends_at"])

    op.create_table(
        "watched",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=True),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("found_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("told_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched")),
    )
    with op.batch_alter_table("watched") as batch:
        batch.create_index("ix_watched_line_closed_at", ["line", "closed_at"])

    op.create_table(
        "draft_shifts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft"], ["drafts.id"], name=op.f("fk_draft_shifts_draft"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_shifts")),
    )
    with op.batch_alter_table("draft_shifts") as batch:
        batch.create_index(batch.f("ix_draft_shifts_draft"), ["draft"])

    with op.batch_alter_table("findings") as batch:
        batch.alter_column("starts_at", existing_type=UtcDateTime(timezone=True), nullable=True)
        batch.alter_column("ends_at", existing_type=UtcDateTime(timezone=True), nullable=True)

    with op.batch_alter_table("rota_versions") as batch:
        batch.add_column(sa.Column("author", sa.String(), server_default="", nullable=False))
