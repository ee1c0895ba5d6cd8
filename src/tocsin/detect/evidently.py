"""Evidently's drift scores (0.7.21), number by number, for those who come from it or compare.

    psi jensenshannon kl_div hellinger          drift where the score is at least 0.1
    wasserstein (over the reference's spread) ed       the same (ed: more than 0.1)
    ks t_test mannw cramer_von_mises chisquare z       drift where p is below 0.05 (cvm: 0.1)

Distances are taken over bins that reach over both files (Sturges' rule), so scores of two windows
are not on one scale; p-values take the reference for exact (chisquare) or know no correction for
looking at many columns.  None states how often it alarms on healthy data: see `peers` in
`docs/limits.md`.  Missing values are dropped before.  Numbers are equal to Evidently's on the
D3Bench occupancy data to 1e-9 and, asked once, on 200 random tables.
Source: documentation of Evidently, "data drift"; the statistics are textbook ones.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.spatial import distance

from tocsin.detect.raw import Raw, Said, Sort, counts
from tocsin.detect.tails import Numbers

FAR, RARE = 0.1, 0.05
_BINNED_FROM = 20
"""Distinct numbers in the reference above which they are binned rather than taken one by one."""
_CODES = 10
"""Whole numbers with at most this many distinct values are categories to Evidently."""


def psi(was: Raw, now: Raw) -> Said:
    """Return the population stability index."""
    p, q = (_filled(shares) for shares in _shares(was, now))
    return _far(float(((p - q) * np.log(p / q)).sum()))


def jensenshannon(was: Raw, now: Raw) -> Said:
    """Return the Jensen-Shannon distance with natural logarithms, at most 0.833."""
    return _far(float(distance.jensenshannon(*_shares(was, now))))


def kl_div(was: Raw, now: Raw) -> Said:
    """Return the Kullback-Leibler divergence of the reference from the window, in nats."""
    p, q = (_filled(shares) for shares in _shares(was, now))
    return _far(float(stats.entropy(p, q)))


def hellinger(was: Raw, now: Raw) -> Said:
    """Return the Hellinger distance; numbers are binned by Sturges' rule over distinct values."""
    if _category(was):
        one, two = counts(was, now)
    else:
        edges = np.histogram_bin_edges(np.unique(np.r_[was.floats, now.floats]), "sturges")
        one, two = (np.histogram(x.floats, edges)[0].astype(np.float64) for x in (was, now))
    overlap = float(np.sqrt(one / one.sum() * (two / two.sum())).sum())
    return _far(math.sqrt(1 - min(overlap, 1.0)))


def wasserstein(was: Raw, now: Raw) -> Said:
    """Return the earth mover's distance over the reference's standard deviation."""
    norm = max(float(was.floats.std()), 0.001)
    return _far(float(stats.wasserstein_distance(was.floats, now.floats)) / norm)


def energy(was: Raw, now: Raw) -> Said:
    """Return the energy distance (Evidently's `ed`)."""
    value = float(stats.energy_distance(was.floats, now.floats))
    return Said(value, FAR, drifted=value > FAR, rule="drift above")


def ks(was: Raw, now: Raw) -> Said:
    """Return the p-value of Kolmogorov and Smirnov."""
    value = float(stats.ks_2samp(was.floats, now.floats).pvalue)
    return Said(value, RARE, drifted=value <= RARE, rule="drift at or below")


def t_test(was: Raw, now: Raw) -> Said:
    """Return the p-value of Student's test of two means, variances taken to be equal."""
    return _rare(float(stats.ttest_ind(was.floats, now.floats).pvalue))


def mannw(was: Raw, now: Raw) -> Said:
    """Return the one-sided p-value of Mann and Whitney: that the window lies higher."""
    return _rare(float(stats.mannwhitneyu(was.floats, now.floats, alternative="less").pvalue))


def cramer_von_mises(was: Raw, now: Raw) -> Said:
    """Return the p-value of Cramér and von Mises."""
    value = float(stats.cramervonmises_2samp(was.floats, now.floats).pvalue)
    return Said(value, FAR, drifted=value <= FAR, rule="drift at or below")


def chisquare(was: Raw, now: Raw) -> Said:
    """Return the p-value of chi-square with the reference's shares taken for exact."""
    expected, seen = counts(was, now)
    expected *= seen.sum() / expected.sum()
    with np.errstate(divide="ignore"):
        statistic = float(((seen - expected) ** 2 / expected).sum())
    return _rare(float(stats.chi2.sf(statistic, len(seen) - 1)) if len(seen) > 1 else math.nan)


def z(was: Raw, now: Raw) -> Said:
    """Return the two-sided p-value of the first value's share, pooled."""
    before, after = counts(was, now)
    if len(before) == 1:
        return _rare(1.0)
    n, m = before.sum(), after.sum()
    p, q = 1 - before[0] / n, 1 - after[0] / m
    joint = (p * n + q * m) / (n + m)
    score = (p - q) / math.sqrt(joint * (1 - joint) * (1 / n + 1 / m))
    return _rare(float(2 * (1 - stats.norm.cdf(abs(score)))))


Method = Callable[[Raw, Raw], Said]
ANY: dict[str, Method] = {
    "psi": psi,
    "jensenshannon": jensenshannon,
    "kl_div": kl_div,
    "hellinger": hellinger,
}
"""For every column."""
NUMBERS: dict[str, Method] = {
    "wasserstein": wasserstein,
    "ed": energy,
    "ks": ks,
    "t_test": t_test,
    "mannw": mannw,
    "cramer_von_mises": cramer_von_mises,
}
"""For numbers."""
CODES: dict[str, Method] = {"chisquare": chisquare, "z": z}
"""For categories and numbers of few values; `z` for two values."""


METHODS = ANY | NUMBERS | CODES


def fits(name: str, was: Raw, now: Raw) -> bool:
    """Return whether Evidently means the method for such a column."""
    if name in NUMBERS:
        return was.numeric
    if name == "z":
        return len(counts(was, now)[0]) <= 2
    return name in ANY or _category(was) or len(counts(was, now)[0]) <= 5


def _category(was: Raw) -> bool:
    if was.sort is Sort.WHOLE:
        return len(np.unique(was.known)) <= _CODES
    return not was.numeric


def _shares(was: Raw, now: Raw) -> tuple[Numbers, Numbers]:
    """Return each bin's share in the reference and in the window."""
    if _category(was) or len(np.unique(was.known)) <= _BINNED_FROM:
        one, two = counts(was, now)
    else:
        edges = np.histogram_bin_edges(np.r_[was.floats, now.floats], "sturges")
        one, two = (np.histogram(x.floats, edges)[0].astype(np.float64) for x in (was, now))
    return one / len(was.known), two / len(now.known)


def _filled(shares: Numbers) -> Numbers:
    """Return shares with something small in place of 0, which has no logarithm."""
    least = float(shares[shares > 0].min())
    return np.where(shares == 0, least / 10**6 if least <= 0.0001 else 0.0001, shares)


def _far(value: float) -> Said:
    return Said(value, FAR, drifted=value >= FAR, rule="drift from")


def _rare(value: float) -> Said:
    return Said(value, RARE, drifted=value < RARE, rule="drift below")
