import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.forks import forking
from tests.jobs import counting, tending
from tests.jobs.counting import NOW
from tests.jobs.tending import Plan
from tocsin.jobs import erase as duty
from tocsin.jobs.rings import Rings
from tocsin.lake.delta import TABLES, Lake
from tocsin.store import erasures

NAMED = ["7-3", "7-100", "7-599"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    tending.prepare(folder)
    rings = counting.rings_at(folder)
    with rings.database.unit("officer", NOW) as unit:
        erasures.ask(unit, "lending", [*NAMED, "never"])
    rings.database.close()
    return folder


@pytest.fixture
def rings(prepared: Path, tmp_path: Path) -> Iterator[Rings]:
    plan = tending.copied(prepared, tmp_path / "copy")
    rings = counting.rings_at(Path(plan.folder))
    yield rings
    rings.database.close()


def judge(rings: Rings, folder: Path) -> None:
    """Assert that it is done, and that no byte of the lake names them."""
    with rings.database.reading() as conn:
        (one,) = erasures.of_system(conn, "lending")
    assert one.done_at is not None
    assert one.rows == {"predictions": 3, "outcomes": 3}
    for table in TABLES:
        left = rings.lake.scan("lending", table, columns=["id"])["id"].to_pylist()
        assert len(left) == len(set(left)) == 597
        assert not set(NAMED) & set(left)
    for path in (folder / "lake").rglob("*"):
        if path.is_file():
            assert not any(f'"{name}"'.encode() in path.read_bytes() for name in NAMED), path


def test_named_predictions_are_gone_and_the_receipt_says_so(rings: Rings, tmp_path: Path) -> None:
    before = counting.stored(rings)
    duty.run(rings, NOW)
    judge(rings, tmp_path / "copy")
    after = counting.stored(rings)  # sums of counts stay
    assert before.keys() == after.keys()
    duty.run(rings, NOW)  # nothing is left to do


def test_a_system_without_a_lake_is_done_at_once(tmp_path: Path) -> None:
    rings = counting.rings_at(tmp_path)
    with rings.database.unit("officer", NOW) as unit:
        erasures.ask(unit, "lending", ["x"])
    duty.run(rings, NOW)
    with rings.database.reading() as conn:
        assert erasures.of_system(conn, "lending", due=True) == []
    rings.database.close()


def work(plan: Plan) -> int:
    shelf = tending.Deadly(f"{plan.folder}/lake", plan.step, after=plan.after)
    rings = replace(counting.rings_at(Path(plan.folder)), lake=Lake(shelf))
    duty.run(rings, NOW)
    rings.database.close()
    return shelf.steps


def test_a_worker_killed_at_any_step_finishes_when_it_comes_back(
    prepared: Path, tmp_path: Path
) -> None:
    steps = work(tending.copied(prepared, tmp_path / "whole"))
    chosen = [*range(1, 12), *range(12, steps + 1, 9), steps]  # removals are many and alike
    for step, after in [(step, after) for step in chosen for after in (False, True)]:
        plan = tending.copied(prepared, tmp_path / f"{step}-{after}")
        process = forking().Process(target=work, args=(replace(plan, step=step, after=after),))
        process.start()
        process.join(300)
        assert process.exitcode == -signal.SIGKILL, (step, after)
        rings = counting.rings_at(Path(plan.folder))
        duty.run(rings, NOW)
        strays = _remove_strays(rings)
        judge(rings, Path(plan.folder))
        assert strays <= 3
        rings.database.close()


def _remove_strays(rings: Rings) -> int:
    """Files that no entry names go with the housekeeping, six hours later."""
    return sum(
        rings.lake.table("lending", table).vacuum(tending.LATER, strays=True) for table in TABLES
    )
