"""The alarm budget: the one knob, false pages a month, turned into an error rate per look.

    alpha = false_pages_per_month / (looks_per_month × monitors)

This is Bonferroni's inequality in time and over monitors.  By linearity of expectation the mean
number of false alarms a month stays within the budget however the monitors depend on one another
and however much successive windows overlap; dependence only makes it stay further below.

Harm can page by itself, quality and drift are tickets.  Each of the two kinds has a budget of its
own, so that many watched inputs do not make the monitors of harm deaf: a false page a month and a
false ticket a week, unless configured otherwise.

The rate holds as far as each monitor's interval holds its own: see `tails` (Chernoff bounds for
counts, nominal large-sample tails for AUC and divergence) and the simulations in `tests/detect`.
"""

from dataclasses import dataclass

from tocsin.base.errors import BadInput

_MONTH_S = 30 * 86400
FALSE_PAGES, FALSE_TICKETS = 1.0, 4.0
"""A month, unless configured otherwise."""
WINDOW, LASTING, SEARCH = 0.5, 0.35, 0.15
"""How one window's tests, evidence over many, and the search for slices share a budget."""


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
