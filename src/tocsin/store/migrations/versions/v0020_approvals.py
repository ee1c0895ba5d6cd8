"""Who said what of a plan, and the outbox row that asks for it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Create the table and add the column."""
    op.create_table(
        "plan_approval",
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("plan", "person", name="pk_plan_approval"),
        comment="contain: what each person said of a plan: approved, did it alone, ratified; the"
        " last counts",
    )
    op.create_index("ix_plan_approval_word", "plan_approval", ["word"])
    op.add_column("telling", sa.Column("ask", sa.JSON(none_as_null=True), nullable=True))
