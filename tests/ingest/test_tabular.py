import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tests.ingest.lending import NOW, SCHEMA, SYSTEM
from tocsin.base.errors import BadInput
from tocsin.ingest.predictions import validate
from tocsin.ingest.system import Columns, Kind
from tocsin.ingest.tabular import TEXT_CELLS, from_table, to_wire

AT = datetime(2026, 11, 20, 14, 0)  # noqa: DTZ001 - files often have naive instants


def table(**changes: object) -> pa.Table:
    columns: dict[str, object] = {
        "application_id": [1, 2],
        "decided": [AT, AT],
        "release": ["1", None],
        "p": [0.7, None],
        "approved": [True, None],
        "repaid": [1, None],
        "income": [10, None],
        "channel": ["web", ""],
        "sex": ["f", None],
        "age": [31, None],
    }
    kept = {k: v for k, v in (columns | changes).items() if v is not None}
    return pa.table(kept)  # pyright: ignore[reportArgumentType] - columns of any kind are the point


def test_a_users_table_becomes_lake_rows_with_their_labels() -> None:
    found = from_table(table(), SCHEMA, SYSTEM, NOW)
    assert found.rejected == ()
    assert found.table.column_names == [*SCHEMA.predictions().names, "label"]
    first, second = found.table.to_pylist()
    assert (first["id"], first["at"]) == ("1", AT.replace(tzinfo=UTC))
    assert (first["prediction"], first["label"], first["s_age"]) == ("true", "true", "25–40")
    assert [second[k] for k in ("score", "prediction", "label", "f_income", "f_channel")] == [
        None
    ] * 5
    assert second["version"] == ""


def test_every_missing_column_is_named_with_a_near_miss() -> None:
    with pytest.raises(BadInput, match="columns 'income' and 'sex' missing; did you mean 'incme'"):
        from_table(table(income=None, sex=None, incme=[1, 2]), SCHEMA, SYSTEM, NOW)
    with pytest.raises(BadInput, match="column 'sex' missing; the table has application_id"):
        from_table(table(sex=None), SCHEMA, SYSTEM, NOW)


def test_a_column_that_stands_twice_is_refused() -> None:
    twice = table().append_column("sex", pa.array(["m", "m"]))
    with pytest.raises(BadInput, match="'sex' stands twice"):
        from_table(twice, SCHEMA, SYSTEM, NOW)


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(BadInput, match="no rows"):
        from_table(table().slice(0, 0), SCHEMA, SYSTEM, NOW)


def test_without_id_and_time_rows_are_numbered_and_dated_now() -> None:
    system = replace(SYSTEM, columns=replace(SYSTEM.columns, id=None, time=None))
    found = from_table(table(), SCHEMA, system, NOW).table
    assert found["id"].to_pylist() == ["row 0", "row 1"]
    assert found["at"].to_pylist() == [NOW, NOW]


def test_without_a_prediction_column_the_score_decides() -> None:
    system = replace(SYSTEM, columns=replace(SYSTEM.columns, prediction=None), threshold=0.7)
    found = from_table(table(p=[0.7, 0.69]), SCHEMA, system, NOW).table
    assert found["prediction"].to_pylist() == ["true", "false"]


def test_duplicate_ids_in_a_file_are_counted() -> None:
    found = from_table(table(application_id=[7, 7]), SCHEMA, SYSTEM, NOW)
    assert (found.table.num_rows, found.duplicates) == (1, 1)


def test_a_wrong_label_refuses_its_row() -> None:
    found = from_table(table(repaid=["yes", "perhaps"]), SCHEMA, SYSTEM, NOW)
    assert [(r.row, r.id, r.field) for r in found.rejected] == [(1, "2", "label")]


def test_numbers_in_csv_cells_are_read_and_elsewhere_text_is_no_number() -> None:
    cells = table(income=["10", "ten"], p=["0.7", ""])
    csv = cells.replace_schema_metadata({TEXT_CELLS: b"csv"})
    read = from_table(csv, SCHEMA, SYSTEM, NOW).table
    assert read["f_income"][0].as_py() == 10
    assert math.isnan(read["f_income"][1].as_py())
    assert len(from_table(cells, SCHEMA, SYSTEM, NOW).rejected) == 2


def test_a_table_goes_on_the_wire_and_arrives_as_if_read_here() -> None:
    later_first = table(decided=[AT + timedelta(hours=1), AT])
    wire = to_wire(later_first, SYSTEM, "f-")
    assert wire["id"].to_pylist() == [2, 1]
    assert wire["label"].to_pylist() == [None, "true"]
    sent = validate(wire.drop_columns(["label"]), SCHEMA, SYSTEM, NOW + timedelta(days=1))
    here = from_table(later_first, SCHEMA, SYSTEM, NOW + timedelta(days=1))
    assert sent.table.sort_by("id") == here.table.drop_columns(["label"]).sort_by("id")


def test_rows_without_an_id_column_are_called_by_file_and_number() -> None:
    system = replace(SYSTEM, columns=replace(SYSTEM.columns, id=None))
    assert to_wire(table(), system, "9f3c-")["id"].to_pylist() == ["9f3c-0", "9f3c-1"]


def test_every_column_without_a_role_travels_unless_features_are_listed() -> None:
    unlisted = replace(SYSTEM, features=())
    names = to_wire(table(note=["x", "y"]), unlisted, "").column_names
    assert {"features.note", "features.sex", "attributes.sex"} <= set(names)
    assert "features.note" not in to_wire(table(note=["x", "y"]), SYSTEM, "").column_names


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decided": ["2026-11-20", "soon"]}, "column 'decided': row 1: 'soon' is not an instant"),
        ({"decided": pa.array([AT, None])}, "row 1: no time"),
        ({"income": None}, "column 'income' missing"),
    ],
)
def test_a_table_that_cannot_travel_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        to_wire(table(**changes), SYSTEM, "")


def test_without_a_time_column_nothing_can_be_replayed() -> None:
    timeless = replace(SYSTEM, columns=Columns(id="application_id"))
    with pytest.raises(BadInput, match=r"no time column; set columns\.time"):
        to_wire(table(), timeless, "")


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (Kind.REGRESSION, ["1", "0.5"]),
        (Kind.MULTICLASS, ["1", "0.5"]),
        (Kind.BINARY, ["true", "0.5"]),
    ],
)
def test_labels_travel_as_their_kind_reads_them(kind: Kind, labels: list[str]) -> None:
    system = replace(SYSTEM, kind=kind)
    raw = table()
    place = raw.column_names.index(str(SYSTEM.columns.label))
    raw = raw.set_column(place, raw.column_names[place], pa.array([1.0, 0.5]))
    assert set(to_wire(raw, system, "f-")["label"].to_pylist()) == set(labels)
