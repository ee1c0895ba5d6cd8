"""Playbooks over HTTP: read them, follow the one of an incident, choose another."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

import sqlalchemy as sa
from fastapi import Path
from pydantic import Field, model_validator

from tocsin.base.errors import BadInput, Conflict, NotFound
from tocsin.contain.act import NO_OUTLETS, Outlets
from tocsin.contain.directive import Action, OnAbort
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import Done, IfWorse, Mode, Playbook, Run, Ticked
from tocsin.contain.playbook import choose as fitting
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, Severity, State
from tocsin.ingest.system import Kind
from tocsin.store import incidents, playbooks, systems, traffic
from tocsin.store.unit import Unit
from tocsin.web import plans
from tocsin.web.fields import Answer, Name, Order
from tocsin.web.site import Site, SiteDep
from tocsin.web.writing import WritingDep

Place = Annotated[int, Path(ge=1, le=1000, description="of the step, from 1")]


class StepAnswer(Answer):
    """One step, and what became of it."""

    step: int
    say: str
    mode: Mode
    action: Action | None
    everyone: bool
    of_version: str | None
    """Only for decisions that this version would otherwise make."""
    for_s: int
    to_version: str | None
    """A version, `last good` or `candidate`."""
    share: float | None
    threshold: float | None
    on_abort: OnAbort
    automatic_from: str | None
    done: Done | None = None
    by: str | None = None
    at: datetime | None = None
    note: str = ""
    plan: str | None = None


class PlaybookAnswer(Answer):
    """One playbook."""

    name: str
    title: str
    failures: list[Failure]
    kinds: list[Kind]
    severity: str
    owner: str
    rehearsed: date | None
    if_worse: IfWorse
    """What happens when it is worse under containment than before."""
    steps: list[StepAnswer]


class PlaybooksAnswer(Answer):
    """Every playbook, in the order in which one is looked for."""

    playbooks: list[PlaybookAnswer]


class RunAnswer(Answer):
    """The playbook of an incident, as it stood when it was chosen."""

    incident: str
    failure: Failure
    chosen_at: datetime
    chosen_by: str
    playbook: PlaybookAnswer


class Choice(Order):
    """What sort of failure it is, which chooses the playbook; or another playbook, by its name."""

    failure: Failure | None = None
    playbook: Name | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if (self.failure is None) == (self.playbook is None):
            raise ValueError("name either the failure or the playbook")
        return self


class Tick(Order):
    """What became of a step that people do."""

    done: Done = Done.DONE
    note: Annotated[str, Field(max_length=2_000)] = ""


def list_playbooks(site: SiteDep) -> PlaybooksAnswer:
    """Return every playbook as configured now."""
    return PlaybooksAnswer(playbooks=[_playbook(one, one.from_severity) for one in site.playbooks])


def show(site: SiteDep, incident: str) -> RunAnswer:
    """Return the playbook that an incident follows."""
    with site.database.reading() as conn:
        inc = incidents.get(conn, incident)
        return _run(conn, playbooks.required(conn, inc.id), inc)


def choose(write: WritingDep, incident: str, order: Choice) -> RunAnswer:
    """Say what sort of failure it is, or follow another playbook; what was done stays said."""
    what = order.failure or order.playbook or ""

    def act(unit: Unit) -> RunAnswer:
        run, inc = chosen(unit, write.site, incident, what)
        return _run(unit.conn, run, inc)

    return write.once(RunAnswer, act)


def tick(write: WritingDep, incident: str, step: Place, order: Tick | None = None) -> RunAnswer:
    """Say that a step is done, or left out and why; a step with an action is planned instead."""
    said = order or Tick()

    def act(unit: Unit) -> RunAnswer:
        acting = write.site.actuators
        inc = ticked(unit, incident, step - 1, said.done, said.note, actuators=acting)
        return _run(unit.conn, playbooks.required(unit.conn, inc.id), inc)

    return write.once(RunAnswer, act)


def chosen(unit: Unit, site: Site, incident: str, what: str | Failure) -> tuple[Run, Incident]:
    """Let an incident follow another playbook: the one of this name, or for this sort of failure.

    Raises:
        NotFound: there is no such incident, or no such playbook.
        Conflict: the incident is resolved, or follows the playbook for this failure already.
    """
    inc = _unresolved(unit, incident)
    before = playbooks.of_incident(unit.conn, inc.id)
    if isinstance(what, Failure):
        failure, found = what, for_failures(unit.conn, site, inc)[what]
        if before and (before.failure, before.playbook.name) == (failure, found.name):
            raise Conflict(f"{inc.name} is taken for {failure} and follows {found.name} already")
        told = f"{unit.actor} says it is {failure}, and follows the playbook {found.name}"
    else:
        found = next((one for one in site.playbooks if one.name == what), None)
        if found is None:
            raise NotFound(f"no playbook {what}; see the list of playbooks")
        known = found.failures or ((before.failure,) if before else (Failure.UNEXPLAINED,))
        failure = before.failure if before and before.failure in known else known[0]
        told = f"{unit.actor} follows the playbook {found.name}"
    run = Run(
        id=unit.new_id("run"),
        incident=inc.id,
        playbook=found,
        failure=failure,
        chosen_at=unit.now,
        chosen_by=unit.actor,
    )
    playbooks.start(unit, run)
    return run, _told(unit, inc, f"{told}: {found.title}")


def for_failures(conn: sa.Connection, site: Site, inc: Incident) -> dict[Failure, Playbook]:
    """Return the playbook that the incident would get for each sort of failure."""
    system = systems.get(conn, inc.system).system
    preferred = system.playbook or None
    return {
        failure: fitting(site.playbooks, failure, system.kind, inc.severity, preferred)
        for failure in Failure
    }


def ticked(
    unit: Unit,
    incident: str,
    place: int,
    done: Done,
    note: str = "",
    *,
    actuators: Outlets = NO_OUTLETS,
) -> Incident:
    """Do or leave out one step; to do a step with an action is to propose its plan.

    Raises:
        NotFound: there is no such incident, or it has no playbook.
        BadInput: there is no such step, or nothing is said of why it is left out.
        Conflict: it is done already, the incident is resolved, or the plan cannot be made.
    """
    inc = _unresolved(unit, incident)
    run = playbooks.required(unit.conn, inc.id)
    step = run.step(place)
    if done is Done.SKIPPED and not note.strip():
        raise BadInput("a step is left out without a reason", where="note", do="say why")
    plan = None
    if done is Done.DONE and step.action is not None:
        stored = systems.get(unit.conn, inc.system)
        began = inc.impact_from or inc.detected_at
        known = traffic.seen(unit.conn, stored, unit.now, began)
        planned = step.planned(inc.slice, known.good, known.candidate)
        if planned is None:
            why = step.lacks("no earlier version is known to be good")
            raise Conflict(f"step {place + 1}: {why}")
        plan = plans.propose_plan(unit, inc.id, [planned], actuators=actuators).plan.id
        inc = incidents.get(unit.conn, inc.id)
    playbooks.tick(
        unit, run, place, Ticked(done=done, by=unit.actor, at=unit.now, note=note, plan=plan)
    )
    verb = "did" if done is Done.DONE else "left out"
    what = "planned" if plan else verb
    why = f": {note}" if note else ""
    return _told(unit, inc, f"{unit.actor} {what} step {place + 1}, “{step.say}”{why}")


def _unresolved(unit: Unit, incident: str) -> Incident:
    inc = incidents.get(unit.conn, incident)
    if inc.state is State.RESOLVED:
        raise Conflict(f"{inc.name} is resolved; its playbook is over")
    return inc


def _told(unit: Unit, incident: Incident, text: str) -> Incident:
    after, entries = lifecycle.note(
        incident,
        kind=EntryKind.NOTE,
        text=text,
        actor=unit.actor,
        now=unit.now,
        entry_id=unit.new_id("ent"),
    )
    incidents.save(unit, after, entries)
    return after


def _run(conn: sa.Connection, run: Run, incident: Incident) -> RunAnswer:
    run = playbooks.owned(conn, run, incident.system)
    return RunAnswer(
        incident=incident.name,
        failure=run.failure,
        chosen_at=run.chosen_at,
        chosen_by=run.chosen_by,
        playbook=_playbook(run.playbook, incident.severity, run),
    )


def _playbook(playbook: Playbook, severity: Severity, run: Run | None = None) -> PlaybookAnswer:
    steps: list[StepAnswer] = []
    for place, step in enumerate(playbook.steps):
        known = run.ticked.get(place) if run else None
        steps.append(
            StepAnswer(
                step=place + 1,
                say=step.say,
                mode=step.mode(severity),
                action=step.action,
                everyone=step.everyone,
                of_version=step.of_version,
                for_s=round(step.for_.total_seconds()),
                to_version=step.version,
                share=step.share,
                threshold=step.threshold,
                on_abort=step.on_abort,
                automatic_from=step.automatic.name if step.automatic else None,
                done=known.done if known else None,
                by=known.by if known else None,
                at=known.at if known else None,
                note=known.note if known else "",
                plan=known.plan if known else None,
            )
        )
    return PlaybookAnswer(
        name=playbook.name,
        title=playbook.title,
        failures=list(playbook.failures),
        kinds=list(playbook.kinds),
        severity=playbook.from_severity.name,
        owner=playbook.owner,
        rehearsed=playbook.rehearsed,
        if_worse=playbook.if_worse,
        steps=steps,
    )
