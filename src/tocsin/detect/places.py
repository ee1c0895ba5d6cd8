"""Places of a cell by name, as numbers that a `Rate` can add up."""

from tocsin.ingest.system import Kind
from tocsin.profile.layout import Layout

ANSWER = {
    Kind.BINARY: ("score", ("score_hist",)),
    Kind.REGRESSION: ("estimate", ("estimate.under", "estimate.hist", "estimate.over")),
}
"""What the answers of each kind of system are called, and the places of their distribution."""


def verbatim(text: str) -> str:
    """Return a value in quotes, for a sentence that is a format.

    >>> verbatim("{a}").format()
    "'{a}'"
    """
    return repr(text).replace("{", "{{").replace("}", "}}")


def at(layout: Layout, *names: str) -> tuple[int, ...]:
    """Return all places of the named parts."""
    return tuple(k for name in names for k in range(*layout.places[name].indices(layout.width)))
