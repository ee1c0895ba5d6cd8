"""The same counts on a real Spark: a standalone master and two workers of their own processes.

The workers' Python has NumPy and Arrow and no Tocsin: what they need of it is shipped.
"""

import os
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from tests.detect import desks
from tests.engine.cluster import Cluster, bare_python, cluster, why_not
from tests.jobs import counting
from tests.jobs.dying import canonical
from tests.profile.rows import LENDING, lake_rows, spec_of, table
from tests.profile.test_task import said
from tocsin.base.errors import BadInput, Unavailable
from tocsin.engine import local, spark
from tocsin.ingest.rule import Demand, Rule
from tocsin.lake.delta import Lake, folder_name
from tocsin.lake.listing import Listing, listing
from tocsin.lake.portions import Portion
from tocsin.profile.cell import Profile
from tocsin.profile.cells import vectors
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.merge import total
from tocsin.profile.spec import Spec
from tocsin.profile.task import Counted, LakeTask, Task, task_of

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "Spark is here"),
    # pyspark and its Java gateway leave sockets to the garbage collector
    pytest.mark.filterwarnings("default"),
]
NOW = datetime(2026, 12, 1, tzinfo=UTC)
RULES = (
    Rule(column="income", demand=Demand.BETWEEN, name="≥ 1", low=1.0, mostly=0.5),
    Rule(column="purpose", demand=Demand.MATCHES, name="matches (?<!h)o", pattern="(?<!h)o"),
    Rule(column="purpose", demand=Demand.IN_SET, name="in {car, house}", values=("car", "house")),
    Rule(column="income", demand=Demand.ABOVE, name="> years", other="education_years"),
)
SYSTEM = replace(LENDING, columns=replace(LENDING.columns, version="release"), rules=RULES)


def wild(n: int, seed: int) -> pa.Table:
    """Return decisions as wild as files get: nulls, NaN, infinities, broken texts, dates, hours."""
    r = np.random.default_rng(seed)
    raw = table(n, seed, hours=60)
    income = np.where(r.random(n) < 0.05, np.nan, raw["income"].to_numpy())
    income[r.random(n) < 0.02] = np.inf
    score = pa.array(raw["score"].to_numpy(), mask=r.random(n) < 0.1)
    day = [None if k % 11 == 0 else (NOW + timedelta(days=k % 90)).date() for k in range(n)]
    columns: dict[str, Any] = {name: raw[name] for name in raw.column_names}
    columns |= {
        "at": raw["at"].cast(pa.timestamp("ns", tz="UTC")),
        "income": pa.array(income, mask=r.random(n) < 0.05),
        "score": score,
        "opened": pa.array([None if d is None else d.isoformat() for d in day]),
        "release": pa.array(r.choice(["2026-10", "2026-11", ""], n)).dictionary_encode(),
        "employer": pa.array(raw["employer"].to_pylist(), mask=r.random(n) < 0.1),
        "purpose": pa.array(
            ["cafÃ©" if k % 17 == 0 else v for k, v in enumerate(raw["purpose"].to_pylist())]
        ),
        "repaid": pa.array(raw["repaid"].to_pylist(), mask=r.random(n) < 0.3),
    }
    return pa.table(columns)


RAW = wild(3000, 7)
SPEC = spec_of(RAW, SYSTEM)


def asked(found: Listing) -> Task:
    return task_of(found.columns, SPEC, SYSTEM, NOW)


@dataclass
class Rig:
    """A cluster and a session on it, kept for the whole file: starting them takes half a minute."""

    cluster: Cluster
    session: spark.Session

    def count(self, portions: Sequence[Any], task: Any, shares: int | None = None) -> Counted:
        return spark.count(self.session, portions, task, advance=lambda _: None, shares=shares)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rig]:
    folder = tmp_path_factory.mktemp("spark")
    before = dict(os.environ)
    os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": str(bare_python(folder))}
    try:
        with cluster(folder) as found, spark.session(found.url, "test") as session:
            yield Rig(found, session)
    finally:
        os.environ.clear()
        os.environ |= before


def same(rig: Rig, found: Listing, shares: int | None = None) -> Counted:
    """Return what Spark counts, having made sure that it is what the local engine counts."""
    task = asked(found)
    here = local.count(found.portions, task, advance=lambda _: None)
    there = rig.count(found.portions, task, shares)
    assert said(there) == said(here)
    return there


@pytest.mark.parametrize("shares", [1, 2, 9, None])
def test_any_number_of_partitions_counts_what_one_process_counts(
    rig: Rig, tmp_path: Path, shares: int | None
) -> None:
    for k in range(3):
        pq.write_table(RAW.slice(k * 1000, 1000), tmp_path / f"{k}.parquet", row_group_size=130)
    portions = [p for path in sorted(tmp_path.iterdir()) for p in groups_apart(path)]
    found = replace(listing(tmp_path), portions=tuple(portions))
    assert len(portions) == 24
    counted = same(rig, found, shares)
    assert counted.rows == 3000
    whole, layout = vectors(total([*counted.profile.values()]), SPEC)[""], layout_of(SPEC)
    assert all(layout.one(whole, f"{rule.place}.broken") > 0 for rule in RULES)


def groups_apart(path: Path) -> list[Portion]:
    """Return a portion for each row group."""
    with pq.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    return [Portion(str(path), rows, (k,)) for k, rows in enumerate(sizes)]


def test_files_of_one_row_and_of_none(rig: Rig, tmp_path: Path) -> None:
    for k in (0, 1):
        (tmp_path / str(k)).mkdir()
        pq.write_table(RAW.slice(0, k), tmp_path / str(k) / "x.parquet")
        assert same(rig, listing(tmp_path / str(k))).rows == k


def test_a_delta_table_with_a_column_added_later(rig: Rig, tmp_path: Path) -> None:
    plain = RAW.set_column(
        RAW.column_names.index("release"), "release", pa.array(RAW["release"].to_pylist())
    )
    old = plain.slice(0, 1000).drop_columns(["purpose", "opened"])
    write_deltalake(str(tmp_path), old)
    write_deltalake(str(tmp_path), plain.slice(1000), mode="append", schema_mode="merge")
    counted = same(rig, listing(tmp_path))
    assert (counted.rows, counted.refused) == (3000, 0)


def test_the_lakes_own_files_with_a_column_added_later(rig: Rig, tmp_path: Path) -> None:
    rows = lake_rows(RAW, SPEC, SYSTEM).drop_columns(["label"])
    lake = Lake(str(tmp_path))
    lake.append("lending", "predictions", rows.slice(0, 1000).drop_columns(["f_purpose"]))
    for start in (1000, 1600, 2200):
        lake.append("lending", "predictions", rows.slice(start, 800 if start > 2000 else 600))
    found = listing(tmp_path / folder_name("lending") / "predictions")
    assert asked(found) == LakeTask(SPEC)
    assert same(rig, found).rows == 3000


def test_the_profile_duty_counts_on_spark_what_it_counts_here(rig: Rig, tmp_path: Path) -> None:
    rings = counting.rings_at(tmp_path)
    counting.fill(rings.lake)

    def files_run(found: Listing, spec: Spec) -> Profile:
        return rig.count(found.portions, LakeTask(spec)).profile

    counting.count_until_done(replace(rings, files_run=files_run))
    there = counting.stored(rings)
    (tmp_path / "here").mkdir()
    here = counting.rings_at(tmp_path / "here")
    counting.fill(here.lake)
    counting.count_until_done(here)
    assert canonical(there) == canonical(counting.stored(here))
    for opened in (rings, here):
        opened.committer.close()
        opened.database.close()


def test_answers_that_choose_among_classes(rig: Rig, tmp_path: Path) -> None:
    raw = desks.table(1500, np.random.default_rng(8))
    spec = learn(raw.slice(0, 800), desks.DESKS)
    for k in range(3):
        pq.write_table(raw.slice(k * 500, 500), tmp_path / f"{k}.parquet", row_group_size=130)
    found = listing(tmp_path)
    task = task_of(found.columns, spec, desks.DESKS, NOW)
    here = local.count(found.portions, task, advance=lambda _: None)
    assert said(rig.count(found.portions, task, 3)) == said(here)
    assert (here.rows, here.refused) == (1500, 0)


def test_rows_left_out_are_told_as_the_local_engine_tells_them(rig: Rig, tmp_path: Path) -> None:
    score = [5.0 if k % 500 == 3 else s for k, s in enumerate(RAW["score"].to_pylist())]
    odd = RAW.set_column(RAW.column_names.index("score"), "score", pa.array(score))
    pq.write_table(odd, tmp_path / "x.parquet", row_group_size=400)
    assert same(rig, listing(tmp_path / "x.parquet")).refused == 6


def test_a_missing_column_is_the_local_engines_message(rig: Rig, tmp_path: Path) -> None:
    pq.write_table(RAW.drop_columns(["income"]), tmp_path / "x.parquet")
    found = listing(tmp_path / "x.parquet")
    with pytest.raises(BadInput, match="column 'income' missing"):
        rig.count(found.portions, asked(found))


def test_a_file_that_executors_do_not_see_is_named(rig: Rig, tmp_path: Path) -> None:
    pq.write_table(RAW, tmp_path / "x.parquet")
    found = listing(tmp_path / "x.parquet")
    (tmp_path / "x.parquet").unlink()
    with pytest.raises(BadInput, match=r"x\.parquet: no such file.* every executor"):
        rig.count(found.portions, asked(found))


def test_a_fault_of_ours_is_one_sentence(rig: Rig, tmp_path: Path) -> None:
    pq.write_table(RAW, tmp_path / "x.parquet")
    found = listing(tmp_path / "x.parquet")
    task = asked(found)

    class Broken:
        columns, spec = task.columns, task.spec

        def __call__(self, _table: pa.Table) -> Counted:
            raise ZeroDivisionError("of ours")

    with pytest.raises(Unavailable, match="Spark gave up: ZeroDivisionError: of ours"):
        rig.count(found.portions, Broken())


def test_a_worker_killed_amid_the_work_changes_no_number(rig: Rig, tmp_path: Path) -> None:
    pq.write_table(RAW, tmp_path / "x.parquet", row_group_size=250)
    portions = groups_apart(tmp_path / "x.parquet")
    task = asked(listing(tmp_path / "x.parquet"))
    expected = said(local.count(portions, task, advance=lambda _: None))
    killed, entered = tmp_path / "killed", tmp_path / "entered"
    entered.mkdir()

    class Waiting:
        """Counts, once a worker has been killed while this very task was running on it."""

        columns, spec = task.columns, task.spec

        def __call__(self, rows: pa.Table) -> Counted:
            (entered / str(os.getpid())).touch()
            while not killed.exists():
                time.sleep(0.05)
            return task(rows)

    found: list[Counted] = []
    work = threading.Thread(target=lambda: found.append(rig.count(portions, Waiting(), 6)))
    work.start()
    until = time.monotonic() + 40
    while len(list(entered.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(list(entered.iterdir())) == 2, "both workers are at work"
    rig.cluster.kill(1)
    killed.touch()
    work.join(60)
    assert said(found[0]) == expected
    assert rig.cluster.alive() == 1


def test_a_server_begins_its_session_anew_after_a_failure(rig: Rig, tmp_path: Path) -> None:
    """Comes last: the session of the other tests is ended here."""
    pq.write_table(RAW.slice(0, 300), tmp_path / "x.parquet")
    found = listing(tmp_path / "x.parquet")
    task = asked(found)
    expected = said(local.count(found.portions, task, advance=lambda _: None))

    class Broken:
        columns, spec = task.columns, task.spec

        def __call__(self, _table: pa.Table) -> Counted:
            raise ZeroDivisionError("of ours")

    rig.session.sparkContext.stop()
    standing = spark.Standing(rig.cluster.url, "server")
    try:
        assert said(standing.count(found.portions, task)) == expected
        with pytest.raises(Unavailable, match="of ours"):
            standing.count(found.portions, Broken())
        assert said(standing.count(found.portions, task)) == expected
    finally:
        standing.close()
