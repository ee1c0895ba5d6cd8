"""What a whole profile costs, against reading the same file, and against Evidently's report.

    python bench/profile.py [--rows 1000000 10000000] [--no-peers] [--work DIR]

Three things are measured, each in processes of their own, alternating, medians of several runs:

* in one process, warm: `pyarrow.parquet.read_table` of the file, and counting all of it;
* whole processes: `tocsin profile` with the reference learnt anew, and Evidently's default drift
  and classification report on the same two files (in an environment of its own, made here);
* the peak memory of `tocsin profile`.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
PEERS = ("evidently==0.7.21", "pandas<3", "pyarrow")
RUNS = 7

WARM = """
import sys, time, json
from datetime import UTC, datetime
from pathlib import Path
import pyarrow.parquet as pq
from tocsin.config.load import load
from tocsin.engine.local import count
from tocsin.lake.files import read_table
from tocsin.lake.listing import listing
from tocsin.profile.learn import learn
from tocsin.profile.task import task_of
folder, file, runs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
system = load((folder / "tocsin.yaml").read_text(), "tocsin.yaml").systems["bench"]
spec = learn(read_table(folder / "reference.parquet"), system)
found = listing(file)
task = task_of(found.columns, spec, system, datetime.now(UTC))
def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu
pairs = []
for _ in range(runs + 1):
    read = timed(lambda: pq.read_table(file))
    whole = timed(lambda: count(found.portions, task, advance=lambda _: None))
    pairs.append((read, whole))
print(json.dumps(pairs[1:]))
"""

EVIDENTLY = """
import sys
import pandas as pd
from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.presets import ClassificationPreset, DataDriftPreset
numbers = [f"n{k:02d}" for k in range(20)]
words = [f"c{k}" for k in range(10)] + ["segment", "grp"]
definition = DataDefinition(
    numerical_columns=[*numbers, "score"],
    categorical_columns=words,
    classification=[BinaryClassification(target="label", prediction_labels="pred",
                                         prediction_probas="score", pos_label=1)],
)
reference, current = (
    Dataset.from_pandas(pd.read_parquet(path), data_definition=definition) for path in sys.argv[1:3]
)
report = Report([DataDriftPreset(), ClassificationPreset()])
report.run(current, reference).json()
"""


def main() -> None:
    """Make the files, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--work", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.work or Path(made)
        measure(folder, asked.rows, peers=not asked.no_peers)


def measure(folder: Path, sizes: list[int], *, peers: bool) -> None:
    """Print the table for files of these many rows."""
    sys.path.insert(0, str(HERE))
    import workload  # noqa: PLC0415 - a script beside this one

    (folder / "tocsin.yaml").write_text(workload.CONFIG)
    if not (folder / "reference.parquet").exists():
        workload.write(folder / "reference.parquet", 1_000_000, seed=7)
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for rows in sizes:
        file = folder / f"current-{rows}.parquet"
        if not file.exists():
            workload.write(file, rows, seed=8)
        print(f"\n{rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB")
        warm(folder, file)
        ours_s = whole(folder, file, rows)
        if peers and rows == sizes[0]:
            theirs_s = evidently(folder, file)
            print(f"| Evidently / tocsin profile, whole processes | {theirs_s / ours_s:.0f} x |")


def warm(folder: Path, file: Path) -> None:
    """Print reading against counting within one process."""
    runs = RUNS if file.stat().st_size < 10**9 else 3
    said = subprocess.run(
        [sys.executable, "-c", WARM, str(folder), str(file), str(runs)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    pairs = json.loads(said)
    for name, k in (("read_table", 0), ("profile", 1)):
        wall, cpu = (statistics.median(pair[k][j] for pair in pairs) for j in (0, 1))
        print(f"| {name}, warm | {wall:.2f} s wall, {cpu:.2f} s CPU |")
    for name, j in (("wall", 0), ("CPU", 1)):
        ratios = sorted(pair[1][j] / pair[0][j] for pair in pairs)
        middle = statistics.median(ratios)
        print(f"| profile / read_table, {name} | {middle:.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) |")


def whole(folder: Path, file: Path, rows: int) -> float:
    """Print time and peak memory of the command as users run it; return its seconds."""
    command = [
        str(Path(sys.executable).parent / "tocsin"),
        "profile",
        str(file),
        "--system",
        "bench",
        "--config",
        str(folder / "tocsin.yaml"),
        "--out",
        str(folder / f"{rows}.profile"),
    ]
    took: list[tuple[float, float]] = []
    for _ in range(3):
        wall_s, peak_mib = _run(command)
        took.append((wall_s, peak_mib))
    wall_s = statistics.median(t[0] for t in took)
    print(f"| tocsin profile, whole process, reference learnt | {wall_s:.2f} s |")
    print(f"| its peak memory | {max(t[1] for t in took):,.0f} MiB |")
    return wall_s


def evidently(folder: Path, file: Path) -> float:
    """Print the time of Evidently's report as a whole process; return its seconds."""
    home = folder / "peers"
    if not home.exists():
        uv = ROOT / ".tools" / "bin" / "uv"
        python = home / "bin" / "python"
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, home], check=True)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *PEERS],
            check=True,
        )
    command = [
        str(home / "bin" / "python"),
        "-c",
        EVIDENTLY,
        str(folder / "reference.parquet"),
        str(file),
    ]
    wall_s, peak_mib = _run(command)
    said = f"{wall_s:.1f} s, {peak_mib:,.0f} MiB"
    print(f"| Evidently, drift and classification, whole process | {said} |")
    return wall_s


def _run(command: list[str]) -> tuple[float, float]:
    """Run one process; return its wall seconds and its peak memory in MiB."""
    began_s = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began_s
    if status:
        assert process.stderr is not None
        raise SystemExit(process.stderr.read().decode()[-2000:])
    return wall_s, used.ru_maxrss / 1024


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
