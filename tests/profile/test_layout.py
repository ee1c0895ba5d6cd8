from dataclasses import replace

import numpy as np
import pytest

from tests.profile.rows import spec_of, table
from tocsin.profile.layout import layout_of, score_edges

SPEC = spec_of(table(500, 3))


def test_places_cover_the_vector_without_gap_or_overlap() -> None:
    layout = layout_of(SPEC)
    covered = np.zeros(layout.width, int)
    for place in layout.places.values():
        covered[place] += 1
    assert (covered == 1).all()


def test_get_reads_the_last_axis() -> None:
    layout = layout_of(SPEC)
    stack = np.arange(2 * layout.width).reshape(2, layout.width)
    assert layout.get(stack, "n").tolist() == [[0], [layout.width]]


@pytest.mark.parametrize("threshold", [0.5, 0.37, 0.375, 0.004, 0.999])
def test_the_threshold_lies_on_an_edge_of_the_score_histogram(threshold: float) -> None:
    edges = score_edges(replace(SPEC, threshold=threshold))
    assert threshold in edges.tolist()
    assert (np.diff(edges) > 0).all()
    assert (edges[0], edges[-1], len(edges)) == (0.0, 1.0, 101)
