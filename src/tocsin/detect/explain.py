"""Explain: does a finding that is computed again say what was said, to the last digit?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.base.errors import NotFound
from tocsin.base.phrases import listing
from tocsin.detect.finding import Finding
from tocsin.detect.picture import Picture

NUMBERS = (
    *("value", "baseline", "effect", "interval", "threshold", "n", "n_baseline"),
    *("evidence", "alpha", "verdict", "level"),
)
"""What must be equal, by the names in a report."""
Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A stored finding, and the picture of the same computed again from what was known then.

    `differs` names the numbers that came out otherwise; empty: all are equal to the last digit.
    Where it could not be computed again, `obstacle` says why, and the picture is of what was said.
    """

    said: Finding
    picture: Picture
    differs: tuple[str, ...] = ()
    obstacle: str = ""

    @property
    def same(self) -> bool:
        """Whether it was computed again with every number equal."""
        return not self.differs and not self.obstacle

    @property
    def verdict(self) -> str:
        """Whether the numbers were the same, in words."""
        return f"Not computed again: {self.obstacle}" if self.obstacle else verdict_on(self.differs)


def differs(said: Facts, again: Facts) -> tuple[str, ...]:
    """Return the names of the numbers of one finding that are not equal, bit by bit.

    Args:
        said: as `check.facts_of` or a JSON report has it; what it lacks is not compared.
        again: the same, computed again.

    >>> differs({"value": 0.1, "n": 5}, {"value": 0.1, "n": 6})
    ('n',)
    """
    return tuple(name for name in NUMBERS if name in said and said[name] != again.get(name))


def verdict_on(names: Sequence[str]) -> str:
    """Return in words whether the numbers were the same.

    >>> verdict_on(())
    'Computed again: every number is the stored one, to the last digit.'
    """
    if not names:
        return "Computed again: every number is the stored one, to the last digit."
    return f"Computed again, it differs from what was stored in {listing(names)}."


def wanted(findings: Sequence[Finding], name: str) -> Finding:
    """Return the finding called `name`: its number in the list, from 1, or its key.

    Raises:
        NotFound: there is none, with the keys that come close.
    """
    if name.isdecimal() and 1 <= int(name) <= len(findings):
        return findings[int(name) - 1]
    for finding in findings:
        if finding.key == name:
            return finding
    close = [finding.key for finding in findings if name and name in finding.key][:5]
    do = f"; did you mean {listing(close)}?" if close else ""
    raise NotFound(f"no finding is called {name!r}; there are {len(findings)}, numbered from 1{do}")
