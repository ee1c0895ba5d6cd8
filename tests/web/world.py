"""Worlds to look at: a site that watches nothing, one on an ordinary bad day, one that drowns.

Decisions are simulated and counted by the real kernel, findings come from the real measures, and
every record is written through the store, so that pages are seen as people will see them.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.web import tried
from tests.web.cast import NOW, POLICY
from tests.web.counted import ONSET, REGIONS, Counted, counted
from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.contain.act import Act, Deed, Phase
from tocsin.contain.approval import Approver
from tocsin.contain.verify import Rate, verify
from tocsin.detect.finding import Verdict
from tocsin.detect.stages import SERVING
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.ledger import LedgerRow
from tocsin.diagnose.suspect import Suspect, SuspectKind
from tocsin.incident import lifecycle
from tocsin.incident.incident import Incident, Severity
from tocsin.ingest.change import Change, ChangeKind, Complaint
from tocsin.oncall.escalation import next_actions
from tocsin.store import (
    acts,
    changes,
    containment,
    diagnoses,
    findings,
    incidents,
    pages,
    profiles,
    recovery,
    stages,
    systems,
)
from tocsin.store.unit import Unit
from tocsin.web import approvals, moves, plans
from tocsin.web.site import Site

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
GRAVE = (
    "Decisions about people are wrong in one region of a high-risk system: "
    "30 % of traffic, about 50 decisions an hour."
)
NOTE = "Income looks a thousand times too small in north; pipeline 311 went out ten minutes before."
NORTH = Slice.of({"region": "north"})
LONG = "Consumer lending, unsecured, refinanced within ninety days of origination (legacy feed)"
ARABIC = "رُفضت طلبات القروض في الشمال منذ الساعة الثانية ظهرًا"
MANY_REGIONS = (*REGIONS, "الرياض", "القاهرة", *(f"{LONG[:24]} branch {k}" for k in range(46)))


def ordinary(site: Site) -> None:
    """A bad day: one incident contained and being watched, one over with its review."""
    world = counted()
    with site.database.unit("tocsin", NOW - 6 * HOUR) as unit:
        _store(unit, world)
        for name, owner in (("fraud", "payments"), ("resume-screening", "people")):
            _quiet(unit, world, name, owner)
    past = _past(site)
    main = _opened(site, world, NORTH, "Loan approvals denied in north", ONSET + 14 * MINUTE)
    _worked(site, main, ONSET + 14 * MINUTE)
    _acted(site, main, ONSET + 26 * MINUTE)
    _told(site, main)
    with site.database.unit("tocsin", NOW - 20 * MINUTE) as unit:
        changes.add_complaint(
            unit,
            Complaint(
                id=unit.new_id("cpl"),
                at=NOW - 2 * HOUR,
                system="loan-approval",
                text="My income is 41,000 and the letter says it is too low to be considered.",
            ),
        )
    _beats(site)
    assert past != main.id


def drowning(site: Site) -> None:
    """Too much of everything: slices, systems, incidents, lines; long and foreign names."""
    world = counted(MANY_REGIONS)
    with site.database.unit("tocsin", NOW - 6 * HOUR) as unit:
        _store(unit, world)
        for k in range(24):
            _quiet(unit, world, f"{LONG[:40].lower().replace(' ', '-')}-{k}", LONG[:20])
        for k in range(40):
            at = NOW - timedelta(hours=4 * k)
            changes.add(unit, _change(unit, at, f"{LONG[: 20 + k]} {k}", ChangeKind.DEPLOY))
    first = _opened(site, world, NORTH, ARABIC, ONSET + 14 * MINUTE)
    _worked(site, first, ONSET + 14 * MINUTE)
    for k in range(300):
        with site.database.unit(
            f"person-{k % 7}", NOW - 200 * MINUTE + k * timedelta(seconds=30)
        ) as unit:
            moves.note(unit, first.id, f"{k}: {LONG if k % 3 else ARABIC}")
    _told(site, first)
    for k in range(30):
        slice_ = Slice.of({"region": MANY_REGIONS[k + 6], "channel": "partner"})
        _opened(site, world, slice_, f"{LONG} {k}", NOW - (30 - k) * HOUR)
    _beats(site)


def _store(unit: Unit, world: Counted) -> None:
    systems.save(unit, world.system, world.spec, world.baseline, world.rows, "9f3c" * 16)
    profiles.advance(unit, world.spec, moves={}, delta=world.profile)
    findings.save(unit, world.system.name, NOW - MINUTE, world.findings(), whole=True)
    for at, title, kind in (
        (NOW - timedelta(days=6), "Minimum age check moved to the form", ChangeKind.FLAG),
        (NOW - 60 * HOUR, "Model 2026-11-18", ChangeKind.DEPLOY),
        (ONSET - 4 * MINUTE, "Feature pipeline 311", ChangeKind.FEATURE_PIPELINE),
    ):
        changes.add(unit, _change(unit, at, title, kind))


def _change(unit: Unit, at: datetime, title: str, kind: ChangeKind) -> Change:
    features = ("income",) if kind is ChangeKind.FEATURE_PIPELINE else ()
    return Change(
        id=unit.new_id("chg"),
        at=at,
        system="loan-approval",
        kind=kind,
        title=title,
        features=features,
    )


def _quiet(unit: Unit, world: Counted, name: str, owner: str) -> None:
    spec = replace(world.spec, system=name)
    systems.save(
        unit, replace(world.system, name=name, owner=owner), spec, (), world.rows, "0" * 64
    )
    calm = [f for f in world.findings() if f.verdict is not Verdict.ALARM][:40]
    if name != "resume-screening":
        findings.save(unit, name, NOW - 2 * MINUTE, calm, whole=True)
    late = {k: v for k, v in world.profile.items() if k.bucket > NOW - 30 * HOUR}
    profiles.advance(unit, spec, moves={}, delta=late)


def _opened(site: Site, world: Counted, slice_: Slice, title: str, at: datetime) -> Incident:
    with site.database.unit("tocsin", at) as unit:
        said = [f for f in world.findings() if f.verdict is Verdict.ALARM and f.slice == slice_][:3]
        incident, entries = lifecycle.open_(
            id=unit.new_id("inc"),
            number=incidents.next_number(unit),
            system=world.system.name,
            title=title,
            severity=Severity.SEV2,
            severity_why=GRAVE,
            now=at,
            entry_ids=[unit.new_id("ent") for _ in range(1 + len(said))],
            slice_=slice_,
            impact_from=at - 14 * MINUTE,
            evidence=[f.why for f in said],
        )
        incidents.add(unit, incident, entries, POLICY, at - 14 * MINUTE)
        calls = next_actions(
            POLICY,
            (),
            overrides={},
            opened_at=at,
            acknowledged_at=None,
            resolved_at=None,
            now=at,
        )
        pages.add(unit, incident.id, calls)
    return incident


def _worked(site: Site, incident: Incident, at: datetime) -> None:
    """Acknowledge, plan, contain and note, at the times a good crew would need."""
    with site.database.unit("oncall", at + 2 * MINUTE) as unit:
        moves.acknowledge(unit, incident.id)
    with site.database.unit("oncall", at + 6 * MINUTE) as unit:
        moves.note(
            unit,
            incident.id,
            NOTE,
        )
        stored = plans.propose_plan(unit, incident.id)
    with site.database.unit("deputy", at + 11 * MINUTE) as unit:
        who = Approver("deputy")
        stages.beat(unit, SERVING, incident.system)  # a guard asks what is in force
        approvals.approve_plan(unit, site.approvals, stored.plan.id, stored.plan.hash, who)
    with site.database.unit("tocsin", at + 13 * MINUTE) as unit:
        found = incidents.get(unit.conn, incident.id)
        after, entries = lifecycle.contain(
            found,
            actor="tocsin",
            now=unit.now,
            entry_id=unit.new_id("ent"),
            how="94 of the last 97 decisions in region=north followed the fallback rules.",
        )
        incidents.save(unit, after, entries)
        (directive,) = containment.of_incident(unit.conn, incident.id)
        containment.save_obeyed(unit, replace(directive, obeyed_at=unit.now))
    with site.database.unit("tocsin", at + 70 * MINUTE) as unit:
        looked = verify(
            Rate(12240, 20020),
            Rate(18, 81),
            Rate(5, 9),
            incident=incident.id,
            plan=stored.plan.id,
            measure="selection_rate",
            at=unit.now,
            slice_=NORTH,
        )
        containment.add_verification(unit, looked)
        recovery.save(unit, looked)


def _acted(site: Site, incident: Incident, at: datetime) -> None:
    """Let two actuators carry out what is in force, of which one is done and one gets no answer."""
    with site.database.reading() as conn:
        (directive,) = containment.of_incident(conn, incident.id)
    acting = Act(
        id="act_1",
        actuator="flag",
        target="flag loan-model",
        seq=1,
        system=directive.system,
        incident=directive.incident,
        directive=directive.id,
        deed=Deed.APPLY,
        holds=(directive.id,),
        made_at=at,
    )
    with site.database.unit("tocsin", at) as unit:
        acts.add(unit, acting)
        acts.add(unit, replace(acting, id="act_2", actuator="payments-gateway-webhook"))
        done, failing = acts.claim(unit, "w", MINUTE, 2)
        acts.save(unit, done, replace(acting, phase=Phase.APPLIED, ended_at=at))
        acts.again(unit, failing, "webhook unreachable: ConnectTimeout", at + MINUTE)


def _told(site: Site, incident: Incident) -> None:
    """Diagnose it, and list whom it hit."""
    pipeline = Suspect(
        rank=1,
        kind=SuspectKind.CHANGE,
        title="Feature pipeline 311",
        what={"kind": "feature_pipeline"},
        score=0.86,
        why="4 min before the onset, touches income, which moved most in region=north",
    )
    with site.database.unit("tocsin", NOW - 30 * MINUTE) as unit:
        diagnosis = Diagnosis(
            incident=incident.id,
            made_at=unit.now,
            slice=NORTH,
            measure="selection_rate",
            onset=ONSET,
            onset_span=Span(ONSET - HOUR, ONSET + HOUR),
            affected=1284,
            estimated_errors=462.0,
            errors_interval=(401.0, 523.0),
            cost=831_600.0,
            currency="EUR",
            unit="loan decision",
            suspects=(
                pipeline,
                Suspect(
                    rank=2,
                    kind=SuspectKind.CHANGE,
                    title="Model 2026-11-18",
                    what={},
                    score=0.08,
                    why="55 h before the onset, touches everyone, but only region=north moved",
                ),
                Suspect(
                    rank=3,
                    kind=SuspectKind.UNKNOWN,
                    title="Something that was not recorded",
                    what={},
                    score=0.06,
                    why="What no recorded change explains",
                ),
                Suspect(
                    rank=1,
                    kind=SuspectKind.COLUMN,
                    title="income",
                    what={"column": "income"},
                    score=0.93,
                    why="Its middle fell from 26,903 to 26.9 in region=north",
                ),
                Suspect(
                    rank=1,
                    kind=SuspectKind.SLICE,
                    title="region=north",
                    what={"region": "north"},
                    score=0.97,
                    why="Harm elsewhere is what chance gives",
                ),
            ),
            summary="Income arrives in thousands in north since 11:00 UTC.",
        )
        diagnoses.save(unit, incident.id, diagnosis)
        rows = [
            LedgerRow(
                prediction_id=f"app-{40_000 + k}",
                at=ONSET + k * timedelta(seconds=14),
                version="2026-11-18",
                score=0.12 + (k % 37) / 100,
                prediction="false",
                attributes={"region": "north", "sex": "f" if k % 2 else "m"},
                remedy="decided again by a person" if k < 12 else "",
            )
            for k in range(1284)
        ]
        diagnoses.save_ledger(unit, incident.id, rows)


def _past(site: Site) -> str:
    """Open, work and end an incident of last week; its review is drafted."""
    world = counted()
    at = NOW - timedelta(days=5, hours=3)
    incident = _opened(
        site,
        world,
        Slice.of({"channel": "partner"}),
        "Partner applications scored without employer",
        at,
    )
    _worked(site, incident, at)
    with site.database.unit("tocsin", at + 70 * MINUTE) as unit:
        found = incidents.get(unit.conn, incident.id)
        after, entries = lifecycle.recover(
            found,
            now=unit.now,
            entry_id=unit.new_id("ent"),
            how="verified at 240 : 1",
        )
        incidents.save(unit, after, entries)
    _told(site, incident)
    tried.took_part(site.database, incident.id, incident.system, world.spec, at + 75 * MINUTE)
    with site.database.unit("oncall", at + 5 * HOUR) as unit:
        moves.resolve(
            unit, incident.id, "Pipeline rolled back; the partner feed carries employers again."
        )
    return incident.id


def _beats(site: Site) -> None:
    with site.database.unit("tocsin", NOW - timedelta(seconds=8), quiet=True) as unit:
        for stage in ("profile", "detect", "alert", "oncall", "contain", "diagnose"):
            stages.beat(unit, stage)
