"""The last look at each incident's recovery, and what trials of canaries called for."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "recovery_look",
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("incident", name="pk_recovery_look"),
        comment="contain: the last look at whether an incident's slice recovers, replaced by the"
        " next one",
    )
    op.create_table(
        "trial_call",
        sa.Column("directive", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("directive", "call", name="pk_trial_call"),
        comment="contain: what is called for in the trial of a canary directive, each change of it",
    )
    op.create_table(
        "trial_look",
        sa.Column("directive", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("directive", name="pk_trial_look"),
        comment="contain: until when the trial of a canary directive was judged, replaced by the"
        " next look",
    )
    op.create_index("ix_trial_call_system", "trial_call", ["system"])
