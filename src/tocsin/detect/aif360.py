"""Disparities in AIF360's convention: signed, unprivileged less (or over) privileged.

Equal to AIF360 0.6.1 to 1e-12, which was compared once on a thousand tables; the package is heavy,
so `tests/detect/test_aif360.py` compares with its published formulas, written out over rows.

Its rates of nobody: PPV, FOR, FDR and accuracy are 0, but TPR, FPR, FNR and the selection rate are
NaN, and a ratio over 0 is infinite (0 / 0 NaN).
Source: Bellamy et al. (2019), IBM J. Res. Dev. 63(4/5); Foulds et al. (2020), ICDE (smoothed
differential fairness); Speicher et al. (2018), KDD (generalised entropy).
"""

import math
from collections.abc import Sequence
from functools import reduce
from operator import add

from tocsin.detect.groups import Group, accuracy, ppv, share

NAN = float("nan")
CONCENTRATION = 1.0
"""Of the Dirichlet prior that smooths the rates of small groups."""


def disparities(unprivileged: Group, privileged: Group) -> dict[str, float]:
    """Return every disparity of two groups by AIF360's name."""
    ours, theirs = _rates(unprivileged), _rates(privileged)
    apart = {name: ours[name] - theirs[name] for name in ours}
    over = {name: _over(ours[name], theirs[name]) for name in ours}
    odds = (apart["false_positive_rate"], apart["true_positive_rate"])
    said = {
        "statistical_parity_difference": apart["selection_rate"],
        "disparate_impact": over["selection_rate"],
        "equal_opportunity_difference": apart["true_positive_rate"],
        "average_odds_difference": 0.5 * sum(odds),
        "average_abs_odds_difference": 0.5 * sum(map(abs, odds)),
        # the order in which AIF360 compares decides what NaN does
        "equalized_odds_difference": max(abs(odds[0]), abs(odds[1])),
        "average_predictive_value_difference": 0.5
        * (apart["positive_predictive_value"] + apart["false_omission_rate"]),
        "error_rate_ratio": over["error_rate"],
    }
    for name in ("false_positive", "false_negative", "false_omission", "false_discovery"):
        said[f"{name}_rate_ratio"] = over[f"{name}_rate"]
        said[f"{name}_rate_difference"] = apart[f"{name}_rate"]
    said |= {f"{name}_difference": apart[name] for name in ("accuracy", "error_rate")}
    return said


def smoothed_edf(groups: Sequence[Group], concentration: float = CONCENTRATION) -> float:
    """Return AIF360's `smoothed_empirical_differential_fairness` of the decisions, >= 0.

    The largest |ln| of the ratio of two groups' smoothed rates, of yes and of no.  Two at least.
    """
    rates = [(g.selected + concentration / 2) / (g.n + concentration) for g in groups]
    logs = [sorted(map(math.log, some)) for some in (rates, [1 - rate for rate in rates])]
    return max(some[-1] - some[0] for some in logs)


def generalized_entropy(group: Group, alpha: float = 2) -> float:
    """Return AIF360's `generalized_entropy_index` of benefits b = answer - outcome + 1.

    `alpha` 1 is Theil's index; 0 is not offered, since any b of 0 makes it infinite.
    """
    counts = ((0.0, group.fn), (1.0, group.tp + group.tn), (2.0, group.fp))
    return _entropy(counts, alpha)


def between_group_entropy(groups: Sequence[Group], alpha: float = 2) -> float:
    """Return the part of it that lies between groups: everybody's b is their group's mean."""
    return _entropy(
        [(1 + share(g.fp - g.fn, g.labelled), g.labelled) for g in groups if g.labelled], alpha
    )


def inequality(groups: Sequence[Group]) -> dict[str, float]:
    """Return what AIF360 says of all groups together, by its names."""
    everyone = reduce(add, groups)
    said = {"smoothed_empirical_differential_fairness": smoothed_edf(groups)}
    if everyone.labelled:
        said |= {
            "generalized_entropy_index": generalized_entropy(everyone),
            "theil_index": generalized_entropy(everyone, 1),
            "between_all_groups_generalized_entropy_index": between_group_entropy(groups),
        }
    return said


def _rates(group: Group) -> dict[str, float]:
    return {
        "selection_rate": _over(group.selected, group.n),
        "true_positive_rate": _over(group.tp, group.tp + group.fn),
        "false_positive_rate": _over(group.fp, group.fp + group.tn),
        "false_negative_rate": _over(group.fn, group.tp + group.fn),
        "positive_predictive_value": ppv(group),
        "false_discovery_rate": share(group.fp, group.fp + group.tp),
        "false_omission_rate": share(group.fn, group.fn + group.tn),
        "accuracy": accuracy(group),
        "error_rate": 1 - accuracy(group),
    }


def _entropy(benefits: Sequence[tuple[float, float]], alpha: float) -> float:
    n = sum(count for _, count in benefits)
    mean = share(sum(b * count for b, count in benefits), n)
    if mean == 0:
        return NAN
    parts = [(b / mean, count / n) for b, count in benefits if count]
    if alpha == 1:
        return sum(weight * x * math.log(x) for x, weight in parts if x > 0)
    return sum(weight * (x**alpha - 1) for x, weight in parts) / (alpha * (alpha - 1))


def _over(part: float, whole: float) -> float:
    if whole == 0:
        return NAN if part == 0 or math.isnan(part) else math.inf
    return part / whole
