"""Places of a cell by name, as numbers that a `Rate` can add up; the columns that are inputs."""

from tocsin.ingest.system import Kind
from tocsin.profile import views
from tocsin.profile.layout import Layout
from tocsin.profile.spec import Spec

ANSWER = {
    Kind.BINARY: ("score", ("score_hist",)),
    Kind.MULTICLASS: ("prediction", ("answers",)),
    Kind.RANKING: ("prediction", ("answers",)),
    Kind.REGRESSION: ("estimate", ("estimate.under", "estimate.hist", "estimate.over")),
}
"""What the answers of each kind of system are called, and the places of their distribution."""


OUTPUTS = frozenset(("score", "prediction", "estimate", "label"))
"""Columns of findings about what systems answer and what became of it: no inputs to suspect."""


def verbatim(text: str) -> str:
    """Return a value in quotes, for a sentence that is a format.

    >>> verbatim("{a}").format()
    "'{a}'"
    """
    return repr(text).replace("{", "{{").replace("}", "}}")


def at(layout: Layout, *names: str) -> tuple[int, ...]:
    """Return all places of the named parts."""
    return tuple(k for name in names for k in range(*layout.places[name].indices(layout.width)))


def inputs(spec: Spec) -> tuple[str, ...]:
    """Return one column for each feature: its first view, or itself where it has none."""
    features = spec.schema.features
    return tuple((*views.names(field, 0)[:1], field.name)[0] for field in features)
