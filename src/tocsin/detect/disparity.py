"""Disparity: how far apart groups are now, as facts, and in two conventions for those who compare.

`facts` are findings of level `info`: for each rate the highest less the lowest group's, at least
30 rows each, with an interval at 95 % (Newcombe's; of calibration the normal one) of those two
groups.  Which two are farthest apart is chosen from the same data, so the interval is no test; the
monitors of `fairness` and `four_fifths` are.
`report` is for `tocsin check --format json` and the page: all groups side by side, the numbers of
Fairlearn and of AIF360 (each group as unprivileged, the others as privileged).
"""

import math
from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import percent
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect import aif360, compared, fairlearn, intervals
from tocsin.detect.compared import Comparison
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.groups import RATES, Group
from tocsin.detect.look import FEWEST, Look
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import System
from tocsin.profile.leaves import PARTS
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

Json = dict[str, object]
_OF = {
    "selection_rate": (("n_positive",), ("n_prediction",), "got a yes"),
    "tpr": (("tp",), ("tp", "fn"), "got the yes they deserved"),
    "fpr": (("fp",), ("fp", "tn"), "got a yes they did not deserve"),
    "ppv": (("tp",), ("tp", "fp"), "of the yeses were right"),
    "accuracy": (("tp", "tn"), ("tp", "fp", "tn", "fn"), "were decided rightly"),
}
SMALL = 0.03
"""A difference that is small, for the depth of colour; nothing alarms here."""
SHOWN = 0.05
"""Error rate of the intervals."""
_Z = 1.959963984540054


def facts(look: Look, one: Comparison) -> list[Finding]:
    """Return the differences between the groups of a comparison, as information."""
    found: list[Finding] = []
    for name, (yes, of, said) in _OF.items():
        k, n = one.sums(one.now, yes), one.sums(one.now, of)
        was_k, was_n = one.sums(one.was, yes), one.sums(one.was, of)
        judged = np.flatnonzero((n >= FEWEST) & (was_n >= FEWEST))
        if len(judged) < 2:
            continue
        rates, usual = k[judged] / n[judged], was_k[judged] / was_n[judged]
        low, high = int(judged[rates.argmin()]), int(judged[rates.argmax()])
        ends = _apart((k[low], n[low]), (k[high], n[high]))
        why = (
            f"{percent(float(rates.min()))} of {one.label(low)} and {percent(float(rates.max()))}"
            f" of {one.label(high)} ({one.name}) {said}{_left_out(one, judged)}."
        )
        apart = (float(np.ptp(rates)), float(np.ptp(usual)))
        sizes = (n[judged].sum(), was_n[judged].sum())
        found.append(_fact(look, one, f"{name}_difference", (apart, ends, sizes), why))
    return found + _calibration(look, one)


def report(window: Window, spec: Spec, system: System) -> list[Json]:
    """Return every comparison with its groups and what both conventions say, ready for JSON.

    Numbers that cannot be said are None.
    """
    found: list[Json] = []
    for attributes, rows in compared.fared(window, spec, system):
        said: Json = {
            "attributes": list(attributes),
            "groups": [_group(who, group) for who, group in rows],
        }
        if len(rows) > 1:
            said |= _conventions(rows)
        found.append(said)
    return found


def _group(who: Slice, group: Group) -> Json:
    rates = {
        name: rate(group)
        for name, rate in RATES.items()
        if name == "selection_rate" or group.labelled
    }
    counts: Json = {"n": int(group.n), "labelled": int(group.labelled)}
    return {"slice": who.as_dict(), **counts, "enough": group.n >= FEWEST, **_numbers(rates)}


def _conventions(rows: Sequence[tuple[Slice, Group]]) -> Json:
    groups = [group for _, group in rows]
    rest = [reduce(add, groups[:v] + groups[v + 1 :]) for v in range(len(groups))]
    return {
        "fairlearn": _numbers(fairlearn.disparities(groups)),
        "aif360": _numbers(aif360.inequality(groups)),
        "aif360_by_group": [
            {"unprivileged": who.as_dict(), **_numbers(aif360.disparities(group, others))}
            for (who, group), others in zip(rows, rest, strict=True)
        ],
    }


def _numbers(values: dict[str, float]) -> Json:
    return {name: v if math.isfinite(v) else None for name, v in values.items()}


def _calibration(look: Look, one: Comparison) -> list[Finding]:
    """Return how much more scores flatter one group than another, as information."""
    at = {name: k for k, name in enumerate(PARTS)}
    n, was_n = one.now[:, at["scored"]], one.was[:, at["scored"]]
    judged = np.flatnonzero((n >= FEWEST) & (was_n >= FEWEST))
    if len(judged) < 2:
        return []

    def gaps(part: Numbers) -> Numbers:
        more = part[judged, at["score_sum"]] - part[judged, at["scored_yes"]]
        return np.asarray(more / part[judged, at["scored"]])

    now, usual = gaps(one.now), gaps(one.was)
    low, high = int(now.argmin()), int(now.argmax())
    spread = one.now[judged, at["residual2"]] / n[judged] - now**2
    half = _Z * math.sqrt(float((spread / n[judged])[[low, high]].sum()))
    apart = float(np.ptp(now))
    why = (
        f"Scores less outcomes are {percent(float(now[low]))} on average of"
        f" {one.label(int(judged[low]))} and {percent(float(now[high]))} of"
        f" {one.label(int(judged[high]))} ({one.name}){_left_out(one, judged)}."
    )
    numbers = ((apart, float(np.ptp(usual))), (apart - half, apart + half))
    sizes = (n[judged].sum(), was_n[judged].sum())
    return [_fact(look, one, "calibration_difference", (*numbers, sizes), why)]


def _fact(
    look: Look,
    one: Comparison,
    measure: str,
    numbers: tuple[tuple[float, float], tuple[float, float], tuple[float, float]],
    why: str,
) -> Finding:
    (value, baseline), interval, (n, n_baseline) = numbers
    return Finding(
        layer=Layer.FAIRNESS,
        measure=measure,
        column=one.name,
        slice=EVERYONE,
        value=value,
        baseline=baseline,
        effect=value - baseline,
        interval=interval,
        threshold=SMALL,
        n=int(n),
        n_baseline=int(n_baseline),
        verdict=Verdict.OK,
        level=Level.INFO,
        why=why,
        window=look.window.span,
        alpha=SHOWN,
    )


def _left_out(one: Comparison, judged: NDArray[np.intp]) -> str:
    small = int((one.now[:, 0] > 0).sum()) - len(judged)
    return f"; {small} smaller left out" if small > 0 else ""


def _apart(low: tuple[float, float], high: tuple[float, float]) -> tuple[float, float]:
    """Return the 95 % limits of the difference of two shares, each as (k, n) (Newcombe)."""
    (low1, high1), (low2, high2) = intervals.wilson(*low), intervals.wilson(*high)
    p1, p2 = low[0] / low[1], high[0] / high[1]
    least = p2 - p1 - float(np.hypot(p2 - low2, high1 - p1))
    return least, p2 - p1 + float(np.hypot(high2 - p2, p1 - low1))
