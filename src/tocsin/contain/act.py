"""An act: one change of one setting outside, because a directive began or ended.

    pending ──▶ applying ──▶ applied, or reverted where a directive ended
       └────────────┴──────▶ failed (said to people), dropped (its directive ended meanwhile)

An actuator's acts follow one another; the newest is its *tip*.  Each carries what was there before
Tocsin touched the setting (`base`), and every value that Tocsin itself may have left there
(`ours`).  What is found there and is none of these was set by somebody else, and is left alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from tocsin.base.errors import BadInput
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Plan, Step
from tocsin.contain.ports import Actuator, Value


class Deed(StrEnum):
    """Why the setting is changed."""

    APPLY = "apply"
    """A directive began."""
    REVERT = "revert"
    """A directive ended."""


class Phase(StrEnum):
    """How far an act has come."""

    PENDING = "pending"
    APPLYING = "applying"
    APPLIED = "applied"
    REVERTED = "reverted"
    FAILED = "failed"
    DROPPED = "dropped"

    @property
    def over(self) -> bool:
        """Whether nothing more is done."""
        return self not in (Phase.PENDING, Phase.APPLYING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act, and what is known of it."""

    id: str
    actuator: str
    """Its name in the configuration."""
    target: str
    seq: int
    """1, 2, 3 … for each actuator."""
    system: str
    incident: str | None
    directive: str
    """The directive that began or ended."""
    deed: Deed
    phase: Phase = Phase.PENDING
    held: tuple[str, ...] = ()
    """Directives that the setting carried out before."""
    holds: tuple[str, ...] = ()
    """Directives that it carries out afterwards, oldest first; none: `base` is put back."""
    base: Value | None = None
    ours: tuple[Value, ...] = ()
    before: Value | None = None
    wanted: Value | None = None
    after: Value | None = None
    """As read back."""
    touched: bool = False
    """Whether a change was tried: from then on the setting may have either value."""
    made_at: datetime
    ended_at: datetime | None = None
    error: str | None = None


class Do(StrEnum):
    """What there is to do about a setting as it was found."""

    NOTHING = "nothing"
    WRITE = "write"
    LEAVE = "leave"
    """Somebody else changed it."""


def judge(act: Act, found: Value) -> Do:
    """Return what to do about the setting that was found; `act.wanted` is known.

    >>> from datetime import UTC
    >>> act = Act(id="act_1", actuator="registry", target="", seq=1, system="loans", incident=None,
    ...           directive="dir_1", deed=Deed.APPLY, base="8", ours=("8",), wanted="7",
    ...           made_at=datetime(2026, 11, 20, tzinfo=UTC))
    >>> [judge(act, found).value for found in ("7", "8", "9")]
    ['nothing', 'write', 'leave']
    """
    if found == act.wanted:
        return Do.NOTHING
    return Do.WRITE if found in act.ours else Do.LEAVE


@dataclass(frozen=True, slots=True)
class Grip:
    """What an actuator holds once its tip is over."""

    holds: tuple[str, ...] = ()
    base: Value | None = None
    ours: tuple[Value, ...] = ()
    target: str = ""


def grip(tip: Act | None) -> Grip:
    """Return what is held after `tip`, which is over.

    A failed beginning that changed nothing leaves what was held before; one that may have changed
    the setting is still held, so that it is taken back.  A failed end lets go of everything: what
    stands there is somebody else's, or out of reach.
    """
    if tip is None:
        return Grip()
    match tip.phase:
        case Phase.APPLIED | Phase.REVERTED if tip.holds:
            return Grip(tip.holds, tip.base, (tip.wanted or "",), tip.target)
        case Phase.FAILED | Phase.DROPPED if tip.deed is Deed.APPLY and (tip.touched or tip.held):
            return Grip(tip.holds if tip.touched else tip.held, tip.base, tip.ours, tip.target)
        case _:
            return Grip()


def held(tip: Act) -> frozenset[str]:
    """Return the directives that a setting may still carry out, as of its newest act."""
    return frozenset(grip(tip).holds if tip.phase.over else (*tip.held, *tip.holds))


@dataclass(frozen=True, slots=True)
class Change:
    """What the next act of an actuator is for."""

    deed: Deed
    directive: str
    grip: Grip
    holds: tuple[str, ...]


def next_change(
    tip: Act | None, in_force: Sequence[Directive], given_up: Collection[str]
) -> Change | None:
    """Return the next change of an actuator's setting; None while there is none to make.

    Args:
        tip: its newest act.
        in_force: the directives that it serves, oldest first.
        given_up: ids of directives that it failed at: they are not tried again by themselves.
    """
    if tip is not None and not tip.phase.over:
        return None
    has = grip(tip)
    wanted = [one.id for one in in_force if one.id not in given_up]
    for id_ in has.holds:
        if id_ not in wanted:
            rest = tuple(one for one in has.holds if one != id_)
            return Change(Deed.REVERT, id_, has, rest)
    for id_ in wanted:
        if id_ not in has.holds:
            after = tuple(one for one in wanted if one in has.holds or one == id_)
            return Change(Deed.APPLY, id_, has, after)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An actuator as it is configured: its name, for which system, for which actions."""

    name: str
    kind: str
    system: str
    actions: frozenset[Action] | None = None
    """None: everything that the actuator can do."""
    actuator: Actuator = field(repr=False)

    def serves(self, one: Step | Directive) -> bool:
        """Return whether `one`, of its system, is carried out here."""
        wanted = self.actions is None or one.action in self.actions
        everyone = not one.slice.conditions
        apart = one.of_version is None or self.actuator.tells_versions
        return wanted and apart and self.actuator.serves(one.action, everyone=everyone)

    def acts_on(self, directive: Directive) -> bool:
        """Return whether a directive in force is this actuator's to carry out.

        Of one that came of a plan, only what the plan said word for word: an actuator that was
        declared or set up otherwise since then was approved by nobody.
        """
        if not self.serves(directive):
            return False
        return directive.plan is None or self.says(directive) in directive.outside

    def says(self, one: Step | Directive) -> str:
        """Return a sentence of what it does."""
        return f"{self.name} ({self.kind}) {self.actuator.says(one)}."


Outlets = Mapping[str, Outlet]
"""By name."""
NO_OUTLETS: Outlets = MappingProxyType({})


def serving(outlets: Outlets, system: str, one: Step | Directive) -> list[Outlet]:
    """Return the actuators that carry out `one`, in the order of the configuration."""
    return [each for each in outlets.values() if each.system == system and each.serves(one)]


def told(plan: Plan, outlets: Outlets) -> Plan:
    """Return `plan` with what actuators will do for each step, so that it is read and approved.

    Raises:
        BadInput: a step is about one version, and all that would carry it out tell none apart.
    """
    for step in plan.steps:
        _refuse_blind(step, plan.system, outlets)
    steps = tuple(
        replace(
            step, outside=tuple(each.says(step) for each in serving(outlets, plan.system, step))
        )
        for step in plan.steps
    )
    return replace(plan, steps=steps)


def _refuse_blind(step: Step, system: str, outlets: Outlets) -> None:
    if step.of_version is None or serving(outlets, system, step):
        return
    blind = serving(outlets, system, replace(step, of_version=None))
    if blind:
        name, action = blind[0].name, step.action.value
        raise BadInput(
            f"{name} ({blind[0].kind}) carries out {action} and cannot tell versions apart: it"
            f" would do so whichever version decides, not only for version {step.of_version}",
            where="of_version",
            do=f"leave the version out (of_version), take another action, or take {action} from the"
            f" `actions` of {name} so that the guard or the gateway alone obeys",
        )


def found_first(act: Act, found: Value) -> Act:
    """Return an act that begins: what was found is what it goes back to, and is nobody's doing.

    Of a setting that is held already, only what was found is noted.
    """
    if act.base is not None:
        return replace(act, before=found)
    return replace(act, before=found, base=found, ours=(found,))
