"""Silences and maintenance windows."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "silence",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silence"),
        comment="alert: who asked for quiet about which alerts; `until` is when it ends or was"
        " ended",
    )
    op.create_index("ix_silence_until", "silence", ["until"])
