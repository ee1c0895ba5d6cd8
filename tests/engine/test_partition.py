"""The work of executors, run here without Spark: the same stages over partitions of our making."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detect import desks
from tests.profile.rows import LENDING, spec_of, table
from tests.profile.test_task import said
from tocsin.base.errors import BadInput, Conflict
from tocsin.engine import partition
from tocsin.profile.learn import learn
from tocsin.profile.task import Task, task_of

RAW = table(300, 3, hours=12)
SPEC = spec_of(RAW)
TASK = task_of(RAW.column_names, SPEC, LENDING, datetime(2026, 12, 1, tzinfo=UTC))
WHOLE = said(TASK(RAW))


@dataclass(frozen=True)
class Held:
    """A portion that is in memory already."""

    table: pa.Table

    @property
    def rows(self) -> int:
        return self.table.num_rows

    def read(self, columns: Any) -> Iterator[pa.Table]:
        yield self.table.select([n for n in self.table.column_names if n in columns])


class Gone:
    """A portion whose file is not there."""

    rows = 5

    def read(self, columns: Any) -> Iterator[pa.Table]:
        raise BadInput(f"no such file for {len(columns)} columns", where="gone.parquet", do="look")


def numbers(which: Sequence[int]) -> pa.RecordBatch:
    return pa.record_batch({"id": pa.array(which, pa.int64())})


def tree(shares: Sequence[Sequence[Any]], task: Task, fan_in: int, width: int) -> list[Any]:
    """Return the last pieces of a merge tree over partitions that hash by bucket and branch."""
    count, merge = partition.counting(shares, task), partition.merging(task.spec, fan_in)
    batches = [batch for k in range(len(shares)) for batch in count([numbers([k])])]
    parts = len(shares)
    while True:
        parts = -(-parts // fan_in)
        piles: dict[int, list[pa.RecordBatch]] = {}
        for batch in batches:
            for piece in batch.to_pylist():
                pile = hash((piece["bucket"], piece["part"] // fan_in)) % width
                one = pa.RecordBatch.from_pylist([piece], batch.schema)
                piles.setdefault(pile, []).append(one)
        batches = [batch for pile in piles.values() for batch in merge(pile)]
        if parts == 1:
            return [piece for batch in batches for piece in batch.to_pylist()]


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.sets(st.integers(1, 299), max_size=9),
    shares=st.integers(1, 12),
    fan_in=st.integers(2, 4),
    width=st.integers(1, 5),
)
def test_any_shares_over_any_tree_equal_the_whole(
    cuts: set[int], shares: int, fan_in: int, width: int
) -> None:
    edges = [0, *sorted(cuts), 300]
    dealt: list[list[Held]] = [[] for _ in range(shares)]
    for k, (a, b) in enumerate(pairwise(edges)):
        dealt[k % shares].append(Held(RAW.slice(a, b - a)))
    pieces = tree(dealt, TASK, fan_in, width)
    assert said(partition.whole(pieces, SPEC)) == WHOLE
    buckets = [piece["bucket"] for piece in pieces if piece["bucket"] is not None]
    assert len(buckets) == len(set(buckets)), "the driver must not have to merge"


def test_what_grows_heavy_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "HEAVIEST_BYTES", 1)
    share = [Held(RAW.slice(0, 100)), Held(RAW.slice(100, 100)), Held(RAW.slice(200))]
    made = list(partition.counting([share], TASK)([numbers([0])]))
    reports = [b for b in made if b.column("bucket")[0].as_py() is None]
    assert len(reports) == 4
    assert said(partition.whole(tree([share], TASK, 2, 1), SPEC)) == WHOLE


def test_an_empty_share_says_so_and_nothing_else() -> None:
    made = list(partition.counting([[]], TASK)([numbers([0])]))
    assert [b.column("bucket").to_pylist() for b in made] == [[None]]


def test_a_fault_travels_to_the_caller_in_its_own_words() -> None:
    shares = [[Held(RAW)], [Held(RAW), Gone()], [Held(RAW)]]
    with pytest.raises(BadInput, match=r"gone\.parquet: no such file for 9 columns; look") as told:
        partition.whole(tree(shares, TASK, 2, 3), SPEC)
    assert told.value.where == "gone.parquet"


def test_a_missing_column_is_a_fault_as_well() -> None:
    with pytest.raises(BadInput, match="column 'income' missing"):
        partition.whole(tree([[Held(RAW.drop_columns(["income"]))]], TASK, 2, 1), SPEC)


def test_pieces_of_another_spec_never_merge() -> None:
    other = spec_of(table(500, 9))
    pieces = list(partition.counting([[Held(RAW)]], TASK)([numbers([0])]))
    with pytest.raises(Conflict, match="do not add up"):
        list(partition.merging(other, 2)(pieces))


@pytest.mark.parametrize("parts", [1, 4, 7])
def test_classes_are_counted_the_same_over_any_partitions(parts: int) -> None:
    raw = desks.table(300, np.random.default_rng(9))
    spec = learn(raw.slice(0, 200), desks.DESKS)
    task = task_of(raw.column_names, spec, desks.DESKS, datetime(2026, 12, 1, tzinfo=UTC))
    borders = [k * 300 // parts for k in range(parts + 1)]
    shares = [[Held(raw.slice(a, b - a))] for a, b in pairwise(borders)]
    assert said(partition.whole(tree(shares, task, 2, 3), spec)) == said(task(raw))
