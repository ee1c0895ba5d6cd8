import numpy as np
import pyarrow as pa

from tocsin.ingest.flaws import Flaws
from tocsin.ingest.rows import Rejection


def test_the_first_fault_of_a_row_stands_and_rows_come_in_order() -> None:
    flaws = Flaws(3)
    flaws.mark(np.array([False, False, True]), "score", "bad score")
    flaws.mark(np.array([True, False, True]), "at", lambda row: f"bad at in row {row}")
    flaws.mark_rows({2: "late"}, "at")
    assert flaws.bad.tolist() == [True, False, True]
    assert flaws.rejections(pa.array(["a", "b", None])) == (
        Rejection(0, "a", "at", "bad at in row 0"),
        Rejection(2, None, "score", "bad score"),
    )
