"""The form of `tocsin.yaml`, version 1; `docs/configuration.md` is generated from here.

Every model forbids unknown keys; every field says what it means, in what unit.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tocsin.base.rights import Role
from tocsin.config.actuators import ActuatorForm
from tocsin.config.alerts import InhibitForm, IntakeForm
from tocsin.config.containment import ContainmentForm
from tocsin.config.heartbeat import HeartbeatForm
from tocsin.config.matrix import CommandForm
from tocsin.config.people import ContactForm, PolicyForm, ScheduleForm
from tocsin.config.playbooks import PlaybookForm
from tocsin.config.queue import QueueForm
from tocsin.config.status import ComplaintsForm, StatusForm
from tocsin.config.strict import Duration, Name, Strict
from tocsin.config.trial import CanaryForm
from tocsin.config.updates import AudienceForm
from tocsin.config.watched import KpiForm, MonitorForm, SloForm

KindOfFeature = Literal["numeric", "categorical", "boolean", "text", "embedding", "timestamp"]


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _own(value: object) -> object:
    return () if value == "auto" else value


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
    score: str | None = Field(
        default=None,
        description="Score in 0-1: of yes, or of the class chosen; any number if a regression.",
    )
    prediction: str | None = Field(
        default=None, description="The decision: yes or no, or a class; a number if a regression."
    )
    label: str | None = Field(default=None, description="What turned out to be true.")
    version: str | None = Field(default=None, description="Version of the system that decided.")
    latency_ms: str | None = Field(default=None, description="How long the decision took, in ms.")
    item: str | None = Field(
        default=None,
        description="Of a ranking whose files have a row for each item shown: the item. Rows with"
        " the same `id` are one request; `label` is then the gain of the item.",
    )
    position: str | None = Field(
        default=None, description="Where the item stood, 1 first; default: by falling `score`."
    )
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
    undo: Literal["easily", "hardly", "never"] | None = Field(
        default=None,
        description="How a wrong decision can be put right for the person; `never` makes incidents"
        " one severity graver unless it takes effect after a day or later.",
    )
    takes_effect: Duration | Literal[0] | None = Field(
        default=None,
        description="How long after it was made a decision takes effect, e.g. `3d`; from a day on,"
        " what is `easily` undone is one severity milder.",
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


class SystemForm(Strict):
    """One AI system under watch."""

    kind: Literal["binary", "multiclass", "regression", "ranking"] = Field(
        default="binary",
        description="Kind of answer the system gives: yes or no; one of several classes"
        " (`columns.prediction` is the class, `label` the true one, and `score`, if there is one,"
        " the confidence in the class chosen); a number (`columns.prediction`, or else"
        " `columns.score`, is the number and `label` what it turned out to be); or a list of items,"
        " best first (`columns.prediction` is the list and `label` the gain of each of its items,"
        " 0 or 1 for clicks; or each item has a row, see `columns.item`).",
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
    expectations: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="Great Expectations suites (JSON), relative to this file, whose row-level"
        " expectations are watched as rules; see `docs/coming_from.md`.",
    )
    threshold: float = Field(
        default=0.5, ge=0, le=1, description="Score at and above which the answer is yes."
    )
    top: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Of a ranking: the first items that NDCG and the hit rate look at.",
    )
    impact: ImpactForm = Field(default_factory=ImpactForm)
    privacy: PrivacyForm = Field(default_factory=PrivacyForm)
    serving: ServingForm = Field(default_factory=ServingForm)
    kpis: dict[Name, KpiForm] = Field(
        default_factory=dict[str, KpiForm], description="Numbers of the business by name."
    )
    monitors: Annotated[tuple[MonitorForm, ...], BeforeValidator(_own)] = Field(
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
    canary: CanaryForm = Field(
        default_factory=CanaryForm,
        description="What a new version must show beside the one that serves.",
    )
    queue: QueueForm = Field(
        default_factory=QueueForm,
        description="How people judge decisions that are referred to them.",
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
    playbook: str | None = Field(
        default=None,
        description="Playbook that is preferred where it fits; default: the one for the failure.",
    )


class NotifierForm(Strict):
    """One channel by which people are told; secrets are read from the environment by `${NAME}`."""

    kind: Name = Field(
        description="`console`, `smtp`, `webhook`, `slack`, `teams`, `pagerduty`, `opsgenie`,"
        " `sms`, `apprise`, or an installed integration."
    )
    settings: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="The integration's own settings (see [notifiers](notifiers.md)); `${NAME}` is"
        " replaced from the environment.",
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
    actuators: dict[Name, ActuatorForm] = Field(
        default_factory=dict[str, ActuatorForm],
        description="What carries out directives outside, by name.",
    )
    heartbeat: HeartbeatForm | None = Field(
        default=None, description="Who is to notice outside when we fall silent; none: nobody."
    )
    people: dict[Name, Annotated[tuple[ContactForm, ...], Field(min_length=1)]] = Field(
        default_factory=dict[str, tuple[ContactForm, ...]],
        description="People by name: their contacts, the preferred one first.",
    )
    roles: dict[Role, tuple[Name, ...]] = Field(
        default_factory=dict[Role, tuple[str, ...]],
        description="Who may do what: names by role (viewer, responder, commander, approver,"
        " admin); whoever has one holds no more than it opens.",
    )
    schedules: dict[Name, ScheduleForm] = Field(
        default_factory=dict[str, ScheduleForm], description="On-call schedules by name."
    )
    escalation: dict[Name, PolicyForm] = Field(
        default_factory=dict[str, PolicyForm],
        description="Policies by name; without any, the console is told.",
    )
    playbooks: dict[Name, PlaybookForm] = Field(
        default_factory=dict[str, PlaybookForm],
        description="Playbooks by name, before those built in; one of the same name replaces it.",
    )
    containment: ContainmentForm = Field(
        default_factory=ContainmentForm,
        description="How many must approve a plan, and what is done unasked.",
    )
    command: CommandForm | None = Field(
        default=None,
        description="The escalation matrix; left out: whoever acknowledges leads, and the room says"
        " which roles are not filled. See `docs/incidents.md`.",
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
    updates: dict[Name, AudienceForm] = Field(
        default_factory=dict[str, AudienceForm],
        description="Audiences of stakeholder updates by name; see `docs/updates.md`.",
    )
    war_room: str | None = Field(
        default=None,
        description="Link of every incident's war room; `{incident}` becomes `inc-42`, `{number}`"
        " `42`, `{system}` its system.",
    )
    status: StatusForm | None = Field(
        default=None, description="The status page; none: there is no such page."
    )
    complaints: ComplaintsForm = Field(
        default_factory=ComplaintsForm, description="When people's complaints open an incident."
    )
