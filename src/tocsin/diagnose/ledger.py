"""The ledger: every decision that an incident may have harmed, and what was done for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One affected decision.  `remedy` is empty until somebody put it right, then says how."""

    prediction_id: str
    at: datetime
    version: str
    score: float | None
    prediction: str | None
    attributes: Mapping[str, str]
    remedy: str = ""
