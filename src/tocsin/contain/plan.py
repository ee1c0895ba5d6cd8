"""A plan: the frozen list of steps that is explained, approved by its hash and then applied.

Expiry is fixed when the plan is made, not when it is approved: what was read is what is done, and
a plan that is approved late holds for less time, never for longer than somebody saw.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.directive import Action, OnAbort
from tocsin.ingest.system import Risk


class PlanState(StrEnum):
    """Where a plan stands."""

    PROPOSED = "proposed"
    APPLIED = "applied"
    REVERTED = "reverted"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """Ran out before enough people had approved it."""


class Need(StrEnum):
    """What must hold for a step to be put in force, see `precondition`."""

    HEARD = "heard"
    """Whoever is to obey it was heard from lately: a guard or a gateway."""
    DECIDED = "decided"
    """The version that is to decide has decided here before."""
    LAST_GOOD = "last_good"
    """The version is still the last good one."""
    ANNOUNCED = "announced"
    """The version has decided here before, or a recorded change names it."""
    RELEASES = "releases"
    """New versions may go out."""
    PEOPLE = "people"
    """People keep up with what is referred to them already."""
    RULES = "rules"
    """The service has rules; where that is not known, nobody is held up by it."""
    OF_VERSION = "of_version"
    """The version whose decisions it is about has decided here before, or is announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How much of the traffic is in a slice, measured over a recent window before the plan.

    Of a step of a version only what that version decides of it.
    """

    share: float
    """Share of all decisions, 0-1; NaN where it is not known."""
    decisions_per_hour: float
    n: int
    """Decisions in the slice that the two rates were measured on."""
    sole: bool = False
    """Whether the step's version made every decision of its slice."""

    @property
    def known(self) -> bool:
        """Whether it was counted at all; a slice that monitors do not tell apart is not."""
        return not math.isnan(self.share)


NOT_KNOWN = Reach(share=math.nan, decisions_per_hour=0.0, n=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action on one slice for a length of time counted from when the plan was made."""

    action: Action
    slice: Slice = EVERYONE
    of_version: str | None = None
    """Only for decisions that this version would otherwise make; only with those of `OF_VERSION`.

    Whom another version, the rules or a person would decide is left alone.
    """
    for_: timedelta
    to_version: str | None = None
    """The version that decides, or answers beside; only with the actions of `TO_VERSION`."""
    share: float | None = None
    """Share of the slice in 0-1: of a canary, or of shadow copies (None: all)."""
    threshold: float | None = None
    """Score in 0-1 from which the answer is yes; only with `Action.THRESHOLD`."""
    on_abort: OnAbort = OnAbort.NOTIFY
    """What happens once it is seen to harm somebody; only of a canary."""
    reason: str = ""
    """Why this step, one sentence for the approver."""
    outside: tuple[str, ...] = ()
    """What actuators do for it, one sentence each, as they were configured when it was planned."""
    reach: Reach | None = None
    """How much of the traffic is in its slice; None: of plans of earlier releases."""
    needs: tuple[Need, ...] = ()
    """What must hold at the moment of putting it in force; none: of plans of earlier releases."""

    @property
    def part(self) -> float:
        """Which part of its slice it is about, 0-1."""
        return 1.0 if self.share is None else self.share


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A containment plan.  Two plans that would do the same have the same `hash`."""

    id: str
    incident: str | None
    system: str
    steps: tuple[Step, ...]
    reach: Reach
    """Of the step that reaches furthest."""
    risk: Risk
    made_at: datetime
    made_by: str

    def lapsed(self, now: datetime) -> bool:
        """Return whether it is too late to put it in force: a step has run out."""
        return any(self.expires_at(step) <= now for step in self.steps)

    def expires_at(self, step: Step) -> datetime:
        """Return the instant at which `step` ends."""
        return self.made_at + step.for_

    def reach_of(self, step: Step) -> Reach:
        """Return how much of the traffic is in the slice of `step`, one of its own."""
        if step.reach is not None:
            return step.reach
        return self.reach if step.slice == self.steps[0].slice else NOT_KNOWN

    @property
    def hash(self) -> str:
        """Sha256 (64 hex digits) over the canonical JSON of what will be done, and nothing else.

        Reasons, reach and authorship do not enter: they say why and how much, not what.
        """
        deeds = {
            "system": self.system,
            "incident": self.incident,
            "steps": [
                {
                    "action": step.action.value,
                    "slice": step.slice.as_dict(),
                    "to_version": step.to_version,
                    "expires_at": self.expires_at(step).isoformat(),
                    # only where they are: plans of earlier releases keep their hash
                    **({} if step.of_version is None else {"of_version": step.of_version}),
                    **({} if step.share is None else {"share": step.share}),
                    **({} if step.threshold is None else {"threshold": step.threshold}),
                    **({} if step.on_abort is OnAbort.NOTIFY else {"on_abort": step.on_abort}),
                    **({"outside": list(step.outside)} if step.outside else {}),
                    **({"needs": [need.value for need in step.needs]} if step.needs else {}),
                }
                for step in self.steps
            ],
        }
        text = json.dumps(deeds, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()
