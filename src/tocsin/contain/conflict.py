"""Two directives may not ask for different things of the same slice.

Of slices that overlap, the most specific wins, then the more careful action; that is no conflict.
"""

from collections.abc import Sequence
from datetime import datetime

from tocsin.base.errors import BadInput
from tocsin.contain.directive import FOR_EVERYONE, TO_VERSION, Action, Directive, OnAbort
from tocsin.contain.explain import describe_directive
from tocsin.contain.plan import Plan, Step

_SHARED = frozenset({Action.CANARY, Action.SHADOW})


def conflict(plan: Plan, directives: Sequence[Directive], now: datetime) -> str | None:
    """Return why `plan` cannot hold beside the directives in force at `now`; None when it can.

    The same action on the same slice is no conflict: it is how containment is extended.
    """
    wanted: dict[tuple[str, str], Step | Directive] = {}
    for step in plan.steps:
        if _want(wanted.setdefault(_place(step), step)) != _want(step):
            return f"the plan asks for two things of {step.slice.label}"
    for directive in directives:
        step = wanted.get(_place(directive))
        if (
            step is not None
            and directive.system == plan.system
            and directive.in_force(now)
            and _want(step) != _want(directive)
        ):
            return f"{describe_directive(directive)} already (directive {directive.id})"
    return None


def _place(one: Step | Directive) -> tuple[str, str]:
    """Return where only one thing can be asked for: a slice, and what it is about.

    What stands beside a decision is about itself, and so is a kill switch: nothing may refuse it.
    """
    beside = not one.action.decides or one.action is Action.KILL
    return (one.slice.key, one.action.value if beside else "decision")


def _want(one: Step | Directive) -> tuple[object, ...]:
    return (one.action, one.to_version, one.share, one.threshold, one.on_abort)


def checked(plan: Plan, directives: Sequence[Directive], now: datetime) -> Plan:
    """Return `plan` if it makes sense and conflicts with nothing in force.

    Raises:
        BadInput: no steps, a step that is over before it began or lacks what its action needs (a
            version, a share, a threshold), or a conflict.
    """
    where = f"plan for {plan.system}"
    if not plan.steps:
        raise BadInput("it has no steps", where=where, do="name at least one action")
    for step in plan.steps:
        if step.for_.total_seconds() <= 0:
            raise BadInput(f"{step.slice.label} for {step.for_}", where=where, do="give it time")
        _fits(step, where)
    why = conflict(plan, directives, now)
    if why:
        raise BadInput(why, where=where, do="revert what is in force first, or change the plan")
    return plan


def _fits(step: Step, where: str) -> None:
    """Refuse a step that lacks what its action needs, or has what means nothing to it."""
    action = step.action
    if (action in TO_VERSION) != bool(step.to_version):
        raise BadInput(
            f"{action.value} with version {step.to_version!r}",
            where=where,
            do="name the version for a rollback, a canary or a shadow, and only for those",
        )
    shares = step.share is None if action is not Action.CANARY else False
    if not shares and (action not in _SHARED or not _in_unit(step.share, above=0.0)):
        raise BadInput(
            f"{action.value} of a share of {step.share!r}",
            where=where,
            do="give a canary (or a shadow) a share above 0 and at most 1",
        )
    if (action is Action.THRESHOLD) != (step.threshold is not None) or not (
        step.threshold is None or _in_unit(step.threshold, above=-1.0)
    ):
        raise BadInput(
            f"{action.value} with threshold {step.threshold!r}",
            where=where,
            do="give a threshold, and only that, a score in 0-1",
        )
    if step.on_abort is OnAbort.STOP and action is not Action.CANARY:
        raise BadInput(
            f"{action.value} that stops by itself",
            where=where,
            do="let only a canary stop when it is seen to harm",
        )
    if action in FOR_EVERYONE and step.slice.conditions:
        raise BadInput(
            f"{action.value} for {step.slice.label}",
            where=where,
            do="leave the slice out: it holds for everyone",
        )


def _in_unit(value: float | None, *, above: float) -> bool:
    return value is not None and above < value <= 1 and value >= 0
