"""What a host's clock showed, beside the machine's own count; it was kept among the leases."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the table; what leases told of clocks is learnt anew within seconds."""
    op.create_table(
        "host_clock",
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("shown", sa.DateTime(timezone=True), nullable=False),
        sa.Column("boot", sa.Text, nullable=True),
        sa.Column("since_ms", sa.BigInteger, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("host", name="pk_host_clock"),
        comment="base: what the clock of each host showed last, and how long it had been running",
    )
    op.execute("DELETE FROM lease WHERE duty LIKE 'clock of %'")
