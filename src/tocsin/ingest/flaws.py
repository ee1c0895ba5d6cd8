"""What is wrong with the rows of one body: the first fault of each row, with field and reason."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pyarrow as pa

from tocsin.ingest.arrays import Column, Mask
from tocsin.ingest.rows import Rejection


class Flaws:
    """Collects faults by row; a row with any fault is left out, its neighbours are kept."""

    def __init__(self, n: int) -> None:
        self.bad: Mask = np.zeros(n, dtype=np.bool_)
        self.found: dict[int, tuple[str, str]] = {}

    def mark(self, rows: Mask, field: str, reason: str | Callable[[int], str]) -> None:
        """Note a fault wherever `rows` is true and no earlier fault stands."""
        self._note(np.flatnonzero(rows & ~self.bad).tolist(), field, reason)

    def mark_rows(self, reasons: Mapping[int, str], field: str) -> None:
        """Note faults given by row number."""
        self._note([row for row in reasons if not self.bad[row]], field, reasons.__getitem__)

    def rejections(self, ids: Column) -> tuple[Rejection, ...]:
        """Return every fault in row order; `ids` names the rows where it can."""
        rows = sorted(self.found)
        named: list[str | None] = ids.take(pa.array(rows, pa.int64())).to_pylist()
        return tuple(
            Rejection(row, name, *self.found[row]) for row, name in zip(rows, named, strict=True)
        )

    def _note(self, rows: Iterable[int], field: str, reason: str | Callable[[int], str]) -> None:
        for row in rows:
            self.found[row] = (field, reason if isinstance(reason, str) else reason(row))
            self.bad[row] = True
