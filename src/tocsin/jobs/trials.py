"""Trials of new versions: every canary in force is judged whenever a bucket of time is over.

    hold, promote   said once on the incident's timeline
    abort           said once; with `on_abort: stop` the canary ends in the same unit, otherwise
                    people are called

It may look as often as it likes: the interval behind the verdict holds at all looks together.
What was called for, the line on the timeline and the end of the directive are one transaction, so a
crash leaves all of them or none, and the next look finds what is left to do.
"""

from collections.abc import Sequence
from datetime import datetime

from tocsin.base.errors import BadInput
from tocsin.base.spans import bucket_of
from tocsin.contain.apply import revert
from tocsin.contain.canary import Call, Canary
from tocsin.contain.directive import Action, Directive, OnAbort
from tocsin.contain.explain import describe_directive
from tocsin.contain.overlap import inside
from tocsin.contain.plan import PlanState
from tocsin.incident import lifecycle
from tocsin.incident.incident import Entry, EntryKind, Incident, State
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.store import containment, incidents, systems, trials
from tocsin.store.unit import Unit

_ACTOR = "tocsin"


def run(rings: Rings, now: datetime) -> None:
    """Judge every canary in force of which a bucket is over that was not judged yet."""
    per_system(rings, lambda name: _system(rings, name, now))


def _system(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        running = containment.in_force(conn, name, now)
        held = [d for d in running if d.action is Action.CANARY and not _replaced(d, running)]
        if not held:
            return
        over = bucket_of(now, systems.get(conn, name).system.bucket_s)
        due = [d for d in held if trials.looked(conn, d.id) != over]
    for directive in due:
        _judge(rings, directive, over, now)


def _replaced(canary: Directive, running: Sequence[Directive]) -> bool:
    """Return whether others make all the decisions of the canary's version: it shows nothing."""
    return any(
        d.of_version == canary.to_version and d.action.decides and inside(canary.slice, d.slice)
        for d in running
    )


def _judge(rings: Rings, directive: Directive, over: datetime, now: datetime) -> None:
    with rings.database.reading() as conn:
        try:
            told = trials.judged(
                conn,
                directive.system,
                directive.to_version,
                None,
                since=directive.created_at,
                now=now,
                within=directive.slice,
            )
        except BadInput:  # one of the two has decided nothing yet
            told = None
    with rings.database.unit(_ACTOR, now, quiet=told is None) as unit:
        trials.look(unit, directive.id, over)
        if told is not None and told.call not in trials.called(unit.conn, directive.id):
            _say(unit, directive, told)


def _say(unit: Unit, directive: Directive, told: Canary) -> None:
    """Make of a verdict what is made of it; nothing where a person was faster."""
    # locked before plan and directives, as everywhere: a person may be reverting it right now
    incident = incidents.get(unit.conn, directive.incident) if directive.incident else None
    held = containment.in_force(unit.conn, directive.system, unit.now)
    if directive.id not in {one.id for one in held}:
        return
    trials.call(unit, directive, told)
    stop = told.call is Call.ABORT and directive.on_abort is OnAbort.STOP
    if stop:
        _stop(unit, directive)
    if incident is None or incident.state is State.RESOLVED:
        return
    if stop:
        after, entries = _stopped(unit, incident, directive, told)
    else:
        after, entries = _told(unit, incident, directive, told)
    incidents.save(unit, after, entries)


def _stop(unit: Unit, directive: Directive) -> None:
    containment.save_directive(unit, revert(directive, unit.now))
    if directive.plan is not None:
        stored = containment.plan(unit.conn, directive.plan)
        left = [d for d in containment.of_plan(unit.conn, directive.plan) if d.in_force(unit.now)]
        if stored.state is PlanState.APPLIED and not left:
            containment.save_plan(unit, stored.plan, PlanState.REVERTED)


def _stopped(
    unit: Unit, incident: Incident, directive: Directive, told: Canary
) -> tuple[Incident, tuple[Entry, ...]]:
    why = f"The canary was stopped: {_sentence(directive, told)}"
    given, hit = containment.of_incident(unit.conn, incident.id), incident.slice
    others = [d for d in given if d.in_force(unit.now) and d.contains(hit)]
    if others:
        return _noted(unit, incident, EntryKind.REVERTED, why, _facts(directive, told))
    return lifecycle.uncontain(
        incident,
        actor=_ACTOR,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        kind=EntryKind.REVERTED,
        why=why,
    )


def _told(
    unit: Unit, incident: Incident, directive: Directive, told: Canary
) -> tuple[Incident, tuple[Entry, ...]]:
    words = {
        Call.ABORT: "The canary does harm: stop it",
        Call.PROMOTE: "The canary may be promoted",
        Call.HOLD: "The canary is being watched",
    }
    text = f"{words[told.call]}. {_sentence(directive, told)}"
    after, entries = _noted(unit, incident, EntryKind.FINDING, text, _facts(directive, told))
    if told.call is Call.ABORT:
        after, called = lifecycle.call_again(
            after,
            now=unit.now,
            entry_id=unit.new_id("ent"),
            why="Calling again: nobody could know that the canary does harm. Consider stopping it.",
        )
        entries += called
    return after, entries


def _noted(
    unit: Unit, incident: Incident, kind: EntryKind, text: str, facts: dict[str, str]
) -> tuple[Incident, tuple[Entry, ...]]:
    return lifecycle.note(
        incident,
        kind=kind,
        text=text,
        actor=_ACTOR,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts=facts,
    )


def _facts(directive: Directive, told: Canary) -> dict[str, str]:
    return {"directive": directive.id, "call": told.call.value}


def _sentence(directive: Directive, told: Canary) -> str:
    what = f"{describe_directive(directive)}, beside version {told.champion}"
    return f"{what[:1].upper()}{what[1:]}. {told.why}"
