"""Drift without harm: D3Bench's occupancy data, checked as users check two files.

    TOCSIN_D3BENCH=<folder with occupacy_data.csv.gz> python bench/harmless.py

Temperature has drifted as far as anything does (Evidently's PSI is 1.9), while accuracy fell by 0.4
points: that asks for a ticket and wakes nobody.  Prints what is said of everyone, and exits with 1
where anything pages.
"""

import sys
from datetime import UTC, datetime

import occupancy
import pyarrow as pa
import pyarrow.csv as pacsv

from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Level, Verdict
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import Columns, Risk, System
from tocsin.ingest.tabular import from_table
from tocsin.profile.blocks import blocks, stretches
from tocsin.profile.learn import learn

SYSTEM = System(
    name="occupancy",
    risk=Risk.HIGH,
    columns=Columns(
        id="id", time="time", score="prob_predicted", prediction="predicted", label="measured"
    ),
    features=("co2", "temperature"),
)


def main() -> int:
    """Check, print, and tell whether anybody was woken."""
    here = occupancy.folder()
    if here is None:
        print("left out: set TOCSIN_D3BENCH to the folder that holds occupacy_data.csv.gz")
        return 0
    read = pacsv.read_csv(here / "occupacy_data.csv.gz")  # undone by its ending
    times = [datetime.strptime(str(at), "%m/%d/%Y %H:%M") for at in read["time"].to_pylist()]  # noqa: DTZ007 - the file's times have no zone
    early = sum(at < occupancy.CUT for at in times)
    columns: dict[str, object] = {name: read[name] for name in read.column_names if name}
    columns["time"] = pa.array([at.replace(tzinfo=UTC) for at in times], INSTANT)
    whole = pa.table(columns | {"id": [str(k) for k in range(len(times))]})
    before, after = whole.slice(0, early), whole.slice(early)
    spec = learn(before, SYSTEM)
    end = max(times).replace(tzinfo=UTC)
    rows = [from_table(one, spec.schema, SYSTEM, end).table for one in (before, after)]
    baseline = Baseline.of(blocks(rows[0], spec), stretches(rows[0], spec))
    (window,) = blocks(rows[1], spec, 1)
    found = evaluate(window, baseline, spec, SYSTEM, Budget.of(1.0, 86400), now=None)
    for one in found:
        if one.verdict is Verdict.ALARM or one.measure == "accuracy":
            print(f"{one.verdict.value:6} {one.level.value:7} {one.why}")
    return int(any(one.level is Level.PAGE for one in found))


if __name__ == "__main__":
    sys.exit(main())
