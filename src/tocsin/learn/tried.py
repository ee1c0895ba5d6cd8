"""A canary that took part in an incident: what it was, and every verdict that was given on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import percent
from tocsin.contain.canary import Call, Canary
from tocsin.contain.directive import Directive, OnAbort
from tocsin.contain.explain import describe_directive


@dataclass(frozen=True, slots=True)
class Called:
    """One verdict as it was given: everything in `told` is as it was counted then."""

    at: datetime
    told: Canary


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One canary directive of the incident."""

    directive: Directive
    calls: tuple[Called, ...] = ()
    """Each verdict once, when it was first given; in the order of time."""

    @property
    def what(self) -> str:
        """What the canary was, as one clause that begins with a capital letter."""
        said = describe_directive(self.directive)
        return f"{said[:1].upper()}{said[1:]}"

    @property
    def verdict(self) -> Call | None:
        """The last word on it; None: it was never judged."""
        return self.calls[-1].told.call if self.calls else None

    @property
    def stopped(self) -> bool:
        """Whether its harm ended it, with nobody's help."""
        return self.verdict is Call.ABORT and self.directive.on_abort is OnAbort.STOP


def lessons(trials: Sequence[Tried]) -> tuple[list[str], list[str]]:
    """Return what went well and what did not, by the verdicts on the canaries."""
    well, badly = list[str](), list[str]()
    for one in trials:
        version = f"Version {one.directive.to_version}"
        if one.verdict is Call.PROMOTE:
            well.append(f"{version} was proven as a canary, on {_share(one)} of the traffic.")
        elif one.stopped:
            well.append(
                f"{version} did harm on {_share(one)} of the traffic and was stopped for it."
            )
        elif one.verdict is Call.ABORT:
            badly.append(f"{version} did harm as a canary, and that did not stop it by itself.")
        else:
            badly.append(f"{version} was tried as a canary and never proven.")
    return well, badly


def _share(one: Tried) -> str:
    return percent(one.directive.share or 1.0, 0)
