import tempfile
from datetime import UTC, datetime, timedelta
from typing import cast

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.base.spans import Span
from tocsin.ingest.rows import OUTCOMES
from tocsin.lake.delta import Lake
from tocsin.lake.whereabouts import Whereabouts

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def append(lake: Lake, ids: dict[str, int]) -> None:
    """Append one row for each id, made in the hour of that number."""
    rows = [
        {"id": name, "at": START + hour * HOUR, "received_at": START, "label": "true"}
        for name, hour in ids.items()
    ]
    lake.append("loans", "outcomes", pa.Table.from_pylist(rows, OUTCOMES))


def hours(*numbers: int) -> list[Span]:
    return [Span(START + n * HOUR, START + (n + 1) * HOUR) for n in numbers]


def test_ids_lead_to_their_hours_also_those_that_came_since(tmp_path: object) -> None:
    lake, where = Lake(str(tmp_path)), Whereabouts()
    table = lake.table("loans", "outcomes")
    assert where.spans(table, ["a"]) == []
    append(lake, {"a": 3, "b": 9})
    append(lake, {"c": 4})
    assert where.spans(table, ["a"]) == hours(3)
    assert where.spans(table, ["b", "nobody"]) == hours(9)
    assert where.spans(table, ["a", "c", "b"]) == [
        Span(START + 3 * HOUR, START + 5 * HOUR),
        *hours(9),
    ]
    append(lake, {"d": 1, "a": 20})
    assert where.spans(table, ["d", "a"]) == hours(1, 3, 20)
    assert where.spans(table, []) == []


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=30), max_size=8), st.data())
def test_a_scan_by_ids_finds_every_row_however_the_files_are_cut(
    files: list[list[int]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        made: set[str] = set()
        for number, file in enumerate(files):
            ids = {f"{number}-{k}": hour for k, hour in enumerate(file)}
            append(lake, ids)
            made |= ids.keys()
            asked = data.draw(st.lists(st.sampled_from([*sorted(made), "nobody"]), max_size=60))
            found = lake.scan("loans", "outcomes", ids=asked, columns=["id"])
            names = cast("list[str]", found["id"].to_pylist())
            assert sorted(names) == sorted(set(asked) & made)
