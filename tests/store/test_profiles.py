import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from tests.profile.made import made
from tests.store.examples import HOUR, NOW, SPEC, SYSTEM, counts
from tocsin.base.errors import Conflict
from tocsin.base.spans import Span
from tocsin.profile.cell import CellKey, Cells
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


def test_a_year_of_hours_advances_in_seconds(loans: Database) -> None:
    hours, slices = 24 * 90, ("", "sex=f", "sex=m")
    delta = {_key(hour, slice_=s): counts(1) for hour in range(hours) for s in slices}
    _advance(loans, delta, {"predictions": (-1, 0)})
    _advance(loans, delta, {"predictions": (0, 1)})
    assert set(_numbers(loans).values()) == {2}
    assert len(_numbers(loans)) == hours * len(slices)


def _outcome(id_: str, at: datetime = NOW) -> dict[str, object]:
    return {"id": id_, "at": at, "received_at": at, "label": "true"}


def test_orphans_wait_until_they_are_dropped(loans: Database) -> None:
    with loans.unit("test", NOW) as unit:
        rows = [_outcome(f"p{k}", NOW + k * HOUR) for k in range(1200)]
        profiles.save_orphans(unit, SPEC, rows, [])
        profiles.save_orphans(unit, OTHER, [_outcome("p1")], [])
    with loans.reading() as conn:
        assert profiles.orphans(conn, SPEC) == rows
    with loans.unit("test", NOW) as unit:
        gone = [f"p{k}" for k in range(1199)]
        profiles.save_orphans(unit, SPEC, [_outcome("p1199") | {"label": "false"}], gone)
    with loans.reading() as conn:
        assert [(row["id"], row["label"]) for row in profiles.orphans(conn, SPEC)] == [
            ("p1199", "false")
        ]
        assert len(profiles.orphans(conn, OTHER)) == 1
