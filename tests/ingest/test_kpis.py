from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tocsin.ingest.kpi import Kpi, KpiKind, KpiRow
from tocsin.ingest.kpis import validate

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
KPIS = (
    Kpi(name="ctr", kind=KpiKind.RATE),
    Kpi(name="basket", kind=KpiKind.MEAN),
    Kpi(name="sales", kind=KpiKind.SUM),
)


def row(**changes: object) -> dict[str, object]:
    return {"kpi": "ctr", "at": NOW.isoformat(), "value": 3, "n": 10} | changes


def test_rows_of_each_kind_are_read() -> None:
    rows = [row(), row(kpi="basket", n=None, source="shop"), row(kpi="sales", value=7.5, n=None)]
    found = validate(rows, KPIS, NOW)
    assert found.rejected == ()
    assert found.rows == (
        KpiRow("ctr", NOW, 3.0, 10.0),
        KpiRow("basket", NOW, 3.0, 1.0, "shop"),
        KpiRow("sales", NOW, 7.5, 1.0),
    )


def test_tables_are_read_like_objects() -> None:
    table = pa.Table.from_pylist([row(at=NOW), row(at=NOW, value=4)])
    assert [one.total for one in validate(table, KPIS, NOW).rows] == [3.0, 4.0]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"kpi": "cvr"}, "kpi", "declared are: basket, ctr and sales"),
        ({"kpi": None}, "kpi", "missing"),
        ({"at": None}, "at", "missing"),
        ({"at": "2026-11-20T14:05:00"}, "at", "time zone"),
        ({"at": (NOW + timedelta(hours=1)).isoformat()}, "at", "clock skew"),
        ({"value": 11}, "value", "11 of 10"),
        ({"value": "3"}, "value", "finite number"),
        ({"value": True}, "value", "finite number"),
        ({"value": float("nan")}, "value", "finite number"),
        ({"n": None}, "n", "finite number"),
        ({"n": -1}, "n", "how many"),
        ({"kpi": "basket", "n": 0}, "n", "how many"),
        ({"kpi": "sales", "value": -1}, "value", "may be negative"),
        ({"x": 1}, "row", "unknown field"),
    ],
)
def test_a_wrong_row_is_refused_with_field_and_reason_and_its_neighbour_kept(
    changes: dict[str, object], field: str, reason: str
) -> None:
    found = validate([row(**changes), row()], KPIS, NOW)
    assert len(found.rows) == 1
    (fault,) = found.rejected
    assert (fault.row, fault.field) == (0, field)
    assert reason in fault.reason


def test_what_is_no_object_is_refused() -> None:
    assert validate(["ctr"], KPIS, NOW).rejected[0].field == "row"
