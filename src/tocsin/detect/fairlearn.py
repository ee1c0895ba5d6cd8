"""Disparities in Fairlearn's convention: unsigned, over all groups, a rate of nobody is 0.

Equal to Fairlearn's `MetricFrame` and fairness metrics to 1e-12 (`tests/detect/test_fairlearn.py`
compares a thousand tables); that holds for what they do with NaN as well.

    difference  between groups: highest - lowest      to overall: farthest from the rate of all
    ratio       between groups: lowest / highest      to overall: the same, folded to at most 1

Source: Bird et al. (2020), Microsoft MSR-TR-2020-32; Weerts et al. (2023), JMLR 24(257).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import reduce
from operator import add

from tocsin.detect.groups import RATES, Group, Rate, fpr, selection_rate, tpr

NAN = float("nan")


class To(StrEnum):
    """What each group is compared with."""

    GROUPS = "between_groups"
    OVERALL = "to_overall"


def difference(groups: Sequence[Group], rate: Rate, to: To = To.GROUPS) -> float:
    """Return the largest difference of a rate, >= 0; at least one group.

    >>> from tocsin.detect.groups import selection_rate
    >>> pair = [Group(n=4, selected=3), Group(n=10, selected=4)]
    >>> round(difference(pair, selection_rate), 2)
    0.35
    """
    rates = [rate(group) for group in groups]
    base = min(rates) if to is To.GROUPS else rate(reduce(add, groups))
    return max(abs(one - base) for one in rates)


def ratio(groups: Sequence[Group], rate: Rate, to: To = To.GROUPS) -> float:
    """Return the smallest ratio of a rate, <= 1; NaN where the rate is 0 for all.

    >>> from tocsin.detect.groups import selection_rate
    >>> ratio([Group(n=4, selected=3), Group(n=10, selected=6)], selection_rate).__round__(2)
    0.8
    """
    rates = [rate(group) for group in groups]
    if to is To.GROUPS:
        return _over(min(rates), max(rates))
    overall = rate(reduce(add, groups))
    return _lowest(_folded(_over(one, overall)) for one in rates)


def demographic_parity_difference(groups: Sequence[Group], to: To = To.GROUPS) -> float:
    """Return the largest difference of selection rates."""
    return difference(groups, selection_rate, to)


def demographic_parity_ratio(groups: Sequence[Group], to: To = To.GROUPS) -> float:
    """Return the smallest ratio of selection rates: what the four-fifths rule looks at."""
    return ratio(groups, selection_rate, to)


def equalized_odds_difference(
    groups: Sequence[Group], to: To = To.GROUPS, *, mean: bool = False
) -> float:
    """Return the larger difference of TPR and FPR, or their mean."""
    return (_mean if mean else max)([difference(groups, rate, to) for rate in (tpr, fpr)])


def equalized_odds_ratio(
    groups: Sequence[Group], to: To = To.GROUPS, *, mean: bool = False
) -> float:
    """Return the smaller ratio of TPR and FPR, or the mean of those that there are.

    As in Fairlearn, a TPR of 0 for all makes the smaller one NaN, an FPR of 0 for all is passed by.
    """
    return (_mean if mean else min)([ratio(groups, rate, to) for rate in (tpr, fpr)])


def equal_opportunity_difference(groups: Sequence[Group], to: To = To.GROUPS) -> float:
    """Return the largest difference of TPR."""
    return difference(groups, tpr, to)


def equal_opportunity_ratio(groups: Sequence[Group], to: To = To.GROUPS) -> float:
    """Return the smallest ratio of TPR."""
    return ratio(groups, tpr, to)


Disparity = Callable[[Sequence[Group]], float]
_NAMED: tuple[Disparity, ...] = (
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
)


def disparities(groups: Sequence[Group]) -> dict[str, float]:
    """Return every disparity of some groups by Fairlearn's name; the rates' under `<rate>_...`."""
    found = {one.__name__: one(groups) for one in _NAMED}
    for name, rate in RATES.items():
        for to in To:
            found[f"{name}_difference_{to}"] = difference(groups, rate, to)
            if name != "calibration":  # a signed gap has no ratio
                found[f"{name}_ratio_{to}"] = ratio(groups, rate, to)
    return found


def _over(part: float, whole: float) -> float:
    """Return part / whole as IEEE has it: 0 / 0 is NaN."""
    if whole == 0:
        return NAN if part == 0 else math.inf
    return part / whole


def _folded(one: float) -> float:
    return 1 / one if one > 1 else one


def _lowest(ratios: Iterable[float]) -> float:
    return min((one for one in ratios if not math.isnan(one)), default=NAN)


def _mean(values: Sequence[float]) -> float:
    known = [one for one in values if not math.isnan(one)]
    return sum(known) / len(known) if known else NAN
