from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.ingest.quarantine import Quarantine, admitted, source
from tocsin.ingest.rows import INSTANT, Attribute

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEED = Slice.of({"feed": "b"})
HELD = Quarantine(FEED, NOON, NOON + HOUR)


def rows(*pairs: tuple[str | None, float]) -> pa.Table:
    """Return rows of a feed, received so many hours after noon; all say that they are old."""
    return pa.table(
        {
            "id": [str(k) for k in range(len(pairs))],
            "at": pa.array([NOON - 9 * HOUR] * len(pairs), INSTANT),
            "received_at": pa.array([NOON + hours * HOUR for _, hours in pairs], INSTANT),
            "s_feed": pa.array([feed for feed, _ in pairs], pa.string()),
        }
    )


def ids(table: pa.Table) -> list[str]:
    return [str(one) for one in table["id"].to_pylist()]


def test_rows_of_the_source_are_held_back_by_when_they_were_received() -> None:
    table = rows(("b", -0.1), ("b", 0), ("b", 0.99), ("b", 1), ("a", 0.5), (None, 0.5))
    assert ids(admitted(table, [HELD])) == ["0", "3", "4", "5"]
    assert ids(admitted(table, [])) == ids(table)


def test_what_is_told_under_quarantine_is_held_back_also_of_earlier_decisions() -> None:
    table = rows(("b", -5), ("b", -5), ("a", -5))
    told = pa.chunked_array([pa.array([NOON + HOUR / 2, NOON - HOUR, NOON + HOUR / 2], INSTANT)])
    assert ids(admitted(table, [HELD], told_at=told)) == ["1", "2"]


def test_several_quarantines_add_up_and_all_conditions_must_hold() -> None:
    other = Quarantine(Slice.of({"feed": "a"}), NOON - HOUR, NOON)
    nowhere = Quarantine(Slice.of({"feed": "a", "team": "x"}), NOON - HOUR, NOON + HOUR)
    table = rows(("b", 0.5), ("a", -0.5), ("a", 0.5))
    assert ids(admitted(table, [HELD, other, nowhere])) == ["2"]


def test_no_rows_are_no_trouble() -> None:
    assert admitted(rows(), [HELD]).num_rows == 0


KNOWN = (Attribute("feed"), Attribute("age", (25.0, 40.0)), Attribute("person"))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "everyone"),
        ({"team": "x"}, "do not say 'team'"),
        ({"person": "aspen"}, "stored as keyed hashes"),
        ({"age": "31"}, "no band of age"),
    ],
)
def test_a_source_that_no_row_can_show_is_refused(said: dict[str, str], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        source(Slice.of(said), KNOWN, ["person"])


@pytest.mark.parametrize("said", [{"feed": "b"}, {"feed": "b", "age": "25–40"}])
def test_a_source_that_rows_show_is_taken(said: dict[str, str]) -> None:
    assert source(Slice.of(said), KNOWN, ["person"]) == Slice.of(said)
