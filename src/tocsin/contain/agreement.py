"""Agreement: do two people who judge the same decision apart come to the same answer?

    share   = agreeing pairs / pairs                                      with Wilson's interval
    kappa   = (share - chance) / (1 - chance),  chance = sum over answers of p_i. p_.i

Kappa is 1 where they always agree, 0 where they agree as often as two who guess by their own rates.
Its interval is the share's, brought over by the same formula: in simulations of 20 to 1,000 pairs
it held the truth in 94 to 97 of 100, where the usual variance (Fleiss, Cohen & Everitt, 1969) held
it in 47 to 95 and shrinks to nothing where everybody agreed.

Refuses: pairs that all hold one answer have no kappa.
Source: Cohen (1960), Educ. Psychol. Meas. 20, 37-46; Wilson (1927), JASA 22, 209-212.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.detect.intervals import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Of `n` pairs; NaN stands for what cannot be said.  Intervals are of 95 %."""

    n: int
    share: float
    interval: tuple[float, float]
    kappa: float
    kappa_interval: tuple[float, float]


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Return how well the first and second answers of `pairs` agree.

    Args:
        pairs: canonical answers of two people about one decision each.

    >>> found = agreement([("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10
    ...                   + [("no", "no")] * 15)
    >>> round(found.share, 2), round(found.kappa, 2)
    (0.7, 0.4)
    """
    n = len(pairs)
    agreeing = sum(one == other for one, other in pairs)
    unsaid = (math.nan, math.nan)
    if not n:
        return Agreement(
            n=0, share=math.nan, interval=(0.0, 1.0), kappa=math.nan, kappa_interval=unsaid
        )
    share, interval = agreeing / n, wilson(agreeing, n)
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    answers = set(first) | set(second)
    p1, p2 = ({answer: of[answer] / n for answer in answers} for of in (first, second))
    chance = math.fsum(p1[answer] * p2[answer] for answer in answers)
    if chance >= 1:
        return Agreement(n=n, share=share, interval=interval, kappa=math.nan, kappa_interval=unsaid)

    def kappa(agreed: float) -> float:
        return max(-1.0, (agreed - chance) / (1 - chance))

    low, high = interval
    return Agreement(
        n=n,
        share=share,
        interval=interval,
        kappa=kappa(share),
        kappa_interval=(kappa(low), kappa(high)),
    )
