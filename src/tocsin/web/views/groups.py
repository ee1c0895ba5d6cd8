"""Protected groups side by side: how each fares, and what the four-fifths rule says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.phrases import percent
from tocsin.base.slices import Slice
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.four_fifths import MEASURE
from tocsin.detect.groups import RATES, Group
from tocsin.detect.look import FEWEST
from tocsin.web.views import marks
from tocsin.web.views.marks import Mark

COLUMNS = {
    "selection_rate": "got a yes",
    "tpr": "deserved yes",
    "fpr": "undeserved yes",
    "ppv": "right yes",
    "accuracy": "right",
    "calibration": "score − outcome",
}
"""The rates that are shown, by what people call them; all but the first need outcomes."""
Compared = Sequence[tuple[tuple[str, ...], Sequence[tuple[Slice, Group]]]]
"""What `compared.fared` returns."""


@dataclass(frozen=True, slots=True)
class Row:
    """One group: its people, its rates in words, its ratio to the best-treated group."""

    slice: Slice
    values: str
    n: str
    rates: tuple[str, ...]
    ratio: str
    mark: Mark
    why: str


@dataclass(frozen=True, slots=True)
class Table:
    """The groups that one attribute, or two of them, cut."""

    title: str
    rows: tuple[Row, ...]


def tables(compared: Compared, said: Sequence[Finding]) -> tuple[Table, ...]:
    """Return a table per attribute and pair of attributes that anybody is in.

    Args:
        compared: how the groups of the last window fared.
        said: the latest findings: what the four-fifths rule says of each group is among them.
    """
    duties = {finding.slice: finding for finding in said if finding.measure == MEASURE}
    return tuple(
        Table(
            title=" and ".join(attributes),
            rows=tuple(_row(who, group, duties.get(who)) for who, group in rows),
        )
        for attributes, rows in compared
        if rows
    )


def _row(who: Slice, group: Group, duty: Finding | None) -> Row:
    judged = duty is not None and duty.verdict is not Verdict.INSUFFICIENT
    return Row(
        slice=who,
        values=", ".join(value for _, value in who.conditions),
        n=f"{int(group.n):,}",
        rates=tuple(_rate(name, group) for name in COLUMNS),
        ratio=f"{duty.value:.2f}" if duty is not None and judged else "–",
        mark=marks.of_finding(duty) if duty is not None else Mark.NO_DATA,
        why=duty.why if duty is not None else "not judged yet",
    )


def _rate(name: str, group: Group) -> str:
    """Return a rate in words; `–` of fewer rows than are judged."""
    of = group.n if name == "selection_rate" else group.labelled
    return percent(RATES[name](group)) if of >= FEWEST else "–"
