"""Old counts are merged and dropped without changing a sum, also by a process that is killed."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.jobs import counting, dying
from tests.jobs import test_detect as days
from tests.jobs.counting import NOW, SPEC
from tests.jobs.dying import Killed
from tests.jobs.test_evaluation import comparable
from tests.profile.rows import START
from tocsin.base.errors import NotFound
from tocsin.base.spans import Span, bucket_of
from tocsin.detect.lasting import WINDOWS
from tocsin.jobs import detect, rollup
from tocsin.jobs.evaluation import recompute
from tocsin.jobs.rings import Rings
from tocsin.profile.cell import Cells, Moment, Profile, Tally
from tocsin.profile.codec import pack_tally
from tocsin.profile.merge import total
from tocsin.profile.retention import DAY_S, Retention
from tocsin.profile.spec import Spec
from tocsin.profile.window import window
from tocsin.store import epochs, findings, idempotency, orphans, profiles, stages, systems, tables
from tocsin.store.epochs import Stamp
from tocsin.store.idempotency import Answer
from tocsin.store.unit import Database

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
OLD = (WINDOWS + 50) * DAY
"""Age at which all that `dying.fill` appends is due to be merged to days."""
SHORT = Retention(as_of=2 * DAY, profiles_hourly=3 * DAY, profiles=100 * DAY)
FINEST = WINDOWS + 2
"""Days that keep their epochs and hours, since findings of windows of a day look back so far."""


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Rings]:
    rings = replace(days.rings_at(tmp_path), retention=SHORT)
    yield rings
    rings.database.close()


def lengths(database: Database) -> dict[int, int]:
    """Return how many rows of cells there are of each length in seconds; tallies have the same."""
    found: list[dict[int, int]] = []
    for table in (tables.profile, tables.tally):
        query = sa.select(table.c.length_s, sa.func.count()).group_by(table.c.length_s)
        with database.reading() as conn:
            found.append({length: number for length, number in conn.execute(query)})  # noqa: C416 - rows are not pairs to the type checker
    assert found[0].keys() == found[1].keys()
    return found[0]


def by_day(cells: Cells) -> dict[str, list[int]]:
    starts = {bucket_of(key.bucket, DAY_S) for key in cells}
    return {
        f"{start} {name}": counts.tolist()
        for start in sorted(starts)
        for name, counts in window(cells, Span(start, start + DAY)).cells.items()
    }


def cells(rings: Rings) -> Cells:
    with rings.database.reading() as conn:
        return profiles.cells(conn, days.SPEC, Span(START - DAY, START + 199 * DAY))


def tallies_by_day(profile: Profile) -> dict[Moment, bytes]:
    """Return what the tallies of each version and day add up to, packed."""
    parts: dict[Moment, list[Tally]] = {}
    for moment, tally in profile.items():
        day = Moment(moment.version, bucket_of(moment.bucket, DAY_S))
        parts.setdefault(day, []).append(tally)
    return {day: pack_tally(total(some)) for day, some in parts.items()}


def tallies(rings: Rings, spec: Spec) -> dict[Moment, bytes]:
    with rings.database.reading() as conn:
        ever = Span(START - DAY, START + 199 * DAY)
        return tallies_by_day(profiles.tallies(conn, spec, ever))


def test_hours_grow_old_and_become_days_and_days_are_dropped(rings: Rings) -> None:
    for number in range(3):
        days.decide(rings, days.day(number, 100))
    before, leaves = by_day(cells(rings)), tallies(rings, days.SPEC)
    rollup.run(rings, START + (FINEST + 1) * DAY)
    assert set(lengths(rings.database)) == {3600, DAY_S}
    assert (by_day(cells(rings)), tallies(rings, days.SPEC)) == (before, leaves)
    rollup.run(rings, START + (FINEST + 5) * DAY)
    assert set(lengths(rings.database)) == {DAY_S}
    assert (by_day(cells(rings)), tallies(rings, days.SPEC)) == (before, leaves)
    rollup.run(rings, START + 102 * DAY)
    assert len(by_day(cells(rings))) == len(before) // 3
    assert len(tallies(rings, days.SPEC)) == len(leaves) // 3
    rollup.run(rings, START + 104 * DAY)
    assert lengths(rings.database) == {}


def test_answers_to_requests_are_forgotten_after_a_month(rings: Rings) -> None:
    for key, age in (("first", timedelta(0)), ("second", HOUR)):
        with rings.database.unit("web", START + age, quiet=True) as unit:
            idempotency.remember(unit, key, b"body", Answer(204, None))
    kept = sa.select(tables.idempotency.c.key).order_by(tables.idempotency.c.key)
    for later, left in ((timedelta(0), ["first", "second"]), (HOUR, ["second"])):
        rollup.run(rings, START + rollup.ANSWERS_KEPT + later)
        with rings.database.reading() as conn:
            assert list(conn.execute(kept).scalars()) == left


def test_what_was_said_within_as_of_is_computed_again_after_the_roll_up(rings: Rings) -> None:
    stamps: list[Stamp] = []
    for number in (*range(5), *range(FINEST - 10, FINEST + 5)):
        days.decide(rings, days.faulty(days.day(number, 300)))
        if number >= FINEST + 2:
            days.learn_outcomes(rings, days.day(number - FINEST, 300))
        detect.run(rings, START + (number + 1) * DAY)
        with rings.database.reading() as conn:
            stamp = findings.latest_stamp(conn, "lending")
            assert stamp is not None
            stamps.append(stamp)
    now = START + (FINEST + 5) * DAY
    with rings.database.reading() as conn:
        said = findings.stamps(conn, "lending", Span(now - 2 * DAY, now + DAY))
    rollup.run(rings, now)
    assert set(lengths(rings.database)) == {3600, DAY_S}
    assert said
    with rings.database.reading() as conn:
        for stamp, finding in said:
            again = {one.key: one for one in recompute(conn, "lending", stamp)}
            assert comparable([again[finding.key]]) == comparable([finding])
        with pytest.raises(NotFound, match=r"retention\.as_of"):
            recompute(conn, "lending", stamps[3])


def test_a_system_is_gone_through_once_a_bucket(rings: Rings) -> None:
    days.decide(rings, days.day(0, 100))
    now = START + (FINEST + 2) * DAY
    ran: list[datetime] = []
    for minutes in (0, 10, 59, 60, 61):
        rollup.run(rings, now + timedelta(minutes=minutes))
        with rings.database.reading() as conn:
            stage = stages.get(conn, rollup.STAGE, "lending")
        assert stage is not None
        ran.append(stage.at)
    assert ran == [now, now, now, now + HOUR, now + HOUR]


def test_a_round_does_few_steps_and_the_next_goes_on(
    rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        days.decide(rings, days.day(number, 100))
    monkeypatch.setattr(rollup, "STEPS_AT_ONCE", 2)
    rollup.run(rings, START + (FINEST + 5) * DAY)
    assert set(lengths(rings.database)) == {3600, DAY_S}
    rollup.run(rings, START + (FINEST + 5) * DAY)
    assert set(lengths(rings.database)) == {DAY_S}


def test_a_system_that_nobody_evaluates_is_rolled_up_too(tmp_path: Path) -> None:
    rings = counting.rings_at(tmp_path)
    counting.fill(rings.lake)
    counting.count_until_done(rings)
    with rings.database.reading() as conn:
        assert epochs.last_closed_at(conn, SPEC) is None
    rollup.run(rings, NOW + 300 * DAY)
    assert set(lengths(rings.database)) == {DAY_S}
    rings.database.close()


def test_orphans_and_rows_of_a_replaced_spec_go_with_their_time(rings: Rings) -> None:
    days.decide(rings, days.day(0, 100))
    days.learn_outcomes(rings, days.day(3, 10))
    renewed = replace(days.SPEC, threshold=0.6)
    with rings.database.unit("test", START) as unit:
        systems.save(unit, days.LENDING, renewed, [], 0, "1" * 64)
    rollup.run(rings, START + (FINEST + 5) * DAY)
    assert set(lengths(rings.database)) == {3600}
    rollup.run(rings, START + 102 * DAY)
    assert lengths(rings.database) == {}
    with rings.database.reading() as conn:
        assert len(orphans.waiting(conn, days.SPEC)) == 10  # received a year later, in this scene


def die_and_compare(tmp_path: Path, prepared: Callable[[Path], Killed], every: int) -> None:
    """Kill a roll-up at every so many steps and finish it; no sum may differ."""
    sure = prepared(tmp_path / "clean")
    before, leaves = by_day(counting.stored(sure.rings)), tallies(sure.rings, SPEC)
    assert leaves
    steps = dying.roll_up(replace(sure.plan, age=OLD))
    assert sum("inside" in name for name in steps) > 10
    assert (by_day(counting.stored(sure.rings)), tallies(sure.rings, SPEC)) == (before, leaves)
    sure.close()
    for step in range(1, len(steps) + 1, every):
        one = prepared(tmp_path / str(step))
        assert one.run(step, OLD)
        dying.roll_up(replace(one.plan, age=OLD))
        assert by_day(counting.stored(one.rings)) == before, steps[step - 1]
        assert tallies(one.rings, SPEC) == leaves, steps[step - 1]
        assert set(lengths(one.rings.database)) == {DAY_S}
        one.close()


def test_a_roll_up_that_is_killed_changes_no_sum(tmp_path: Path) -> None:
    template = tmp_path / "template"
    counted = Killed(template, f"sqlite:///{template}/tocsin.db")
    dying.fill(counted.rings.lake, 1)
    counted.steps()
    counted.close()

    def prepared(folder: Path) -> Killed:
        shutil.copytree(template, folder)
        return Killed(folder, f"sqlite:///{folder}/tocsin.db")

    die_and_compare(tmp_path, prepared, 9)


@pytest.mark.real
def test_a_roll_up_that_is_killed_on_postgresql_changes_no_sum(
    tmp_path: Path, fresh_postgresql: Callable[[], str]
) -> None:
    def prepared(folder: Path) -> Killed:
        one = Killed(folder, fresh_postgresql())
        dying.fill(one.rings.lake, 1)
        one.steps()
        return one

    die_and_compare(tmp_path, prepared, 11)
