import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.profile.made import made
from tests.profile.rows import LENDING, lake_rows, spec_of, table
from tests.profile.rows import START as RAW_START
from tests.store.examples import HOUR, NOW, SPEC, SYSTEM, counts
from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import Slice, parse
from tocsin.base.spans import Span
from tocsin.profile.cell import CellKey, Cells, Moment, same
from tocsin.profile.cells import without_features
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.window import window
from tocsin.store import epochs, profiles, systems
from tocsin.store.unit import Database

START = NOW.replace(minute=0)
OTHER = replace(SPEC, threshold=0.7)
YEAR = Span(START - timedelta(days=180), START + timedelta(days=180))


def _key(hour: int = 0, *, slice_: str = "", version: str = "v1") -> CellKey:
    return CellKey(version, slice_, START + hour * HOUR)


def _advance(
    database: Database, delta: Cells, moves: Mapping[str, tuple[int, int]], *, spec: object = SPEC
) -> None:
    with database.unit("profile", NOW) as unit:
        profiles.advance(unit, spec, moves=moves, delta=made(delta, SPEC))  # pyright: ignore[reportArgumentType] - a spec


def _first(cells: Cells) -> dict[CellKey, int]:
    return {key: int(cell[0]) for key, cell in cells.items()}


def _numbers(database: Database, span: Span = YEAR) -> dict[CellKey, int]:
    """Return the first number of each stored cell."""
    with database.reading() as conn:
        return _first(profiles.cells(conn, SPEC, span))


@pytest.fixture
def loans(database: Database) -> Database:
    """A database that knows the example system."""
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, SPEC, (), 0, "")
    return database


def test_counts_add_up_and_the_watermarks_move_with_them(loans: Database) -> None:
    with loans.reading() as conn:
        assert profiles.watermark(conn, "loans", "predictions") == -1
    _advance(loans, {_key(): counts(2), _key(1): counts(5)}, {"predictions": (-1, 3)})
    _advance(
        loans,
        {_key(): counts(-1), _key(2): counts(7)},
        {"predictions": (3, 4), "outcomes": (-1, 0)},
    )
    assert _numbers(loans) == {_key(): 1, _key(1): 5, _key(2): 7}
    with loans.reading() as conn:
        assert profiles.watermark(conn, "loans", "predictions") == 4
        assert profiles.watermark(conn, "loans", "outcomes") == 0


def test_any_order_of_advances_gives_the_same_counts(loans: Database) -> None:
    deltas = [{_key(hour % 3, slice_=f"sex={'fm'[hour % 2]}"): counts(hour)} for hour in range(9)]
    total: dict[CellKey, int] = {}
    for version, delta in enumerate(deltas):
        _advance(loans, delta, {"predictions": (version - 1, version)})
        for key in delta:
            total[key] = total.get(key, 0) + version
    assert _numbers(loans) == total


def test_versions_counted_already_are_refused_and_change_nothing(loans: Database) -> None:
    _advance(loans, {_key(): counts(2)}, {"predictions": (-1, 3)})
    for moves in ({"predictions": (-1, 3)}, {"predictions": (3, 4), "outcomes": (0, 1)}):
        with pytest.raises(Conflict, match="not at version"):
            _advance(loans, {_key(): counts(2)}, moves)
    assert _numbers(loans) == {_key(): 2}
    with loans.reading() as conn:
        assert profiles.watermark(conn, "loans", "predictions") == 3


def test_two_workers_at_once_count_a_version_once(loans: Database) -> None:
    refused: list[str] = []

    def work() -> None:
        for version in range(8):
            try:
                _advance(loans, {_key(): counts(1)}, {"predictions": (version - 1, version)})
            except Conflict as error:
                refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with loans.reading() as conn:
        counted = profiles.watermark(conn, "loans", "predictions") + 1
    assert _numbers(loans) == {_key(): counted}
    assert len(refused) == 24 - counted


def test_predictions_and_outcomes_counted_at_once_lose_nothing(loans: Database) -> None:
    def work(table: str) -> None:
        for version in range(8):
            _advance(loans, {_key(): counts(1)}, {table: (version - 1, version)})

    threads = [threading.Thread(target=work, args=(t,)) for t in ("predictions", "outcomes")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _numbers(loans) == {_key(): 16}


def test_a_new_spec_starts_from_nothing_and_refuses_counts_of_the_old(loans: Database) -> None:
    _advance(loans, {_key(): counts(2)}, {"predictions": (-1, 3)})
    new = replace(SPEC, threshold=0.6)
    with loans.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, new, (), 0, "")
    with pytest.raises(Conflict, match="spec was replaced"):
        _advance(loans, {_key(): counts(2)}, {"predictions": (3, 4)})
    with loans.reading() as conn:
        assert profiles.watermark(conn, "loans", "predictions") == -1
        assert profiles.cells(conn, new, YEAR) == {}
        assert profiles.first_and_last(conn, "loans") is None


def test_a_window_takes_the_buckets_that_start_in_it(loans: Database) -> None:
    _advance(loans, {_key(hour): counts(hour) for hour in range(5)}, {})
    assert sorted(_numbers(loans, Span(START + HOUR, START + 3 * HOUR)).values()) == [1, 2]


def test_cells_can_be_narrowed_to_a_version_and_a_slice(loans: Database) -> None:
    keys = [_key(slice_=s, version=v) for s in ("", "sex=f") for v in ("v1", "v2")]
    _advance(loans, {key: counts(5 - k) for k, key in enumerate(keys)}, {})
    with loans.reading() as conn:
        assert set(profiles.cells(conn, SPEC, YEAR, slice="")) == {keys[0], keys[1]}
        assert set(profiles.cells(conn, SPEC, YEAR, version="v2")) == {keys[1], keys[3]}
        both = profiles.cells(conn, SPEC, YEAR, version="v1", slice="sex=f")
    assert list(both) == [keys[2]]
    assert np.array_equal(both[keys[2]], counts(3))


def test_a_window_is_the_sum_of_its_cells(lent: Database) -> None:
    span = Span(RAW_START, RAW_START + timedelta(days=1))
    with lent.reading() as conn:
        summed = profiles.window(conn, LENT, span)
        everyone = profiles.window(conn, LENT, span, slice="")
        expected = window(profiles.cells(conn, LENT, span), span)
    assert summed.cells.keys() == expected.cells.keys()
    assert all(np.array_equal(summed.cells[key], expected.cells[key]) for key in expected.cells)
    assert list(everyone.cells) == [""]
    assert np.array_equal(everyone.cells[""], expected.cells[""])


def test_first_and_last_span_the_stored_buckets(loans: Database) -> None:
    with loans.reading() as conn:
        assert profiles.first_and_last(conn, "loans") is None
        assert profiles.first_and_last(conn, "nothing") is None
    _advance(loans, {_key(3): counts(1), _key(-2): counts(1)}, {})
    with loans.reading() as conn:
        assert profiles.first_and_last(conn, "loans") == Span(START - 2 * HOUR, START + 4 * HOUR)


def test_what_was_known_at_a_closed_epoch_never_changes(loans: Database) -> None:
    seen: list[tuple[int, dict[CellKey, int]]] = []
    for version, delta in enumerate(
        [{_key(): counts(2), _key(1): counts(5)}, {_key(): counts(-1)}, {}, {_key(2): counts(7)}]
    ):
        _advance(loans, delta, {"predictions": (version - 1, version)})
        with loans.unit("detect", NOW) as unit:
            epoch = epochs.close(unit, SPEC).epoch
        with loans.reading() as conn:
            seen.append((epoch, _first(profiles.cells(conn, SPEC, YEAR, as_of=epoch))))
    assert [epoch for epoch, _ in seen] == [0, 1, 2, 3]
    assert seen[0][1] == {_key(): 2, _key(1): 5}
    assert seen[1][1] == seen[2][1] == {_key(): 1, _key(1): 5}
    with loans.reading() as conn:
        for epoch, known in seen:
            assert _first(profiles.cells(conn, SPEC, YEAR, as_of=epoch)) == known
    assert _numbers(loans) == seen[-1][1]


RAW = table(800, seed=3)
LENT = spec_of(RAW)
ROWS = lake_rows(RAW, LENT)
EVER = Span(RAW_START - timedelta(days=1), RAW_START + timedelta(days=20))


@pytest.fixture
def lent(database: Database) -> Database:
    """A database that counted rows with two attributes in three parts, an epoch each."""
    with database.unit("test", NOW) as unit:
        systems.save(unit, LENDING, LENT, (), 0, "")
    for k in range(3):
        part = ROWS.slice(300 * k, 300).append_column("label_at", ROWS.slice(300 * k, 300)["at"])
        with database.unit("profile", NOW) as unit:
            moves = {"predictions": (k - 1, k)}
            profiles.advance(unit, LENT, moves=moves, delta=profile(part, LENT))
            epochs.close(unit, LENT)
    return database


def _inside(who: Slice, rows: pa.Table = ROWS) -> list[Mapping[str, Any]]:
    """Return by hand the rows of the people in a slice."""
    asked = {f"s_{name}": value for name, value in who.conditions}
    return [r for r in rows.to_pylist() if all(r[k] == v for k, v in asked.items())]


@pytest.mark.parametrize(
    "who",
    [
        Slice(),
        Slice.of({"sex": "f"}),
        Slice.of({"sex": "f", "employer": "government"}),
        Slice.of({"sex": "m", "employer": "self"}),
    ],
)
def test_the_outcomes_of_any_people_are_those_of_their_rows(lent: Database, who: Slice) -> None:
    layout = layout_of(LENT)
    with lent.reading() as conn:
        found = profiles.combination(conn, LENT, EVER, who)
    mine = _inside(who)
    assert sum(layout.one(one, "n") for one in found.values()) == len(mine)
    for name, answer, outcome in (
        ("tp", "true", "true"),
        ("fp", "true", "false"),
        ("fn", "false", "true"),
    ):
        counted = sum(layout.one(one, name) for one in found.values())
        assert counted == sum((r["prediction"], r["label"]) == (answer, outcome) for r in mine)
    for bucket, one in found.items():
        hour = Span(bucket, bucket + HOUR)
        assert layout.one(one, "n") == sum(hour.holds(r["at"]) for r in mine)


def test_a_single_slice_is_the_same_in_its_cells_and_in_the_cube(lent: Database) -> None:
    first = layout_of(LENT).outcomes
    with lent.reading() as conn:
        for key in ("", *LENT.slices):
            cells = profiles.cells(conn, LENT, EVER, slice=key)
            sums = profiles.combination(conn, LENT, EVER, parse(key))
            for cell, counts_ in cells.items():
                assert np.array_equal(counts_[:first], sums[cell.bucket])


def test_tallies_are_those_of_one_look_at_all_rows_without_features(lent: Database) -> None:
    whole = profile(ROWS.append_column("label_at", ROWS["at"]), LENT)
    with lent.reading() as conn:
        found = profiles.tallies(conn, LENT, EVER)
        assert same(found, {moment: without_features(tally) for moment, tally in whole.items()})
        (version,) = {moment.version for moment in found}
        assert profiles.tallies(conn, LENT, EVER, version=version).keys() == found.keys()
        assert profiles.tallies(conn, LENT, EVER, version="none") == {}


def test_intersections_as_of_an_epoch_are_what_was_known_then(lent: Database) -> None:
    who, layout = Slice.of({"sex": "f", "employer": "private"}), layout_of(LENT)
    with lent.reading() as conn:
        for epoch in range(3):
            found = profiles.combination(conn, LENT, EVER, who, as_of=epoch)
            known = _inside(who, ROWS.slice(0, 300 * (epoch + 1)))
            assert sum(layout.one(one, "n") for one in found.values()) == len(known)


def test_people_whom_the_cube_does_not_tell_apart_are_refused_where_nothing_is_counted_too(
    lent: Database,
) -> None:
    never = Span(EVER.end, EVER.end + HOUR)
    for who in ({"sex": "x"}, {"sex": "f", "city": "Jena"}):
        with lent.reading() as conn, pytest.raises(BadInput, match=r"not (kept apart|profiled)"):
            profiles.combination(conn, LENT, never, Slice.of(who))


def test_a_system_without_features_is_counted_too(database: Database) -> None:
    bare = replace(SPEC, numeric=(), categorical=())
    delta = {_key(slice_="sex=f"): counts(2)[: layout_of(bare).width]}
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, bare, (), 0, "")
    for _ in range(2):
        with database.unit("profile", NOW) as unit:
            profiles.advance(unit, bare, moves={}, delta=made(delta, bare))
    with database.reading() as conn:
        (found,) = profiles.combination(conn, bare, YEAR, Slice.of({"sex": "f"})).values()
    assert set(found.tolist()) == {4}


def test_a_refused_advance_leaves_no_tally(loans: Database) -> None:
    _advance(loans, {_key(): counts(2)}, {"predictions": (-1, 3)})
    with pytest.raises(Conflict, match="not at version"):
        _advance(loans, {_key(1): counts(2)}, {"predictions": (-1, 3)})
    with loans.reading() as conn:
        assert set(profiles.tallies(conn, SPEC, YEAR)) == {Moment("v1", START)}


def test_a_year_of_hours_advances_in_seconds(loans: Database) -> None:
    hours, slices = 24 * 90, ("", "sex=f", "sex=m")
    delta = {_key(hour, slice_=s): counts(1) for hour in range(hours) for s in slices}
    _advance(loans, delta, {"predictions": (-1, 0)})
    _advance(loans, delta, {"predictions": (0, 1)})
    assert set(_numbers(loans).values()) == {2}
    assert len(_numbers(loans)) == hours * len(slices)
