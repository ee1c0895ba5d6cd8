"""Runs the kernel over Arrow tables in this process: a few threads, the same numbers as one.

The kernel spends its time in NumPy and Arrow, which let other threads run meanwhile.  Profiles add
up in any order, so they are merged as they come; few tables are held at a time.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from tocsin.profile.cell import Profile
from tocsin.profile.merge import merge
from tocsin.profile.spec import Spec

Kernel = Callable[[pa.Table, Spec], Profile]


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
    workers = workers or min(4, os.cpu_count() or 1)
    total: Profile = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="profile") as pool:
        running: deque[Future[Profile]] = deque()
        for table in tables:
            running.append(pool.submit(kernel, table, spec))
            if len(running) > workers:
                total = merge(total, running.popleft().result())
        while running:
            total = merge(total, running.popleft().result())
    return total
