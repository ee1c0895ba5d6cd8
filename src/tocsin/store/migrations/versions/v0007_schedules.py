"""On-call schedules: overrides, and why a page calls whom it calls."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table and add the column."""
    op.add_column("page", sa.Column("why", sa.Text, nullable=True))
    op.create_table(
        "shift_override",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("contacts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_shift_override"),
        sa.UniqueConstraint("id", name="uq_shift_override_id"),
        comment="oncall: who is on call instead of whom a schedule names, in the order in which "
        "it was said",
    )
    op.create_index("ix_shift_override_schedule_ends_at", "shift_override", ["schedule", "ends_at"])
