"""Course: estimated accuracy step by step, with the range in which outcomes will show it.

The same calibration as `estimate`'s, of one slice and of everyone for it to hold on to; everyone is
not weighted by an attribute here, since only one slice is drawn.
"""

from collections.abc import Sequence

import numpy as np

from tocsin.detect.calibration import calibrate
from tocsin.detect.doubts import meaning
from tocsin.detect.estimate import around
from tocsin.detect.expected import MEASURES, People, performance
from tocsin.detect.look import FEWEST
from tocsin.detect.places import at
from tocsin.profile.cell import Counts
from tocsin.profile.layout import Layout, score_edges

Range = tuple[float, float, float]
"""Low end, value and high end, 0-1."""


def accuracies(
    layout: Layout, steps: Counts, blocks: Sequence[Counts], everyone: Sequence[Counts] = ()
) -> list[Range | None]:
    """Return the estimated accuracy of each step; None where too little is known.

    Args:
        layout: of a binary system.
        steps: counts of a slice, (T, width).
        blocks: the slice's in each block of the reference.
        everyone: everyone's in each block, where the slice is not everyone.
    """
    outer = list(everyone) or list(blocks)
    if not outer or len(outer) != len(blocks):
        return [None] * len(steps)
    both = np.stack([np.stack(outer), np.stack(list(blocks))], 1).astype(np.float64)
    yes, no = both[..., at(layout, "pos_hist")], both[..., at(layout, "neg_hist")]
    if (yes + no).sum((0, 2)).min() < FEWEST:
        return [None] * len(steps)
    people = People(calibrate(yes.sum(0), no.sum(0)), ())
    above = score_edges(layout.spec)[:-1] >= layout.spec.threshold
    measured = performance(above)
    spread = meaning(people, measured, yes, no).spread
    scored = steps[:, at(layout, "score_hist")].astype(np.float64)
    now = people.expected(np.stack([scored, scored], 1), measured)
    half = around(people, spread, now, spread.phi(np.nan_to_num(now.size)))
    k = MEASURES.index("accuracy")
    found: list[Range | None] = []
    for n, value, reach in zip(
        scored.sum(-1).tolist(), now.value[:, 1, k].tolist(), half[:, 1, k].tolist(), strict=True
    ):
        ends = (max(0.0, value - reach), value, min(1.0, value + reach))
        found.append(ends if n >= FEWEST else None)
    return found
