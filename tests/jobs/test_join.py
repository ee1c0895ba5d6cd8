"""The join duty: rows of two halves, once, and a counted reason for what came to nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.jobs.scene import MINUTE, Scene
from tests.store.examples import SPEC, SYSTEM
from tocsin.base.errors import Unavailable
from tocsin.ingest.kserve import Half, Side
from tocsin.ingest.system import Serving
from tocsin.jobs import join
from tocsin.store import halves, systems
from tocsin.store.halves import Dropped


def asked(stage: Scene, id_: str, *incomes: float) -> Half:
    rows = tuple({"features": {"income": income}, "attributes": {}} for income in incomes)
    return Half(id=id_, side=Side.REQUEST, at=stage.clock(), rows=rows)


def answered(stage: Scene, id_: str, *scores: float) -> Half:
    rows = tuple({"score": score, "prediction": "approved"} for score in scores)
    return Half(id=id_, side=Side.RESPONSE, at=stage.clock(), rows=rows, version="7")


def add(stage: Scene, *some: Half) -> None:
    with stage.database.unit("test", stage.clock()) as unit:
        halves.add(unit, "loans", some)


def stored(stage: Scene) -> list[dict[str, Any]]:
    return stage.rings.lake.scan("loans", "predictions").sort_by("id").to_pylist()


def dropped(stage: Scene) -> list[Dropped]:
    with stage.database.reading() as conn:
        return halves.dropped(conn, "loans")


def test_two_halves_become_rows_and_are_joined_once(stage: Scene) -> None:
    add(stage, answered(stage, "b", 0.1, 0.9), asked(stage, "a", 1.0))
    join.run(stage.rings, stage.clock())
    assert stored(stage) == []
    add(stage, asked(stage, "b", 1.0, 2.0))
    for _ in range(2):
        join.run(stage.rings, stage.clock())
    rows = stored(stage)
    assert [(row["id"], row["f_income"], row["score"]) for row in rows] == [
        ("b-0", 1.0, 0.1),
        ("b-1", 2.0, 0.9),
    ]
    assert rows[0]["version"] == "7"


def test_a_crash_between_lake_and_store_makes_no_row_twice(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(stage, asked(stage, "a", 1.0), answered(stage, "a", 0.1))
    with monkeypatch.context() as patch:

        def die(*_: object) -> None:
            raise Unavailable("killed here")

        patch.setattr(halves, "join", die)
        with pytest.raises(ExceptionGroup):
            join.run(stage.rings, stage.clock())
    assert len(stored(stage)) == 1
    join.run(stage.rings, stage.clock())
    assert len(stored(stage)) == 1
    with stage.database.reading() as conn:
        assert halves.pairs(conn, "loans") == []


def test_refused_rows_are_counted_with_their_reason_and_their_neighbours_kept(
    stage: Scene,
) -> None:
    add(stage, asked(stage, "a", 1.0, 2.0), answered(stage, "a", 7.0, 0.5))
    add(stage, asked(stage, "b", 1.0), answered(stage, "b", 0.5, 0.5))
    join.run(stage.rings, stage.clock())
    assert [row["id"] for row in stored(stage)] == ["a-1"]
    assert [(one.reason, one.number, one.example) for one in dropped(stage)] == [
        ("refused: rows", 1, "b: the request has 1 rows, the response 2"),
        ("refused: score", 1, "a-0: score must be a number between 0 and 1"),
    ]


def test_a_half_waits_as_long_as_the_system_says(stage: Scene) -> None:
    with stage.database.unit("test", stage.clock()) as unit:
        patient = replace(SYSTEM, serving=Serving(wait_s=600))
        systems.save(unit, patient, SPEC, [], 0, "0" * 64)
    add(stage, asked(stage, "a", 1.0))
    join.run(stage.rings, stage.clock.move(10 * MINUTE))
    assert dropped(stage) == []
    now = stage.clock.move(timedelta(seconds=1))
    join.run(stage.rings, now)
    assert dropped(stage) == [Dropped("response never came", 1, now, "a")]


def test_many_calls_are_joined_in_portions(stage: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "PAIRS_AT_ONCE", 2)
    for k in range(5):
        add(stage, asked(stage, f"{k}", 1.0), answered(stage, f"{k}", 0.5))
    join.run(stage.rings, stage.clock())
    assert len(stored(stage)) == 5
