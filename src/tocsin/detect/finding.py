"""A finding: what one monitor says of one window."""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.ingest.monitor import Against

_OWN = frozenset(Against)
INVALID = "is invalid because"
"""What the sentence of a finding says whose method's assumptions do not hold."""


class Layer(StrEnum):
    """Where in the system the measure looks, from machine to meaning."""

    HEALTH = "health"
    QUALITY = "quality"
    DRIFT = "drift"
    PERFORMANCE = "performance"
    FAIRNESS = "fairness"
    KPI = "kpi"
    SLO = "slo"
    OUTSIDE = "outside"
    """Said by another monitoring system; see `ingest.outside`."""


MEASURED = tuple(layer for layer in Layer if layer is not Layer.OUTSIDE)
"""The layers that our own monitors look at."""


class Verdict(StrEnum):
    """What the evidence allows us to say."""

    OK = "ok"
    ALARM = "alarm"
    INSUFFICIENT = "insufficient"


class Level(StrEnum):
    """What an alarm asks of people: to wake up, to look in the morning, or nothing."""

    PAGE = "page"
    TICKET = "ticket"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a finding was computed from, and by what; kept for as long as the finding is.

    `reference_sha256` names the baseline, `spec_hash` the meaning of the counts; the counts are
    those up to `epoch` or, of files, those of the file `current_sha256`.  `code` is the release,
    `config` the hash of declaration and budget (`terms.config_hash`).
    """

    reference_sha256: str
    spec_hash: str
    code: str
    config: str
    epoch: int | None = None
    current_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One monitor's result for one window.

    `value` and `baseline` are in the measure's unit (shares 0-1 unless `measure` says otherwise);
    `effect` is their difference in the direction that the monitor watches, `interval` its
    confidence interval, `threshold` the effect beyond which the lower end of the interval must lie
    for an alarm.  `evidence` is -log10 of the p-value.  NaN stands for a number that cannot be said
    (n too small, no labels).

    `method` is how it was judged: `window` is one window against the baseline.  `alpha` is the
    chance of an alarm where nothing changed; None where the monitor states none.  The interval
    misses the truth in one of a thousand looks, of drift in one of twenty, or with `alpha`.
    """

    layer: Layer
    measure: str
    value: float
    baseline: float
    effect: float
    interval: tuple[float, float]
    threshold: float
    n: int
    n_baseline: int
    verdict: Verdict
    level: Level
    why: str
    column: str | None = None
    slice: Slice = EVERYONE
    evidence: float = 0.0
    window: Span | None = None
    version: str | None = None
    method: str = "window"
    alpha: float | None = None
    origin: Origin | None = None

    @property
    def asked_for(self) -> bool:
        """Whether it is of a monitor of the owner's own, who also said what it asks of people."""
        return self.layer is not Layer.OUTSIDE and self.method in _OWN

    @property
    def moved(self) -> str:
        """What its effect does, in words: of an objective it is a level, else a change."""
        return "comes to" if self.layer is Layer.SLO else "moved by"

    @property
    def key(self) -> str:
        """What names the monitor that spoke, stable over windows."""
        return "/".join((self.layer, self.measure, self.column or "", self.slice.key))
