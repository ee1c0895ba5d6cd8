"""Places of a cell by name, as numbers that a `Rate` can add up."""

from tocsin.profile.layout import Layout


def at(layout: Layout, *names: str) -> tuple[int, ...]:
    """Return all places of the named parts."""
    return tuple(k for name in names for k in range(*layout.places[name].indices(layout.width)))
