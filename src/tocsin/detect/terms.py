"""Terms: all that one evaluation was given besides counts and baseline."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.base.spans import Span
from tocsin.detect.budget import Budget
from tocsin.ingest.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Kept with the epoch that was closed for the evaluation, so that it can be made again.

    `history_from` is where the windows before `window` begin at the earliest; `now` and `last_at`
    are what `evaluate` takes.  What needs outcomes is judged on the window
    `outcomes`; None: it is `window`.
    """

    system: System
    reference_sha256: str
    budget: Budget
    window: Span
    history_from: datetime
    now: datetime | None
    last_at: datetime | None
    outcomes: Span | None = None
