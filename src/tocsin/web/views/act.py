"""A directive in words, and how far actuators are with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import count
from tocsin.contain.act import Deed, Phase
from tocsin.contain.directive import Action, Directive
from tocsin.contain.explain import clock_time, describe_directive
from tocsin.incident.incident import Incident, State
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
    obeyed: str
    """What is known of whether the serving side obeys."""
    mark: Mark
    acts: tuple[ActView, ...] = ()


def directive_view(
    directive: Directive, incident: Incident | None, rows: Sequence[ActRow], now: datetime
) -> DirectiveView:
    """Return a directive with the acts for it among `rows`, which are oldest first."""
    says = describe_directive(directive)
    obeyed, mark = obedience(directive, incident, now)
    acts = act_views(rows, directive.id)
    return DirectiveView(directive, says[:1].upper() + says[1:], obeyed, mark, acts)


def obedience(one: Directive, incident: Incident | None, now: datetime) -> tuple[str, Mark]:
    """Return what is known of whether a directive is obeyed: each is watched by itself."""
    if not one.action.told:
        return "nothing that serves has to obey it", Mark.NO_DATA
    if not one.action.verified:
        return "stands beside decisions", Mark.NO_DATA
    if one.obeyed_at is not None:
        return f"obeyed since {clock_time(one.obeyed_at, now)}", Mark.CONTAINED
    if incident is None or incident.state is State.RESOLVED:
        why = "its incident is resolved" if incident else "it belongs to no incident"
        return f"not watched: {why}", Mark.AT_RISK
    if one.action is Action.THRESHOLD:
        return "no row of a gateway names it; of a service that asks for it none can", Mark.NO_DATA
    return "no decision has shown yet that it is obeyed", Mark.AT_RISK


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
