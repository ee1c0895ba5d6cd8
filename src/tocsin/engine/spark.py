"""Runs the same kernel on Spark: executors read and count their shares, then merge as a tree.

    portions → shares, one a partition → mapInArrow(count) → rounds of repartition and
    mapInArrow(merge), FAN_IN branches into one → each bucket once → the driver

Executors read the files themselves, as the local engine does, so that both see the same rows: the
files must lie where every executor sees them under the same path.  Merging is by bucket, so many
buckets merge side by side, and the driver only puts different buckets next to one another.

Executors run the driver's own code, which is shipped to them; they need NumPy, Numba and Arrow.
Spark is an extra (`pip install 'tocsin[spark]'`), imported only when asked for.
"""

import importlib
import os
import re
import sys
import tempfile
import threading
import zipfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

import tocsin
from tocsin.base.errors import BadInput, Unavailable
from tocsin.engine import partition
from tocsin.engine.local import Advance
from tocsin.profile.task import Counted, Portion, Task

FAN_IN = 8
SHARES_A_CORE = 4
LEAST_ROWS = 1_000_000
"""Rows that one process counts sooner than a job gets going; measured by `bench/spark.py`."""
_PACKAGE = Path(tocsin.__file__).parent
_POLL_S = 0.2
_RAISED = re.compile(r"\w+(Error|Exception): ")
"""The line of a Python stack that names the error."""
_LONGEST = 300
_ROWS_A_BATCH = 16  # of pieces, each up to some megabytes


class Frame(Protocol):
    """What we use of Spark's `DataFrame`."""

    def mapInArrow(self, func: object, schema: str) -> "Frame":  # noqa: N802 - Spark's name
        """Run `func` over each partition."""
        ...

    def repartition(self, numPartitions: int, *cols: object) -> "Frame":  # noqa: N803 - Spark's name
        """Bring rows with equal `cols` together."""
        ...

    def selectExpr(self, *expr: str) -> "Frame":  # noqa: N802 - Spark's name
        """Compute columns."""
        ...

    def collect(self) -> list[Any]:
        """Return all rows."""
        ...


class Session(Protocol):
    """What we use of Spark's `SparkSession`."""

    @property
    def sparkContext(self) -> Any:  # noqa: N802, ANN401 - Spark's, which has no types
        """The connection to the cluster."""
        ...

    def range(self, start: int, end: int, step: int, numPartitions: int) -> Frame:  # noqa: N803 - Spark's name
        """Return the numbers from start to end, in column `id`."""
        ...


@contextmanager
def session(master: str | None, name: str) -> Generator[Session]:
    """Yield a session on `master`; None: what spark-submit or Spark's own settings say.

    Raises:
        BadInput: Spark is not installed.
        Unavailable: it cannot be started or reached.
    """
    try:
        sql = importlib.import_module("pyspark.sql")
    except ModuleNotFoundError:
        raise BadInput(
            "Spark is not installed here",
            where="--engine spark",
            do="pip install 'tocsin[spark]', or leave --engine out",
        ) from None
    if master is None or master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = sql.SparkSession.builder.appName(name)
    if master is not None:
        builder = builder.master(master)
    builder = builder.config("spark.ui.showConsoleProgress", "false").config(
        "spark.log.level", "ERROR"
    )
    builder = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", str(_ROWS_A_BATCH))
    with _spark_faults():
        spark = builder.getOrCreate()
    try:
        with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
            spark.sparkContext.addArchive(f"{_own_code(Path(folder))}#{_PACKAGE.name}")
            yield spark
    finally:
        spark.stop()


def count(
    spark: Session,
    portions: Sequence[Portion],
    task: Task,
    *,
    advance: Advance,
    shares: int | None = None,
) -> Counted:
    """Return the counts of all portions: those of `engine.local.count`, number by number.

    Args:
        spark: where to count.
        portions: in files that every executor sees.
        task: what is counted.
        advance: told how much further we are, as a share of the whole.
        shares: partitions to count in; None: a few per core.

    Raises:
        BadInput: a file cannot be read, or lacks a column.
        Unavailable: Spark gave up.
    """
    cores = int(spark.sparkContext.defaultParallelism)
    dealt = deal(portions, shares or cores * SHARES_A_CORE)
    if not dealt:
        return Counted({})
    parts = len(dealt)
    frame = spark.range(0, parts, 1, numPartitions=parts)
    frame = frame.mapInArrow(partition.counting(dealt, task), partition.PIECES)
    merge = partition.merging(task.spec, FAN_IN)
    while True:
        parts = -(-parts // FAN_IN)
        frame = frame.selectExpr("part", "bucket", "body", f"part div {FAN_IN} as branch")
        frame = frame.repartition(max(parts, cores), "bucket", "branch")
        frame = frame.selectExpr("part", "bucket", "body").mapInArrow(merge, partition.PIECES)
        if parts == 1:
            break
    with _spark_faults(), _watched(spark, advance):
        rows = frame.collect()
    return partition.whole(rows, task.spec)


class Standing:
    """Spark for a server: one session, begun when first needed and again after a failure.

    Args:
        master: as for `session`.
        name: what the cluster shows.
    """

    def __init__(self, master: str | None, name: str) -> None:
        self._master, self._name = master, name
        self._lock, self._stack = threading.Lock(), ExitStack()
        self._session: Session | None = None

    def count(self, portions: Sequence[Portion], task: Task) -> Counted:
        """Return the counts of all portions; see `count`.

        Raises:
            BadInput: a file cannot be read; Spark is not installed.
            Unavailable: Spark cannot be reached, or gave up.
        """
        try:
            return count(self._open(), portions, task, advance=lambda _: None)
        except Unavailable:
            self.close()
            raise

    def close(self) -> None:
        """End the session, if there is one."""
        with self._lock:
            self._session = None
            self._stack.close()

    def _open(self) -> Session:
        with self._lock:
            if self._session is None:
                self._session = self._stack.enter_context(session(self._master, self._name))
            return self._session


def deal(portions: Sequence[Portion], shares: int) -> list[list[Portion]]:
    """Return the portions in at most `shares` shares of nearly equal rows, none of them empty."""
    dealt: list[list[Portion]] = [[] for _ in range(min(shares, len(portions)))]
    rows = [0] * len(dealt)
    for portion in sorted(portions, key=lambda portion: -portion.rows):
        least = min(range(len(dealt)), key=lambda k: (rows[k], len(dealt[k]), k))
        dealt[least].append(portion)
        rows[least] += portion.rows
    return dealt


def _own_code(folder: Path) -> Path:
    """Return an archive of this package's modules.

    Spark unpacks it in a folder that its Pythons look for modules in: real files, beside which
    compiled code can be kept, and which go when the job has ended.
    """
    archive = folder / "tocsin-code.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(_PACKAGE.rglob("*.py")):
            zipped.write(path, path.relative_to(_PACKAGE))
    return archive


@contextmanager
def _watched(spark: Session, advance: Advance) -> Generator[None]:
    """Tell `advance` which share of the tasks is done while the block runs."""
    done = threading.Event()

    def watch() -> None:
        tracker = spark.sparkContext.statusTracker()
        finished, tasks, told = dict[int, int](), dict[int, int](), 0.0
        while not done.wait(_POLL_S):
            for stage in tracker.getActiveStageIds():
                known = tracker.getStageInfo(stage)
                if known is not None:
                    finished[stage], tasks[stage] = known.numCompletedTasks, known.numTasks
            share = sum(finished.values()) / max(1, sum(tasks.values()))
            if share > told:  # later stages make the whole larger; a bar does not go back
                advance(share - told)
                told = share

    watcher = threading.Thread(target=watch, name="spark-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@contextmanager
def _spark_faults() -> Generator[None]:
    """Turn what Spark raises into one sentence."""
    faults = (
        importlib.import_module("pyspark.errors").PySparkException,
        importlib.import_module("py4j.protocol").Py4JError,
    )
    try:
        yield
    except cast("tuple[type[Exception], ...]", faults) as error:
        raise Unavailable(f"Spark gave up: {_said(str(error))}") from error


def _said(text: str) -> str:
    """Return the line of a Java or Python stack that tells most."""
    if "JAVA_GATEWAY_EXITED" in text:
        return "Java did not start; install Java 17 or newer, or set JAVA_HOME"
    raised = [line.strip() for line in text.splitlines() if _RAISED.match(line)]
    if not raised:
        return (text.strip().splitlines() or ["it did not say why"])[0][:_LONGEST]
    if raised[-1].startswith("ModuleNotFoundError"):
        return f"{raised[-1]} on an executor; install pyarrow, numpy and numba in its Python"
    return raised[-1][:_LONGEST]
