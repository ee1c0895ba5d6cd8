"""Acts: changes of settings outside."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "act",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("actuator", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("incident", sa.Text, nullable=True),
        sa.Column("directive", sa.Text, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_act"),
        sa.UniqueConstraint("actuator", "seq", name="uq_act_actuator_seq"),
        comment="contain: one change of a setting outside; `state` moves it as an outbox, `phase`"
        " is what people read; an actuator's acts are numbered, so that no two follow the same one",
    )
    op.create_index("ix_act_incident", "act", ["incident"])
    op.create_index("ix_act_directive", "act", ["directive"])
    op.create_index("ix_act_state_next_try_at", "act", ["state", "next_try_at"])
