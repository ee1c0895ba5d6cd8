"""KPIs: reported pieces, and the lines that are drawn of them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "kpi_value",
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("kpi", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("spec_hash", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("system", "kpi", "at", "source", name="pk_kpi_value"),
        comment="ingest: reported pieces of KPIs, one per source and instant; the first stands"
        " for ever",
    )
    op.create_table(
        "kpi_line",
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("kpi", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("system", "kpi", name="pk_kpi_line"),
        comment="detect: each KPI's line and expected band as last judged, for people to look at",
    )
