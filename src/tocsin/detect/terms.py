"""Terms: all that one evaluation was given besides counts and baseline."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime

from tocsin.base.spans import Span
from tocsin.detect.budget import Budget
from tocsin.ingest.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Kept with the epoch that was closed for the evaluation, so that it can be made again.

    `history_from` is where the windows before `window` begin at the earliest; `now` and `last_at`
    are what `evaluate` takes; `code` is the release that evaluated.  What needs outcomes is judged
    on the window `outcomes`; None: it is `window`.
    """

    system: System
    reference_sha256: str
    budget: Budget
    window: Span
    history_from: datetime
    now: datetime | None
    last_at: datetime | None
    outcomes: Span | None = None
    kpis_at: datetime | None = None
    """Up to when KPIs are judged; None: by an earlier release, which knew none."""
    incidents: tuple[Span, ...] = ()
    """Stretches of known incidents, from which KPIs learn nothing."""
    code: str = ""

    @property
    def config(self) -> str:
        """The version of the configuration: changes with whatever it says of this system."""
        return config_hash(self.system, self.budget)


def config_hash(system: System, budget: Budget) -> str:
    """Return sixteen hex digits that change with the declaration or the budget.

    >>> budget = Budget(1.0, 720.0)
    >>> config_hash(System(name="a"), budget) == config_hash(System(name="b"), budget)
    False
    """
    facts = [asdict(system), asdict(budget)]
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
