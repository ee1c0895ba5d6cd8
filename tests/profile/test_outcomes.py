from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.desks import DESKS
from tests.profile.rows import lake_rows, spec_of, table
from tocsin.ingest.rows import INSTANT
from tocsin.profile.cell import Counts, Profile
from tocsin.profile.cells import vectors
from tocsin.profile.kernel import profile, profile_labels
from tocsin.profile.layout import DECIDERS, SCORE_UNITS, layout_of, score_edges
from tocsin.profile.learn import learn
from tocsin.profile.merge import total
from tocsin.profile.spec import LABEL_AGE_EDGES_S, LATENCY_EDGES_MS, Spec

RAW = table(400, 4)
SPEC = spec_of(RAW)
LAYOUT = layout_of(SPEC)
ROWS = lake_rows(RAW, SPEC)


def counted(**columns: Any) -> Counts:
    """Return everyone's counts of the rows with some columns replaced or added."""
    rows = ROWS
    for name, column in columns.items():
        array: Any = pa.array(cast("list[Any]", column)) if isinstance(column, list) else column
        if name in rows.column_names:
            rows = rows.set_column(rows.column_names.index(name), name, array)
        else:
            rows = rows.append_column(name, array)
    return vectors(total([*profile(rows, SPEC).values()]), SPEC)[""]


def test_latencies_fall_between_their_edges_and_unknown_ones_nowhere() -> None:
    edges = list(LATENCY_EDGES_MS)
    given: list[object] = [*edges, edges[0] / 2, *[None] * (ROWS.num_rows - len(edges) - 1)]
    hist = LAYOUT.get(counted(latency_ms=pa.array(given, pa.float64())), "latency_hist")
    assert hist.tolist() == [1] * (len(edges) + 1)


def test_who_decided_is_counted_and_nobody_said_means_the_system() -> None:
    given: list[object] = ["fallback", "nobody known", None]
    given += ["system"] * (ROWS.num_rows - 3)
    by = LAYOUT.get(counted(decided_by=given), "n_by_decider").tolist()
    assert by[DECIDERS.index("fallback")] == 1
    assert by[DECIDERS.index("system")] == ROWS.num_rows - 2
    assert sum(by) == ROWS.num_rows - 1


def test_failed_calls_are_counted() -> None:
    given: list[object] = ["TimeoutError", *[None] * (ROWS.num_rows - 1)]
    assert LAYOUT.one(counted(error=pa.array(given, pa.string())), "n_error") == 1


def test_the_age_of_labels_falls_between_its_edges() -> None:
    ages = [0, *LABEL_AGE_EDGES_S]
    at: list[Any] = ROWS["at"].to_pylist()
    known: list[Any] = [at[k] + timedelta(seconds=age) for k, age in enumerate(ages)]
    known += [None] * (ROWS.num_rows - len(known))
    whole = counted(label_at=pa.array(known, INSTANT))
    hist = LAYOUT.get(whole, "pos_age") + LAYOUT.get(whole, "neg_age")
    assert hist.tolist() == [1] * (len(LABEL_AGE_EDGES_S) + 1)


def test_labels_alone_add_no_decisions() -> None:
    alone = vectors(total([*profile_labels(ROWS, SPEC).values()]), SPEC)[""]
    assert LAYOUT.one(alone, "n") == 0
    assert LAYOUT.one(alone, "n_labelled") == ROWS.num_rows
    whole = counted()
    for name in ("tp", "fp", "tn", "fn"):
        assert LAYOUT.one(alone, name) == LAYOUT.one(whole, name)
    assert LAYOUT.get(alone, "pos_hist").tolist() == LAYOUT.get(whole, "pos_hist").tolist()


def choices(n: int, **columns: Any) -> tuple[pa.Table, Spec]:
    """Return letters in the lake's schema, some columns replaced, and what their reference tells.

    Two desks of a reference of 22 are too rare to be told apart.
    """
    names = [f"desk {k}" for k in range(20)] * 3 + ["rare", "rarer"]
    reference = pa.table({"sent": names, "meant": names, "sure": [0.5] * len(names)})
    system = replace(DESKS, columns=replace(DESKS.columns, id=None, time=None))
    system = replace(system, slices=(), protected=())
    spec = learn(reference, system)
    rows = pa.table({"sent": ["desk 1"] * n, "meant": ["desk 1"] * n, "sure": [0.5] * n} | columns)
    return lake_rows(rows, spec, system), spec


def everyone(profiled: Profile, spec: Spec) -> Counts:
    return vectors(total([*profiled.values()]), spec)[""]


def test_answers_are_crossed_with_what_was_true() -> None:
    sent = ["desk 1", "desk 1", "desk 2", "rare", "rare", "new", None]
    meant = ["desk 1", "desk 2", None, "rare", "rarer", "new", "desk 1"]
    rows, spec = choices(7, sent=sent, meant=meant, sure=[0.9, 0.2, 0.5, 1.0, None, 0.0, 0.3])
    layout, counts = layout_of(spec), everyone(profile(rows, spec), spec)
    one, two, others = (spec.classes.index("desk 1"), spec.classes.index("desk 2"), 20)
    assert len(spec.classes) == 20
    assert not {"rare", "rarer"} & {*spec.classes}
    crossed = layout.get(counts, "confusion").reshape(21, 21)
    assert {(a, t): crossed[a, t] for a, t in np.argwhere(crossed).tolist()} == {
        (one, one): 1,
        (one, two): 1,
        (others, others): 3,
    }
    assert (layout.one(counts, "right"), layout.one(counts, "wrong")) == (3, 2)
    answers, truths = layout.get(counts, "answers"), layout.get(counts, "truths")
    assert (answers[one], answers[two], answers[others], answers.sum()) == (2, 1, 3, 6)
    assert (truths[one], truths[two], truths[others], truths.sum()) == (2, 1, 3, 6)
    found = {name: layout.one(counts, name) for name in ("n", "n_prediction", "n_labelled")}
    assert found == {"n": 7, "n_prediction": 6, "n_labelled": 6}
    assert layout.one(counts, "score_missing") == 1
    right, wrong = (layout.get(counts, f"{name}_hist") for name in ("right", "wrong"))
    assert np.flatnonzero(right).tolist() == [0, 90, 99]
    assert np.flatnonzero(wrong).tolist() == [20]
    assert layout.get(counts, "score_hist").sum() == 6
    assert layout.one(counts, "score_sum") / SCORE_UNITS == pytest.approx(2.9)


def test_true_classes_that_arrive_later_complete_the_counts() -> None:
    r = np.random.default_rng(5)
    sent, meant = (r.choice([f"desk {k}" for k in range(25)], 300) for _ in range(2))
    rows, spec = choices(300, sent=sent, meant=meant, sure=r.random(300))
    before = everyone(profile(rows.drop_columns(["label"]), spec), spec)
    late = everyone(profile_labels(rows, spec), spec)
    assert layout_of(spec).one(late, "n") == 0
    assert np.array_equal(before + late, everyone(profile(rows, spec), spec))


@pytest.mark.parametrize("threshold", [0.5, 0.374, 0.376, 0.004, 0.996])
def test_confidence_falls_between_its_edges(threshold: float) -> None:
    sure = [*np.random.default_rng(6).random(500), *np.linspace(0, 1, 101), threshold]
    rows, spec = choices(len(sure), sure=sure)
    spec = replace(spec, threshold=threshold)
    layout, counts = layout_of(spec), everyone(profile(rows, spec), spec)
    edges = score_edges(spec)
    wanted = np.histogram(sure, edges)[0]
    assert layout.get(counts, "score_hist").tolist() == wanted.tolist()
    assert layout.get(counts, "right_hist").tolist() == wanted.tolist()


def test_calls_that_timed_out_are_told_by_their_errors_name() -> None:
    late = [
        "TimeoutError",
        "httpx.ReadTimeout",
        "timed_out",
        "DEADLINE_EXCEEDED",
        "504",
        "time out",
    ]
    other = ["ValueError", "Timer", "5040", None, "OutOfTime"]
    given = pa.array((late + other * 80)[:400], pa.string())
    assert LAYOUT.one(counted(error=given), "n_timeout") == len(late)
    assert LAYOUT.one(counted(error=given), "n_error") == 400 - given.null_count
    earlier = replace(SPEC, timeouts=False)
    assert "n_timeout" not in layout_of(earlier).places
    assert layout_of(earlier).width == LAYOUT.width - 1


def test_capacity_in_use_is_counted_in_twentieths_and_beyond_what_there_is() -> None:
    used = [0.0, 0.049, 0.05, 0.899, 0.9, 0.95, 0.999, 1.0, 7.0, None]
    hist = LAYOUT.get(counted(capacity_used=pa.array(used * 40)), "capacity_hist")
    assert np.flatnonzero(hist).tolist() == [0, 1, 17, 18, 19, 20]
    assert hist[[0, 1, 17, 18, 19, 20]].tolist() == [80, 40, 40, 40, 80, 80]
    earlier = layout_of(replace(SPEC, capacity=False))
    assert "capacity_hist" not in earlier.places
    assert earlier.width == LAYOUT.width - 21
