"""Small tables in the lake's schema for the tests of this room."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from tocsin.ingest.rows import OUTCOMES, Attribute, Field, FieldKind, Schema

START = datetime(2026, 11, 20, tzinfo=UTC)
SCHEMA = Schema((Field("income", FieldKind.NUMERIC),), (Attribute("region"),))


def predictions(
    ids: Sequence[str], at: datetime = START, regions: Sequence[str | None] = ("north",)
) -> pa.Table:
    """One prediction a minute from `at` on, in regions that take turns."""
    n = len(ids)
    return pa.Table.from_pylist(
        [
            {
                "id": name,
                "at": at + timedelta(minutes=k),
                "received_at": at + timedelta(minutes=k),
                "version": "1",
                "score": k / max(n, 1),
                "f_income": float(k),
                "s_region": regions[k % len(regions)],
            }
            for k, name in enumerate(ids)
        ],
        SCHEMA.predictions(),
    )


def outcomes(ids: Sequence[str], at: datetime = START, label: str = "true") -> pa.Table:
    """One outcome per id, all known at `at`."""
    rows = [{"id": name, "at": at, "received_at": at, "label": label} for name in ids]
    return pa.Table.from_pylist(rows, OUTCOMES)
