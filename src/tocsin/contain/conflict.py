"""Two directives may not ask for different things of the same slice."""

from collections.abc import Sequence
from datetime import datetime

from tocsin.base.errors import BadInput
from tocsin.contain.directive import Action, Directive
from tocsin.contain.explain import describe_directive
from tocsin.contain.plan import Plan


def conflict(plan: Plan, directives: Sequence[Directive], now: datetime) -> str | None:
    """Return why `plan` cannot hold beside the directives in force at `now`; None when it can.

    The same action on the same slice is no conflict: it is how containment is extended.
    """
    wanted: dict[str, tuple[Action, str | None]] = {}
    for step in plan.steps:
        want = (step.action, step.to_version)
        if wanted.setdefault(step.slice.key, want) != want:
            return f"the plan asks for two things of {step.slice.label}"
    for directive in directives:
        want = wanted.get(directive.slice.key)
        if (
            want is not None
            and directive.system == plan.system
            and directive.in_force(now)
            and want != (directive.action, directive.to_version)
        ):
            return f"{describe_directive(directive)} already (directive {directive.id})"
    return None


def checked(plan: Plan, directives: Sequence[Directive], now: datetime) -> Plan:
    """Return `plan` if it makes sense and conflicts with nothing in force.

    Raises:
        BadInput: no steps, a step that is over before it began, a rollback without a version,
            or a conflict.
    """
    where = f"plan for {plan.system}"
    if not plan.steps:
        raise BadInput("it has no steps", where=where, do="name at least one action")
    for step in plan.steps:
        if step.for_.total_seconds() <= 0:
            raise BadInput(f"{step.slice.label} for {step.for_}", where=where, do="give it time")
        if (step.action is Action.ROLLBACK) != bool(step.to_version):
            raise BadInput(
                f"{step.action.value} with version {step.to_version!r}",
                where=where,
                do="name the version to roll back to, and only for a rollback",
            )
    why = conflict(plan, directives, now)
    if why:
        raise BadInput(why, where=where, do="revert what is in force first, or change the plan")
    return plan
