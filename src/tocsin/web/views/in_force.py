"""What is in force across systems: who decides instead, for whom, until when, and by whose word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import count, listing
from tocsin.base.spans import describe
from tocsin.contain.directive import Directive
from tocsin.contain.expiry import warn_at
from tocsin.contain.explain import describe_directive
from tocsin.incident.incident import Incident
from tocsin.store.acts import ActRow
from tocsin.web.views.act import ActView, act_views, obedience
from tocsin.web.views.marks import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the directives are for, by id."""

    incidents: Mapping[str, Incident]
    approvers: Mapping[str, str | None]
    """Who approved each plan."""
    acts: Sequence[ActRow] = ()
    """What was done outside for them, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One directive in words."""

    directive: Directive
    says: str
    mark: Mark
    obeyed: str
    """What is known of whether the serving side obeys."""
    ends: str
    """What is to be said of its end; "" while that is far off."""
    incident: Incident | None
    approved_by: str
    acts: tuple[ActView, ...] = ()
    """How far actuators are with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The page."""

    mark: Mark
    answer: str
    lead: str
    held: tuple[Held, ...]
    over: tuple[Held, ...]


def in_force(
    held: Sequence[Directive], over: Sequence[Directive], case: Case, now: datetime
) -> InForce:
    """Return the page.

    Args:
        held: what is in force at `now`, the first to end first.
        over: what has ended lately, the last first.
        case: what they are for.
        now: the instant of looking.
    """
    rows = tuple(_held(one, case, now) for one in held)
    systems = sorted({one.system for one in held})
    changing = [one for one in held if one.action.verified]
    if not rows:
        answer, lead = "Nothing is in force", "Every system decides by itself."
    else:
        answer = f"{count(len(rows), 'directive')} in force for {_named(systems)}"
        first = rows[0].directive
        lead = (
            f"{count(len(changing), 'of them changes', 'of them change')} what people get. The next"
            f" ends in {describe(first.expires_at - now)}."
        )
    return InForce(
        mark=Mark.CONTAINED if changing else Mark.HEALTHY,
        answer=answer,
        lead=lead,
        held=rows,
        over=tuple(_held(one, case, now) for one in over),
    )


def _held(one: Directive, case: Case, now: datetime) -> Held:
    incident = case.incidents.get(one.incident or "")
    text = describe_directive(one)
    ends = f"ends in {describe(one.expires_at - now)}" if warn_at(one) <= now else ""
    obeyed, mark = obedience(one, incident, now)
    return Held(
        directive=one,
        says=f"{text[:1].upper()}{text[1:]}",
        mark=Mark.AT_RISK if ends and one.action.verified else mark,
        obeyed=obeyed,
        ends=ends if one.in_force(now) else "",
        incident=incident,
        approved_by=case.approvers.get(one.plan or "") or "",
        acts=act_views(case.acts, one.id),
    )


def _named(systems: Sequence[str]) -> str:
    if len(systems) <= 3:
        return listing(systems)
    return f"{', '.join(systems[:2])} and {len(systems) - 2} more systems"
