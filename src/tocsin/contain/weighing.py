"""Weighing: how often the system is wrong, from decisions that people judged with known chances.

Routed decisions all come before people and are mostly those that are in trouble; of the others only
a share p does.  Each judged one stands for 1 / p decisions (Horvitz and Thompson):

    share = sum over strata of W_h e_h,   W_h = (n_h / p_h) / sum of all,   e_h = wrong_h / n_h

A stratum is what was chosen with one probability.  The interval puts Wilson's of each stratum
together by variance recovery, which keeps to its promise where a stratum is small:

    low = share - sqrt(sum W_h^2 (e_h - low_h)^2),   high the same upwards

Refuses: nobody judged yet: NaN.  Assumes that which of the chosen ones are judged yet does not hang
on whether the system was wrong.
Source: Horvitz & Thompson (1952), JASA 47, 663-685; Zou & Donner (2008), Stat. Med. 27, 1693-1702.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.detect.intervals import wilson


@dataclass(frozen=True, slots=True)
class Judged:
    """One decision that people judged: its chance of being chosen, and whether the system erred."""

    probability: float
    wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The share of wrong answers, 0-1, its 95 % interval, from `n` judged of `decisions` or so."""

    share: float
    interval: tuple[float, float]
    n: int
    decisions: float
    raw: float
    """The share among those that were judged: not the system's, where chances differ."""


def weigh(judged: Iterable[Judged]) -> Weighed:
    """Return how often the system is wrong.

    >>> found = weigh([Judged(1.0, True)] * 10 + [Judged(0.01, False)] * 10)
    >>> round(found.share, 4), found.raw, round(found.decisions)
    (0.0099, 0.5, 1010)
    """
    strata: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for one in judged:
        held = strata[one.probability]
        held[0] += 1
        held[1] += one.wrong
    n = sum(count for count, _ in strata.values())
    if not n:
        return Weighed(
            share=math.nan, interval=(math.nan, math.nan), n=0, decisions=0.0, raw=math.nan
        )
    decisions = math.fsum(count / p for p, (count, _) in strata.items())
    share, down, up = 0.0, 0.0, 0.0
    for p, (count, wrong) in strata.items():
        weight, e = count / p / decisions, wrong / count
        low, high = wilson(wrong, count)
        share += weight * e
        down += (weight * (e - low)) ** 2
        up += (weight * (high - e)) ** 2
    return Weighed(
        share=share,
        interval=(max(0.0, share - math.sqrt(down)), min(1.0, share + math.sqrt(up))),
        n=n,
        decisions=decisions,
        raw=sum(wrong for _, wrong in strata.values()) / n,
    )
