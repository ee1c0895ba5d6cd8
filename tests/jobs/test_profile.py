import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.jobs import counting
from tests.jobs.counting import NOW, SPEC
from tests.profile.rows import LENDING
from tocsin.jobs import profile as duty
from tocsin.jobs.rings import Rings
from tocsin.profile.cell import Profile
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec
from tocsin.store import profiles, systems

ROOT = Path(__file__).parents[2]


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Rings]:
    rings = counting.rings_at(tmp_path)
    yield rings
    rings.database.close()


def assert_same(a: Profile, b: Profile) -> None:
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[key], b[key]) for key in a)


def orphans(rings: Rings, spec: Spec = SPEC) -> int:
    with rings.database.reading() as conn:
        return len(profiles.orphans(conn, spec))


def marks(rings: Rings) -> tuple[int, int]:
    with rings.database.reading() as conn:
        return (
            profiles.watermark(conn, "lending", "predictions"),
            profiles.watermark(conn, "lending", "outcomes"),
        )


def test_nothing_in_the_lake_changes_nothing(rings: Rings) -> None:
    duty.run(rings, NOW)
    assert counting.stored(rings) == {}
    assert marks(rings) == (-1, -1)


def test_everything_is_counted_once_however_often_the_duty_runs(rings: Rings) -> None:
    counting.fill(rings.lake)
    counting.count_until_done(rings)
    assert_same(counting.stored(rings), counting.expected())
    assert marks(rings) == (3, 3)
    assert orphans(rings) == 0


def test_an_outcome_waits_for_its_prediction_and_is_counted_in_its_bucket(rings: Rings) -> None:
    counting.label(rings.lake, 0, 600)
    duty.run(rings, NOW)
    assert orphans(rings) == 600
    assert counting.stored(rings) == {}
    counting.predict(rings.lake, 0, 200)
    duty.run(rings, NOW)
    assert orphans(rings) == 400
    counting.predict(rings.lake, 200, 600)
    duty.run(rings, NOW)
    assert orphans(rings) == 0
    assert_same(counting.stored(rings), counting.expected())


def test_a_prediction_stored_twice_has_its_label_counted_once(rings: Rings) -> None:
    counting.predict(rings.lake, 0, 10)
    counting.predict(rings.lake, 0, 10)
    counting.label(rings.lake, 0, 10)
    duty.run(rings, NOW)
    everyone = [counts for key, counts in counting.stored(rings).items() if key.slice == ""]
    place = layout_of(SPEC).places["n_labelled"]
    assert sum(int(counts[place].sum()) for counts in everyone) == 10


def test_a_new_spec_counts_the_lake_anew_and_no_orphan_twice(rings: Rings) -> None:
    counting.label(rings.lake, 0, 600)
    duty.run(rings, NOW)
    assert orphans(rings) == 600
    counting.predict(rings.lake, 0, 600)
    renewed = replace(SPEC, threshold=0.6)
    with rings.database.unit("test", NOW) as unit:
        systems.save(unit, LENDING, renewed, [], 0, "1" * 64)
    counting.count_until_done(rings)
    with rings.database.reading() as conn:
        found = profiles.cells(conn, renewed, counting.ALWAYS)
    assert_same(found, profile(counting.ROWS, renewed))
    assert orphans(rings, renewed) == 0


def test_an_old_spec_that_comes_back_goes_on_where_it_was_left(rings: Rings) -> None:
    counting.label(rings.lake, 0, 600)
    duty.run(rings, NOW)
    for spec in (replace(SPEC, threshold=0.6), SPEC):
        with rings.database.unit("test", NOW) as unit:
            systems.save(unit, LENDING, spec, [], 0, "1" * 64)
        counting.predict(rings.lake, *((0, 300) if spec != SPEC else (300, 600)))
        counting.count_until_done(rings)
    assert_same(counting.stored(rings), counting.expected())
    assert orphans(rings) == 0


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_any_order_of_arrival_and_counting_gives_the_same_profile(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, 599), max_size=3)))
    spans = list(zip([0, *cuts], [*cuts, 600], strict=True))
    steps = [(write, *span) for write in (counting.predict, counting.label) for span in spans]
    with tempfile.TemporaryDirectory() as folder:
        rings = counting.rings_at(Path(folder))
        for write, start, stop in data.draw(st.permutations(steps)):
            write(rings.lake, start, stop)
            if data.draw(st.booleans()):
                duty.run(rings, NOW)
        counting.count_until_done(rings)
        assert_same(counting.stored(rings), counting.expected())
        assert orphans(rings) == 0
        rings.database.close()


@pytest.mark.parametrize(
    ("boundary", "round_"),
    [("reading", 2), ("read", 1), ("counted", 3), ("written", 1), ("written", 2), ("committed", 1)],
)
def test_a_worker_killed_at_a_boundary_and_restarted_counts_the_same(
    tmp_path: Path, boundary: str, round_: int
) -> None:
    counting.fill(counting.rings_at(tmp_path).lake)
    command = [sys.executable, "-m", "tests.jobs.counting", str(tmp_path), boundary, str(round_)]
    died = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    rings = counting.rings_at(tmp_path)
    counting.count_until_done(rings)
    assert_same(counting.stored(rings), counting.expected())
    assert marks(rings) == (3, 3)
    assert orphans(rings) == 0
    rings.database.close()
