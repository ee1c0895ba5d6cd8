"""Counts get an epoch and a length, orphans a spec: what was known when, and days beside hours.

Tables whose key changes are made anew and filled from the old ones.  Counts and watermarks under a
replaced spec are dropped: if it ever comes back, the lake is counted again.
"""

import json

import sqlalchemy as sa
from alembic import op

from tocsin.store.columns import as_bytes, at, naming, number, text
from tocsin.store.columns import json as document

revision = "0002"
down_revision = "0001"

_metadata = sa.MetaData(naming_convention=naming)
_profile = sa.Table(
    "profile",
    _metadata,
    text("system", key=True),
    text("spec_hash", key=True),
    at("bucket", key=True),
    text("slice", key=True),
    text("version", key=True),
    number("length_s", key=True),
    number("epoch", key=True),
    number("since"),
    as_bytes("body"),
    comment="profile: packed counts per cell and epoch, to be summed; "
    "key begins with what windows ask for",
)
_epoch = sa.Table(
    "epoch",
    _metadata,
    text("system", key=True),
    text("spec_hash", key=True),
    number("epoch", key=True),
    at("closed_at"),
    document("terms", null=True),
    comment="profile: closed epochs, and the terms of the evaluation that each was closed for",
)
_orphan = sa.Table(
    "orphan_outcome",
    _metadata,
    text("system", key=True),
    text("spec_hash", key=True),
    text("id", key=True),
    at("at"),
    at("received_at"),
    text("label"),
    comment="ingest: outcomes whose prediction has not been seen yet; "
    "tried again at every profiling",
)


def upgrade() -> None:
    """Move counts and orphans into the new form; nothing is counted again."""
    conn = op.get_bind()
    specs = conn.execute(sa.text("SELECT name, spec_hash, spec FROM system")).all()
    for name in ("profile", "orphan_outcome"):
        op.rename_table(name, f"old_{name}")
        if conn.dialect.name == "postgresql":
            op.execute(f"ALTER INDEX pk_{name} RENAME TO pk_old_{name}")
    _metadata.create_all(conn, checkfirst=False)
    for name, spec_hash, spec in specs:
        facts = {"system": name, "spec_hash": spec_hash, "length_s": json.loads(spec)["bucket_s"]}
        conn.execute(
            sa.text(
                "INSERT INTO profile (system, spec_hash, bucket, slice, version, length_s, epoch,"
                " since, body) SELECT system, spec_hash, bucket, slice, version, :length_s, 0, 0,"
                " body FROM old_profile WHERE system = :system AND spec_hash = :spec_hash"
            ),
            facts,
        )
        conn.execute(
            sa.text(
                "INSERT INTO orphan_outcome (system, spec_hash, id, at, received_at, label)"
                " SELECT system, :spec_hash, id, at, received_at, label FROM old_orphan_outcome"
                " WHERE system = :system"
            ),
            facts,
        )
        conn.execute(
            sa.text("DELETE FROM watermark WHERE system = :system AND spec_hash <> :spec_hash"),
            facts,
        )
    for name in ("profile", "orphan_outcome"):
        op.drop_table(f"old_{name}")
    for name in ("finding_now", "finding_log"):
        op.add_column(name, sa.Column("spec_hash", sa.Text))
        op.add_column(name, sa.Column("epoch", sa.BigInteger))
