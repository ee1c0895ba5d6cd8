"""Two directives may not ask for different things of the same people.

The most specific slice wins, so slices of different specificity never conflict.  Of two that are
equally specific (`region=north` and `age=<25`) somebody may be in both, and then nothing would say
which holds: that is refused when it is planned, and once more when it is put in force.  What is of
a version is asked once it is known that this version would decide, so it conflicts only with what
is of the same version; but versions may not send decisions back to one another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import TypeAlias

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.base.slices import Slice
from tocsin.contain.directive import (
    FOR_EVERYONE,
    OF_VERSION,
    TO_VERSION,
    Action,
    Directive,
    OnAbort,
)
from tocsin.contain.explain import describe_directive, verb, whom
from tocsin.contain.overlap import both, overlap
from tocsin.contain.plan import Plan, Step

Move: TypeAlias = Step | Directive
_SHARED = frozenset({Action.CANARY, Action.SHADOW})


@dataclass(frozen=True, slots=True)
class Clash:
    """Why a plan cannot hold, and what to do about it."""

    why: str
    do: str


def conflict(plan: Plan, directives: Sequence[Directive], now: datetime) -> Clash | None:
    """Return why `plan` cannot hold beside the directives in force at `now`; None when it can.

    The same action on the same slice is no conflict: it is how containment is extended.
    """
    return next(_clashes(plan, directives, now), None)


def _clashes(plan: Plan, directives: Sequence[Directive], now: datetime) -> Iterator[Clash]:
    for place, step in enumerate(plan.steps):
        for other in plan.steps[:place]:
            if _clash(step, other):
                yield _within(step, other)
        mine = [one for one in directives if one.system == plan.system and one.in_force(now)]
        for directive in mine:
            if _clash(step, directive):
                yield _beside(step, directive)
        way = _round([step], step.slice, [*plan.steps[:place], *mine])
        if way:
            yield _circle(way)


def _clash(step: Step, other: Step | Directive) -> bool:
    return (
        _place(step) == _place(other)
        and step.of_version == other.of_version
        and len(step.slice.conditions) == len(other.slice.conditions)
        and overlap(step.slice, other.slice)
        and _want(step) != _want(other)
    )


def _round(way: Sequence[Move], who: Slice, others: Sequence[Move]) -> Sequence[Move]:
    """Return the rollbacks by which decisions come back to the version of the first; none: ().

    Args:
        way: one after another, those that `who` has gone through.
        who: who is sent.
        others: what may send them on.
    """
    if way[0].of_version is None or way[-1].action is not Action.ROLLBACK:
        return ()
    if way[-1].to_version == way[0].of_version:
        return way
    for other in others:
        on = other.of_version == way[-1].to_version and other not in way
        if on and overlap(who, other.slice):
            found = _round([*way, other], both(who, other.slice), others)
            if found:
                return found
    return ()


def _circle(way: Sequence[Move]) -> Clash:
    """Return what is wrong with rollbacks that end where they began."""
    who, last = reduce(both, (one.slice for one in way)).label, way[-1]
    versions = listing([one.of_version or "" for one in way])
    do = f"revert {last.id} first" if isinstance(last, Directive) else "leave one of them out"
    return Clash(f"versions {versions} would send {who} back to one another", do)


def _within(step: Step, other: Step) -> Clash:
    """Return what is wrong with two steps of one plan."""
    if step.slice == other.slice:
        return Clash(f"the plan asks for two things of {whom(step)}", "choose one of them")
    return Clash(
        f"the plan asks for two things of {both(step.slice, other.slice).label}: “{verb(other)}”"
        f" and “{verb(step)}” are equally specific",
        _narrow(step.slice, other.slice),
    )


def _beside(step: Step, directive: Directive) -> Clash:
    """Return what is wrong with a step beside what is in force."""
    said = f"{describe_directive(directive)} already (directive {directive.id})"
    if step.slice == directive.slice:
        return Clash(said, "revert what is in force first, or change the plan")
    joint = both(step.slice, directive.slice).label
    why = (
        f"{said}; “{verb(step)}” is equally specific, so nothing would say which holds for {joint}"
    )
    return Clash(why, f"revert {directive.id} first, or {_narrow(step.slice, directive.slice)}")


def _narrow(one: Slice, other: Slice) -> str:
    return f"narrow one of them: the most specific wins, such as {both(one, other).label}"


def _place(one: Step | Directive) -> str:
    """Return what it is about: only one thing of each kind can be asked for.

    What stands beside a decision is about itself, and so is a kill switch: nothing may refuse it.
    """
    beside = not one.action.decides or one.action is Action.KILL
    return one.action.value if beside else "decision"


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
        fits(step, where)
    clash = conflict(plan, directives, now)
    if clash:
        raise BadInput(clash.why, where=where, do=clash.do)
    return plan


def fits(step: Step, where: str) -> None:
    """Refuse a step that lacks what its action needs, or has what means nothing to it.

    Raises:
        BadInput: it does.
    """
    action = step.action
    if (action in TO_VERSION) != bool(step.to_version):
        raise BadInput(
            f"{action.value} with version {step.to_version!r}",
            where=where,
            do="name the version for a rollback, a canary or a shadow, and only for those",
        )
    _fits_version(step, where)
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
    if action is Action.QUARANTINE and not step.slice.conditions:
        raise BadInput("quarantine of everyone", where=where, do="name the source: give a slice")
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


def _fits_version(step: Step, where: str) -> None:
    """Refuse a step that cannot be about the decisions of one version.

    Raises:
        BadInput: it cannot; it says why.
    """
    action, version = step.action, step.of_version
    if version is None:
        return
    if action not in OF_VERSION:
        raise BadInput(
            f"{action.value} of version {version!r}: {_NO_VERSION[action]}",
            where=where,
            do="leave of_version out, or take another action: "
            + ", ".join(sorted(one.value for one in OF_VERSION)),
        )
    if not version:
        raise BadInput(
            f"{action.value} of version ''", where=where, do="name the version, or leave it out"
        )
    if version == step.to_version:
        raise BadInput(
            f"{action.value} of version {version!r} to itself",
            where=where,
            do="name another version in to_version",
        )


_NO_VERSION: Mapping[Action, str] = {
    Action.KILL: "it stops everybody, whoever decides",
    Action.CANARY: "its share is of people, whichever version decides for them otherwise",
    Action.QUARANTINE: "it holds back the rows of a source, whoever decided them",
    Action.FREEZE: "it is about what goes out, not about who decides",
    Action.NOTIFY: "it changes no decision",
}
"""Why an action is about no version alone."""


def _in_unit(value: float | None, *, above: float) -> bool:
    return value is not None and above < value <= 1 and value >= 0
