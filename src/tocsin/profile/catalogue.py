"""Catalogue: the items that a ranking shows most, learnt from its reference."""

from collections import Counter

import numpy as np
import pyarrow as pa

from tocsin.base.errors import BadInput
from tocsin.ingest import arrays, lists
from tocsin.ingest.lists import Read
from tocsin.ingest.system import System


def check_lists(table: pa.Table, system: System, where: str) -> None:
    """Refuse answers that are no lists of items, and labels that are no gains of such.

    Raises:
        BadInput: the answers have no column, or a row of either holds something else.
    """
    answer, label = system.columns.answer, system.columns.label
    if answer is None:
        raise BadInput(
            "a ranking needs its lists",
            where=where,
            do="set columns.prediction, or columns.item where each item has a row",
        )
    found = lists.shown(arrays.whole(table.column(answer)))
    _refuse(found, f"column {answer!r} (prediction) {lists.NO_LIST}", where)
    if not found[0].drop_null():
        raise BadInput(f"column {answer!r} holds no list", where=where, do="name another column")
    if label is not None:
        given = lists.wanted(arrays.whole(table.column(label)))
        _refuse(given, f"column {label!r} (label) {lists.NO_GAINS}", where)


def times_shown(table: pa.Table, system: System) -> Counter[str]:
    """Return how often each item was shown."""
    answers, _ = lists.shown(arrays.whole(table.column(system.columns.answer or "")))
    return Counter(name for one in lists.parsed(answers.drop_null().to_pylist()) for name in one)


def _refuse(found: Read, what: str, where: str) -> None:
    rows: list[int] = np.flatnonzero(found[1]).tolist()
    if rows:
        raise BadInput(what, where=f"{where}, row {rows[0]}", do="mend it, or name another column")
