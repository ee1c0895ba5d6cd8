"""A KPI: one number that the business lives by, as its owner declares it in `tocsin.yaml`."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

DAY_S, WEEK_S = 86400, 604800


class KpiKind(StrEnum):
    """What a KPI's numbers add up to."""

    RATE = "rate"
    MEAN = "mean"
    SUM = "sum"


class Way(StrEnum):
    """Which way a KPI must move to be a fault."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


class Season(StrEnum):
    """What repeats: found out, nothing, the hours of a day, the hours and days of a week."""

    AUTO = "auto"
    NONE = "none"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One KPI and how it is watched.

    `least` is the smallest relative change of interest, 0 or more; `every_s` the length of a bucket
    in seconds, a day at most; `wait_s` how long after its end a bucket may be incomplete; `learn_s`
    how long the KPI is learnt before it is judged.  `holidays` are days (UTC) like Sundays.
    """

    name: str
    kind: KpiKind = KpiKind.MEAN
    watch: Way = Way.BOTH
    least: float = 0.02
    season: Season = Season.AUTO
    holidays: frozenset[str] = frozenset()
    every_s: int = 3600
    wait_s: int = 0
    learn_s: int = WEEK_S

    @property
    def scales(self) -> bool:
        """Whether season and trend multiply (rates and sums) or are added (means)."""
        return self.kind is not KpiKind.MEAN

    @property
    def holiday_days(self) -> tuple[int, ...]:
        """The holidays as days since 1970, sorted."""
        first = date(1970, 1, 1)
        return tuple(sorted((date.fromisoformat(day) - first).days for day in self.holidays))


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One reported piece of a KPI: a rate's successes and trials, a mean's sum and count, a sum.

    `source` tells who reported it; one source reports one piece of a KPI per instant.
    """

    kpi: str
    at: datetime
    total: float
    n: float
    source: str = ""
