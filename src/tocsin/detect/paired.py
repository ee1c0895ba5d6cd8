"""Paired columns: what a look takes from the sums that tell how columns hang together.

They are everyone's; see `profile.pairs` for the codes of rows and their sums.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tocsin.detect.look import Look
from tocsin.detect.places import at
from tocsin.detect.tails import Numbers
from tocsin.profile.layout import Layout
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

_FEWER_VALUES = 0.1
_SPREAD = 56 / 3
"""Variance of codes from -7 to 7 that are equally frequent; of a category at most 1."""

Flags = NDArray[np.bool_]


def columns(spec: Spec) -> tuple[str, ...]:
    """Return the columns that are asked about; a single one has nothing to hang together with."""
    return spec.paired if len(spec.paired) > 1 else ()


def asked(look: Look) -> tuple[str, ...]:
    """Return the columns of which the window and the whole baseline know how they go together."""
    parts = (look.window, *look.baseline.blocks, *look.baseline.stretches)
    return columns(look.layout.spec) if all(part.marks is not None for part in parts) else ()


def sums(parts: Sequence[Window], p: int) -> Numbers:
    """Return each part's sums, shape (parts, L); zero where it has no rows."""
    found = np.zeros((len(parts), 1 + p + p * (p + 1) // 2))
    for row, part in enumerate(parts):
        assert part.marks is not None
        if len(part.marks.pairs):
            found[row] = part.marks.pairs
    return found


def shares(layout: Layout, spread: Numbers) -> Numbers:
    """Return how much of the rows tells something, (p,): the variance of a share, at most 0.25.

    Args:
        layout: of the window.
        spread: variances of codes, (p,); a category's is at most 1, a number's may be more.
    """
    most = np.where(numbers(layout), _SPREAD, 1.0)
    return np.asarray(0.25 * np.minimum(np.nan_to_num(spread) / most, 1.0), np.float64)


def numbers(layout: Layout) -> Flags:
    """Return which columns have codes from -7 to 7, (p,)."""
    categories = {one.name for one in layout.spec.categorical}
    return np.array([name not in categories for name in columns(layout.spec)])


def steady(look: Look, names: tuple[str, ...]) -> Flags:
    """Return which columns have values about as often as in the reference, (p,)."""
    found = np.ones(len(names), np.bool_)
    n = look.layout.places["n"].start
    for k, name in enumerate(names):
        if f"f_{name}.missing" not in look.layout.places:
            continue
        parts = [f"f_{name}.{part}" for part in ("missing", "mistyped", "invalid")]
        places = list(at(look.layout, *(part for part in parts if part in look.layout.places)))
        now, was = (c[0, places].sum() / max(c[0, n], 1.0) for c in (look.current, look.reference))
        found[k] = abs(now - was) < _FEWER_VALUES
    return found
