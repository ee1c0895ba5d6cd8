"""From an approved plan to directives, and from a directive back to none."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hmac import compare_digest

from tocsin.base.errors import Conflict
from tocsin.contain.conflict import conflict
from tocsin.contain.directive import Directive
from tocsin.contain.plan import Plan


def ready(
    plan: Plan, approved_hash: str, now: datetime, in_force: Sequence[Directive] = ()
) -> None:
    """Refuse a plan that cannot be put in force at `now`, nor therefore approved.

    Args:
        plan: what is approved.
        approved_hash: the hash that the approver quotes: what they have read.
        now: when.
        in_force: the system's directives, to refuse what has become a conflict since planning.

    Raises:
        Conflict: the hash is of another plan, a step has already run out, or a directive in
            force asks for something else of the same people.
    """
    if not compare_digest(approved_hash.encode(), plan.hash.encode()):
        raise Conflict(f"the approved hash is not that of plan {plan.id}: read the plan again")
    if plan.lapsed(now):
        raise Conflict(f"plan {plan.id} has run out: make a new one")
    clash = conflict(plan, in_force, now)
    if clash:
        raise Conflict(f"plan {plan.id} no longer fits: {clash.why}; {clash.do}")


def apply(
    plan: Plan,
    approved_hash: str,
    now: datetime,
    ids: Sequence[str],
    in_force: Sequence[Directive] = (),
    *,
    glass: bool = False,
) -> tuple[Directive, ...]:
    """Return one directive for each step, in the order in which `explain` told them.

    Args:
        plan: what was approved.
        approved_hash: the hash that the approver quoted.
        now: the instant from which the serving side must obey.
        ids: one new directive id for each step.
        in_force: the system's directives.
        glass: whether one person did it alone, where more must approve.

    Raises:
        Conflict: it is not `ready`.
    """
    ready(plan, approved_hash, now, in_force)
    return tuple(
        Directive(
            id=id_,
            system=plan.system,
            action=step.action,
            slice=step.slice,
            of_version=step.of_version,
            sole=step.of_version is not None and plan.reach_of(step).sole,
            to_version=step.to_version,
            share=step.share,
            threshold=step.threshold,
            on_abort=step.on_abort,
            incident=plan.incident,
            plan=plan.id,
            created_at=now,
            expires_at=plan.expires_at(step),
            glass=glass,
            outside=step.outside,
        )
        for step, id_ in zip(plan.steps, ids, strict=True)
    )


def revert(directive: Directive, now: datetime) -> Directive:
    """Return `directive` ended at `now`.

    Raises:
        Conflict: it is not in force any more.
    """
    if not directive.in_force(now):
        raise Conflict(f"directive {directive.id} is not in force: nothing to revert")
    return replace(directive, reverted_at=now)
