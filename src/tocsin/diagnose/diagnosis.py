"""A diagnosis: what we know of one incident's cause and reach at one instant."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.diagnose.suspect import Suspect


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Since when, for whom, how many, at what cost, why; None or NaN where it cannot be said."""

    incident: str
    made_at: datetime
    slice: Slice = EVERYONE
    measure: str = ""
    """The harm measure that onset and reach were computed on."""
    onset: datetime | None
    """Most probable start: the start of a profile bucket."""
    onset_span: Span | None
    """The shortest run of buckets that holds the start with at least 90 % probability."""
    affected: int
    """Decisions the system itself made in the slice from the earliest credible onset, or from when
    a person says that it began, until it recovered (or until `made_at`); those on the ledger."""
    estimated_errors: float
    """Wrong decisions beyond what the baseline would have given, >= 0; NaN where unknown."""
    errors_interval: tuple[float, float] = (float("nan"), float("nan"))
    """The 95 % interval of `estimated_errors`."""
    cost: float
    """`estimated_errors` times the system's cost per error, in `currency`; NaN where unknown."""
    currency: str = ""
    unit: str = "decision"
    suspects: tuple[Suspect, ...]
    """Changes and `unknown` by score first, then columns, then slices."""
    summary: str

    @property
    def first(self) -> Suspect | None:
        """The first-ranked suspect, which may be `unknown`; None where there is none."""
        return self.suspects[0] if self.suspects else None
