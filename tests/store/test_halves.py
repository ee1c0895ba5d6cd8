"""Halves of logged calls: kept until both are here, joined once, expired with a reason."""

import math
from datetime import timedelta

import pytest

from tests.store.examples import HOUR, NOW
from tocsin.ingest.kserve import Half, Side
from tocsin.store import halves
from tocsin.store.unit import Database


def half(side: Side, id_: str = "a", rows: int = 1) -> Half:
    row = {"features": {"income": 3.5}} if side is Side.REQUEST else {"score": 0.5}
    return Half(id=id_, side=side, at=NOW, rows=(row,) * rows, version="7")


ASKED, ANSWERED = half(Side.REQUEST), half(Side.RESPONSE)


def add(database: Database, *some: Half, system: str = "loans", after: timedelta = 0 * HOUR) -> int:
    with database.unit("test", NOW + after) as unit:
        return halves.add(unit, system, some)


def expire(database: Database, before: timedelta) -> None:
    with database.unit("test", NOW + 2 * HOUR) as unit:
        halves.expire(unit, "loans", NOW + before)


def dropped(database: Database) -> dict[str, int]:
    with database.reading() as conn:
        return {one.reason: one.number for one in halves.dropped(conn, "loans")}


def pairs(database: Database) -> list[halves.Pair]:
    with database.reading() as conn:
        return halves.pairs(conn, "loans")


@pytest.mark.parametrize("order", [(ASKED, ANSWERED), (ANSWERED, ASKED)])
def test_a_pair_is_found_whichever_half_came_first(
    database: Database, order: tuple[Half, Half]
) -> None:
    for one in order:
        assert pairs(database) == []
        assert add(database, one) == 1
    assert pairs(database) == [(ASKED, ANSWERED)]


def test_a_half_that_comes_again_is_not_stored_again(database: Database) -> None:
    other = half(Side.REQUEST, rows=2)
    assert add(database, ASKED, other, ASKED) == 1
    assert add(database, other, half(Side.REQUEST, "b")) == 1
    add(database, ANSWERED)
    assert pairs(database) == [(ASKED, ANSWERED)]


def test_halves_of_two_systems_never_meet(database: Database) -> None:
    add(database, ASKED)
    add(database, ANSWERED, system="other")
    assert pairs(database) == []


def test_a_joined_pair_is_gone_and_still_known(database: Database) -> None:
    add(database, ASKED, ANSWERED)
    with database.unit("test", NOW) as unit:
        halves.join(unit, "loans", ["a"])
    assert pairs(database) == []
    assert add(database, ASKED, ANSWERED) == 0
    with database.reading() as conn:
        assert halves.waiting(conn, "loans") == 0
    expire(database, HOUR)
    assert add(database, ASKED) == 1
    assert dropped(database) == {}


def test_halves_that_stay_alone_are_dropped_and_counted_by_reason(database: Database) -> None:
    add(database, half(Side.REQUEST, "a"), half(Side.REQUEST, "b"), half(Side.RESPONSE, "c"))
    add(database, half(Side.REQUEST, "late"), after=HOUR)
    add(database, half(Side.REQUEST, "both"), half(Side.RESPONSE, "both"))
    expire(database, timedelta(minutes=30))
    assert dropped(database) == {"request never came": 1, "response never came": 2}
    with database.reading() as conn:
        assert halves.waiting(conn, "loans") == 3
        assert {one.example for one in halves.dropped(conn, "loans")} == {"b", "c"}
        assert not halves.overdue(conn, "other", NOW + HOUR)
        assert halves.overdue(conn, "loans", NOW + HOUR)
    expire(database, 2 * HOUR)
    assert dropped(database) == {"request never came": 1, "response never came": 3}
    assert [pair[0].id for pair in pairs(database)] == ["both"]


def test_a_portion_is_bounded_in_calls_and_rows(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for k in range(4):
        add(database, half(Side.REQUEST, f"{k}", 3), half(Side.RESPONSE, f"{k}", 3), after=k * HOUR)
    monkeypatch.setattr(halves, "ROWS_AT_ONCE", 7)
    assert [pair[0].id for pair in pairs(database)] == ["0", "1"]
    monkeypatch.setattr(halves, "ROWS_AT_ONCE", 1)
    assert [pair[0].id for pair in pairs(database)] == ["0"]
    monkeypatch.setattr(halves, "PAIRS_AT_ONCE", 1)
    assert len(pairs(database)) == 1


def test_what_json_cannot_say_comes_back_as_a_word(database: Database) -> None:
    odd = Half(id="a", side=Side.REQUEST, at=NOW, rows=({"x": math.nan, "y": "\x00"},))
    add(database, odd, ANSWERED)
    ((request, _),) = pairs(database)
    assert request.rows == ({"x": "NaN", "y": "\x00"},)
