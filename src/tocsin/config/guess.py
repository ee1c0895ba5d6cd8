"""A first `tocsin.yaml` from a table of healthy decisions: roles are guessed from names and values.

Every guess stands in the file beside a comment, to be corrected by somebody who knows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.base.errors import BadInput
from tocsin.config.ranked import ranked
from tocsin.ingest.system import Kind, canonical

_PROTECTED = (
    *("sex", "gender", "age", "age_band", "age_group", "race", "ethnicity", "religion"),
    *("nationality", "disability", "marital_status", "pregnant", "language"),
)
_MOST_SLICE_VALUES = 20
_MOST_CLASSES = 50
_OF_LISTS = ("time", "version", "latency_ms", "capacity_used")
"""Roles that a table of lists has as any other; `ranked` tells the rest."""
_NAMES = {
    "id": ("id", "application_id", "prediction_id", "request_id", "case_id", "uuid"),
    "time": ("time", "at", "timestamp", "ts", "date", "created_at", "decided_at"),
    "score": ("score", "probability", "proba", "p", "y_pred_proba", "risk_score"),
    "prediction": ("prediction", "pred", "predicted", "decision", "approved", "y_pred", "output"),
    "label": ("label", "target", "outcome", "y", "y_true", "actual", "repaid", "truth"),
    "version": ("version", "system_version", "model_version", "release"),
    "latency_ms": ("latency_ms", "latency", "duration_ms"),
    "capacity_used": ("capacity_used",),
}


@dataclass(frozen=True, slots=True)
class Guess:
    """What the columns seem to mean."""

    roles: dict[str, str]
    slices: tuple[str, ...]
    protected: tuple[str, ...]
    positive: str
    kind: Kind = Kind.BINARY


def guess(table: pa.Table) -> Guess:
    """Return the roles that names and values suggest.

    Raises:
        BadInput: the table has neither a score nor a decision that could be recognised.
    """
    roles: dict[str, str] = {}
    kind = Kind.BINARY
    lists = ranked(table)
    for role, names in _NAMES.items():
        if lists and role not in _OF_LISTS:
            continue
        found = _named(table.column_names, names, lambda name, role=role: _fits(table, role, name))
        if found and found not in roles.values():
            roles[role] = found
    if lists:
        return _guessed(table, roles | lists, Kind.RANKING)
    several = {role: name for role in ("prediction", "label") if (name := _several(table, role))}
    if "prediction" in several and "prediction" not in roles and "label" not in roles:
        roles |= several
        kind = Kind.MULTICLASS
    if "score" not in roles and "prediction" not in roles:
        amounts = {role: name for role in ("prediction", "label") if (name := _amount(table, role))}
        roles |= amounts
        kind = Kind.REGRESSION if "prediction" in amounts else kind
    if "score" not in roles and "prediction" not in roles:
        raise BadInput(
            "no column looks like a score or a decision",
            where=", ".join(table.column_names[:12]),
            do="name one score (0-1) or prediction (classes, numbers or lists of items), "
            "or write tocsin.yaml by hand",
        )
    return _guessed(table, roles, kind)


def _guessed(table: pa.Table, roles: dict[str, str], kind: Kind) -> Guess:
    """Return the guess with what the columns without a role seem to be."""
    rest = [name for name in table.column_names if name not in roles.values()]
    protected = [name for name in rest if name.lower() in _PROTECTED]
    few = [name for name in rest if name not in protected and _few_texts(table, name)]
    answer = roles.get("label") or roles.get("prediction")
    positive = _positive(table, answer) if kind is Kind.BINARY else "true"
    return Guess(roles, tuple(few[:4]), tuple(protected), positive, kind)


def to_yaml(guessed: Guess, *, system: str, reference: str) -> str:
    """Return the file; `reference` is the path as it shall stand in it."""
    named = guessed.roles | ({"positive": guessed.positive} if guessed.kind is Kind.BINARY else {})
    columns = ", ".join(f"{role}: {_quoted(name)}" for role, name in named.items())
    ranks = guessed.kind is Kind.RANKING
    top = "top: 10              # first items that people see without effort\n    " if ranks else ""
    return f"""\
# Written by `tocsin init`: guesses from column names and values.  Correct them, then `tocsin up`.
# docs/configuration.md explains every key.
version: 1
alarm_budget: {{false_pages_per_month: 1}}   # over all monitors together
systems:
  {system}:
    kind: {guessed.kind.value}
    owner: ""            # the team that gets the actions
    risk: medium         # low | medium | high: how grave a wrong decision is for the person
    reference: {_quoted(reference)}
    columns: {{{columns}}}
    slices: [{_listed(guessed.slices)}]
    protected: [{_listed(guessed.protected)}]   # attributes with a fairness duty
    {top}impact: {{unit: decision, cost_per_error: 0, currency: EUR}}
    bucket: 1h
    window: 24h
    # slos: [{{name: answers-30d, sli: availability, target: 0.995, window: 30d}}]
    # monitors: [{{name: gaps, measure: missing, column: COLUMN, above: 0.1, level: ticket}}]
notifiers:
  console: {{kind: console}}
  # mail: {{kind: smtp, settings: {{host: localhost, from: tocsin@example.org}}}}
escalation:
  default:
    steps:
      - {{notify: [{{person: on call, channel: console}}]}}
      - {{after: 10m, notify: [{{person: team lead, channel: console}}]}}
    catch_all: [{{person: everyone, channel: console}}]
"""


def _named(columns: Sequence[str], names: Iterable[str], fits: Callable[[str], bool]) -> str | None:
    lowered = {name.lower(): name for name in columns}
    return next((lowered[n] for n in names if n in lowered and fits(lowered[n])), None)


def _fits(table: pa.Table, role: str, name: str) -> bool:
    kind = cast("pa.DataType", table.schema.field(name).type)
    if role == "score":
        return pa.types.is_floating(kind)
    if role == "time":
        return pa.types.is_timestamp(kind) or pa.types.is_string(kind)
    if role in {"prediction", "label"}:
        return len(pc.unique(table.column(name).drop_null())) == 2
    return True


def _several(table: pa.Table, role: str) -> str | None:
    """Return the column of the classes that are answered, or of the true ones: names or codes."""

    def fits(name: str) -> bool:
        kind = cast("pa.DataType", table.schema.field(name).type)
        words = pa.types.is_string(kind) or pa.types.is_dictionary(kind)
        classes = len(pc.unique(table.column(name).drop_null()))
        return (words or pa.types.is_integer(kind)) and 2 < classes <= _MOST_CLASSES

    return _named(table.column_names, _NAMES[role], fits)


def _amount(table: pa.Table, role: str) -> str | None:
    """Return the column of a regression's answers or labels: real numbers of many values."""

    def fits(name: str) -> bool:
        kind = cast("pa.DataType", table.schema.field(name).type)
        real = pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        return real and len(pc.unique(table.column(name).drop_null())) > 2

    return _named(table.column_names, _NAMES[role], fits)


def _few_texts(table: pa.Table, name: str) -> bool:
    kind = cast("pa.DataType", table.schema.field(name).type)
    textual = pa.types.is_string(kind) or pa.types.is_dictionary(kind) or pa.types.is_boolean(kind)
    return textual and 1 < len(pc.unique(table.column(name).drop_null())) <= _MOST_SLICE_VALUES


def _positive(table: pa.Table, name: str | None) -> str:
    """Return the class that means yes: `true` in any spelling, else the rarer one."""
    if name is None:
        return "true"
    values = [canonical(value) for value in table.column(name).drop_null().to_pylist()]
    classes = sorted(set(values), key=values.count)
    return "true" if "true" in classes or not classes else classes[0]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(text: str) -> str:
    plain = text.replace("_", "").replace("-", "").replace(".", "").replace("/", "").isalnum()
    return text if plain and not text.isdigit() else '"' + text.replace('"', '\\"') + '"'
