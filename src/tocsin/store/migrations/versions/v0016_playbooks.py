"""Playbooks in incidents, and what became of their steps."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0013"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "playbook_run",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chosen_by", sa.Text, nullable=False),
        sa.Column("automatic", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_playbook_run"),
        comment="contain: the playbook of an incident as it stood when it was chosen; the last"
        " chosen counts; how many steps may be automatic",
    )
    op.create_index("ix_playbook_run_incident", "playbook_run", ["incident"])
    op.create_table(
        "playbook_tick",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("run", "place", name="pk_playbook_tick"),
        comment="contain: a step of a run that is done or left out",
    )
