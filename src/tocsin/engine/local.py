"""Runs the profile kernel over Arrow tables in this process: a few threads, the numbers of one.

The kernel spends its time in compiled loops and in Arrow, which let other threads run meanwhile.
Profiles add up in any order, so they are merged as they come; few tables are held at a time.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pyarrow as pa

from tocsin.profile.cell import Profile
from tocsin.profile.merge import merge
from tocsin.profile.spec import Spec
from tocsin.profile.task import NOTHING, Counted, Portion, Task, add

Kernel = Callable[[pa.Table, Spec], Profile]
Advance = Callable[[float], None]
"""Called with how much more of the work is done, as a share of the whole."""

_T = TypeVar("_T")
_Item = TypeVar("_Item")


def run(
    tables: Iterable[pa.Table], spec: Spec, kernel: Kernel, *, workers: int | None = None
) -> Profile:
    """Return the merged profile of all tables.

    Args:
        tables: read one by one as threads become free.
        spec: what is counted.
        kernel: `profile.kernel.profile` or `profile_labels`.
        workers: threads; None: one per core, four at the most.
    """
    return _spread(tables, lambda table: kernel(table, spec), merge, {}, workers)


def count(
    portions: Sequence[Portion], task: Task, *, advance: Advance, workers: int | None = None
) -> Counted:
    """Return the counts of all portions.

    Args:
        portions: each is read by the thread that counts it, a batch at a time.
        task: what is counted.
        advance: told how far we are.
        workers: as for `run`.

    Raises:
        BadInput: a file cannot be read, or lacks a column.
    """
    whole = sum(portion.rows for portion in portions)

    def work(portion: Portion) -> Counted:
        total = NOTHING
        for table in portion.read(task.columns):
            total = add(total, task(table))
            advance(table.num_rows / whole if whole else 0.0)
        return total

    return _spread(portions, work, add, NOTHING, workers)


def _spread(
    items: Iterable[_Item],
    work: Callable[[_Item], _T],
    plus: Callable[[_T, _T], _T],
    total: _T,
    workers: int | None,
) -> _T:
    workers = workers or min(4, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers, thread_name_prefix="profile") as pool:
        running: deque[Future[_T]] = deque()
        for item in items:
            running.append(pool.submit(work, item))
            if len(running) > workers:
                total = plus(total, running.popleft().result())
        while running:
            total = plus(total, running.popleft().result())
    return total
