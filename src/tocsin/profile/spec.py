"""What is counted, fixed once from the reference: columns, bin edges, categories, slice values.

A profile is a vector of whole numbers whose meaning this spec alone gives (see `layout`), so that
merging is addition and any split of the data gives the identical profile.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache

from tocsin.ingest.rows import Schema

SCORE_BINS = 100
LATENCY_EDGES_MS = tuple(round(10 ** (k / 8), 4) for k in range(-16, 41))
"""Inner edges of the latency histogram: eight a decade from 0.01 ms to 100 s."""


@dataclass(frozen=True, slots=True)
class NumericBins:
    """A numeric feature's fine fixed grid.

    `edges` are B+1 increasing borders; bin k holds edges[k] <= x < edges[k+1].  Below, above,
    missing and invalid values have cells of their own.  `unit` is the step to which values are
    rounded before they are summed, so that sums are whole numbers and merge exactly.
    """

    name: str
    edges: tuple[float, ...]
    unit: float


@dataclass(frozen=True, slots=True)
class Categories:
    """A categorical feature's known values, most frequent first; the rest is `unseen`."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """All that the kernel needs to know of one system.

    `slices` lists the slice keys that are profiled besides everyone: every value of every
    attribute seen in the reference.  `threshold` lies on an edge of the score histogram.
    """

    system: str
    schema: Schema
    numeric: tuple[NumericBins, ...]
    categorical: tuple[Categories, ...]
    slices: tuple[str, ...]
    positive: str
    threshold: float
    bucket_s: int

    @property
    def hash(self) -> str:
        """Sixteen hex digits that change with anything that changes a profile's meaning."""
        return _digest(self)


@lru_cache(maxsize=64)
def _digest(spec: Spec) -> str:
    text = json.dumps(asdict(spec), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
