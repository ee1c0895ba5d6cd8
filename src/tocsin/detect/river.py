"""River's change detectors on a stream of numbers, alarm by alarm, for those who come from it.

    adwin        two parts of an adapting window whose means differ (delta 0.002)
    page_hinkley a mean that has moved by more than 50 in all, either way
    kswin        the last 30 of 100 values against 30 of the others (p at or below 0.005)

They look at single numbers in their order, without a baseline, and forget what was before an
alarm.  Only ADWIN bounds its false alarms, per look and stream.  Equal to River's documented
examples and, asked once, to River 0.26.1 on 60 random streams.
Source: Bifet & Gavaldà (2007), SDM; Page (1954), Biometrika 41; Raab, Heusinger & Schleif (2020),
Neurocomputing 416.
"""

import math
import random
import warnings
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from scipy import stats

SEED = 42


@dataclass
class Adwin:
    """Bifet's adaptive window: exponential buckets of at most 6 a row, split where means differ.

    As in River, nothing of the window is kept after an alarm.
    """

    delta: float = 0.002
    clock: int = 32
    most: int = 5
    shortest: int = 5
    grace: int = 10
    _rows: list[deque[tuple[float, float]]] = field(default_factory=lambda: [deque()])
    """Row i holds (total, spread) of buckets of 2**i values, oldest first."""
    _n: float = 0.0
    _total: float = 0.0
    _spread: float = 0.0
    _tick: int = 0

    def update(self, x: float) -> bool:
        """Take one value; return whether the window is to be cut, and if so begin anew."""
        self._rows[0].append((x, 0.0))
        self._n += 1
        if self._n > 1:
            self._spread += (self._n - 1) * (x - self._total / (self._n - 1)) ** 2 / self._n
        self._total += x
        self._compress()
        self._tick += 1
        if self._tick % self.clock or self._n <= self.grace or not self._cut():
            return False
        self.__init__(self.delta, self.clock, self.most, self.shortest, self.grace)
        return True

    def _compress(self) -> None:
        for k, row in enumerate(self._rows):
            if len(row) <= self.most:
                break
            if k + 1 == len(self._rows):
                self._rows.append(deque())
            (one, spread), (two, other) = row.popleft(), row.popleft()
            n = 2.0**k
            apart = n * n * (one / n - two / n) ** 2 / (n + n)
            self._rows[k + 1].append((one + two, spread + other + apart))

    def _cut(self) -> bool:
        """Return whether some split of the window has different means."""
        n0, total0 = 0.0, 0.0
        for k in range(len(self._rows) - 1, -1, -1):
            for place, (total, _) in enumerate(self._rows[k]):
                if k == 0 and place == len(self._rows[0]) - 1:
                    return False
                n0 += 2.0**k
                total0 += total
                n1 = self._n - n0
                if min(n0, n1) < self.shortest:
                    continue
                if self._differ(n0, n1, total0 / n0 - (self._total - total0) / n1):
                    return True
        return False

    def _differ(self, n0: float, n1: float, apart: float) -> bool:
        prime = math.log(2 * math.log(self._n) / self.delta)
        parts = 1 / (n0 - self.shortest + 1) + 1 / (n1 - self.shortest + 1)
        variance = self._spread / self._n
        return abs(apart) > math.sqrt(2 * parts * variance * prime) + 2 / 3 * prime * parts


@dataclass
class PageHinkley:
    """Page's test of a mean, both ways, with slow forgetting."""

    fewest: int = 30
    delta: float = 0.005
    threshold: float = 50.0
    alpha: float = 0.9999
    _n: int = 0
    _mean: float = 0.0
    _up: float = 0.0
    _down: float = 0.0
    _lowest: float = math.inf
    _highest: float = -1.0

    def update(self, x: float) -> bool:
        """Take one value; return whether the mean has moved, and if so begin anew."""
        self._n += 1
        self._mean += (x - self._mean) / self._n
        self._up = self.alpha * self._up + (x - self._mean) - self.delta
        self._down = self.alpha * self._down + (x - self._mean) + self.delta
        self._lowest = min(self._lowest, self._up)
        self._highest = max(self._highest, self._down)
        moved = max(self._up - self._lowest, self._highest - self._down)
        if self._n < self.fewest or moved <= self.threshold:
            return False
        self.__init__(self.fewest, self.delta, self.threshold, self.alpha)
        return True


@dataclass
class Kswin:
    """Kolmogorov and Smirnov's test of the newest values against as many drawn from the others.

    After an alarm both the values and the drawing begin anew.
    """

    seed: int
    alpha: float = 0.005
    width: int = 100
    newest: int = 30
    _window: deque[float] = field(default_factory=deque[float])
    _rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Begin to draw."""
        self._rng = random.Random(self.seed)  # noqa: S311 - the peer's own generator

    def update(self, x: float) -> bool:
        """Take one value; return whether the newest ones differ."""
        self._window.append(x)
        if len(self._window) > self.width:
            self._window.popleft()
        if len(self._window) < self.width:
            return False
        old = self.width - self.newest
        drawn = [self._window[k] for k in self._rng.sample(range(old), self.newest)]
        recent = list(islice(self._window, old, self.width))
        with warnings.catch_warnings():  # the exact p-value may give way to the asymptotic one
            warnings.simplefilter("ignore", RuntimeWarning)
            test = stats.ks_2samp(drawn, recent)
        if test.pvalue > self.alpha or test.statistic <= 0.1:
            return False
        self._window.clear()
        self._rng.seed(self.seed)
        return True


DETECTORS: dict[str, Callable[[], "Adwin | PageHinkley | Kswin"]] = {
    "adwin": Adwin,
    "page_hinkley": PageHinkley,
    "kswin": lambda: Kswin(SEED),
}


def alarms(detector: "Adwin | PageHinkley | Kswin", stream: Iterable[float]) -> list[int]:
    """Return the places in a stream at which a detector calls."""
    return [place for place, x in enumerate(stream) if detector.update(x)]
