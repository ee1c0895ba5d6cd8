"""A directive in words, and how far actuators are with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.phrases import count
from tocsin.contain.act import Deed, Phase
from tocsin.contain.directive import Directive
from tocsin.contain.explain import describe_directive
from tocsin.store.acts import ActRow
from tocsin.web.views.marks import Mark


@dataclass(frozen=True, slots=True)
class ActView:
    """One actuator's last act for a directive."""

    actuator: str
    says: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class DirectiveView:
    """One directive in words, and what each actuator did that carries it out or puts it back."""

    directive: Directive
    says: str
    acts: tuple[ActView, ...] = ()


def directive_view(directive: Directive, rows: Sequence[ActRow]) -> DirectiveView:
    """Return a directive with the acts for it among `rows`, which are oldest first."""
    says = describe_directive(directive)
    return DirectiveView(directive, says[:1].upper() + says[1:], act_views(rows, directive.id))


def act_views(rows: Sequence[ActRow], directive: str) -> tuple[ActView, ...]:
    """Return what each actuator's last act for a directive came to.

    Args:
        rows: acts, oldest first.
        directive: its id.
    """
    last = {row.act.actuator: row for row in rows if row.act.directive == directive}
    return tuple(_view(row) for row in last.values())


def _view(row: ActRow) -> ActView:
    act = row.act
    ending = act.deed is Deed.REVERT
    match act.phase:
        case Phase.APPLIED:
            says, mark = "done and read back", Mark.CONTAINED
        case Phase.REVERTED:
            says, mark = "put back and read back", Mark.HEALTHY
        case Phase.FAILED:
            says = f"{'not put back' if ending else 'failed'}: {act.error}"
            mark = Mark.HARM
        case Phase.DROPPED:
            says, mark = "was not needed any more", Mark.NO_DATA
        case _ if row.error:
            tries = count(row.attempts, "try", "tries")
            says, mark = f"tried again after {tries}: {row.error}", Mark.AT_RISK
        case _:
            says, mark = "being put back" if ending else "being done", Mark.NO_DATA
    return ActView(act.actuator, says, mark)
