from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.detect.shelves import SHELF, listed, table
from tests.profile.rows import replaced
from tocsin.base.errors import BadInput
from tocsin.ingest.system import Columns
from tocsin.profile.catalogue import check_lists, times_shown
from tocsin.profile.learn import MOST_CLASSES, learn


def test_the_items_shown_most_are_told_apart() -> None:
    raw = table(400, np.random.default_rng(1))
    times = Counter(item for one in listed(raw, "items") for item in one)
    assert times_shown(raw, SHELF) == times
    spec = learn(raw, SHELF)
    assert len(spec.classes) == MOST_CLASSES
    assert min(times[item] for item in spec.classes) >= max(
        n for item, n in times.items() if item not in spec.classes
    )
    assert (spec.top, spec.schema.features[0].name) == (5, "words")
    assert learn(raw, replace(SHELF, top=3)).hash != spec.hash


def test_what_is_no_list_is_refused_by_its_row() -> None:
    raw = table(10, np.random.default_rng(1))
    with pytest.raises(BadInput, match=r"'items' \(prediction\) must be a list") as told:
        learn(replaced(raw, "items", ['["a"]', "b", *[None] * 8]), SHELF)
    assert "row 1" in told.value.where
    with pytest.raises(BadInput, match=r"'clicked' \(label\) must be a list of gains"):
        learn(replaced(raw, "clicked", [[-1.0]] * 10), SHELF)
    with pytest.raises(BadInput, match="holds no list"):
        learn(replaced(raw, "items", [None] * 10), SHELF)
    with pytest.raises(BadInput, match="a ranking needs its lists"):
        check_lists(raw, replace(SHELF, columns=Columns()), "reference")
