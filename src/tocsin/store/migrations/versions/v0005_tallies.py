"""Tallies: the leaves of the slice cube and the marks, of what is counted and of the reference.

Both begin empty: a spec of an earlier release cannot be read any more, and whatever is counted
under a new one has tallies from the lake's beginning.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "tally",
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("spec_hash", sa.Text, nullable=False),
        sa.Column("bucket", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("length_s", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint(
            "system", "spec_hash", "bucket", "version", "length_s", "epoch", name="pk_tally"
        ),
        comment="profile: outcomes per leaf of the slice cube, and marks, packed per moment and "
        "epoch; written, merged and dropped together with the rows of `profile`",
    )
    op.create_table(
        "baseline_tally",
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("spec_hash", sa.Text, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("system", "spec_hash", "block", name="pk_baseline_tally"),
        comment="profile: the reference's outcomes per block and leaf of the slice cube, and "
        "marks, packed",
    )
