"""The status page: components, bulletins, subscribers and what they are sent."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "status_component",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_status_component"),
        comment="incident: since when each component stands on the status page",
    )
    op.create_table(
        "bulletin",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulletin"),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_bulletin_incident"),
        comment="incident: what the public is told of incidents",
    )
    op.create_index("ix_bulletin_incident", "bulletin", ["incident"])
    op.create_index("ix_bulletin_resolved_at", "bulletin", ["resolved_at"])
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_subscriber"),
        sa.UniqueConstraint("way", "address", name="uq_subscriber_way_address"),
        comment="incident: who asked to be told what the status page says; deleted when they leave",
    )
    op.create_index(
        "ix_subscriber_confirmed_at_asked_at", "subscriber", ["confirmed_at", "asked_at"]
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("subscriber", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("bulletin", sa.Text, nullable=True),
        sa.Column("post", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("receipt_channel", sa.Text, nullable=True),
        sa.Column("receipt_id", sa.Text, nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        sa.UniqueConstraint("key", name="uq_letter_key"),
        comment="incident: the outbox to subscribers, moved as `page` is; it holds no address",
    )
    op.create_index("ix_letter_state_next_try_at", "letter", ["state", "next_try_at"])
    op.create_index("ix_letter_subscriber", "letter", ["subscriber"])
