import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from deltalake import DeltaTable
from typing_extensions import override

from tests.forks import forking
from tests.jobs import counting, tending
from tests.jobs.counting import NOW, SPEC
from tests.jobs.tending import KEPT, LATER, Plan, dropping
from tests.profile.rows import LENDING
from tocsin.base.errors import Unavailable
from tocsin.jobs import profile as profiling
from tocsin.jobs import tend as duty
from tocsin.jobs.rings import Rings
from tocsin.lake.delta import Lake, folder_name
from tocsin.lake.disk import Disk
from tocsin.lake.shelf import Bytes
from tocsin.profile.cell import Cells
from tocsin.profile.cells import cells
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.store import profiles, stages, systems


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    tending.prepare(folder)
    return folder


@pytest.fixture
def plan(prepared: Path, tmp_path: Path) -> Plan:
    return tending.copied(prepared, tmp_path / "copy")


@pytest.fixture
def rings(plan: Plan) -> Iterator[Rings]:
    rings = counting.rings_at(Path(plan.folder))
    yield rings
    rings.database.close()


def ids(lake: Lake) -> list[str]:
    return sorted(map(str, lake.scan("lending", "predictions")["id"].to_pylist()))


def files(lake: Lake) -> int:
    return len(lake.table("lending", "predictions").files()[1])


def recounted(rings: Rings, threshold: float = 0.61) -> Cells:
    """Count the lake from its beginning under another spec."""
    renewed = replace(SPEC, threshold=threshold)
    with rings.database.unit("test", NOW) as unit:
        systems.save(unit, LENDING, renewed, [], 0, "1" * 64)
    counting.count_until_done(rings)
    with rings.database.reading() as conn:
        return profiles.cells(conn, renewed, counting.ALWAYS)


def assert_same(a: Cells, b: Cells) -> None:
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[key], b[key]) for key in a)


def test_small_files_become_big_ones_and_nothing_is_counted_twice(rings: Rings) -> None:
    before = ids(rings.lake)
    assert files(rings.lake) == 50
    duty.run(rings, LATER)
    assert files(rings.lake) < 8
    assert ids(rings.lake) == before
    counting.count_until_done(rings)
    assert_same(counting.stored(rings), counting.expected())
    assert_same(recounted(rings), counting.expected(replace(SPEC, threshold=0.61)))


def test_rows_past_their_age_go_and_their_counts_stay(rings: Rings) -> None:
    duty.run(dropping(rings, LATER), LATER)
    assert sorted(KEPT) == ids(rings.lake)
    assert rings.lake.scan("lending", "outcomes").num_rows < 600
    assert_same(counting.stored(rings), counting.expected())


def test_a_system_is_tended_every_two_minutes(rings: Rings) -> None:
    duty.run(rings, LATER)
    soon = LATER + duty.EVERY
    duty.run(dropping(rings, soon), soon - timedelta(seconds=1))
    assert len(ids(rings.lake)) == 600
    duty.run(dropping(rings, soon), soon)
    assert ids(rings.lake) == sorted(KEPT)


def test_what_is_not_counted_is_not_touched(tmp_path: Path) -> None:
    rings = counting.rings_at(tmp_path)
    for k in range(20):
        counting.predict(rings.lake, k, k + 1)
    duty.run(dropping(rings, LATER), LATER)
    assert files(rings.lake) == 20
    rings.database.close()


class _Renewing(Disk):
    """Lets the reference be replaced, and counted anew for a while, while files are rewritten."""

    rings: Rings | None = None

    @override
    def put(self, name: str, content: Bytes) -> None:
        super().put(name, content)
        rings, self.rings = self.rings, None
        if rings is not None:
            with rings.database.unit("test", NOW) as unit:
                systems.save(unit, LENDING, replace(SPEC, threshold=0.61), [], 0, "1" * 64)
            profiling.run(rings, NOW)


def test_a_reference_replaced_while_files_are_rewritten_counts_every_row_once(
    rings: Rings, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiling, "VERSIONS_AT_ONCE", 3)
    monkeypatch.setattr(profiling, "ROUNDS_AT_ONCE", 4)
    shelf = _Renewing(f"{plan.folder}/lake")
    shelf.rings = rings
    duty.run(replace(rings, lake=Lake(shelf)), LATER)
    assert files(rings.lake) == 50  # it saw, and let the files be
    for k in range(1, 30):
        profiling.run(rings, NOW)
        duty.run(rings, LATER + k * duty.EVERY)
    assert files(rings.lake) < 16
    with rings.database.reading() as conn:
        found = profiles.cells(conn, replace(SPEC, threshold=0.61), counting.ALWAYS)
    assert_same(found, counting.expected(replace(SPEC, threshold=0.61)))


def test_an_old_reference_that_comes_back_finds_what_it_had_not_counted(rings: Rings) -> None:
    """Files are never put together across the watermark of a replaced spec."""
    counting.predict(rings.lake, 0, 0 + 1)  # stored twice: a row of its own beyond the watermark
    recounted(rings)
    duty.run(rings, LATER)
    with rings.database.unit("test", NOW) as unit:
        systems.save(unit, LENDING, SPEC, [], 0, "2" * 64)
    counting.count_until_done(rings)
    twice = counting.ROWS.slice(0, 1).drop_columns(["label"])
    once_more = cells(profile(twice, SPEC), SPEC)
    found, usual = counting.stored(rings), counting.expected()
    assert all(np.array_equal(found[k], usual[k] + once_more.get(k, 0)) for k in usual)


def test_trouble_on_the_shelf_waits_for_its_turn_and_is_said(rings: Rings, plan: Plan) -> None:
    class Full(Disk):
        @override
        def put(self, name: str, content: Bytes) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(ExceptionGroup) as caught:
        duty.run(replace(rings, lake=Lake(Full(f"{plan.folder}/lake"))), LATER)
    assert "the disk is full" in str(caught.value.exceptions[0])
    assert isinstance(caught.value.exceptions[0], Unavailable)
    with rings.database.reading() as conn:
        seen = stages.get(conn, duty.ACTOR, "lending")
    assert seen is not None
    assert seen.at == LATER
    duty.run(rings, LATER + duty.EVERY)
    assert len(ids(rings.lake)) == 600


def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(
    prepared: Path, tmp_path: Path
) -> None:
    steps = tending.tended(tending.copied(prepared, tmp_path / "whole"))
    assert steps > 100
    early = [*range(1, 16), *range(16, steps + 1, 13)]  # removals are many and alike
    for step, after in [(step, after) for step in early for after in (False, True)]:
        plan = tending.copied(prepared, tmp_path / f"{step}-{after}")
        doomed = replace(plan, step=step, after=after)
        process = forking().Process(target=tending.tended, args=(doomed,))
        process.start()
        process.join(300)
        assert process.exitcode == -signal.SIGKILL, (step, after)
        _judge(Path(plan.folder))


def _judge(folder: Path) -> None:
    """Assert that whoever goes on finds every row once, counted once."""
    rings = counting.rings_at(folder)
    seen = ids(rings.lake)
    assert len(seen) == len(set(seen))
    assert set(KEPT) <= set(seen)
    for now in (round_ + timedelta(days=9) for round_ in tending.ROUNDS):
        duty.run(dropping(rings, now), now)
    assert ids(rings.lake) == sorted(KEPT)
    assert files(rings.lake) < 8
    counting.count_until_done(rings)
    assert_same(counting.stored(rings), counting.expected())
    table = folder / "lake" / folder_name("lending") / "predictions"
    other = DeltaTable(str(table))
    assert set(other.to_pyarrow_table(columns=["id"])["id"].to_pylist()) == set(KEPT)
    at_rest = {path.name for path in table.glob("*.parquet")}
    assert at_rest == {Path(name).name for name in other.file_uris()}
    assert list(table.rglob(".*")) == []
    rings.database.close()


def test_rows_appended_by_another_process_while_we_tend_are_there_once(
    rings: Rings, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duty, "EVERY", timedelta(0))
    process = forking().Process(target=tending.append_again, args=(plan, 60))
    process.start()
    while process.is_alive():
        profiling.run(rings, NOW)
        duty.run(rings, datetime.now(UTC))  # by a clock far ahead, files just written are strays
    process.join(300)
    assert process.exitcode == 0
    counting.count_until_done(rings)
    found = ids(rings.lake)
    assert len(found) == 660
    assert len(set(found)) == 660
    everyone = sum(int(counts[0]) for key, counts in _sizes(rings).items() if key.slice == "")
    assert everyone == 660


def _sizes(rings: Rings) -> Cells:
    place = layout_of(SPEC).places["n"]
    return {key: counts[place] for key, counts in counting.stored(rings).items()}
