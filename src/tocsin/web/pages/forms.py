"""What the pages' forms do: the same moves as the JSON API, then back to the page they came from.

A form sent twice is harmless: acknowledging, approving and resolving twice change nothing or are
refused, and a note sent twice by a double click is a second line, as a person wrote it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Form
from fastapi.responses import RedirectResponse

from tocsin.base.errors import BadInput
from tocsin.base.slices import parse
from tocsin.base.spans import parse_duration
from tocsin.contain.directive import Action, OnAbort
from tocsin.contain.failure import Failure
from tocsin.contain.plan import Step
from tocsin.contain.playbook import Done
from tocsin.incident.incident import Role
from tocsin.store import incidents
from tocsin.store.containment import StoredPlan
from tocsin.store.unit import Unit
from tocsin.web import approvals, moves, plans, playbooks, roles
from tocsin.web.containment import approver
from tocsin.web.writing import WritingDep

Text = Annotated[str, Form(min_length=1, max_length=10_000)]
Short = Annotated[str, Form(min_length=1, max_length=1000)]


def done(path: str) -> RedirectResponse:
    """Return the reader to a page, so that reloading it sends nothing again."""
    return RedirectResponse(path, status_code=303)


def instant(text: str, where: str) -> datetime:
    """Return the instant that a form's field gives; without a zone it is UTC, as on every page.

    Raises:
        BadInput: it is none.

    >>> instant("2026-11-20T14:05", "from").isoformat()
    '2026-11-20T14:05:00+00:00'
    """
    try:
        at = datetime.fromisoformat(text.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        do = "write it like 2026-11-20T14:05 (UTC)"
        raise BadInput(f"{text[:80]!r} is not an instant", where=where, do=do) from None


def acknowledge(write: WritingDep, incident: str) -> RedirectResponse:
    """Take the incident."""
    found = write.secretly(lambda unit: moves.acknowledge(unit, incident))
    return done(f"/incidents/{found.number}")


def note(write: WritingDep, incident: str, text: Text) -> RedirectResponse:
    """Write a line on the timeline."""
    found = write.secretly(lambda unit: moves.note(unit, incident, text.strip()))
    return done(f"/incidents/{found.number}#timeline")


def assign(write: WritingDep, incident: str, to: Short) -> RedirectResponse:
    """Hand the incident over."""
    found = write.secretly(lambda unit: roles.assign(unit, incident, Role.COMMANDER, to.strip()))
    return done(f"/incidents/{found.number}#roles")


def resolve(write: WritingDep, incident: str, note: Short) -> RedirectResponse:
    """End the incident."""
    found = write.secretly(lambda unit: moves.resolve(unit, incident, note.strip()))
    return done(f"/incidents/{found.number}")


def propose(  # noqa: PLR0917 - the fields of one form
    write: WritingDep,
    incident: str,
    action: Annotated[Action | None, Form()] = None,
    slice: Annotated[str, Form(max_length=500)] = "",  # noqa: A002 - the word in the form
    for_: Annotated[str, Form(alias="for", max_length=50)] = "4h",
    of_version: Annotated[str, Form(max_length=200)] = "",
    to_version: Annotated[str, Form(max_length=200)] = "",
    number: Annotated[str, Form(max_length=20)] = "",
    on_abort: Annotated[OnAbort, Form()] = OnAbort.NOTIFY,
) -> RedirectResponse:
    """Propose the playbook's plan, or the one step that the form asks for."""
    steps: list[Step] = []
    if action is not None:
        share = _number(number)
        steps = [
            Step(
                action=action,
                slice=parse(slice),
                for_=parse_duration(for_),
                of_version=of_version.strip() or None,
                to_version=to_version.strip() or None,
                share=None if action is Action.THRESHOLD else share,
                threshold=share if action is Action.THRESHOLD else None,
                on_abort=on_abort,
            )
        ]
    actuators = write.site.actuators
    stored = write.secretly(
        lambda unit: _numbered(unit, plans.propose_plan(unit, incident, steps, actuators=actuators))
    )
    return done(f"/incidents/{stored}#next")


def follow(write: WritingDep, incident: str, playbook: Short) -> RedirectResponse:
    """Follow another playbook."""
    _, found = write.secretly(lambda unit: playbooks.chosen(unit, write.site, incident, playbook))
    return done(f"/incidents/{found.number}#playbook")


def classify(
    write: WritingDep, incident: str, failure: Annotated[Failure, Form()]
) -> RedirectResponse:
    """Say what sort of failure it is, and follow the playbook for that."""
    _, found = write.secretly(lambda unit: playbooks.chosen(unit, write.site, incident, failure))
    return done(f"/incidents/{found.number}#playbook")


def tick(
    write: WritingDep,
    incident: str,
    step: playbooks.Place,
    done_: Annotated[Done, Form(alias="done")],
    note: Annotated[str, Form(max_length=1000)] = "",
) -> RedirectResponse:
    """Do or leave out a step of the playbook."""
    found = write.secretly(
        lambda unit: playbooks.ticked(
            unit, incident, step - 1, done_, note.strip(), actuators=write.site.actuators
        )
    )
    return done(f"/incidents/{found.number}#playbook")


def _number(text: str) -> float | None:
    """Return the number that a form holds; None where it holds nothing.

    Raises:
        BadInput: it is no number.
    """
    try:
        return float(text) if text.strip() else None
    except ValueError:
        raise BadInput(
            f"{text!r} is no number", where="share or threshold", do="write one in 0-1, like 0.1"
        ) from None


def approve(write: WritingDep, plan: str, hash: Short) -> RedirectResponse:  # noqa: A002 - as above
    """Approve a plan, by the hash of what was read."""
    rule, who = write.site.approvals, approver(write)
    return _to_plan(write, lambda unit: approvals.approve_plan(unit, rule, plan, hash, who))


def break_glass(
    write: WritingDep,
    plan: str,
    hash: Short,  # noqa: A002 - as above
    reason: Short,
) -> RedirectResponse:
    """Put a plan in force alone."""
    rule, who = write.site.approvals, approver(write)
    return _to_plan(
        write, lambda unit: approvals.break_glass(unit, rule, plan, hash, who, reason=reason)
    )


def ratify(write: WritingDep, plan: str, hash: Short) -> RedirectResponse:  # noqa: A002 - as above
    """Stand by what another put in force alone."""
    rule, who = write.site.approvals, approver(write)
    return _to_plan(write, lambda unit: approvals.ratify(unit, rule, plan, hash, who))


def revert(write: WritingDep, plan: str) -> RedirectResponse:
    """End what a plan put in force."""
    return _to_plan(write, lambda unit: plans.revert_plan(unit, plan, "no longer needed"))


def withdraw(write: WritingDep, plan: str) -> RedirectResponse:
    """Take a proposal back."""
    return _to_plan(write, lambda unit: plans.withdraw_plan(unit, plan))


def _to_plan(write: WritingDep, act: Callable[[Unit], StoredPlan]) -> RedirectResponse:
    number = write.secretly(lambda unit: _numbered(unit, act(unit)))
    return done(f"/incidents/{number}#next")


def _numbered(unit: Unit, stored: StoredPlan) -> int | str:
    """Return the number of the incident that a plan is for, as its URL has it."""
    incident = stored.plan.incident
    return incidents.get(unit.conn, incident).number if incident is not None else ""
