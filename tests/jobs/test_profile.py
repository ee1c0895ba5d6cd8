import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.jobs import counting, dying
from tests.jobs.counting import NOW, SPEC
from tests.jobs.dying import Canonical, Killed
from tests.profile.rows import LENDING, lake_rows, spec_of
from tocsin.detect.stages import Pace, pace_of
from tocsin.engine import local
from tocsin.jobs import profile as duty
from tocsin.jobs.rings import Rings
from tocsin.lake.listing import Listing
from tocsin.profile.cell import Cells, Profile
from tocsin.profile.cells import cells
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec
from tocsin.profile.task import LakeTask
from tocsin.store import orphans, profiles, stages, systems


@dataclass(frozen=True)
class Clean:
    """A filled lake, what one clean run stores of it, and the steps that the run passed."""

    folder: Path
    stored: Canonical
    steps: list[str]


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Rings]:
    rings = counting.rings_at(tmp_path)
    yield rings
    rings.database.close()


def assert_same(a: Cells, b: Cells) -> None:
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[key], b[key]) for key in a)


def orphaned(rings: Rings, spec: Spec = SPEC) -> int:
    with rings.database.reading() as conn:
        return len(orphans.waiting(conn, spec))


def marks(rings: Rings) -> tuple[int, int]:
    with rings.database.reading() as conn:
        return (
            profiles.watermark(conn, "lending", "predictions"),
            profiles.watermark(conn, "lending", "outcomes"),
        )


def test_an_engine_that_reads_files_itself_counts_the_same_and_each_file_once(
    rings: Rings,
) -> None:
    seen: list[str] = []

    def files_run(found: Listing, spec: Spec) -> Profile:
        seen.extend(portion.path for portion in found.portions)
        return local.count(found.portions, LakeTask(spec), advance=lambda _: None).profile

    counting.fill(rings.lake)
    counting.count_until_done(replace(rings, files_run=files_run))
    assert_same(counting.stored(rings), counting.expected())
    assert len(seen) == len(set(seen)) == 3


def test_nothing_in_the_lake_changes_nothing(rings: Rings) -> None:
    duty.run(rings, NOW)
    assert counting.stored(rings) == {}
    assert marks(rings) == (-1, -1)


def test_everything_is_counted_once_however_often_the_duty_runs(rings: Rings) -> None:
    counting.fill(rings.lake)
    counting.count_until_done(rings)
    for _ in range(3):
        duty.run(rings, NOW)
    assert_same(counting.stored(rings), counting.expected())
    assert marks(rings) == (3, 3)
    assert orphaned(rings) == 0


def test_an_outcome_waits_for_its_prediction_and_is_counted_in_its_bucket(rings: Rings) -> None:
    counting.label(rings.lake, 0, 600)
    duty.run(rings, NOW)
    assert orphaned(rings) == 600
    assert counting.stored(rings) == {}
    counting.predict(rings.lake, 0, 200)
    duty.run(rings, NOW)
    assert orphaned(rings) == 400
    counting.predict(rings.lake, 200, 600)
    duty.run(rings, NOW)
    assert orphaned(rings) == 0
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
    assert orphaned(rings) == 600
    counting.predict(rings.lake, 0, 600)
    renewed = replace(SPEC, threshold=0.6)
    with rings.database.unit("test", NOW) as unit:
        systems.save(unit, LENDING, renewed, [], 0, "1" * 64)
    counting.count_until_done(rings)
    with rings.database.reading() as conn:
        found = profiles.cells(conn, renewed, counting.ALWAYS)
    assert_same(found, counting.expected(renewed))
    assert orphaned(rings, renewed) == 0


def test_an_old_spec_that_comes_back_goes_on_where_it_was_left(rings: Rings) -> None:
    counting.label(rings.lake, 0, 600)
    duty.run(rings, NOW)
    for spec in (replace(SPEC, threshold=0.6), SPEC):
        with rings.database.unit("test", NOW) as unit:
            systems.save(unit, LENDING, spec, [], 0, "1" * 64)
        counting.predict(rings.lake, *((0, 300) if spec != SPEC else (300, 600)))
        counting.count_until_done(rings)
    assert_same(counting.stored(rings), counting.expected())
    assert orphaned(rings) == 0


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
        assert orphaned(rings) == 0
        rings.database.close()


def killed_at(folder: Path, template: Path, url: str, dies_at: Sequence[int]) -> Killed:
    """Return a lake that was counted by processes which died, one after another, at these steps."""
    one = Killed(dying.copied(template, folder), url)
    assert one.run(dies_at[0]), "it was to die"
    for step in dies_at[1:]:
        one.run(step)
    one.steps()
    return one


def die_in_turn(folder: Path, sure: Clean, steps: Sequence[int]) -> None:
    """Assert that what is stored is the same whichever of these steps was the last of a process."""
    for step in steps:
        here = folder / str(step)
        one = killed_at(here, sure.folder, f"sqlite:///{here}/tocsin.db", [step])
        assert one.canonical() == sure.stored, sure.steps[step - 1]
        one.close()


@pytest.fixture
def clean(tmp_path: Path) -> Callable[[int], Clean]:
    """Return a maker of a lake for a seed, with what one clean run stores and passes."""

    def make(seed: int) -> Clean:
        folder = tmp_path / f"clean-{seed}"
        one = Killed(folder, f"sqlite:///{folder}/tocsin.db")
        expected = dying.fill(one.rings.lake, seed)
        steps = one.steps()
        stored = one.canonical()
        one.close()
        assert stored[0] == dying.canonical(cells(expected, SPEC))
        assert stored[1] == dying.packed(expected)
        assert stored[3] == [f"stranger-{k}" for k in range(5)]
        return Clean(folder, stored, steps)

    return make


def test_killed_at_any_commit_and_restarted_the_counts_are_those_of_a_clean_run(
    tmp_path: Path, clean: Callable[[int], Clean]
) -> None:
    sure = clean(1)
    commits = [k for k, name in enumerate(sure.steps, 1) if name.startswith("profile: ")]
    assert len(commits) >= 3 * 4
    die_in_turn(tmp_path, sure, commits)


@pytest.mark.parametrize("seed", [2, 3])
def test_killed_anywhere_and_restarted_the_counts_are_those_of_a_clean_run(
    tmp_path: Path, clean: Callable[[int], Clean], seed: int
) -> None:
    sure = clean(seed)
    die_in_turn(tmp_path, sure, range(seed, len(sure.steps) + 1, 7))


def test_killed_again_and_again_in_between_the_counts_are_those_of_a_clean_run(
    tmp_path: Path, clean: Callable[[int], Clean]
) -> None:
    sure = clean(4)
    one = Killed(dying.copied(sure.folder, tmp_path / "x"), f"sqlite:///{tmp_path}/x/tocsin.db")
    deaths, steps = 0, np.random.default_rng(4)
    while deaths < 60 and one.run(int(steps.integers(1, 14))):
        deaths += 1
    assert deaths >= 3
    one.steps()
    assert one.canonical() == sure.stored
    one.close()


@pytest.mark.real
def test_killed_at_any_commit_on_postgresql_the_counts_are_those_of_a_clean_run(
    tmp_path: Path, clean: Callable[[int], Clean], fresh_postgresql: Callable[[], str]
) -> None:
    sure = clean(5)
    for step, name in enumerate(sure.steps, 1):
        if name.startswith("profile: "):
            one = killed_at(tmp_path / str(step), sure.folder, fresh_postgresql(), [step])
            assert one.canonical() == sure.stored, name
            one.close()


@pytest.mark.real
@pytest.mark.parametrize("leased", [False, True])
def test_workers_that_count_at_once_on_postgresql_count_nothing_twice_also_when_one_is_killed(
    tmp_path: Path, fresh_postgresql: Callable[[], str], leased: bool
) -> None:
    for seed, deaths in enumerate([(0, 0), (0, 9, 0), (5, 0), (12, 7, 0)]):
        one = Killed(tmp_path / str(seed), fresh_postgresql())
        expected = dying.fill(one.rings.lake, seed, cuts=8)
        one.race(deaths, leased=leased)
        counted, tallies, _, waiting = one.canonical()
        assert counted == dying.canonical(cells(expected, SPEC))
        assert tallies == dying.packed(expected)
        assert waiting == [f"stranger-{k}" for k in range(5)]
        one.close()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 20))
def test_killed_at_every_step_the_counts_are_those_of_a_clean_run(
    tmp_path: Path, clean: Callable[[int], Clean], seed: int
) -> None:
    sure = clean(seed)
    for step, name in enumerate(sure.steps, 1):
        folder = tmp_path / str(step)
        twice = [step, max(1, len(sure.steps) // 2)]
        one = killed_at(folder, sure.folder, f"sqlite:///{folder}/tocsin.db", twice)
        assert one.canonical() == sure.stored, name
        one.close()


def test_a_feature_that_turns_from_number_into_text_is_counted_on(rings: Rings) -> None:
    """The lake takes it at once, and a recount reads the old numbers as text."""
    counting.predict(rings.lake, 0, 300)
    duty.run(rings, NOW)
    place = counting.RAW.column_names.index("income")
    words = pa.array([f"band {k % 4}" for k in range(counting.RAW.num_rows)])
    raw = counting.RAW.set_column(place, "income", words)
    renewed = spec_of(raw)
    rows = lake_rows(raw, renewed).drop_columns(["label"])
    rings.lake.append("lending", "predictions", rows.slice(300))
    with rings.database.unit("test", NOW) as unit:
        systems.save(unit, LENDING, renewed, [], 0, "1" * 64)
    counting.count_until_done(rings)
    with rings.database.reading() as conn:
        found = profiles.cells(conn, renewed, counting.ALWAYS)
    everyone = [counts for key, counts in found.items() if key.slice == ""]
    n = layout_of(renewed).places["n"]
    assert sum(int(counts[n].sum()) for counts in everyone) == 600


def test_what_came_and_that_all_is_counted_leave_signs(rings: Rings) -> None:
    counting.predict(rings.lake, 0, 10)
    duty.run(rings, NOW)
    with rings.database.reading() as conn:
        signs = {(one.stage, one.system): one for one in stages.every(conn)}
    assert signs.keys() == {("predictions", "lending"), ("counting", "lending")}
    later = NOW + timedelta(minutes=10)
    counting.predict(rings.lake, 10, 20)
    duty.run(replace(rings, clock=lambda: later), later)
    with rings.database.reading() as conn:
        came = stages.get(conn, "predictions", "lending")
        counted = stages.get(conn, "counting", "lending")
    assert counted is not None
    assert counted.ok_at == later
    assert pace_of(came) == Pace(timedelta(minutes=10), timedelta(minutes=10))


def test_counting_that_does_not_reach_what_lay_there_leaves_no_sign(
    rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duty, "VERSIONS_AT_ONCE", 1)
    monkeypatch.setattr(duty, "ROUNDS_AT_ONCE", 1)
    for start in (0, 10):
        counting.predict(rings.lake, start, start + 10)
    duty.run(rings, NOW)
    with rings.database.reading() as conn:
        assert stages.get(conn, "counting", "lending") is None
    for _ in range(2):
        duty.run(rings, NOW)
    with rings.database.reading() as conn:
        assert stages.get(conn, "counting", "lending") is not None
