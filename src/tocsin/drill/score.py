"""How a rehearsed incident is scored: what happened when, held against what was expected."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.base.spans import describe


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What was seen of one rehearsal.  A time that is None never came."""

    started_at: datetime
    fault_at: datetime
    finding_at: datetime | None = None
    paged_at: datetime | None = None
    acknowledged_at: datetime | None = None
    contained_at: datetime | None = None
    recovered_at: datetime | None = None
    resolved_at: datetime | None = None
    pages_before_fault: int = 0
    incidents: int = 0
    harmed_ids: frozenset[str] = frozenset()
    ledger_ids: frozenset[str] = frozenset()
    first_change: str = ""
    review: str = ""
    canary_call: str = ""
    """What the canary of the repaired version was said to be fit for; "": nothing was said."""
    canary_n: tuple[int, int] = (0, 0)
    """Decisions of the repaired version and of the one beside it that this rests on."""

    @property
    def times(self) -> tuple[tuple[str, datetime | None], ...]:
        """The steps of the response in the order in which they must come."""
        return (
            ("fault", self.fault_at),
            ("finding", self.finding_at),
            ("page", self.paged_at),
            ("acknowledged", self.acknowledged_at),
            ("contained", self.contained_at),
            ("recovered", self.recovered_at),
        )


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and whether it was met."""

    name: str
    met: bool
    seen: str


LEDGER_SHARE = 0.99
"""Share of the harmed decisions that the ledger must list."""


def score(play: Play, *, planted_change: str) -> tuple[Check, ...]:
    """Return every expectation of a drill, met or not.

    Args:
        play: what was seen.
        planted_change: title of the change that caused the fault.
    """
    listed = len(play.harmed_ids & play.ledger_ids)
    checks = [Check("no page while healthy", play.pages_before_fault == 0, _pages(play))]
    before = play.fault_at
    for name, at in play.times[1:]:
        met = at is not None and at >= before
        since = f"{describe(at - play.fault_at)} after the fault" if at else "never"
        checks.append(Check(name, met, since))
        before = at or before
    return (
        *checks,
        Check("one incident", play.incidents == 1, f"{play.incidents} opened"),
        Check(
            "affected decisions listed",
            listed > 0 and listed >= LEDGER_SHARE * len(play.harmed_ids),
            f"{listed:,} of {len(play.harmed_ids):,} harmed; {len(play.ledger_ids):,} in all",
        ),
        Check("planted change first", play.first_change == planted_change, play.first_change),
        Check(
            "review names the planted change",
            planted_change in play.review,
            f"{len(play.review.split()):,} words",
        ),
        # a few seconds of traffic prove nothing: to promote on them would be the fault
        Check(
            "repair judged as a canary, and not promoted on so little",
            play.canary_call == "hold" and min(play.canary_n) > 0,
            f"{play.canary_call or 'nothing'} on {play.canary_n[0]:,} decisions beside"
            f" {play.canary_n[1]:,}",
        ),
    )


def _pages(play: Play) -> str:
    healthy = describe(play.fault_at - play.started_at)
    return f"{play.pages_before_fault} pages in {healthy}"
