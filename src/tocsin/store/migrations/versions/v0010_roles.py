"""Who does what in an incident: the escalation matrix it was opened with, and its tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "command",
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("incident", name="pk_command"),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_command_incident"),
        comment="incident: the escalation matrix as it stood when an incident opened; how many asks"
        " call people",
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_task_incident"),
        comment="incident: what is to be done in an incident, by whom, until when",
    )
    op.create_index("ix_task_incident", "task", ["incident"])
