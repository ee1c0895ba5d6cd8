"""Decisions of a made-up system, written to Parquet: what the profile benches count.

20 numeric columns (normal, lognormal, uniform, counts, zero-inflated, two with missing values), 10
categorical ones (5 to 5,000 values, Zipf), score, prediction, label, a segment of 50 values, a
group of 5, a time every 100 ms.  Written in row groups of 100,000, each from its own seed, so that
a shorter file is the beginning of a longer one.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import Generator

ROW_GROUP = 100_000
CARDINALITIES = (5, 8, 12, 20, 50, 100, 250, 500, 1000, 5000)
_START_US = 1_790_000_000_000_000 // 3_600_000_000 * 3_600_000_000  # a whole hour


def write(path: Path, rows: int, seed: int) -> None:
    """Write `rows` decisions, a multiple of `ROW_GROUP`."""
    writer: pq.ParquetWriter | None = None
    for number in range(rows // ROW_GROUP):
        table = _group(np.random.default_rng([seed, number]), number)
        if writer is None:
            writer = pq.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table, row_group_size=ROW_GROUP)
    if writer is not None:
        writer.close()


def _group(r: Generator, number: int) -> pa.Table:
    n = ROW_GROUP
    z = r.standard_normal((20, n))
    z[5:8] = np.exp(z[5:8])
    z[8:10] = r.random((2, n)) * 100
    z[10:12] = r.poisson(3, (2, n))
    z[13] = np.where(r.random(n) < 0.7, 0.0, np.exp(z[13]))
    columns: dict[str, object] = {}
    for k in range(20):
        missing = r.random(n) < 0.05 if k in {15, 18} else None
        columns[f"n{k:02d}"] = pa.array(z[k], mask=missing)
    for k, size in enumerate(CARDINALITIES):
        columns[f"c{k}"] = _words(f"c{k}_", _zipf(r, size, n), size)
    columns["segment"] = _words("seg_", _zipf(r, 50, n, 0.5), 50)
    columns["grp"] = _words("g", _zipf(r, 5, n), 5)
    score = 1 / (1 + np.exp(-(0.9 * z[0] - 0.7 * z[1] + 0.5 * z[2] - 0.2)))
    columns |= {
        "score": score,
        "pred": (score >= 0.5).astype(np.int64),
        "label": (r.random(n) < score).astype(np.int64),
        "ts": pa.array(
            _START_US + (number * n + np.arange(n)) * 100_000, pa.timestamp("us", "UTC")
        ),
    }
    return pa.table(columns)


def _zipf(
    r: Generator, size: int, n: int, exponent: float = 1.1
) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    weights = 1 / np.arange(1, size + 1) ** exponent
    return np.searchsorted(np.cumsum(weights / weights.sum()), r.random(n)).clip(0, size - 1)


def _words(
    prefix: str, codes: "np.ndarray[tuple[int], np.dtype[np.intp]]", size: int
) -> "pa.Array[pa.StringScalar]":
    words = pa.array([f"{prefix}{k:04d}" for k in range(size)])
    places: Any = pa.array(codes)
    return words.take(places)


CONFIG = """\
version: 1
systems:
  bench:
    kind: binary
    reference: reference.parquet
    columns: {time: ts, score: score, prediction: pred, label: label, positive: 1}
    slices: [segment]
    protected: [grp]
"""
"""A `tocsin.yaml` for these files, beside them."""
