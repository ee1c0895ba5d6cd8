"""Updates to stakeholders, their outbox, and links between incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "sent_update",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sent_update"),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_sent_update_incident"),
        comment="incident: what was told to stakeholders, as it was sent, append-only",
    )
    op.create_index("ix_sent_update_incident_sent_at", "sent_update", ["incident", "sent_at"])
    op.create_table(
        "telling",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("update_id", sa.Text, nullable=True),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("reminder", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("contact", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("receipt_channel", sa.Text, nullable=True),
        sa.Column("receipt_id", sa.Text, nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_telling"),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_telling_incident"),
        sa.UniqueConstraint("key", name="uq_telling_key"),
        comment="incident: the outbox of updates and reminders, one row per contact, moved as"
        " `page` is",
    )
    op.create_index("ix_telling_state_next_try_at", "telling", ["state", "next_try_at"])
    op.create_index("ix_telling_incident", "telling", ["incident"])
    op.create_table(
        "incident_link",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("other", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_incident_link"),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_incident_link_incident"),
        sa.ForeignKeyConstraint(["other"], ["incident.id"], name="fk_incident_link_other"),
        comment="incident: how one incident relates to another; one that was taken back keeps its"
        " row",
    )
    op.create_index("ix_incident_link_incident", "incident_link", ["incident"])
    op.create_index("ix_incident_link_other", "incident_link", ["other"])
