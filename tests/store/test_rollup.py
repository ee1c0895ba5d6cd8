import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fresh import fresh
from tests.profile.made import made
from tests.store.examples import HOUR, NOW, SPEC, SYSTEM, counts
from tocsin.base.errors import Conflict
from tocsin.base.slices import EVERYONE
from tocsin.base.spans import Span, bucket_of
from tocsin.profile.cell import CellKey, Cells, Moment, Tally
from tocsin.profile.codec import pack_tally
from tocsin.profile.merge import total
from tocsin.profile.retention import DAY_S
from tocsin.profile.window import window
from tocsin.store import epochs, orphans, profiles, rollup, systems, tables
from tocsin.store.unit import Database

DAY = timedelta(days=1)
MONDAY = NOW.replace(hour=0, minute=0)
WEEK = Span(MONDAY, MONDAY + 7 * DAY)


def key(hour: float, slice_: str = "", version: str = "v1") -> CellKey:
    return CellKey(version, slice_, MONDAY + hour * HOUR)


def count(database: Database, delta: Cells) -> int:
    """Add counts, close the epoch, return its number."""
    with database.unit("test", NOW) as unit:
        profiles.advance(unit, SPEC, moves={}, delta=made(delta, SPEC))
        return epochs.close(unit, SPEC).epoch


def merge(database: Database, day: int, length_s: int = DAY_S) -> int:
    with database.unit("rollup", NOW) as unit:
        return rollup.merge(unit, SPEC, MONDAY + day * DAY, length_s)


def numbers(database: Database, span: Span = WEEK, as_of: int | None = None) -> dict[CellKey, int]:
    with database.reading() as conn:
        found = profiles.cells(conn, SPEC, span, as_of=as_of)
    return {one: int(cell[0]) for one, cell in found.items()}


def stored_rows(database: Database) -> int:
    with database.reading() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(tables.profile)).scalar_one()


def declared(database: Database) -> Database:
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, SPEC, (), 0, "")
    return database


@pytest.fixture
def loans(database: Database) -> Database:
    """A database that knows the example system."""
    return declared(database)


def test_hours_become_one_day_and_a_late_count_joins_it(loans: Database) -> None:
    count(loans, {key(hour): counts(1) for hour in range(30)})
    assert merge(loans, 0) == 23
    assert numbers(loans) == {key(0): 24, **{key(hour): 1 for hour in range(24, 30)}}
    count(loans, {key(5): counts(2), key(0): counts(3)})
    assert numbers(loans)[key(5)] == 2
    assert merge(loans, 0) == 2
    assert numbers(loans)[key(0)] == 29
    assert key(5) not in numbers(loans)


def test_epochs_of_a_bucket_become_one_row_that_says_what_it_no_longer_tells_apart(
    loans: Database,
) -> None:
    first, second, third = (count(loans, {key(0): counts(1), key(k): counts(1)}) for k in (1, 2, 3))
    assert merge(loans, 0, SPEC.bucket_s) == 2
    assert numbers(loans, as_of=third) == numbers(loans)
    for lost in (first, second):
        with pytest.raises(Conflict, match=r"not kept any more; retention\.as_of"):
            numbers(loans, as_of=lost)
    later = Span(MONDAY + HOUR, WEEK.end)
    assert numbers(loans, later, as_of=second) == {key(1): 1, key(2): 1}


def test_the_open_epoch_is_left_alone(loans: Database) -> None:
    closed = count(loans, {key(0): counts(1), key(1): counts(1)})
    with loans.unit("test", NOW) as unit:
        profiles.advance(unit, SPEC, moves={}, delta=made({key(0): counts(5)}, SPEC))
    assert merge(loans, 0) == 1
    assert numbers(loans, as_of=closed) == {key(0): 2}
    assert numbers(loans) == {key(0): 7}
    with loans.reading() as conn:
        assert rollup.hourly_day(conn, SPEC, MONDAY + DAY) is None


def test_what_is_due_is_found_oldest_day_first(loans: Database) -> None:
    with loans.reading() as conn:
        assert rollup.hourly_day(conn, SPEC, WEEK.end) is None
        assert rollup.split_day(conn, SPEC, WEEK) is None
    count(loans, {key(24 * day): counts(1) for day in (1, 3)})
    count(loans, {key(24 * 3): counts(1)})
    with loans.reading() as conn:
        assert rollup.hourly_day(conn, SPEC, WEEK.end) == MONDAY + DAY
        assert rollup.hourly_day(conn, SPEC, MONDAY + DAY) is None
        assert rollup.split_day(conn, SPEC, WEEK) == MONDAY + 3 * DAY
        daily = replace(SPEC, bucket_s=DAY_S)
        assert rollup.hourly_day(conn, daily, WEEK.end) is None
    merge(loans, 3, SPEC.bucket_s)
    with loans.reading() as conn:
        assert rollup.split_day(conn, SPEC, WEEK) is None


def test_readers_are_told_how_long_the_longest_cell_is(loans: Database) -> None:
    count(loans, {key(hour): counts(1) for hour in (3, 30)})
    merge(loans, 0)
    with loans.reading() as conn:
        assert profiles.grain(conn, SPEC, WEEK) == DAY_S
        assert profiles.grain(conn, SPEC, Span(MONDAY + 20 * HOUR, WEEK.end)) == DAY_S
        assert profiles.grain(conn, SPEC, Span(MONDAY + DAY, WEEK.end)) == SPEC.bucket_s
        assert profiles.first_and_last(conn, "loans") == Span(MONDAY, MONDAY + 31 * HOUR)
    merge(loans, 1)
    with loans.reading() as conn:
        assert profiles.first_and_last(conn, "loans") == Span(MONDAY, MONDAY + 2 * DAY)


def test_windows_side_by_side_count_a_day_that_they_cut_once(loans: Database) -> None:
    count(loans, {key(hour): counts(1) for hour in range(72)})
    for day in range(3):
        merge(loans, day)
    cut = MONDAY + 17 * HOUR
    ends = [cut - DAY, cut, cut + DAY, cut + 2 * DAY]
    with loans.reading() as conn:
        cells = profiles.cells(conn, SPEC, Span(ends[0], ends[-1]))
    sums = [window(cells, Span(a, b)).cells for a, b in pairwise(ends)]
    assert [int(one[""][0]) for one in sums] == [24, 24, 24]


def test_days_are_dropped_one_by_one_whatever_their_spec(loans: Database) -> None:
    count(loans, {key(24 * day): counts(1) for day in range(4)})
    other = replace(SPEC, threshold=0.6)
    with loans.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, other, (), 0, "")
        profiles.advance(unit, other, moves={}, delta=made({key(1): counts(1)}, SPEC))
    before = MONDAY + 2 * DAY
    for left in (True, True, False):
        with loans.unit("rollup", NOW) as unit:
            assert rollup.drop_day(unit, "loans", before) is left
    assert stored_rows(loans) == 2
    assert set(numbers(loans)) == {key(48), key(72)}


def test_old_epochs_and_orphans_are_forgotten_but_the_last_epoch_stands(loans: Database) -> None:
    for _ in range(3):
        count(loans, {})
    orphan = {"id": "p", "at": NOW, "received_at": NOW, "label": "true"}
    with loans.unit("test", NOW) as unit:
        orphans.save(unit, SPEC, [orphan], [])
        rollup.forget(unit, "loans", epochs_before=NOW, orphans_before=NOW)
        assert len(orphans.waiting(unit.conn, SPEC)) == 1
        later = NOW + HOUR
        rollup.forget(unit, "loans", epochs_before=later, orphans_before=later)
        assert orphans.waiting(unit.conn, SPEC) == []
        kept = unit.conn.execute(sa.select(tables.epoch.c.epoch)).scalars().all()
        assert kept == [2]
        assert epochs.present(unit.conn, SPEC) == 3


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 71),
            st.sampled_from(["", "sex=f"]),
            st.sampled_from(["v1", "v2"]),
            st.integers(-3, 9),
            st.booleans(),
        ),
        max_size=40,
    ),
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([SPEC.bucket_s, DAY_S])), max_size=6),
)
def test_sums_over_days_are_the_same_before_and_after(
    adds: list[tuple[int, str, str, int, bool]], merges: list[tuple[int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = fresh(f"sqlite:///{Path(folder)}/tocsin.db")
        declared(database)
        for hour, slice_, version, value, closes in adds:
            with database.unit("test", NOW) as unit:
                delta = {key(hour, slice_, version): counts(value)}
                profiles.advance(unit, SPEC, moves={}, delta=made(delta, SPEC))
                if closes:
                    epochs.close(unit, SPEC)
        before = sums_by_day(database), leaves_by_day(database)
        for day, length_s in merges:
            merge(database, day, length_s)
            assert (sums_by_day(database), leaves_by_day(database)) == before
        database.close()


def sums_by_day(database: Database) -> dict[tuple[str, str, int], int]:
    with database.reading() as conn:
        cells = profiles.cells(conn, SPEC, WEEK)
    sums: dict[tuple[str, str, int], int] = {}
    for one, cell in cells.items():
        assert np.all(cell == cell[0])
        place = (one.version, one.slice, (one.bucket - MONDAY).days)
        sums[place] = sums.get(place, 0) + int(cell[0])
    return sums


def leaves_by_day(database: Database) -> dict[Moment, bytes]:
    with database.reading() as conn:
        found = profiles.tallies(conn, SPEC, WEEK)
    parts: dict[Moment, list[Tally]] = {}
    for moment, tally in found.items():
        day = Moment(moment.version, bucket_of(moment.bucket, DAY_S))
        parts.setdefault(day, []).append(tally)
    return {day: pack_tally(total(some)) for day, some in parts.items()}


def tally_rows(database: Database) -> list[tuple[datetime, int, int, int]]:
    table = tables.tally
    query = sa.select(table.c.bucket, table.c.length_s, table.c.since, table.c.epoch)
    with database.reading() as conn:
        return sorted((r.bucket, r.length_s, r.since, r.epoch) for r in conn.execute(query))


def test_tallies_are_merged_and_dropped_with_their_cells(loans: Database) -> None:
    first = count(loans, {key(0): counts(1), key(1): counts(2)})
    last = count(loans, {key(1): counts(3), key(30): counts(4)})
    merge(loans, 0, SPEC.bucket_s)
    hour = SPEC.bucket_s
    assert tally_rows(loans) == [
        (MONDAY, hour, first, first),
        (MONDAY + HOUR, hour, first, last),
        (MONDAY + 30 * HOUR, hour, last, last),
    ]
    before = Span(MONDAY, MONDAY + HOUR)
    with loans.reading() as conn:
        assert set(profiles.tallies(conn, SPEC, before, as_of=first)) == {Moment("v1", MONDAY)}
        with pytest.raises(Conflict, match=r"not kept any more; retention\.as_of"):
            profiles.tallies(conn, SPEC, WEEK, as_of=first)
    merge(loans, 0)
    assert tally_rows(loans)[0] == (MONDAY, DAY_S, first, last)
    with loans.reading() as conn:
        found = profiles.combination(conn, SPEC, WEEK, EVERYONE)
    assert {bucket: int(one[0]) for bucket, one in found.items()} == {
        MONDAY: 6,
        MONDAY + 30 * HOUR: 4,
    }
    with loans.unit("rollup", NOW) as unit:
        assert rollup.drop_day(unit, "loans", MONDAY + DAY)
    assert [row[0] for row in tally_rows(loans)] == [MONDAY + 30 * HOUR]
