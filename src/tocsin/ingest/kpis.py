"""KPI values: reading reported pieces of KPIs from the rows of a body.

    {"kpi": "ctr", "at": "2026-11-20T14:00:00Z", "value": 103, "n": 2011}

rate   `value` successes in `n` trials      mean   `value` is the sum of `n` amounts (1 if left out)
sum    `value` is the amount, 0 or more
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.ingest import forms
from tocsin.ingest.kpi import Kpi, KpiKind, KpiRow
from tocsin.ingest.rows import Rejection

_FIELDS = frozenset({"kpi", "at", "value", "n", "source"})


@dataclass(frozen=True, slots=True)
class Read:
    """The good rows of a body, and why others were refused."""

    rows: tuple[KpiRow, ...]
    rejected: tuple[Rejection, ...]


def validate(
    rows: "pa.Table | Sequence[object]", kpis: Sequence[Kpi], received_at: datetime
) -> Read:
    """Return the acceptable rows and a reason for every other.

    Args:
        rows: what `parse.parse` returned.
        kpis: those that the system declares.
        received_at: now.
    """
    objects: Sequence[object] = rows.to_pylist() if isinstance(rows, pa.Table) else rows
    declared = {kpi.name: kpi for kpi in kpis}
    good, rejected = list[KpiRow](), list[Rejection]()
    for place, value in enumerate(objects):
        try:
            good.append(_row(value, declared, received_at))
        except BadInput as fault:
            reason = f"{fault.what}; {fault.do}" if fault.do else fault.what
            rejected.append(Rejection(place, None, fault.where, reason))
    return Read(tuple(good), tuple(rejected))


def _row(value: object, declared: Mapping[str, Kpi], received_at: datetime) -> KpiRow:
    fields = forms.record(value, _FIELDS, "row")
    name = forms.text(fields, "kpi")
    if name not in declared:
        names = listing(sorted(declared)) or "none"
        raise BadInput(f"no KPI is called {name!r}", where="kpi", do=f"declared are: {names}")
    if fields.get("at") is None:
        raise BadInput("at is missing", where="at", do="send ISO 8601 with a zone")
    said = fields["at"]
    told = said.isoformat() if isinstance(said, datetime) else said  # Arrow's instants
    at = forms.instant({"at": told}, "at", received_at)
    kpi = declared[name]
    total = amount(fields, "value")
    n = 1.0
    if kpi.kind is KpiKind.RATE or fields.get("n") is not None:
        n = amount(fields, "n")
    check(kpi.kind, total, n)
    return KpiRow(name, at, total, n, forms.text(fields, "source", default=""))


def amount(fields: Mapping[str, object], name: str) -> float:
    """Return a finite number.

    Raises:
        BadInput: it is missing or none.
    """
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(f"{name} is {value!r}", where=name, do="give a finite number")
    return float(value)


def check(kind: KpiKind, total: float, n: float) -> None:
    """Refuse what cannot be a piece of such a KPI.

    Raises:
        BadInput: a negative count or sum; more successes than trials.
    """
    if n < 0 or (n == 0 and kind is KpiKind.MEAN):
        raise BadInput(f"n is {n:g}", where="n", do="give how many were counted")
    if kind is not KpiKind.MEAN and total < 0:
        raise BadInput(f"value is {total:g}", where="value", do="a mean may be negative")
    if kind is KpiKind.RATE and total > n:
        do = "value is how many succeeded and n how many were tried"
        raise BadInput(f"{total:g} of {n:g}", where="value", do=do)
