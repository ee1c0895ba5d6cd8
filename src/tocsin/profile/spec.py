"""What is counted, fixed once from the reference: columns, bin edges, categories, slice values.

A profile is whole numbers whose meaning this spec alone gives (see `layout`), so that merging is
addition and any split of the data gives the identical profile.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache

from tocsin.base.slices import parse
from tocsin.ingest.rows import Schema
from tocsin.ingest.rule import Rule
from tocsin.ingest.system import Kind

SCORE_BINS = 100
LATENCY_EDGES_MS = tuple(round(10 ** (k / 8), 4) for k in range(-16, 41))
"""Inner edges of the latency histogram: eight a decade from 0.01 ms to 100 s."""
_HOUR_S, _DAY_S = 3600, 86400
CAPACITY_EDGES = tuple(k / 20 for k in range(1, 21))
"""Inner edges of the histogram of capacity in use: twentieths; from 1 on calls wait."""
LABEL_AGE_EDGES_S = (
    *(k * _HOUR_S for k in (1, 6)),
    *(k * _DAY_S for k in (1, 3, 7, 14, 30, 60, 90, 180)),
)
"""Inner edges of the label's age: how long after its prediction an outcome became known."""
MOST_LEAVES = 1 << 16
"""Leaves that the slice cube of one moment can have; `learn` keeps fewer values to stay below."""
MOST_VERSIONS = 100
"""Versions that one bucket keeps apart; see `merge`."""
VERSION_MAX_CHARS = 256
"""Characters by which versions are told apart."""


@dataclass(frozen=True, slots=True)
class NumericBins:
    """A numeric column's fine fixed grid.

    `edges` are B+1 increasing borders; bin k holds edges[k] <= x < edges[k+1].  Below, above,
    missing, not finite and mistyped values have cells of their own.  `centre` lies amid the
    values; sums count whole `unit`s away from it, so that they merge exactly.
    """

    name: str
    edges: tuple[float, ...]
    unit: float
    centre: float = 0.0


@dataclass(frozen=True, slots=True)
class Categories:
    """A categorical column's values in the reference, most frequent first.

    `values` have a cell each, `others` one together; what the reference never showed is `unseen`.
    """

    name: str
    values: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Embedding:
    """Directions along which a vector column is looked at: its mean, then its principal axes.

    `mean` is the reference's mean vector; `axes` are unit vectors of the same length.
    """

    name: str
    mean: tuple[float, ...]
    axes: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """All that the kernel needs to know of one system.

    `numeric` holds a grid per numeric view of a feature (see `views`); `slices` the slice keys
    that are profiled besides everyone, attribute by attribute, which are also the values that the
    cube keeps apart.  `threshold` lies on an edge of the score histogram.  A regression has
    `estimate` and `error`, the grids of its answers and of outcome minus answer; a choice among
    several has the `classes` that are told apart, the most frequent first, a ranking the items;
    there `top` is how many first items count.  `texts` are features
    whose values are looked at for broken encodings; a spec of an earlier release has none.
    """

    system: str
    schema: Schema
    numeric: tuple[NumericBins, ...]
    categorical: tuple[Categories, ...]
    slices: tuple[str, ...]
    positive: str
    threshold: float
    bucket_s: int
    kind: Kind = Kind.BINARY
    embeddings: tuple[Embedding, ...] = ()
    estimate: NumericBins | None = None
    error: NumericBins | None = None
    classes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    """What rows shall keep; all fit `schema`, see `rules.fitting`."""
    top: int = 0
    told_by: str = ""
    """What tells a decision from another, see `repeats.ToldBy`."""
    paired: tuple[str, ...] = ()
    """Columns of which is counted how they hang together, see `pairs`."""
    paired_every: int = 0
    """Of how many rows one is looked at for that, by its hash."""
    timeouts: bool = False
    """Whether calls that timed out are counted by themselves; earlier releases did not."""
    capacity: bool = False
    """Whether capacity in use is counted; earlier releases did not."""

    def __hash__(self) -> int:
        """Return a hash of what mostly tells specs apart: one of every edge costs a millisecond."""
        sizes = len(self.numeric), len(self.categorical), len(self.classes)
        return hash((self.system, self.threshold, self.bucket_s, self.slices, sizes))

    @property
    def hash(self) -> str:
        """Sixteen hex digits that change with anything that changes a profile's meaning."""
        return _digest(self)

    @property
    def dimensions(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The cube's attributes with the values that are kept apart, in the schema's order."""
        return _dimensions(self)


_NEW = (
    *("classes", "texts", "rules", "top", "told_by", "timeouts", "capacity"),
    *("paired", "paired_every"),
)


@lru_cache(maxsize=64)
def _digest(spec: Spec) -> str:
    # what earlier releases did not know is left out where there is none: their profiles are read on
    facts = {name: fact for name, fact in asdict(spec).items() if fact or name not in _NEW}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=64)
def _dimensions(spec: Spec) -> tuple[tuple[str, tuple[str, ...]], ...]:
    values: dict[str, list[str]] = {a.name: [] for a in spec.schema.attributes}
    for key in spec.slices:
        attribute, value = parse(key).conditions[0]
        values.setdefault(attribute, []).append(value)
    return tuple((attribute, tuple(known)) for attribute, known in values.items())
