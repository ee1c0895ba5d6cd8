"""Onset: in which bucket the harm began, as a probability for each bucket.

From the bucket tau on, the count of harmful events is Poisson with mean r times what was expected;
before, r is 1.  With r ~ Gamma(a, b) the evidence for tau, from the sums O and E of the observed
and expected counts at and after tau, divided by the over-dispersion phi, is

    ln m(tau) = a ln b - lgamma(a) + lgamma(a + O) - (a + O) ln(b + E) + E            [nats]

and P(tau) is proportional to exp(ln m(tau)).  a = 2, b = 1 puts r around 1 with a long tail; rises
and drops are the same formula.  It assumes that there was *one* onset and that it lies inside the
series; whether there was one at all is for the monitors to say.

Source: the Gamma-Poisson marginal likelihood of one change point, e.g. Raftery and Akman (1986),
Biometrika 73, 85-89.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from tocsin.base.errors import BadInput


@dataclass(frozen=True, slots=True)
class Onset:
    """Where the harm began among the buckets of a series."""

    probability: tuple[float, ...]
    """P(onset in bucket k), adding up to 1."""

    @property
    def likeliest(self) -> int:
        """The index of the most probable bucket; the earliest of equals."""
        return int(np.argmax(self.probability))

    def credible(self, mass: float = 0.9) -> tuple[int, int]:
        """Return the first and last bucket of the shortest run that holds at least `mass`.

        >>> Onset((0.02, 0.5, 0.45, 0.03)).credible(0.9)
        (1, 2)
        """
        upto = np.concatenate([[0.0], np.cumsum(self.probability)])
        for length in range(1, len(self.probability) + 1):
            inside = upto[length:] - upto[:-length]
            best = int(np.argmax(inside))
            if inside[best] >= mass - 1e-12:
                return best, best + length - 1
        return 0, len(self.probability) - 1


def onset(
    observed: Sequence[float],
    expected: Sequence[float],
    *,
    phi: float = 1.0,
    shape: float = 2.0,
    rate: float = 1.0,
) -> Onset:
    """Return the posterior over the bucket in which the rate of events changed.

    Args:
        observed: events per bucket in time order, length T >= 1, each >= 0.
        expected: events per bucket if all were well, same length, each >= 0.
        phi: over-dispersion of the counts, >= 1.
        shape: `a` of the prior on the rate ratio, > 0.
        rate: `b` of the prior on the rate ratio, > 0.

    Raises:
        BadInput: no buckets, different lengths, a negative or missing count, or a parameter out
            of range.

    >>> o = onset([5, 4, 6, 15, 14, 16], [5, 5, 5, 5, 5, 5])
    >>> o.likeliest, round(sum(o.probability), 6)
    (3, 1.0)
    """
    counts = np.asarray(observed, float)
    normal = np.asarray(expected, float)
    if counts.ndim != 1 or counts.shape != normal.shape or not counts.size:
        raise BadInput(f"{len(observed)} observed and {len(expected)} expected", where="onset")
    both = np.concatenate([counts, normal])
    if not np.all(np.isfinite(both)) or np.any(both < 0):
        raise BadInput("a count is negative or missing", where="onset")
    if phi < 1 or shape <= 0 or rate <= 0:
        raise BadInput(f"phi {phi}, shape {shape}, rate {rate}", where="onset")
    o, e = _from(counts / phi), _from(normal / phi)
    ln_m = gammaln(shape + o) - (shape + o) * np.log(rate + e) + e
    weights = np.exp(ln_m - ln_m.max())
    return Onset(tuple((weights / weights.sum()).tolist()))


def _from(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each bucket the sum at and after it."""
    return np.cumsum(counts[::-1])[::-1]
