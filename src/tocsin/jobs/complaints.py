"""Several people who complain of one system open an incident; see `incident.intake`."""

from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.base.phrases import count
from tocsin.base.spans import Span, describe
from tocsin.incident import lifecycle, warroom
from tocsin.incident.intake import IntakeRule, enough, slice_of
from tocsin.ingest.change import Complaint
from tocsin.jobs.per_system import each
from tocsin.jobs.rings import Rings
from tocsin.oncall.escalation import next_actions
from tocsin.store import changes, commands, incidents, oncall, pages, systems
from tocsin.store.unit import Unit

_ACTOR = "tocsin"
_LINES = 5
_INSTANT = timedelta(microseconds=1)


def run(rings: Rings, now: datetime) -> None:
    """Open the incidents that complaints ask for."""
    rule = rings.complaints
    if not rule.number:
        return
    span = Span(now - rule.within, now + _INSTANT)
    with rings.database.reading() as conn:
        came = changes.complaints_by_system(conn, span)
    many = sorted(name for name, number in came.items() if number >= rule.number)
    each(many, lambda name: _system(rings, name, span, now))


def _system(rings: Rings, name: str, span: Span, now: datetime) -> None:
    rule = rings.complaints
    with rings.database.unit(_ACTOR, now) as unit:
        said = changes.complaints_between(unit.conn, name, span)
        found = enough(said, incidents.since(unit.conn, name, span.start), rule, now)
        if found:
            _open(rings, unit, name, found, rule)


def _open(
    rings: Rings, unit: Unit, name: str, found: tuple[Complaint, ...], rule: IntakeRule
) -> None:
    shown = found[-_LINES:]
    why = f"{count(len(found), 'person', 'people')} complained within {describe(rule.within)}"
    incident, entries = lifecycle.open_(
        id=unit.new_id("inc"),
        number=incidents.next_number(unit),
        system=name,
        title=f"{name}: {count(len(found), 'complaint')} by people, the first at"
        f" {found[0].at:%Y-%m-%d %H:%M} UTC",
        severity=rule.severity,
        severity_why=why,
        now=unit.now,
        slice_=slice_of(found),
        impact_from=found[0].at,
        evidence=[_line(one) for one in shown],
        entry_ids=[unit.new_id("ent") for _ in range(1 + len(shown))],
    )
    incident = replace(incident, war_room=warroom.link(rings.telling.war_room, incident))
    policy = rings.policy_of(name)
    incidents.add(unit, incident, entries, policy, fault_from=None)
    commands.keep(unit, incident.id, rings.command.of(systems.get(unit.conn, name).system))
    unit.audit("incident.complained", incident.id, complaints=str(len(found)))
    if incident.paging_from is not None:
        calls = next_actions(
            policy,
            (),
            overrides=oncall.overrides(unit.conn, unit.now),
            opened_at=incident.paging_from,
            acknowledged_at=None,
            resolved_at=None,
            now=unit.now,
        )
        pages.add(unit, incident.id, calls)


def _line(one: Complaint) -> str:
    """Return a complaint's line: a timeline is for ever, and what a person wrote can be erased."""
    return f"complaint {one.id}, {one.at:%Y-%m-%d %H:%M} UTC"
