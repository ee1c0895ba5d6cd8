from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from tests.profile.rows import LENDING, START, lake_rows, spec_of, table
from tocsin.base.spans import Span
from tocsin.ingest.rows import INSTANT
from tocsin.profile import kernel, measures, scores
from tocsin.profile.bundle import to_bytes
from tocsin.profile.cell import Cells, Marks, Profile, Sheet, Tally, same
from tocsin.profile.cells import cells, leaves
from tocsin.profile.codec import pack_tally
from tocsin.profile.layout import layout_of
from tocsin.profile.merge import merge
from tocsin.profile.repeats import MOST
from tocsin.profile.sketch import REGISTERS
from tocsin.profile.spec import MOST_VERSIONS, VERSION_MAX_CHARS
from tocsin.profile.window import window

RAW = table(3000, 1)
SPEC = spec_of(RAW)
ROWS = lake_rows(RAW, SPEC)
LAYOUT = layout_of(SPEC)
ALL = Span(RAW["at"][0].as_py(), RAW["at"][-1].as_py().replace(year=2027))

ROC_AUC = cast("Callable[..., float]", metrics.roc_auc_score)
ORACLES = (
    (measures.accuracy, cast("Callable[..., float]", metrics.accuracy_score)),
    (measures.precision, cast("Callable[..., float]", metrics.precision_score)),
    (measures.recall, cast("Callable[..., float]", metrics.recall_score)),
)


def cells_of(rows: pa.Table) -> Cells:
    return cells(kernel.profile(rows, SPEC), SPEC)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=5), st.randoms(use_true_random=False))
def test_any_split_in_any_order_gives_the_identical_profile(
    cuts: list[int], random: Random
) -> None:
    whole = kernel.profile(ROWS, SPEC)
    borders = [0, *sorted(cuts), ROWS.num_rows]
    parts = [ROWS.slice(a, b - a) for a, b in pairwise(borders)]
    random.shuffle(parts)
    merged: Profile = {}
    for part in parts:
        merged = merge(merged, kernel.profile(part, SPEC))
    assert same(whole, merged)


def test_rows_in_another_order_give_the_identical_profile() -> None:
    shuffled = ROWS.take(np.random.default_rng(3).permutation(ROWS.num_rows))
    assert same(kernel.profile(ROWS, SPEC), kernel.profile(shuffled, SPEC))


def test_labels_that_arrive_later_give_the_same_profile_as_labels_at_once() -> None:
    without = kernel.profile(ROWS.drop_columns(["label"]), SPEC)
    assert same(merge(without, kernel.profile_labels(ROWS, SPEC)), kernel.profile(ROWS, SPEC))


def test_many_buckets_are_counted_in_parts_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = kernel.profile(ROWS, SPEC)
    monkeypatch.setattr(kernel, "_MOST_NUMBERS", 20_000)
    assert same(whole, kernel.profile(ROWS, SPEC))


@pytest.mark.parametrize("slice_key", ["", "employer=government", "sex=f"])
def test_measures_equal_scikit_learn_on_the_raw_rows(slice_key: str) -> None:
    cell = window(cells_of(ROWS), ALL).cells[slice_key]
    chosen = np.ones(RAW.num_rows, bool)
    if slice_key:
        name, value = slice_key.split("=")
        chosen = np.array(RAW[name].to_pylist()) == value
    truth = np.array(RAW["repaid"].to_pylist())[chosen]
    answer = np.array(RAW["approved"].to_pylist())[chosen]
    score = np.array(RAW["score"].to_pylist())[chosen]
    assert measures.selection_rate(LAYOUT, cell) == pytest.approx(answer.mean(), abs=1e-12)
    for ours, oracle in ORACLES:
        assert ours(LAYOUT, cell) == pytest.approx(oracle(truth, answer), abs=1e-12)
    error = scores.auc_bin_error(LAYOUT, cell)
    assert error < 0.01
    assert scores.auc(LAYOUT, cell) == pytest.approx(ROC_AUC(truth, score), abs=error)


def test_numeric_counts_and_sums_equal_numpy() -> None:
    cell = window(cells_of(ROWS), ALL).cells[""]
    for bins in SPEC.numeric:
        raw = np.array(RAW[bins.name].to_pylist(), float)
        usable = raw[np.isfinite(raw)]
        hist, _ = np.histogram(usable, np.array(bins.edges))
        assert np.array_equal(LAYOUT.get(cell, f"f_{bins.name}.hist"), hist)
        assert LAYOUT.one(cell, f"f_{bins.name}.missing") == len(raw) - len(usable)
        assert measures.mean(LAYOUT, cell, bins) == pytest.approx(usable.mean(), abs=bins.unit)
        for q in (0.0, 0.1, 0.5, 0.95, 1.0):
            exact = np.quantile(usable, q)
            widest = np.diff(bins.edges).max()
            assert measures.quantile(LAYOUT, cell, bins, q) == pytest.approx(exact, abs=widest)


def test_odd_values_have_cells_of_their_own_and_never_overflow_a_sum() -> None:
    values = pa.array([1e300, -1e300, float("nan"), float("inf"), None, 30000.0])
    rows = ROWS.slice(0, 6)
    rows = rows.set_column(rows.column_names.index("f_income"), "f_income", values)
    cell = window(cells_of(rows), ALL).cells[""]
    parts = ("over", "under", "invalid", "missing")
    assert [LAYOUT.one(cell, f"f_income.{part}") for part in parts] == [1, 1, 2, 1]
    assert LAYOUT.get(cell, "f_income.hist").sum() == 1
    assert abs(LAYOUT.one(cell, "f_income.sum")) < 2**38


def test_a_decision_by_a_rule_counts_as_a_decision_but_its_score_is_not_missed() -> None:
    rows = ROWS.slice(0, 4)
    for name, values in {
        "score": pa.array([0.7, None, None, None], pa.float64()),
        "decided_by": pa.array(["system", "fallback", "review", "system"]),
        "prediction": pa.array(["true", "true", None, "false"]),
    }.items():
        rows = rows.set_column(rows.column_names.index(name), name, values)
    cell = window(cells_of(rows), ALL).cells[""]
    assert LAYOUT.get(cell, "n_by_decider").tolist() == [2, 1, 1, 0, 0]
    assert LAYOUT.one(cell, "n") == 4
    assert LAYOUT.one(cell, "n_prediction") == 3
    assert LAYOUT.one(cell, "n_positive") == 2
    assert LAYOUT.one(cell, "score_missing") == 1


def test_unknown_slice_values_count_in_everyone_only() -> None:
    rows = ROWS.slice(0, 10)
    strangers = pa.array(["martian"] * 10)
    rows = rows.set_column(rows.column_names.index("s_employer"), "s_employer", strangers)
    found = window(cells_of(rows), ALL).cells
    assert LAYOUT.one(found[""], "n") == 10
    assert not any(key.startswith("employer=") for key in found)


def test_versions_are_kept_apart() -> None:
    halves = pa.array(["a"] * 1500 + ["b"] * 1500)
    rows = ROWS.set_column(ROWS.column_names.index("version"), "version", halves)
    counted = cells_of(rows)
    assert {key.version for key in counted} == {"a", "b"}
    only_b = window(counted, ALL, version="b").cells[""]
    assert LAYOUT.one(only_b, "n") == 1500


def test_no_rows_give_no_cells() -> None:
    assert kernel.profile(ROWS.slice(0, 0), SPEC) == {}


def test_buckets_start_on_whole_hours() -> None:
    keys = set(kernel.profile(ROWS, SPEC))
    assert {(k.bucket.minute, k.bucket.second) for k in keys} == {(0, 0)}
    assert LENDING.bucket_s == 3600


def test_versions_are_told_apart_by_their_first_characters_and_unsaid_ones_are_one() -> None:
    long = "v" * 300
    said = pa.array([None, "", long + "a", long + "b"] * 750)
    rows = ROWS.set_column(ROWS.column_names.index("version"), "version", said)
    counted = kernel.profile(rows, SPEC)
    assert {key.version for key in counted} == {"", "v" * VERSION_MAX_CHARS}
    assert LAYOUT.one(window(cells(counted, SPEC), ALL).cells[""], "n") == 3000


def hostile(n: int, seed: int) -> pa.Table:
    """Return rows of which no two agree in anything that could make a profile grow."""
    r = np.random.default_rng(seed)
    strange = [f"{seed}-{k}-" for k in range(n)]
    bits = r.integers(0, 2**63, n).view(np.float64)  # any double, also NaN and infinities
    columns: dict[str, Any] = {
        "at": pa.array([START + timedelta(hours=int(h)) for h in r.integers(0, 2, n)]),
        "version": pa.array([text * 40 for text in strange]),
        "score": pa.array(r.random(n)),
        "latency_ms": pa.array(np.abs(r.normal(0, 1, n)) * 10.0 ** r.integers(-300, 300, n)),
        "error": pa.array([text if k % 3 else None for k, text in enumerate(strange)]),
        "mistyped": pa.array([text if k % 5 else None for k, text in enumerate(strange)]),
        "f_income": pa.array(bits),
        "f_education_years": pa.array(r.choice([-1e308, 1e308, 5e-324], n)),
        "f_purpose": pa.array([text * 500 for text in strange]),
        "s_employer": pa.array(r.choice([*strange, "government", "private", "self"] * 2, n)),
        "s_sex": pa.array([("f", "m", "?", None)[k] for k in r.integers(0, 4, n)]),
        "label": pa.array([("true", "false", None)[k] for k in r.integers(0, 3, n)]),
        "label_at": pa.array([START + timedelta(days=int(d)) for d in r.integers(-99, 999, n)]),
    }
    rows = lake_rows(table(n, seed), SPEC)
    for name, values in columns.items():
        column = values.cast(INSTANT) if name in {"at", "label_at"} else values
        if name in rows.column_names:
            rows = rows.drop_columns([name])
        rows = rows.append_column(name, column)
    return rows


def most_bytes(n: int) -> float:
    """Return the bound that `kernel` states for the packed tally of a moment of `n` rows."""
    slices, features, outcomes = len(SPEC.slices), LAYOUT.width - LAYOUT.outcomes, LAYOUT.outcomes
    numbers = (min(n, slices) + 1) * (features + 1) + min(n, leaves(SPEC)) * (outcomes + 1)
    columns, paired = len(SPEC.numeric) + len(SPEC.categorical), len(SPEC.paired)
    numbers += (paired + 1) * (paired + 2) // 2
    return 8.01 * numbers + 300 * columns + 16.1 * min(n, MOST) + 1400


def test_a_profile_stays_within_its_bound_whatever_is_poured_into_it() -> None:
    total: Profile = {}
    sizes: list[int] = []
    for seed in range(8):
        total = merge(total, kernel.profile(hostile(1500, seed), SPEC))
        assert len({moment.bucket for moment in total}) == 2
        assert len(total) == 2 * (MOST_VERSIONS + 1)
        for tally in total.values():
            rows = int(tally.outcomes.counts[:, 0].sum())
            assert len(tally.outcomes.codes) <= min(rows, leaves(SPEC))
            assert len(tally.features.codes) <= min(rows, len(SPEC.slices)) + 1
            assert len(pack_tally(tally)) <= most_bytes(rows)
        sizes.append(len(to_bytes(total, SPEC, with_spec=False)))
    assert sum(int(t.outcomes.counts[:, 0].sum()) for t in total.values()) == 8 * 1500
    # two moments hold all others and are full by now; the rest of a version is one row
    assert sizes[-1] < 1.05 * sizes[3]
    assert max(len(moment.version) for moment in total) <= VERSION_MAX_CHARS


@pytest.mark.parametrize("n", [1, 3, 200])
def test_the_bound_holds_where_numbers_are_as_large_and_as_irregular_as_can_be(n: int) -> None:
    r = np.random.default_rng(n)
    features, outcomes = min(n, len(SPEC.slices)) + 1, min(n, leaves(SPEC))
    columns = len(SPEC.numeric) + len(SPEC.categorical)
    tally = Tally(
        noise(r, features, LAYOUT.width - LAYOUT.outcomes),
        noise(r, outcomes, LAYOUT.outcomes),
        Marks(
            r.integers(0, 58, (columns, REGISTERS)).astype(np.uint8),
            r.normal(0, 1e300, len(SPEC.numeric)),
            r.normal(0, 1e300, len(SPEC.numeric)),
        ),
    )
    packed = pack_tally(tally)
    assert 0.9 * (most_bytes(n) - 1400) - 300 * columns < len(packed) <= most_bytes(n)


def noise(r: np.random.Generator, rows: int, width: int) -> Sheet:
    return Sheet(np.arange(rows), r.integers(-(2**62), 2**62, (rows, width)))
