"""What Spark costs and gains against threads, counting the same file on the same machine.

    make .spark/.installed && .spark/bin/python bench/spark.py [--rows N] [--master URL]

On one machine Spark cannot win: it starts a JVM and a Python for each core, and then does
the same work.  The ratio says how many machines pay for that.  CPU is of all processes together.
"""

import argparse
import importlib.util
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.engine import local, spark
from tocsin.ingest.system import Columns, System
from tocsin.lake.listing import listing
from tocsin.profile import bundle
from tocsin.profile.learn import learn
from tocsin.profile.task import Counted, task_of

START_US = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * 1_000_000
SYSTEM = System(
    name="bench",
    columns=Columns(time="at", score="score", prediction="answer", label="label"),
    slices=("segment",),
    protected=("group",),
)


def rows(n: int, seed: int) -> pa.Table:
    """Return decisions of a day: 20 numbers, 10 categories, 50 segments, 5 groups."""
    r = np.random.default_rng(seed)
    score = r.random(n)
    columns: dict[str, object] = {f"x{k}": r.normal(size=n) for k in range(20)}
    columns |= {f"c{k}": [f"v{v}" for v in r.integers(0, 12, n)] for k in range(10)}
    columns |= {
        "at": pa.array(START_US + np.arange(n) * 86_400_000_000 // n, pa.timestamp("us", "UTC")),
        "score": score,
        "answer": score >= 0.5,
        "label": r.random(n) < score,
        "segment": [f"s{v}" for v in r.integers(0, 50, n)],
        "group": [f"g{v}" for v in r.integers(0, 5, n)],
    }
    return pa.table(columns)


def cpu_s() -> float:
    """Return the CPU seconds of this process and all that it started."""
    ticks, tick = 0, os.sysconf("SC_CLK_TCK")
    parents: dict[int, tuple[int, int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(words[1]), sum(map(int, words[11:15]))
    for pid, (_, used) in parents.items():
        above = pid
        while above in parents and above != os.getpid():
            above = parents[above][0]
        ticks += used if above == os.getpid() else 0
    return ticks / tick


def timed(name: str, work: Callable[[], Counted]) -> Counted:
    """Run `work`, print its wall and CPU seconds, and return what it counted."""
    cpu, wall = cpu_s(), time.perf_counter()
    counted = work()
    wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
    print(f"{name:<28}{wall:8.1f} s wall {cpu:8.1f} s CPU")
    return counted


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--rows", type=int, default=1_000_000)
    told.add_argument("--master", default="local[2]")
    given = told.parse_args()
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        print("left out: Spark is not here; see the head of this file")
        return
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        with pq.ParquetWriter(path, rows(1, 0).schema) as writer:
            for k in range(0, given.rows, 250_000):
                writer.write_table(rows(min(250_000, given.rows - k), k))
        spec = learn(rows(20_000, 1), SYSTEM)
        found = listing(path)
        task = task_of(found.columns, spec, SYSTEM, datetime(2026, 11, 2, tzinfo=UTC))
        print(
            f"{found.rows:,} rows in {len(found.portions)} portions, {path.stat().st_size:,} bytes"
        )

        def here() -> Counted:
            return local.count(found.portions, task, advance=lambda _: None)

        timed("threads, first", here)
        expected = timed("threads, again", here)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{'peak memory of this process':<28}{peak:8.0f} MiB")
        began = time.perf_counter()
        with spark.session(given.master, "bench") as session:
            print(f"{'Spark session':<28}{time.perf_counter() - began:8.1f} s wall")
            for name in ("Spark, first", "Spark, again"):
                counted = timed(
                    name, lambda: spark.count(session, found.portions, task, advance=lambda _: None)
                )
        same = bundle.to_bytes(counted.profile, spec) == bundle.to_bytes(expected.profile, spec)
        print("identical bytes" if same else "DIFFERENT")


if __name__ == "__main__":
    main()
