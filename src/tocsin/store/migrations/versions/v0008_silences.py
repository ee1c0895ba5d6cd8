"""Silences, why alerts called nobody, and the alerts of other systems."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables."""
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
    op.create_table(
        "suppressed",
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "fingerprint", "started_at", "reason", "by", "at", name="pk_suppressed"
        ),
        comment="alert: why an episode of an alert called nobody, one row per thing that kept it"
        " quiet",
    )
    op.create_index("ix_suppressed_system_at", "suppressed", ["system", "at"])
    op.create_table(
        "outside_alert",
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("system", "source", "fingerprint", name="pk_outside_alert"),
        comment="alert: what was last heard of each alert of another system",
    )
