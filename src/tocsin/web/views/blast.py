"""Blast radius: how much of the traffic a step touches, and how much comes out otherwise.

Two shares of all decisions of the last window, on one scale from nobody to everyone:

    touched   decisions in the slice of the step; of a step of a version those of that version
    changed   decisions that somebody or something else makes: of a canary its share of the slice,
              of what only watches none, of a moved threshold at most those touched
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.phrases import count, number, percent
from tocsin.contain.directive import FOR_EVERYONE, Action
from tocsin.contain.explain import verb
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
    name: str = ""
    """Which step it is of; "" where the plan has one."""


def blasts(plan: Plan) -> tuple[Blast, ...]:
    """Return how far each step of `plan` reaches, as measured when it was made."""
    several = len(plan.steps) > 1
    return tuple(_blast(plan, step, verb(step) if several else "") for step in plan.steps)


def _blast(plan: Plan, step: Step, name: str) -> Blast:
    reach = plan.reach_of(step)
    if not reach.known:
        return Blast((), "Reach not known: these decisions are not counted apart.", name)
    if not reach.n:
        return Blast((), "No traffic seen there lately.", name)
    share = 1.0 if step.action in FOR_EVERYONE else reach.share
    part = _part(step)
    pace = number(round(reach.decisions_per_hour * part))
    at_most = "at most " if step.action is Action.THRESHOLD else ""
    changed = f"{at_most}{percent(share * part, _digits(share * part))}"
    bars = (
        Bar("touched", share, f"{percent(share, _digits(share))} of traffic"),
        Bar("decided otherwise", share * part, f"{changed}, about {pace} an hour"),
    )
    said = "; ".join(f"{bar.name}: {bar.says}" for bar in bars)
    counted = f"Counted on {count(reach.n, 'decision')}."
    return Blast(bars, f"Of all decisions {said}. {counted}", name)


def _part(step: Step) -> float:
    """Return which part of its slice, 0-1, a step decides otherwise."""
    return step.part if step.action.verified else 0.0


def _digits(share: float) -> int:
    return 0 if share >= 0.01 or share == 0 else 1
