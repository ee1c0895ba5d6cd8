"""Preconditions: what must hold for a step to be put in force, and whether it does.

What a step needs is fixed when it is planned and part of what is approved; whether it holds is
asked of the facts whenever the plan is read, and once more in the transaction that applies it.
What would be wrong is refused there (`BINDING`).  Of the rest people are warned: a directive that
nobody hears yet is kept for whoever asks next, which beats none.  What is not known is said.  That
a plan makes sense and fits what is in force is `conflict`'s to say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tocsin.base.errors import Conflict
from tocsin.base.phrases import count
from tocsin.base.spans import describe
from tocsin.contain.directive import Action, Directive
from tocsin.contain.explain import clock_time
from tocsin.contain.plan import Need, Plan, Step
from tocsin.contain.versions import Good

LOOKED_BACK = timedelta(days=30)
"""How far back a recorded change may name a version."""
HEARD_WITHIN = timedelta(minutes=5)
"""How long the serving side may be silent, however often it usually asks."""
PAUSES = 1.5
"""Nor is it missed before so many of its longest usual pauses: a nightly job asks once a day."""

BINDING = frozenset({Need.DECIDED, Need.LAST_GOOD, Need.RELEASES, Need.OF_VERSION})
"""What is refused where it does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known at `now` of what a plan needs; read only where a step of it needs it."""

    now: datetime
    heard_at: datetime | None = None
    """When a guard or a gateway last asked what is in force; None: never."""
    usual_pause: timedelta = timedelta(0)
    """Its longest usual pause between two times of asking."""
    decided_at: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """Version → the begin of the last bucket in which it decided, as far as counts are kept."""
    announced_at: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """Version → the last recorded change that names it, within `LOOKED_BACK`."""
    good: Good | None = None
    """The last good version."""
    waiting: int = 0
    """Decisions that wait for a person."""
    late: int = 0
    """Those of them whose callers wait and that are overdue."""
    frozen: Directive | None = None
    """What freezes releases, if anything does: of several, the longest."""
    by_rules: int = 0
    """Decisions that the rules made lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition:
    """One thing that must hold, whether it does, and by which fact."""

    need: Need
    held: bool | None
    """None: it is not known."""
    fact: str
    do: str = ""
    """What to do about it; only where it is not held."""

    @property
    def refuses(self) -> bool:
        """Whether the plan is refused for it."""
        return self.held is False and self.need in BINDING

    @property
    def word(self) -> str:
        """How it stands, in a word or three."""
        if self.held is None:
            return "not known"
        return "holds" if self.held else "does not hold" if self.refuses else "beware"

    @property
    def text(self) -> str:
        """One sentence: how it stands, the fact behind it, and what to do if it does not hold.

        >>> Precondition(need=Need.RELEASES, held=True, fact="releases are not frozen").text
        'Holds: releases are not frozen.'
        """
        return f"{self.word.capitalize()}: {self.fact}{f'; {self.do}' if self.do else ''}."


def needs(step: Step, good: Good | None, *, queue: bool) -> tuple[Need, ...]:
    """Return what `step` needs.

    Args:
        step: with what actuators do for it.
        good: the last good version as it is planned; a rollback to another one was chosen by name.
        queue: whether the system's decisions for people come into the queue here.
    """
    action, back = step.action, good.version if good else None
    found = {
        Need.HEARD: action.told and not step.outside,
        Need.DECIDED: action is Action.ROLLBACK,
        Need.LAST_GOOD: action is Action.ROLLBACK and step.to_version == back,
        Need.ANNOUNCED: action in (Action.CANARY, Action.SHADOW),
        Need.RELEASES: action is Action.CANARY,
        Need.PEOPLE: action is Action.REVIEW and queue,
        Need.RULES: action is Action.FALLBACK,
        Need.OF_VERSION: step.of_version is not None,
    }
    return tuple(need for need, there in found.items() if there)


def needing(plan: Plan, good: Good | None, *, queue: bool) -> Plan:
    """Return `plan` with what each of its steps needs, so that it is read and approved."""
    steps = tuple(replace(one, needs=needs(one, good, queue=queue)) for one in plan.steps)
    return replace(plan, steps=steps)


def preconditions(plan: Plan, facts: Facts) -> tuple[Precondition, ...]:
    """Return what must hold for `plan` and whether it does, in the order of its steps, each once.

    >>> from datetime import UTC
    >>> from tocsin.contain.plan import NOT_KNOWN
    >>> from tocsin.ingest.system import Risk
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> step = Step(action=Action.BLOCK, for_=timedelta(hours=4), needs=(Need.HEARD,))
    >>> plan = Plan(id="plan_1", incident=None, system="loans", steps=(step,), reach=NOT_KNOWN,
    ...             risk=Risk.HIGH, made_at=noon, made_by="lending")
    >>> [one.text for one in preconditions(plan, Facts(now=noon, heard_at=noon))]
    ['Holds: the serving side asked 0 s ago what is in force.']
    """
    found = (_judged(need, step, plan, facts) for step in plan.steps for need in step.needs)
    return tuple(dict.fromkeys(found))


def unmet(plan: Plan, facts: Facts) -> tuple[Precondition, ...]:
    """Return what the plan is refused for."""
    return tuple(one for one in preconditions(plan, facts) if one.refuses)


def refuse(plan: Plan, lacking: Sequence[Precondition]) -> None:
    """Refuse to put `plan` in force while something does not hold.

    Raises:
        Conflict: something does not; it names all of it, and what to do.
    """
    if lacking:
        why = "; ".join(f"{one.fact} ({one.do})" for one in lacking)
        raise Conflict(
            f"plan {plan.id} is not put in force: {why}; or break the glass and say why it must be"
            " all the same"
        )


def _judged(need: Need, step: Step, plan: Plan, facts: Facts) -> Precondition:
    version = step.to_version or ""
    judges: Mapping[Need, Callable[[], Precondition]] = {
        Need.HEARD: lambda: _heard(plan.system, facts),
        Need.DECIDED: lambda: _decided(version, facts),
        Need.LAST_GOOD: lambda: _last_good(version, facts),
        Need.ANNOUNCED: lambda: _announced(version, facts),
        Need.RELEASES: lambda: _releases(facts),
        Need.PEOPLE: lambda: _people(facts),
        Need.RULES: lambda: _rules(facts),
        Need.OF_VERSION: lambda: _of_version(step.of_version or "", facts),
    }
    return judges[need]()


def _heard(system: str, facts: Facts) -> Precondition:
    do = f"start the guard or the gateway of {system}, or declare an actuator"
    if facts.heard_at is None:
        fact = f"no guard and no gateway of {system} has ever asked what is in force"
        return Precondition(need=Need.HEARD, held=False, fact=fact, do=do)
    silent = max(timedelta(0), facts.now - facts.heard_at)
    allowed = max(HEARD_WITHIN, PAUSES * facts.usual_pause)
    if silent <= allowed:
        fact = f"the serving side asked {describe(silent)} ago what is in force"
        return Precondition(need=Need.HEARD, held=True, fact=fact)
    fact = (
        f"no guard and no gateway of {system} has asked what is in force for {describe(silent)};"
        f" {describe(allowed)} is allowed"
    )
    return Precondition(need=Need.HEARD, held=False, fact=fact, do=do)


def _decided(version: str, facts: Facts) -> Precondition:
    at = facts.decided_at.get(version)
    if at is None:
        fact = f"version {version} has never decided here"
        return Precondition(need=Need.DECIDED, held=False, fact=fact, do="name a version that has")
    fact = f"version {version} decided here, last {_when(at, facts)}"
    return Precondition(need=Need.DECIDED, held=True, fact=fact)


def _announced(version: str, facts: Facts) -> Precondition:
    known, told = _decided(version, facts), facts.announced_at.get(version)
    if known.held:
        return replace(known, need=Need.ANNOUNCED)
    if told is not None:
        fact = f"a change recorded for {_when(told, facts)} names version {version}"
        return Precondition(need=Need.ANNOUNCED, held=True, fact=fact)
    return Precondition(
        need=Need.ANNOUNCED,
        held=False,
        fact=f"{known.fact}, nor does a change recorded in {describe(LOOKED_BACK)} name it",
        do="record the deployment that brings it, or mend its name",
    )


def _of_version(version: str, facts: Facts) -> Precondition:
    known = _announced(version, facts)
    do = "mend its name, record the deployment that brings it, or leave the version out"
    return replace(known, need=Need.OF_VERSION, do="" if known.held else do)


def _last_good(version: str, facts: Facts) -> Precondition:
    if facts.good is not None and facts.good.version == version:
        fact = f"version {version} is the last good one"
        return Precondition(need=Need.LAST_GOOD, held=True, fact=fact)
    now = f"that is {facts.good.version} now" if facts.good else "none is known to be good now"
    fact = f"version {version} is not the last good one any more: {now}"
    return Precondition(need=Need.LAST_GOOD, held=False, fact=fact, do="propose a new plan")


def _releases(facts: Facts) -> Precondition:
    frozen = facts.frozen
    if frozen is None:
        return Precondition(need=Need.RELEASES, held=True, fact="releases are not frozen")
    fact = f"releases are frozen until {_when(frozen.expires_at, facts)} (directive {frozen.id})"
    return Precondition(need=Need.RELEASES, held=False, fact=fact, do="revert the freeze first")


def _people(facts: Facts) -> Precondition:
    if not facts.late:
        fact = f"no caller waits too long for a person; {facts.waiting:,} wait"
        return Precondition(need=Need.PEOPLE, held=True, fact=fact)
    late = count(facts.late, "decision")
    fact = f"people are behind: {late} that callers wait for are overdue in the queue"
    do = "judge those first, or choose the rules"
    return Precondition(need=Need.PEOPLE, held=False, fact=fact, do=do)


def _rules(facts: Facts) -> Precondition:
    if facts.by_rules:
        fact = f"the service has rules: they made {count(facts.by_rules, 'decision')} lately"
        return Precondition(need=Need.RULES, held=True, fact=fact)
    fact = "whether the service has rules: they made no decision lately"
    return Precondition(need=Need.RULES, held=None, fact=fact)


def _when(at: datetime, facts: Facts) -> str:
    return clock_time(at, facts.now)
