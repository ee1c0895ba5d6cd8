from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from sklearn import metrics

from tests.detect.shelves import SHELF, Fault, listed, table
from tests.profile.rows import lake_rows
from tocsin.ingest.lists import parsed
from tocsin.profile.cell import same
from tocsin.profile.cells import vectors
from tocsin.profile.columns import Batch
from tocsin.profile.kernel import profile, profile_labels
from tocsin.profile.layout import POSITIONS, SCORE_UNITS, layout_of
from tocsin.profile.learn import learn
from tocsin.profile.lists import by_place, shown, wanted
from tocsin.profile.merge import merge, total
from tocsin.profile.spec import Spec

NDCG = cast("Callable[..., float]", metrics.ndcg_score)


def graded(n: int, r: np.random.Generator) -> pa.Table:
    """Return requests whose gains are 0, 1, 2 or 0.5, none in some, and one list of two."""
    raw = table(n, r)
    gains = [
        r.choice([0, 0, 0, 1, 2, 0.5], len(one)).tolist() if k % 7 else [0.0] * len(one)
        for k, one in enumerate(listed(raw, "items"))
    ]
    place = raw.column_names.index("clicked")
    return raw.set_column(place, "clicked", pa.array(gains, pa.list_(pa.float64())))


def own(gains: Sequence[float], top: int) -> tuple[float, float, float]:
    """Return NDCG@top by scikit-learn, the reciprocal rank and whether there was a hit, by hand."""
    ndcg = NDCG([gains], [[-k for k in range(len(gains))]], k=top)
    liked = [k for k, gain in enumerate(gains) if gain > 0]
    return ndcg, 1 / (liked[0] + 1) if liked else 0.0, float(any(k < top for k in liked))


def everyone(rows: pa.Table, spec: Spec) -> dict[str, Any]:
    counts = vectors(total(list(profile(rows, spec).values())), spec)[""]
    return {name: counts[place].tolist() for name, place in layout_of(spec).places.items()}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("top", [1, 3, 10])
def test_the_measures_are_scikit_learns_and_those_by_hand(seed: int, top: int) -> None:
    raw, n = graded(400, np.random.default_rng(seed)), 400
    system = replace(SHELF, top=top)
    spec = learn(raw, system)
    found = everyone(lake_rows(raw, spec, system), spec)
    each = np.array([own(gains, top) for gains in listed(raw, "clicked")])
    ndcg, rank, hit = each.mean(0).tolist()
    assert found["ndcg"][0] / SCORE_UNITS / n == pytest.approx(ndcg, abs=1e-9)
    assert found["ndcg2"][0] / SCORE_UNITS / n == pytest.approx(
        float((each[:, 0] ** 2).mean()), abs=1e-9
    )
    assert found["rank"][0] / SCORE_UNITS / n == pytest.approx(rank, abs=1e-9)
    assert found["right"][0] == round(hit * n)
    assert found["right"][0] + found["wrong"][0] == n


def test_items_and_clicks_are_counted_by_position_and_request() -> None:
    r = np.random.default_rng(9)
    raw = table(500, r, Fault(empty=0.1))
    spec = learn(raw, SHELF)
    found = everyone(lake_rows(raw, spec, SHELF), spec)
    lists, clicks = listed(raw, "items"), listed(raw, "clicked")
    sizes, sums = np.array([len(one) for one in lists]), np.array([sum(one) for one in clicks])
    often = np.array([sum(item in spec.classes for item in one) for one in lists])
    assert found["items"][0] == found["shown"][0] == sizes.sum()
    assert found["items2"][0] == found["shown2"][0] == (sizes**2).sum()
    assert found["empty"][0] == (sizes == 0).sum() > 0
    assert (found["often"][0], found["often2"][0]) == (often.sum(), (often**2).sum())
    assert found["often_items"][0] == (often * sizes).sum()
    assert (found["clicked"][0], found["clicked2"][0]) == (sums.sum(), (sums**2).sum())
    assert found["clicked_shown"][0] == (sums * sizes).sum()
    for place in range(POSITIONS):
        assert found["shown_at"][place] == (sizes > place).sum()
        assert found["clicked_at"][place] == sum(one[place] for one in clicks if len(one) > place)
    assert found["shown_at"][POSITIONS] == np.maximum(sizes - POSITIONS, 0).sum()
    assert sum(found["clicked_at"]) == sums.sum()
    tops = [one[0] for one in lists if one]
    assert found["answers"][:-1] == [tops.count(name) for name in spec.classes]
    assert sum(found["answers"]) == len(tops)


def test_any_split_of_requests_gives_the_same_counts() -> None:
    raw = graded(300, np.random.default_rng(3))
    spec = learn(raw, SHELF)
    rows = lake_rows(raw, spec, SHELF)
    parts = [profile(rows.slice(start, 37), spec) for start in range(0, 300, 37)]
    together = parts[0]
    for part in parts[1:]:
        together = merge(together, part)
    assert same(together, profile(rows, spec))


def test_outcomes_that_come_later_add_up_to_the_same() -> None:
    raw = graded(200, np.random.default_rng(4))
    spec = learn(raw, SHELF)
    rows = lake_rows(raw, spec, SHELF)
    late = profile_labels(rows, spec)
    early = profile(rows.drop_columns(["label"]), spec)
    assert same(merge(early, late), profile(rows, spec))


def batch(answers: list[str | None], labels: list[str | None]) -> Batch:
    columns = {"prediction": pa.array(answers, pa.string()), "label": pa.array(labels, pa.string())}
    return Batch(columns, len(answers))


def test_gains_by_item_fall_where_the_item_stood() -> None:
    by_item = wanted(batch(['["a","b","c"]'], ['{"c":2,"a":1}']), 2)
    by_rank = wanted(batch(['["a","b","c"]'], ["[1,0,2]"]), 2)
    assert by_item.ndcg.tolist() == by_rank.ndcg.tolist()
    assert by_item.by_place.tolist() == by_rank.by_place.tolist()


def test_what_was_wanted_and_not_shown_makes_the_best_order_better() -> None:
    found = wanted(batch(['["a","b"]'] * 2, ['{"a":1,"z":1}', '{"z":1}']), 10)
    best = 1 + 1 / np.log2(3)
    assert found.ndcg.tolist() == pytest.approx([1 / best, 0])
    assert found.rank.tolist() == [1, 0]
    assert found.hit.tolist() == [True, False]
    assert found.by_place.sum() == 1


def test_nothing_wanted_and_nothing_known_are_two_things() -> None:
    answers = ['["a"]', '["a"]', None, "[]", '["a","a"]']
    found = wanted(batch(answers, ["[]", None, "[1]", "[]", '{"a":1}']), 10)
    assert found.known.tolist() == [True, False, False, True, True]
    assert found.hit.tolist() == [False, False, False, False, True]
    assert found.ndcg.tolist() == [0, 0, 0, 0, 1]
    assert found.by_place[4].tolist() == [1] + [0] * POSITIONS
    seen = shown(batch(answers, [None] * 5), ("a",))
    assert seen.answered.tolist() == [True, True, False, True, True]
    assert seen.sizes.tolist() == [1, 1, 0, 0, 2]
    assert seen.row.tolist() == [0, 1, 4, 4]
    assert seen.place.tolist() == [0, 0, 0, 0]


def test_no_rows_are_no_counts() -> None:
    none = wanted(batch([None], [None]), 10)
    assert none.known.tolist() == [False]
    assert none.by_place.sum() == 0
    assert parsed([]) == []
    assert by_place(np.array([0, 12])).tolist() == [[0] * 11, [1] * 10 + [2]]
