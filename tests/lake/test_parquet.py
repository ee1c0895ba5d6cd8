from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from tests.lake.rows import START, predictions
from tocsin.lake.parquet import pack


def test_rows_are_packed_in_order_of_time_with_least_and_most() -> None:
    rows = predictions(["b", "c", "a"])
    packed = pack(rows.take(pa.array([2, 0, 1])))
    assert pq.read_table(pa.BufferReader(packed.content)).cast(rows.schema).equals(rows)
    assert packed.rows == 3
    assert packed.received_at == START + timedelta(minutes=2)
    assert packed.stats["minValues"] == {
        "id": "a",
        "at": "2026-11-20T00:00:00.000000Z",
        "received_at": "2026-11-20T00:00:00.000000Z",
    }
    assert packed.stats["numRecords"] == 3
