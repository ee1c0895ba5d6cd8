"""A monitor of one's own: a measure against a fixed bound, a past week, or its usual spread."""

from dataclasses import dataclass
from enum import StrEnum


class Against(StrEnum):
    """What a measure is compared with."""

    STATIC = "static"
    K_SIGMA = "k_sigma"
    PREVIOUS = "previous"


COUNTED = ("volume", "f1", "auc", "latency_p50", "latency_p95", "latency_p99", "mean")
"""Measures that can be asked beside the shares that are watched anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One monitor that its owner asked for, beside the automatic ones.

    Exactly one rule is set: a fixed bound (`above`, `below` or both, in the measure's unit);
    `k_sigma` standard deviations of the windows before; or a change of more than `least` (of a
    share: a difference; of anything else: a part of it) from the window `previous_s` earlier.
    Windows of fewer than `fewest` rows are not judged.
    """

    name: str
    measure: str
    column: str | None = None
    slice: str = ""
    above: float | None = None
    below: float | None = None
    k_sigma: float | None = None
    previous_s: int | None = None
    least: float = 0.0
    pages: bool = False
    fewest: int = 30

    @property
    def against(self) -> Against:
        """What it is compared with."""
        if self.k_sigma is not None:
            return Against.K_SIGMA
        return Against.STATIC if self.previous_s is None else Against.PREVIOUS
