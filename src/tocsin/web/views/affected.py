"""Whom an incident has hit, and what that cost, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tocsin.base.phrases import count, number
from tocsin.diagnose.diagnosis import Diagnosis


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """How many decisions were harmed, and what that cost."""

    total: int
    says: str
    errors: str
    cost: str


def affected(diagnosis: Diagnosis | None, total: int) -> Affected | None:
    """Return what is known of it; `total` is how many decisions the ledger lists."""
    if diagnosis is None:
        return None
    errors = cost = ""
    if math.isfinite(diagnosis.estimated_errors):
        errors = f"about {number(round(diagnosis.estimated_errors))} of them wrong"
        low, high = diagnosis.errors_interval
        if math.isfinite(low) and math.isfinite(high):
            errors += f" ({number(round(low))} to {number(round(high))}, 95 %)"
    if math.isfinite(diagnosis.cost) and diagnosis.cost > 0:
        cost = f"{number(float(f'{diagnosis.cost:.3g}'))} {diagnosis.currency}"
    return Affected(
        total=total,
        says=count(diagnosis.affected, diagnosis.unit or "decision"),
        errors=errors,
        cost=cost,
    )
