"""A system: one AI decision under watch, as its owner declares it in `tocsin.yaml`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from tocsin.ingest.kpi import Kpi
from tocsin.ingest.monitor import Monitor
from tocsin.ingest.queue import Queue
from tocsin.ingest.rule import Rule
from tocsin.ingest.slo import Slo
from tocsin.ingest.trial import Trial


class Kind(StrEnum):
    """What sort of answer the system gives: yes or no, a class of several, a number, or a list."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"
    RANKING = "ranking"

    @property
    def classifies(self) -> bool:
        """Whether an answer is right or wrong; a number is only nearer or further.

        A ranking is right where anything among its first items was wanted.
        """
        return self is not Kind.REGRESSION


class Risk(StrEnum):
    """How grave a wrong decision is for the person it concerns; drives severity and approvals."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns of the user's tables mean.  `None`: the table has no such column."""

    id: str | None = None
    time: str | None = None
    score: str | None = None
    prediction: str | None = None
    label: str | None = None
    version: str | None = None
    latency_ms: str | None = None
    item: str | None = None
    """Of a ranking whose tables have a row for each item shown, see `requests`."""
    position: str | None = None
    positive: str = "true"
    """The value of prediction and label that means yes, in canonical form (see `canonical`)."""

    @property
    def answer(self) -> str | None:
        """The column that holds the answers: of rows of items, once they are requests."""
        return self.prediction or self.item


class Undo(StrEnum):
    """How a wrong decision can be put right for the person concerned."""

    EASILY = "easily"
    HARDLY = "hardly"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What decisions cost and bring, so that reach can be said in money and people."""

    unit: str = "decision"
    cost_per_error: float = 0.0
    currency: str = "EUR"
    values: Mapping[str, float] = field(default_factory=dict[str, float])
    """What one decision of each kind (`tp`, `fp`, `tn`, `fn`) brings; costs are below 0."""
    undo: Undo | None = None
    takes_effect: timedelta | None = None
    """How long after it was made a decision takes effect; None: not said, so at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How the platform that serves the system writes its logs: see `kserve` and `genai`.

    `names` are other names of the system there (an InferenceService, an OTel service); its own
    always counts.  `inputs` names the columns of an input tensor that says no names itself.
    `score` and `prediction` name the outputs (for traces: the evaluation) that hold them; None is
    a guess.
    """

    names: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    score: str | None = None
    prediction: str | None = None
    wait_s: int = 3600
    """How long one half of a call waits for the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One AI system under watch.

    `slices` and `protected` name attributes; a protected attribute carries a fairness duty.
    `features` names the inputs to profile; empty means every column of the reference that has no
    other role.  `threshold` is the score at and above which the answer is yes, where known.
    """

    name: str
    kind: Kind = Kind.BINARY
    owner: str = ""
    risk: Risk = Risk.MEDIUM
    reference: str = ""
    columns: Columns = field(default_factory=Columns)
    slices: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    """Kinds of features that their columns do not tell, by name: see `rows.FieldKind`."""
    threshold: float = 0.5
    top: int = 10
    """Of a ranking, the first items that count: those that people see without effort."""
    impact: Impact = field(default_factory=Impact)
    dropped: tuple[str, ...] = ()
    """Columns that are never stored: they are taken without."""
    hashed: tuple[str, ...] = ()
    """Columns whose values are stored as keyed hashes, see `privacy`."""
    serving: Serving = field(default_factory=Serving)
    kpis: tuple[Kpi, ...] = ()
    slos: tuple[Slo, ...] = ()
    auto: bool = True
    """Whether everything is watched by itself, beside KPIs, objectives and own monitors."""
    monitors: tuple[Monitor, ...] = ()
    playbook: str = ""
    """Name of the playbook that is preferred where it fits; "": the one for the failure."""
    trial: Trial = field(default_factory=Trial)
    """What a new version must show beside the one that serves, see `canary`."""
    queue: Queue = field(default_factory=Queue)
    """How people judge the decisions that are referred to them, see `contain.referral`."""
    rules: tuple[Rule, ...] = ()
    """What the owner's own checks demand of rows, see `expectations`."""
    bucket_s: int = 3600
    """Length of one profile bucket in seconds; an hour unless a drill or demo runs faster."""
    window_s: int = 86400
    """Length of the window that monitors look at; a whole number of buckets."""

    outcomes_after_s: int = 0
    """Age of decisions, in seconds, at which their outcomes are as complete as they get; what needs
    outcomes is judged on the window that is that old.  0: on the latest, by what is known."""

    @property
    def hashes_ids(self) -> bool:
        """Whether ids are stored as keyed hashes."""
        return bool({"id", self.columns.id} & set(self.hashed))

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute that slices are cut by, protected ones included, each once."""
        return tuple(dict.fromkeys((*self.slices, *self.protected)))

    def decide(self, score: object) -> str | None:
        """Return the decision that a score alone means: yes from the threshold on.

        Only of a yes or no: a number decides nothing by itself, and the confidence in a class does
        not say which.

        >>> System(name="s").decide(0.5), System(name="s").decide(0.1), System(name="s").decide("")
        ('true', 'false', None)
        """
        if self.kind is not Kind.BINARY or isinstance(score, bool):
            return None
        if not isinstance(score, int | float) or math.isnan(score):
            return None
        yes = self.columns.positive
        no = "false" if yes == "true" else f"not {yes}"
        return yes if score >= self.threshold else no

    @property
    def estimate(self) -> str | None:
        """The column that holds a regression's answers."""
        return self.columns.prediction or self.columns.score


def canonical(value: object) -> str:
    """Return the text under which class values are compared: `1`, `1.0` and `True` meet.

    >>> [canonical(v) for v in (True, 1, 1.0, "1", "true", "yes", 0, False, "approved")]
    ['true', 'true', 'true', 'true', 'true', 'true', 'false', 'false', 'approved']
    """
    text = str(value).strip()
    lowered = text.lower()
    if lowered in ("true", "1", "1.0", "yes"):
        return "true"
    if lowered in ("false", "0", "0.0", "no"):
        return "false"
    return text


def named(value: object) -> str | None:
    """Return the name of one class of several, so that `3`, `3.0` and `"3"` meet; None: no name.

    Unlike with `canonical`, 0, "no" and "false" stay apart: each may be a class.

    >>> [named(v) for v in (3, 3.0, "3.0", " cat ", "no", 0, True, "", float("nan"), "nan")]
    ['3', '3', '3', 'cat', 'no', '0', 'true', None, None, None]
    """
    text = (plain(value) or "").strip()
    whole, point, rest = text.partition(".")
    if point and not rest.strip("0") and rest and whole.removeprefix("-").isdecimal():
        text = whole
    return None if text in ("", "nan") else text


def plain(value: object) -> str | None:
    """Return a category or attribute value as text; None where it is unknown.

    Integers that a nullable column turned into floats keep their name, so that `3` and `3.0` are
    one category.

    >>> [plain(v) for v in (3, 3.0, 2.5, True, "a", "", None, float("nan"))]
    ['3', '3', '2.5', 'true', 'a', None, None, None]
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if value != value:  # noqa: PLR0124 - NaN test
            return None
        return str(int(value)) if value.is_integer() else str(value)
    return str(value)
