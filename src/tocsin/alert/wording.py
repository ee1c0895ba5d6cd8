"""Findings in plain words: what moved, from where to where, for whom, since when.

One rule for incident titles, timelines and pages, so that a person reads the same words everywhere.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.alert.notice import Alert
from tocsin.base.phrases import number, percent
from tocsin.base.slices import EVERYONE
from tocsin.base.spans import describe
from tocsin.detect.apart import MEASURES as APART
from tocsin.detect.apart import plain
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.ingest.rule import BREAKS

_NOUNS: Mapping[str, str] = {
    "selection_rate": "approvals",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "tpr": "rightful approvals",
    "fpr": "wrong approvals",
    "ppv": "rightness of approvals",
    "selection_rate_ratio": "approvals against the best-treated group",
    "auc": "ranking quality (AUC)",
    "calibration": "outcomes beside what scores promised",
    "outcome_rate": "outcomes that are a yes",
    "macro_f1": "macro-F1",
    "overconfidence": "confidence less the share that was right",
    "hit_rate": "lists with something wanted",
    "empty_lists": "empty lists",
    "ndcg": "ranking quality (NDCG)",
    "mrr": "mean reciprocal rank",
    "ctr": "click-through rate",
    "concentration": "items shown that are among the most shown",
    "mae": "mean error of answers",
    "rmse": "root mean square error of answers",
    "value_per_decision": "what a decision brings",
    "estimated_auc": "estimated ranking quality (AUC)",
    "error_share": "failed decisions",
    "slow_share": "slow answers",
    "saturated_share": "decisions near full capacity",
    "timeout_share": "decisions that timed out",
    "volume": "decisions received",
    "hourly_volume": "decisions received for the hour",
    "association": "rank correlation",
    "conditional_shift": "shift beyond what others tell",
    **{name: f"{plain(name).replace('_', ' ')} beside the others'" for name in APART},
    "distinct": "different values",
    "repeated": "decisions that came more than once",
    "fast_burn": "burn rate",
    "slow_burn": "burn rate",
    "budget_left": "error budget left",
}
"""Measures whose name is not yet a word; any other is told by its own name."""

_UNSHARED = frozenset(
    (
        *("mae", "rmse", "bias", "value", "psi", "jsd", "auc", "latency", "volume", "mean", "sum"),
        *("wasserstein", "silence", "ms", "s", "scale", "burn", "distinct"),
        *("association", "shift"),
        *("ndcg", "mrr"),
    )
)
"""Words in names of measures that are no share of anything and so are not told in percent."""


def measure_of(finding: Finding) -> str:
    """Return the measure in words, with its column where it has one.

    A gap between groups is told as such: "gap in approvals"; quality as "income missing".
    """
    name = finding.measure
    if finding.layer is Layer.KPI:
        return str(finding.column)
    if finding.layer is Layer.OUTSIDE:
        return finding.why
    gap = name.endswith(("_gap", "_disparity", "_difference"))
    if gap:
        name = name.rsplit("_", 1)[0]
    words = ("gap in " if gap else "") + _NOUNS.get(name, name.replace("_", " "))
    if name.startswith(BREAKS):
        return f"decisions whose {finding.column} {name}"
    if finding.column and finding.layer is Layer.QUALITY:
        return f"{finding.column} {words}"
    return f"{words} of {finding.column}" if finding.column else words


def quantity(finding: Finding, value: float) -> str:
    """Return `value` in the measure's unit: percent for shares, else a plain number."""
    is_share = finding.measure.startswith(BREAKS) or _UNSHARED.isdisjoint(
        finding.measure.split("_")
    )
    return percent(value) if is_share and abs(value) <= 1 else number(value)


def movement(finding: Finding) -> str:
    """Return what happened to the measure: "approvals fell from 31.2 % to 4.0 %"."""
    subject, value, baseline = measure_of(finding), finding.value, finding.baseline
    if finding.verdict is Verdict.ALARM and finding.measure in _SPECIAL:
        return _SPECIAL[finding.measure](finding)
    if finding.measure == "calibration" and not math.isnan(value):
        return f"scores promised {percent(baseline)} yes and {percent(value)} turned out so"
    if finding.measure == "silence" and not math.isnan(value):
        return f"no decision has arrived for {describe(timedelta(seconds=value))}"
    if math.isnan(value):
        outside = finding.layer is Layer.OUTSIDE
        return subject if outside else f"{subject} can no longer be measured"
    if math.isnan(baseline) or value == baseline:
        return f"{subject}: {quantity(finding, value)}"
    verb = "fell" if value < baseline else "rose"
    return f"{subject} {verb} from {quantity(finding, baseline)} to {quantity(finding, value)}"


def _of_budget(finding: Finding) -> str:
    """Return what happens to the error budget of an objective."""
    if finding.measure == "budget_left":
        return f"the error budget of {finding.column} is spent"
    return f"{finding.column} uses up its error budget {number(finding.value)} times too fast"


def _of_others(finding: Finding) -> str:
    """Return how a slice's rate lies beside what the others' course lets expect."""
    words = measure_of(replace(finding, measure=plain(finding.measure)))
    way = "below" if finding.value < finding.baseline else "above"
    points = 100 * abs(finding.value - finding.baseline)
    at = f"{percent(finding.value)}, {points:.1f} points"
    return f"{words} at {at} {way} where the others' course would put it"


def _of_values(finding: Finding) -> str:
    """Return what happened to the values of one input."""
    match finding.measure:
        case "scale":
            return f"{finding.column} changed its scale ({_times(finding.value)} what it was)"
        case "constant":
            was = percent(finding.baseline)
            return f"{finding.column} stands still at one value (had {was} of decisions)"
        case _:
            return f"{finding.column} has drifted (divergence {number(finding.value)} bits)"


_SPECIAL: Mapping[str, Callable[[Finding], str]] = {
    **dict.fromkeys(("jsd", "scale", "constant"), _of_values),
    **dict.fromkeys(APART, _of_others),
    **dict.fromkeys(("fast_burn", "slow_burn", "budget_left"), _of_budget),
}
"""Measures whose alarms are told in a sentence of their own."""


def _times(factor: float) -> str:
    """Return a factor as people say it.

    >>> _times(100.0), _times(0.001)
    ('100 times', '1/1,000 of')
    """
    return f"{number(factor)} times" if factor >= 1 else f"1/{number(1 / factor)} of"


def clock(at: datetime, seen_at: datetime) -> str:
    """Return an instant as people on call say it: time and zone, and the day unless it is today's.

    >>> from datetime import UTC, timedelta
    >>> at = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
    >>> clock(at, at), clock(at, at + timedelta(hours=10))
    ('14:05 UTC', '2026-11-20 14:05 UTC')
    """
    return f"{at:%H:%M} UTC" if at.date() == seen_at.date() else f"{at:%Y-%m-%d %H:%M} UTC"


def title(system: str, finding: Finding, since: datetime, detected_at: datetime) -> str:
    """Return an incident's title; it says the day where the harm began before the day of detection.

    E.g. "loan-approval: approvals fell from 31.2 % to 4.0 % for employer=government since
    14:05 UTC"; nobody is named where everyone is meant.
    """
    whom = "" if finding.slice == EVERYONE else f" for {finding.slice.label}"
    return f"{system}: {movement(finding)}{whom} since {clock(since, detected_at)}"


def line(finding: Finding) -> str:
    """Return one finding as one line of evidence."""
    whom = finding.slice.label
    if finding.layer is Layer.OUTSIDE:
        return f"{movement(finding)} for {whom} (says {finding.method})"
    return (
        f"{movement(finding)} for {whom} (n = {finding.n:,}, baseline n = {finding.n_baseline:,})"
    )


def cleared(finding: Finding) -> str:
    """Return that an alarm is over, with the number that it is at now, where there is one."""
    measured = finding.verdict == Verdict.OK and finding.layer is not Layer.OUTSIDE
    now = f", now {quantity(finding, finding.value)}" if measured else ""
    return f"cleared: {measure_of(finding)} for {finding.slice.label}{now}"


def roll(alerts: Sequence[Alert], limit: int = 5) -> list[str]:
    """Return the strongest `limit` alerts as lines, and how many more there are."""
    ranked = sorted(alerts, key=lambda alert: (-alert.finding.evidence, alert.fingerprint))
    lines = [line(alert.finding) for alert in ranked[:limit]]
    more = len(ranked) - limit
    return [*lines, f"and {more} more"] if more > 0 else lines
