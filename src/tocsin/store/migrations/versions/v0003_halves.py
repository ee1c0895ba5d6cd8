"""Halves of logged calls that wait for each other, and the count of what came to nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "half",
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("system", "id", "side", name="pk_half"),
        comment="ingest: one side of a logged call until the other is here; "
        "joined ones wait without a body",
    )
    op.create_index("ix_half_system_received_at", "half", ["system", "received_at"])
    op.create_table(
        "dropped",
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("example", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("system", "reason", name="pk_dropped"),
        comment="ingest: what was acknowledged and became no row: how often, by reason, "
        "and the newest",
    )
