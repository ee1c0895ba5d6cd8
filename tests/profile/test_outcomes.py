from datetime import timedelta
from typing import Any, cast

import pyarrow as pa

from tests.profile.rows import lake_rows, spec_of, table
from tocsin.ingest.rows import INSTANT
from tocsin.profile.cell import Counts
from tocsin.profile.cells import vectors
from tocsin.profile.kernel import profile, profile_labels
from tocsin.profile.layout import DECIDERS, layout_of
from tocsin.profile.merge import total
from tocsin.profile.spec import LABEL_AGE_EDGES_S, LATENCY_EDGES_MS

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
