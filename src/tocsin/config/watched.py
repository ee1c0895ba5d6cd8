"""Forms of what an owner asks to be watched: KPIs, objectives, monitors of one's own."""

from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from tocsin.config.strict import Duration, Name, Strict


class KpiForm(Strict):
    """One number that the business lives by; its values are sent to `POST /v1/kpis`."""

    kind: Literal["rate", "mean", "sum"] = Field(
        description="`rate`: value successes of n; `mean`: value is the sum of n; `sum`: value."
    )
    watch: Literal["up", "down", "both"] = Field(
        default="both", description="Which way it must move to be a fault."
    )
    least: float = Field(
        default=0.02, ge=0, le=10, description="Smallest relative change of interest; 0.02: 2 %."
    )
    season: Literal["auto", "none", "day", "week"] = Field(
        default="auto", description="What repeats; `auto`: whatever the past shows."
    )
    holidays: tuple[date, ...] = Field(
        default=(), description="Days (UTC) that are like Sundays, past and coming."
    )
    every: Duration = Field(
        default=timedelta(hours=1),
        ge=timedelta(minutes=1),
        le=timedelta(days=1),
        description="Length of the buckets that values are summed into.",
    )
    wait: Duration | Literal[0] = Field(
        default=0, description="How long after its end a bucket may still be incomplete."
    )
    learn: Duration = Field(
        default=timedelta(days=7),
        ge=timedelta(days=1),
        description="How long it is learnt before it is judged; under a week, the first weekend"
        " may be an alarm.",
    )


class SloForm(Strict):
    """One promise: which share of events is good, over which time."""

    name: Name = Field(description="What people call it, e.g. `accuracy-7d`; unique in the system.")
    sli: Literal[
        "availability",
        "latency",
        "accuracy",
        "precision",
        "recall",
        "hit_rate",
        "missing",
        "invalid",
        "mistyped",
        "unseen",
        "out_of_range",
        "kpi",
    ] = Field(
        description="What makes an event good: the call did not fail, the answer took at most"
        " `under_ms`, the decision was right (of all; of each yes; of those who deserved a yes), a"
        " list held something wanted among its first `top` items, `column` is not missing,"
        " invalid …; `kpi`: successes of the KPI `column`, a rate."
    )
    target: float = Field(
        gt=0, lt=1, description="Share of events that must be good; 1 - target is the error budget."
    )
    window: Duration = Field(
        default=timedelta(days=30),
        ge=timedelta(days=1),
        le=timedelta(days=90),
        description="Period that the target is promised for, e.g. `30d`.",
    )
    column: str | None = Field(
        default=None, description="Column, KPI or class that `sli` looks at."
    )
    slice: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Whom it is about, e.g. `{region: north}`; none: everyone.",
    )
    under_ms: float | None = Field(
        default=None, gt=0, description="How fast an answer must be, in ms; by the nearest border."
    )
    fewest: int = Field(
        default=50, ge=1, description="Events of a window below which it is not judged."
    )


class MonitorForm(Strict):
    """A monitor of one's own; set one of `above`/`below`, `k_sigma` or `previous`."""

    name: Name = Field(description="What people call it; unique in the system.")
    measure: str = Field(
        description="A share that is watched anyway (`missing`, `accuracy`, `error_share`,"
        " `saturated_share` …), or `volume`, `latency_p50`, `latency_p95`, `latency_p99`, `f1`,"
        " `auc`, `mean` (of `column`)."
    )
    column: str | None = Field(default=None, description="Column of the measure, where it has one.")
    slice: dict[str, str] = Field(
        default_factory=dict[str, str],
        max_length=1,
        description="Whom it is about, e.g. `{region: north}`; none: everyone.",
    )
    above: float | None = Field(default=None, description="Alarm above this bound.")
    below: float | None = Field(default=None, description="Alarm below this bound.")
    k_sigma: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description="Alarm so many standard deviations away from the windows before.",
    )
    previous: Duration | None = Field(
        default=None,
        gt=timedelta(0),
        le=timedelta(days=90),
        description="Alarm where it changed from the window so long before, e.g. `7d`.",
    )
    least: float = Field(
        default=0.0,
        ge=0,
        description="Change from `previous` that is no alarm yet: a difference of shares, else a"
        " part, 0.1: 10 %.",
    )
    level: Literal["page", "ticket"] = Field(default="ticket", description="What it asks for.")
    fewest: int = Field(default=30, ge=1, description="Rows below which it is not judged.")
