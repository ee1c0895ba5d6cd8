import threading
from collections.abc import Iterator
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profile.rows import lake_rows, spec_of, table
from tocsin.engine.local import run
from tocsin.profile.cell import Profile, same
from tocsin.profile.kernel import profile
from tocsin.profile.spec import Spec

RAW = table(300, seed=3)
SPEC = spec_of(RAW)
ROWS = lake_rows(RAW, SPEC)
WHOLE = profile(ROWS, SPEC)


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(1, 299), max_size=6), st.integers(1, 4))
def test_any_split_over_any_threads_equals_the_whole(cuts: set[int], workers: int) -> None:
    edges = [0, *sorted(cuts), 300]
    parts = [ROWS.slice(a, b - a) for a, b in pairwise(edges)]
    found = run(parts, SPEC, profile, workers=workers)
    assert same(found, WHOLE)


def test_no_tables_give_the_empty_profile() -> None:
    assert run([], SPEC, profile) == {}


def test_a_fault_in_the_kernel_reaches_the_caller() -> None:
    def broken(_rows: pa.Table, _spec: Spec) -> Profile:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run([ROWS], SPEC, broken)


def test_few_tables_are_held_at_a_time() -> None:
    held, most, lock = 0, 0, threading.Lock()

    def feed() -> Iterator[pa.Table]:
        nonlocal held, most
        for k in range(50):
            with lock:
                held += 1
                most = max(most, held)
            yield ROWS.slice(k, 1)

    def kernel(rows: pa.Table, spec: Spec) -> Profile:
        nonlocal held
        with lock:
            held -= 1
        return profile(rows, spec)

    run(feed(), SPEC, kernel, workers=2)
    assert 1 <= most <= 4
