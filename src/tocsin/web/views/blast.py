"""Blast radius: how much of the traffic a plan touches, and how many decisions come out otherwise.

Two shares of all decisions of the last window, on one scale from nobody to everyone:

    touched   decisions in the slice of the plan
    changed   decisions that somebody or something else makes: of a canary its share of the slice,
              of what only watches none, of a moved threshold at most those touched
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.phrases import count, number, percent
from tocsin.contain.directive import FOR_EVERYONE, Action
from tocsin.contain.plan import Plan, Step


@dataclass(frozen=True, slots=True)
class Bar:
    """One share of all decisions, 0-1, with its name and what stands beside it."""

    name: str
    share: float
    says: str

    @property
    def width(self) -> float:
        """Length of the bar in percent of everyone; what is there at all is seen."""
        return max(self.share * 100, 0.6 if self.share > 0 else 0.0)


@dataclass(frozen=True, slots=True)
class Blast:
    """The picture and its text alternative; no bars where nothing was counted."""

    bars: tuple[Bar, ...]
    says: str


def blast(plan: Plan) -> Blast:
    """Return how far `plan` reaches, as measured when it was made."""
    reach = plan.reach
    whole = any(step.action in FOR_EVERYONE for step in plan.steps)
    share = 1.0 if whole else reach.share
    if not reach.n or not 0 <= share <= 1:
        return Blast((), "No decisions were counted there lately, so its reach is not known.")
    part = max((_part(step) for step in plan.steps), default=0.0)
    at_most = any(step.action is Action.THRESHOLD for step in plan.steps)
    pace = number(round(reach.decisions_per_hour * part))
    changed = f"{'at most ' if at_most else ''}{percent(share * part, _digits(share * part))}"
    bars = (
        Bar("touched", share, f"{percent(share, _digits(share))} of traffic"),
        Bar("decided otherwise", share * part, f"{changed}, about {pace} an hour"),
    )
    said = "; ".join(f"{bar.name}: {bar.says}" for bar in bars)
    return Blast(bars, f"Of all decisions {said}. Counted on {count(reach.n, 'decision')}.")


def _part(step: Step) -> float:
    """Return which part of its slice, 0-1, a step decides otherwise."""
    if step.action is Action.THRESHOLD:
        return 1.0
    if not step.action.decides:
        return 0.0
    return 1.0 if step.share is None else step.share


def _digits(share: float) -> int:
    return 0 if share >= 0.01 or share == 0 else 1
