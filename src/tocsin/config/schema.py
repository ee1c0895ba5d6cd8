"""The form of `tocsin.yaml`, version 1; `docs/configuration.md` is generated from here.

Every model forbids unknown keys; every field says what it means, in what unit.
"""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tocsin.base.spans import parse_duration
from tocsin.config.alerts import InhibitForm, IntakeForm
from tocsin.config.strict import Name, Strict


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _listed(value: object) -> object:
    return () if value == "auto" else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
KindOfFeature = Literal["numeric", "categorical", "boolean", "text", "embedding", "timestamp"]


class AlarmBudgetForm(Strict):
    """How many false alarms people accept, over all monitors together."""

    false_pages_per_month: float = Field(
        default=1.0,
        gt=0,
        le=1000,
        description="False pages accepted a month, all monitors together.",
    )
    false_tickets_per_month: float = Field(
        default=4.0,
        gt=0,
        le=1000,
        description="False tickets accepted a month, by monitors of inputs and of drift together.",
    )


class ColumnsForm(Strict):
    """Which column of the reference (and of replayed files) plays which role."""

    id: str | None = Field(default=None, description="Unique id of a decision.")
    time: str | None = Field(default=None, description="When it was made.")
    score: str | None = Field(default=None, description="Score in 0-1; any number if a regression.")
    prediction: str | None = Field(
        default=None, description="The decision; a number if a regression."
    )
    label: str | None = Field(default=None, description="What turned out to be true.")
    version: str | None = Field(default=None, description="Version of the system that decided.")
    latency_ms: str | None = Field(default=None, description="How long the decision took, in ms.")
    positive: bool | int | str = Field(
        default=True, description="Value of prediction and label that means yes."
    )


class ImpactForm(Strict):
    """What one wrong decision costs."""

    unit: str = Field(default="decision", description="What one decision is called.")
    cost_per_error: float = Field(default=0.0, ge=0, description="Cost of one wrong decision.")
    values: dict[Literal["tp", "fp", "tn", "fn"], float] = Field(
        default_factory=dict[Literal["tp", "fp", "tn", "fn"], float],
        description="What a right yes (`tp`), a wrong yes (`fp`), a right no (`tn`) and a wrong no"
        " (`fn`) bring, costs below 0; makes `value_per_decision` a measure. Left out: 0.",
    )
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$", description="ISO 4217 code.")


class ServingForm(Strict):
    """How the serving platform's own logs tell of this system; see `docs/ingest.md`."""

    names: tuple[str, ...] = Field(
        default=(),
        description="Its other names there: `InferenceService`, `namespace/name`, OTel service.",
    )
    inputs: tuple[str, ...] = Field(
        default=(), description="Columns of an input tensor that says no names; default: features."
    )
    score: str | None = Field(
        default=None, description="Output (traces: evaluation) that holds the score; else guessed."
    )
    prediction: str | None = Field(
        default=None, description="Output that holds the decision; else guessed."
    )
    wait: Duration = Field(
        default=timedelta(hours=1),
        description="How long a request waits for its response, and the other way round.",
    )


class PrivacyForm(Strict):
    """What is stored of columns that hold personal data."""

    columns: dict[str, Literal["keep", "drop", "hash"]] = Field(
        default_factory=dict[str, Literal["keep", "drop", "hash"]],
        description="Feature, attribute or id column to `drop` (never stored), `hash` (stored as a"
        " keyed hash: can be compared, not read) or `keep`.",
    )


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
        "missing",
        "invalid",
        "mistyped",
        "unseen",
        "out_of_range",
        "kpi",
    ] = Field(
        description="What makes an event good: the call did not fail, the answer took at most"
        " `under_ms`, the decision was right (of all; of each yes; of those who deserved a yes),"
        " `column` is not missing, invalid …; `kpi`: successes of the KPI `column`, a rate."
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
    column: str | None = Field(default=None, description="Column, or KPI, that `sli` looks at.")
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
        description="A share that is watched anyway (`missing`, `accuracy`, `error_share` …), or"
        " `volume`, `latency_p50`, `latency_p95`, `latency_p99`, `f1`, `auc`, `mean` (of `column`)."
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


class SystemForm(Strict):
    """One AI system under watch."""

    kind: Literal["binary", "regression"] = Field(
        default="binary",
        description="Kind of answer the system gives: yes or no, or a number (`columns.prediction`,"
        " or else `columns.score`, is the number and `label` what it turned out to be).",
    )
    owner: str = Field(default="", description="Team that owns it; actions are proposed to it.")
    risk: Literal["low", "medium", "high"] = Field(
        default="medium", description="How grave a wrong decision is for the person concerned."
    )
    reference: str = Field(
        description="Parquet or CSV file of healthy decisions, relative to this file."
    )
    columns: ColumnsForm = Field(default_factory=ColumnsForm)
    features: tuple[str, ...] = Field(
        default=(), description="Inputs to watch; empty: every column without another role."
    )
    kinds: dict[str, KindOfFeature] = Field(
        default_factory=dict[str, KindOfFeature],
        description="Kinds of features that their columns do not tell, e.g. `{note: text}`;"
        " default: by the type and values in the reference.",
    )
    slices: tuple[str, ...] = Field(default=(), description="Attributes that slices are cut by.")
    protected: tuple[str, ...] = Field(
        default=(), description="Attributes with a fairness duty; slices as well."
    )
    threshold: float = Field(
        default=0.5, ge=0, le=1, description="Score at and above which the answer is yes."
    )
    impact: ImpactForm = Field(default_factory=ImpactForm)
    privacy: PrivacyForm = Field(default_factory=PrivacyForm)
    serving: ServingForm = Field(default_factory=ServingForm)
    kpis: dict[Name, KpiForm] = Field(
        default_factory=dict[str, KpiForm], description="Numbers of the business by name."
    )
    monitors: Annotated[tuple[MonitorForm, ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="Monitors of your own, beside the automatic ones; `auto`: there are none.",
    )
    automatic: bool = Field(
        default=True,
        description="Whether everything is watched within the alarm budget; false: only `monitors`,"
        " `slos` and `kpis` are.",
    )
    slos: tuple[SloForm, ...] = Field(
        default=(), description="Objectives; how fast they burn their error budgets is watched."
    )
    bucket: Duration = Field(
        default=timedelta(hours=1), description="Length of one profile bucket, e.g. `1h`."
    )
    window: Duration = Field(
        default=timedelta(days=1), description="Length of the window that monitors look at."
    )
    outcomes_after: Duration = Field(
        default=timedelta(0),
        ge=timedelta(0),
        description="Age of decisions at which their outcomes are as complete as they get, e.g."
        " `30d`: what needs outcomes is judged on the window that is so old; 0: on the latest.",
    )
    policy: str | None = Field(
        default=None, description="Escalation policy; default: the first one declared."
    )


class ContactForm(Strict):
    """One way to reach one person or team."""

    person: str = Field(min_length=1, description="Who: a person or a team.")
    channel: str = Field(description="A notifier declared under `notifiers`.")
    address: str = Field(default="", description="Where on that channel, e.g. a mail address.")


class StepForm(Strict):
    """One rung of the ladder."""

    after: Duration | Literal[0] = Field(
        default=0, description="How long after the incident opened, unacknowledged, e.g. `5m`."
    )
    notify: tuple[ContactForm, ...] = Field(min_length=1, description="Who is told.")


class PolicyForm(Strict):
    """Who is told, in which order, until somebody acknowledges."""

    steps: tuple[StepForm, ...] = Field(min_length=1, description="The rungs, earliest first.")
    catch_all: tuple[ContactForm, ...] = Field(
        min_length=1, description="Who is told when nobody answered; told again for ever."
    )
    repeat_every: Duration = Field(
        default=timedelta(minutes=10),
        description="How often the last step, then the catch-all, repeats.",
    )
    repeats: int = Field(default=3, ge=0, le=20, description="Repeats of the last step.")


class NotifierForm(Strict):
    """One channel by which people are told; secrets are read from the environment by `${NAME}`."""

    kind: Name = Field(description="`console`, `smtp`, `webhook`, or an installed integration.")
    settings: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="The integration's own settings; `${NAME}` is replaced from the environment.",
    )


class RetentionForm(Strict):
    """For how long what is kept: counts ever longer from `as_of` to `profiles`."""

    as_of: Duration = Field(
        default=timedelta(days=30),
        description="How long findings can be computed again as of their time.",
    )
    profiles_hourly: Duration = Field(
        default=timedelta(days=90),
        description="How long counts are kept by bucket; then they are merged to days (UTC).",
    )
    profiles: Duration = Field(
        default=timedelta(days=400), description="How long counts are kept at all."
    )
    predictions: Duration | None = Field(
        default=None,
        gt=timedelta(0),
        description="Age at which predictions and outcomes are dropped, e.g. `400d`; none: never.",
    )


class ConfigForm(Strict):
    """The whole file."""

    version: Literal[1] = Field(description="Version of this format.")
    alarm_budget: AlarmBudgetForm = Field(default_factory=AlarmBudgetForm)
    retention: RetentionForm = Field(default_factory=RetentionForm)
    systems: dict[Name, SystemForm] = Field(
        min_length=1, description="Systems under watch by name."
    )
    notifiers: dict[Name, NotifierForm] = Field(
        default_factory=lambda: {"console": NotifierForm(kind="console")},
        description="Channels by name.",
    )
    escalation: dict[Name, PolicyForm] = Field(
        default_factory=dict[str, PolicyForm],
        description="Policies by name; without any, the console is told.",
    )
    inhibit: tuple[InhibitForm, ...] | None = Field(
        default=None,
        description="Which alerts explain which; left out: a system's silence and volume explain"
        " its performance and drift. `[]`: nothing explains anything.",
    )
    intake: dict[Name, IntakeForm] = Field(
        default_factory=dict[str, IntakeForm],
        description="How alerts of other systems are read, by name; see `docs/alerts.md`.",
    )
