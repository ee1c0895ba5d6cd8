"""The alarm budget: the one knob, false pages a month, turned into an error rate per look.

    alpha = share · false_pages_per_month / (looks_per_month · questions)

This is Bonferroni's inequality in time and over questions.  By linearity of expectation the mean
number of false alarms a month stays within the budget however the questions depend on one another
and however much successive windows overlap; dependence only makes it stay further below.

Bonferroni's inequality may be weighted: `HALF` of a budget is shared by the questions about
everyone, the other half by those about slices (groups of people that are compared among them).  A
question about everyone is asked of the most rows and answers for all of them, and sixty slices
beside it would leave it a sixtieth; to a slice its half costs a factor of two, as much as twice as
many slices.  Where only one of the two is asked, it has all.

Harm can page by itself, quality and drift are tickets.  Each of the two kinds has a budget of its
own, so that many watched inputs do not make the monitors of harm deaf: a false page a month and a
false ticket a week, unless configured otherwise.

The rate holds as far as each monitor's interval holds its own: see `tails` (Chernoff bounds for
counts, nominal large-sample tails for AUC and divergence) and the simulations in `tests/detect`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.tails import Numbers

_MONTH_S = 30 * 86400
FALSE_PAGES, FALSE_TICKETS = 1.0, 4.0
"""A month, unless configured otherwise."""
WINDOW, LASTING, SEARCH = 0.5, 0.35, 0.15
"""How one window's tests, evidence over many, and the search for slices share a budget."""
HALF = 0.5
"""The part of a budget that is everyone's where slices are asked about too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How many questions of one kind a look asks: about everyone, and about all slices together."""

    everyone: int = 0
    slices: int = 0

    @classmethod
    def of_each(cls, questions: int, slices: int) -> "Asked":
        """Return so many questions of everyone and of each of so many slices."""
        return cls(questions, questions * slices)

    def __add__(self, other: "Asked") -> "Asked":
        """Return the questions of both."""
        return Asked(self.everyone + other.everyone, self.slices + other.slices)

    @property
    def total(self) -> int:
        """All of them."""
        return self.everyone + self.slices

    @property
    def share(self) -> float:
        """The part of a budget that each of the two has."""
        return HALF if self.everyone and self.slices else 1.0


@dataclass(frozen=True, slots=True)
class Alphas:
    """The error rate of one question about everyone, and of one about a slice, 0-1."""

    everyone: float
    slice: float

    @classmethod
    def alike(cls, alpha: float) -> "Alphas":
        """Return the same rate for both."""
        return cls(alpha, alpha)

    def of(self, slice_: Slice) -> float:
        """Return the rate of one question about `slice_`."""
        return self.everyone if slice_ == EVERYONE else self.slice

    def rows(self, slices: Sequence[Slice]) -> Numbers:
        """Return the rates of one question about each of `slices`, a column (slices, 1)."""
        return np.array([[self.of(slice_)] for slice_ in slices])


@dataclass(frozen=True, slots=True)
class Budget:
    """How many false alarms people accept a month, and how often the monitors look."""

    false_pages_per_month: float
    looks_per_month: float
    false_tickets_per_month: float | None = None
    """None: as many as pages."""

    @classmethod
    def of(
        cls,
        false_pages_per_month: float,
        every_s: float,
        false_tickets_per_month: float = FALSE_TICKETS,
    ) -> "Budget":
        """Return the budget of monitors that look once in `every_s` seconds."""
        return cls(false_pages_per_month, _MONTH_S / every_s, false_tickets_per_month)

    @property
    def tickets(self) -> "Budget":
        """The budget of those monitors whose alarms are tickets."""
        own = self.false_tickets_per_month
        return Budget(self.false_pages_per_month if own is None else own, self.looks_per_month)

    def alpha(self, monitors: int, part: float = 1.0) -> float:
        """Return the error rate of one look of one of `monitors`, which share `part` of it."""
        return alpha_per_look(self.false_pages_per_month * part, self.looks_per_month, monitors)

    def alphas(self, asked: Asked, part: float = 1.0) -> Alphas:
        """Return the error rates of one look's questions, which share `part` of it."""
        each = part * asked.share
        return Alphas(self.alpha(asked.everyone, each), self.alpha(asked.slices, each))


def alpha_per_look(false_pages_per_month: float, looks_per_month: float, monitors: int) -> float:
    """Return the chance of a false alarm that one monitor may have at one look, at most 0.05.

    Args:
        false_pages_per_month: the budget over all monitors together, > 0.
        looks_per_month: how often each monitor looks, > 0.
        monitors: how many there are; 0 counts as 1.

    Raises:
        BadInput: a number is not positive.

    >>> f"{alpha_per_look(1, 30, 1000):.2g}"
    '3.3e-05'
    """
    if false_pages_per_month <= 0 or looks_per_month <= 0:
        raise BadInput(
            f"{false_pages_per_month} false pages in {looks_per_month} looks a month",
            where="alarm budget",
            do="both must be positive",
        )
    return min(0.05, false_pages_per_month / (looks_per_month * max(1, monitors)))
