"""Groups: what a protected group got decided, in counts, and the rates that people compare.

    selection_rate  selected / n                    accuracy     (tp + tn) / labelled
    tpr             tp / (tp + fn)                  error        (fp + fn) / labelled
    fpr             fp / (fp + tn)                  ppv          tp / (tp + fp)
    calibration     mean score - share of yes, over the labelled rows that have a score

A rate of nobody is 0, as in scikit-learn and so in Fairlearn; `aif360` has its own word on that.
What is compared how is in `fairlearn` and `aif360`, both tested against those packages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import add


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Counts of one group of people.

    `n` decisions with an answer, `selected` of them yes; `tp`, `fp`, `tn`, `fn` by outcome where it
    is known.  `scored` rows have outcome and score: `score_sum` adds up their scores, `scored_yes`
    of them turned out yes.
    """

    n: float = 0
    selected: float = 0
    tp: float = 0
    fp: float = 0
    tn: float = 0
    fn: float = 0
    scored: float = 0
    scored_yes: float = 0
    score_sum: float = 0

    @property
    def labelled(self) -> float:
        """Decisions whose outcome is known."""
        return self.tp + self.fp + self.tn + self.fn

    def __add__(self, other: "Group") -> "Group":
        """Return both groups as one."""
        return Group(
            **{name: add(getattr(self, name), getattr(other, name)) for name in Group.__slots__}
        )


Rate = Callable[[Group], float]


def share(part: float, whole: float) -> float:
    """Return part / whole; 0 of nobody.

    >>> share(1, 4), share(0, 0)
    (0.25, 0.0)
    """
    return part / whole if whole > 0 else 0.0


def selection_rate(group: Group) -> float:
    """Return the share that got a yes."""
    return share(group.selected, group.n)


def tpr(group: Group) -> float:
    """Return the share of those who deserved a yes that got one."""
    return share(group.tp, group.tp + group.fn)


def fpr(group: Group) -> float:
    """Return the share of those who did not deserve a yes that got one."""
    return share(group.fp, group.fp + group.tn)


def ppv(group: Group) -> float:
    """Return the share of the yeses that were right."""
    return share(group.tp, group.tp + group.fp)


def accuracy(group: Group) -> float:
    """Return the share of decisions that were right."""
    return share(group.tp + group.tn, group.labelled)


def error(group: Group) -> float:
    """Return the share of decisions that were wrong."""
    return share(group.fp + group.fn, group.labelled)


def calibration(group: Group) -> float:
    """Return how much higher the mean score is than the share of yes among the outcomes."""
    return share(group.score_sum - group.scored_yes, group.scored)


RATES: Mapping[str, Rate] = {
    "selection_rate": selection_rate,
    "tpr": tpr,
    "fpr": fpr,
    "ppv": ppv,
    "accuracy": accuracy,
    "error": error,
    "calibration": calibration,
}
