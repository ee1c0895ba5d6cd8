"""NannyML's univariate drift (0.13.1), number by number, for those who come from it or compare.

A file is cut into chunks of a tenth of its rows each, the remainder a chunk of its own; a chunk is
drifted where its distance from the whole reference lies beyond the mean of the reference's own
chunks by three of their standard deviations (chi2: where p is below 0.05).

    jensen_shannon hellinger         any column (numbers: Doane's bins of the reference)
    wasserstein kolmogorov_smirnov   numbers (10,000 equal bins where the reference has 10,000 rows)
    chi2 l_infinity                  categories

With ten chunks the limit is itself uncertain, so its false-alarm rate is not the 0.1 % that three
deviations suggest; none is stated.  Numbers are equal to NannyML's on the D3Bench occupancy data to
1e-9 (mean over ten chunks, cut as it did then) and, asked once, on 200 random tables.
Source: documentation of NannyML, "univariate drift"; the distances are textbook ones.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats
from scipy.spatial import distance

from tocsin.detect.raw import Raw, Said, counts
from tocsin.detect.tails import Numbers

CHUNKS = 10
DEVIATIONS = 3.0
RARE = 0.05
_BINS, _BINNED_FROM = 10_000, 10_000
Distance = Callable[[Raw], float]
"""Of one chunk from the reference; NaN where it holds no value."""
Fit = Callable[[Raw], Distance]


def chunks(column: Raw, how_many: int = CHUNKS) -> list[Raw]:
    """Return a column in so many chunks of one size, and one more with what remains."""
    size = max(1, len(column) // how_many)
    return [column.part(start, start + size) for start in range(0, len(column), size)]


def jensen_shannon(reference: Raw) -> Distance:
    """Return the Jensen-Shannon distance, base 2, 0-1."""
    return _over_bins(reference, lambda p, q: float(distance.jensenshannon(p, q, base=2)))


def hellinger(reference: Raw) -> Distance:
    """Return the Hellinger distance, 0-1."""
    return _over_bins(
        reference,
        lambda p, q: float(np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum()) / math.sqrt(2)),
    )


def kolmogorov_smirnov(reference: Raw) -> Distance:
    """Return the largest difference of the two distribution functions, 0-1."""
    known = reference.floats
    if len(known) < _BINNED_FROM:
        return lambda chunk: float(stats.ks_2samp(known, chunk.floats).statistic)
    edges = np.linspace(float(known.min()), float(known.max()), _BINS + 1)
    usual = np.cumsum(np.histogram(known, edges)[0] / len(known))

    def apart(chunk: Raw) -> float:
        values = chunk.floats
        below = float((values < edges[0]).mean())
        return float(
            np.abs(usual - below - np.cumsum(np.histogram(values, edges)[0] / len(values))).max()
        )

    return apart


def wasserstein(reference: Raw) -> Distance:
    """Return the earth mover's distance, in the column's unit."""
    known = reference.floats
    if len(known) < _BINNED_FROM:
        return lambda chunk: float(stats.wasserstein_distance(known, chunk.floats))
    seen, edges = np.histogram(known, _BINS)
    usual, width = np.cumsum(seen / len(known)), edges[1] - edges[0]

    def apart(chunk: Raw) -> float:
        values = chunk.floats
        below, above = values[values < edges[0]], values[values > edges[-1]]
        # NannyML counts one row more on either side: the border itself joins the values beyond it
        share_below = (len(below) + 1) / len(values) if len(below) else 0.0
        share_above = (len(above) + 1) / len(values) if len(above) else 0.0
        inside = share_below + np.cumsum(np.histogram(values, edges)[0] / len(values))
        return float(
            (np.abs(usual - inside) * width).sum()
            + share_below * _mean_gap(edges[0], below)
            + share_above * _mean_gap(edges[-1], above)
        )

    return apart


def l_infinity(reference: Raw) -> Distance:
    """Return the largest change of one category's share, 0-1."""

    def apart(chunk: Raw) -> float:
        was, now = counts(reference, chunk)
        return float(np.abs(was / was.sum() - now / now.sum()).max())

    return apart


def chi2(reference: Raw) -> Distance:
    """Return the chi-square statistic of the table of categories by reference and chunk."""

    def apart(chunk: Raw) -> float:
        return float(stats.chi2_contingency(np.stack(counts(reference, chunk), axis=1)).statistic)

    return apart


ANY: dict[str, Fit] = {"jensen_shannon": jensen_shannon, "hellinger": hellinger}
NUMBERS: dict[str, Fit] = {"wasserstein": wasserstein, "kolmogorov_smirnov": kolmogorov_smirnov}
CATEGORIES: dict[str, Fit] = {"chi2": chi2, "l_infinity": l_infinity}
METHODS = ANY | NUMBERS | CATEGORIES


def fits(name: str, was: Raw) -> bool:
    """Return whether NannyML offers the method for such a column."""
    return name in ANY or (name in NUMBERS) == was.numeric


def distances(name: str, reference: Raw, parts: Sequence[Raw]) -> Numbers:
    """Return each part's distance from the reference; NaN for a part without values."""
    apart = METHODS[name](reference)
    return np.array([apart(part) if part.there.any() else math.nan for part in parts])


def said(name: str, reference: Raw, current: Raw) -> Said:
    """Return the mean over the current chunks, and how many of them NannyML calls drifted.

    Columns of at least one value each.
    """
    parts = [part for part in chunks(current) if part.there.any()]
    now = distances(name, reference, parts)
    if name == "chi2":
        p = [_p_value(reference, part) for part in parts]
        beyond, limit = sum(one < RARE for one in p), math.nan
        rule = f"{beyond} of {len(parts)} chunks with p below {RARE}"
    else:
        usual = distances(name, reference, chunks(reference))
        limit = float(np.nanmean(usual) + DEVIATIONS * np.nanstd(usual))
        if name == "kolmogorov_smirnov":
            limit = min(limit, 1.0)
        beyond = int((now > limit).sum())
        rule = f"{beyond} of {len(parts)} chunks above"
    return Said(float(now.mean()), limit, drifted=beyond > 0, rule=rule, more="mean over chunks")


def _over_bins(reference: Raw, apart: Callable[[Numbers, Numbers], float]) -> Distance:
    """Return a distance of shares of bins, what is in no bin of the reference together in one."""
    if reference.numeric:
        edges = np.histogram_bin_edges(reference.floats, "doane")
        usual = np.histogram(reference.floats, edges)[0] / len(reference.floats)

        def shares(chunk: Raw) -> Numbers:
            return np.histogram(chunk.floats, edges)[0] / len(chunk.floats)
    else:
        values, seen = np.unique(reference.known, return_counts=True)
        usual = seen / len(reference.known)

        def shares(chunk: Raw) -> Numbers:
            found, times = np.unique(chunk.known, return_counts=True)
            place = np.searchsorted(values, found)
            place[place == len(values)] = 0
            ours = values[place] == found
            sums = np.zeros(len(values))
            sums[place[ours]] = times[ours]
            return sums / len(chunk.known)

    def whole(chunk: Raw) -> float:
        q = shares(chunk)
        rest = 1 - float(q.sum())
        if rest > 0:
            return apart(np.append(usual, 0.0), np.append(q, rest))
        return apart(usual, q)

    return whole


def _mean_gap(border: float, values: Numbers) -> float:
    """Return the mean distance from a border of the values beyond it and of the border itself."""
    return float(np.abs(values - border).sum()) / (len(values) + 1)


def _p_value(reference: Raw, chunk: Raw) -> float:
    return float(stats.chi2_contingency(np.stack(counts(reference, chunk), axis=1)).pvalue)
