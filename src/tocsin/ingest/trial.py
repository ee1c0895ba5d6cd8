"""Trial: what is asked of a new version before it replaces the one that serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tocsin.base.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The terms; harm in differences of shares, 0-1: 0.01 is one point.

    Raises:
        BadInput: the bounds do not fit together.
    """

    least: float = 0.002
    """Harm too small to abort for."""
    most: float = 0.01
    """Harm to everyone that is borne."""
    in_slice: float = 0.03
    """Harm to one slice that is borne."""
    share: float = 0.05
    """Part of the candidate's decisions from which on a slice must be proven."""
    error: float = 0.05
    """Chance of a wrong abortion, and that of a wrong promotion."""
    lasts: timedelta = timedelta(days=1)
    """How long both must have served before it may be promoted: nights differ from days."""
    most_of: Mapping[str, float] = field(default_factory=dict[str, float])
    """`most` of single measures, by name."""

    def __post_init__(self) -> None:
        """Check that the bounds fit together."""
        if not 0 <= self.least < min([self.most, self.in_slice, *self.most_of.values()]):
            raise BadInput(
                f"least {self.least} is not below what is borne",
                where="canary",
                do="set least below most, in_slice and every most_of",
            )
        if not 0 < self.error < 1:
            raise BadInput(f"error {self.error}", where="canary", do="use a chance between 0 and 1")

    def borne(self, measure: str, *, by_everyone: bool) -> float:
        """Return the harm by one measure that is borne by everyone, or by one slice."""
        most = self.most_of.get(measure, self.most)
        return most if by_everyone else max(most, self.in_slice)
