"""Imported: the drift scores in a peer's saved report, under the names of our `--method`.

Evidently writes JSON in two forms: since 0.7 a list of metrics with their settings, before that a
table of drift by column.  What is no drift score of one column is passed by.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from tocsin.base.errors import BadInput

_P_VALUES = ("ks", "t_test", "mannw", "cramer_von_mises", "chisquare", "z")
_CALLED = {
    "PSI": "psi",
    "Jensen-Shannon distance": "jensenshannon",
    "Kullback-Leibler divergence": "kl_div",
    "Hellinger distance": "hellinger",
    "Wasserstein distance (normed)": "wasserstein",
    "Energy-distance": "ed",
    "K-S p_value": "ks",
    "t_test": "t_test",
    "Mann-Whitney U-rank test": "mannw",
    "Cramer-von Mises": "cramer_von_mises",
    "chi-square p_value": "chisquare",
    "Z-test p_value": "z",
}
"""What Evidently calls a test on its pages, and in code."""
_READABLE = "give what `Report.save_json` or `Snapshot.save_json` wrote"


@dataclass(frozen=True, slots=True)
class Score:
    """One column's drift in a report; `method` is None where we have none of that kind."""

    column: str
    called: str
    method: str | None
    value: float
    limit: float
    drifted: bool


def scores(report: object, *, where: str = "") -> list[Score]:
    """Return the drift scores of an Evidently report, in its order.

    Args:
        report: the parsed JSON.
        where: the file's name, for errors.

    Raises:
        BadInput: it is no Evidently report, or holds no drift score.
    """
    metrics = _mapping(report).get("metrics")
    if not isinstance(metrics, list):
        raise BadInput("is no Evidently report in JSON", where=where, do=_READABLE)
    found = [score for one in cast("list[object]", metrics) for score in _read(_mapping(one))]
    if not found:
        raise BadInput(
            "holds no drift score of a column", where=where, do="run it with DataDriftPreset"
        )
    return found


def methods(found: Sequence[Score]) -> list[str]:
    """Return the names to give to `tocsin check --method`, each once."""
    return list(dict.fromkeys(f"evidently:{one.method}" for one in found if one.method))


def _read(metric: Mapping[str, object]) -> Iterator[Score]:
    config = _mapping(metric.get("config"))
    if "ValueDrift" in str(config.get("type", "")):
        facts = (config.get("column"), config.get("method"), config.get("threshold"))
        yield from _score(*facts, metric.get("value"), None)
    result = _mapping(metric.get("result"))
    columns = _mapping(result.get("drift_by_columns"))
    for name, said in columns.items():
        row = _mapping(said)
        facts = (name, row.get("stattest_name"), row.get("stattest_threshold"))
        yield from _score(*facts, row.get("drift_score"), row.get("drift_detected"))


def _score(
    column: object, called: object, limit: object, value: object, drifted: object
) -> Iterator[Score]:
    if not (isinstance(value, int | float) and isinstance(limit, int | float)):
        return
    name = str(called)
    method = _CALLED.get(name, name if name in _CALLED.values() else None)
    if not isinstance(drifted, bool):
        small = method in _P_VALUES or "p_value" in name
        drifted = value < limit if small else value >= limit
    yield Score(str(column), name, method, float(value), float(limit), drifted)


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
