"""Random small tables of decisions about groups, one row a decision, and their counts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.detect.groups import Group

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """Rows: which group, what turned out to be true, what was decided, with what score."""

    group: Ints
    truth: Ints
    answer: Ints
    score: NDArray[np.float64]

    def counted(self) -> list[Group]:
        """Return the counts of each group, by its number."""
        return [self._one(self.group == number) for number in np.unique(self.group)]

    def _one(self, inside: NDArray[np.bool_]) -> Group:
        truth, answer, score = self.truth[inside], self.answer[inside], self.score[inside]
        return Group(
            n=len(truth),
            selected=float(answer.sum()),
            tp=float((truth & answer).sum()),
            fp=float(((1 - truth) & answer).sum()),
            tn=float(((1 - truth) & (1 - answer)).sum()),
            fn=float((truth & (1 - answer)).sum()),
            scored=len(truth),
            scored_yes=float(truth.sum()),
            score_sum=float(score.sum()),
        )


def tables(how_many: int, seed: int) -> Iterator[Table]:
    """Yield tables of 2 to 5 groups; some lack positives, negatives, yeses or noes altogether."""
    r = np.random.default_rng(seed)
    for _ in range(how_many):
        groups, n = int(r.integers(2, 6)), int(r.integers(8, 150))
        shares = r.choice([0.02, 0.3, 0.5, 0.97], 2)
        yield Table(
            np.concatenate([np.arange(groups), r.integers(0, groups, n - groups)]),
            (r.random(n) < shares[0]).astype(np.int64),
            (r.random(n) < shares[1]).astype(np.int64),
            r.random(n),
        )
