"""One incident as the learn room's tests tell it: income in thousands for one employer."""

from datetime import UTC, datetime, timedelta

from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.contain.canary import Answer, Call, Canary, Compared
from tocsin.contain.directive import Action, Directive, OnAbort
from tocsin.contain.plan import Plan, PlanState, Reach, Step
from tocsin.contain.verify import Rate, verify
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.suspect import Suspect, SuspectKind
from tocsin.incident.incident import Entry, EntryKind, Incident, Severity, State
from tocsin.ingest.system import Impact, Risk, System
from tocsin.learn.draft import Records
from tocsin.learn.tried import Called, Tried

T0 = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
SLICE = Slice.of({"employer": "government"})
SYSTEM = System(
    name="loans",
    owner="lending",
    risk=Risk.HIGH,
    impact=Impact(unit="loan decision", cost_per_error=1800.0, currency="EUR"),
)


def minutes(n: float) -> datetime:
    return T0 + timedelta(minutes=n)


def finding(layer: Layer, measure: str, column: str | None = None, **more: object) -> Finding:
    facts: dict[str, object] = {
        "value": 0.2,
        "baseline": 0.6,
        "effect": -0.4,
        "interval": (-0.45, -0.35),
        "threshold": -0.05,
        "n": 400,
        "n_baseline": 9_000,
        "verdict": Verdict.ALARM,
        "level": Level.PAGE if column is None else Level.TICKET,
        "why": f"{measure} fell",
        "slice": SLICE,
        "evidence": 40.0,
        "window": Span(T0, minutes(10)),
    }
    facts.update(more)
    return Finding(layer=layer, measure=measure, column=column, **facts)  # pyright: ignore[reportArgumentType] - one literal


def incident(**more: object) -> Incident:
    facts: dict[str, object] = {
        "impact_from": T0,
        "detected_at": minutes(9),
        "acknowledged_at": minutes(11),
        "acknowledged_by": "lending",
        "contained_at": minutes(14),
        "recovered_at": minutes(30),
        "resolved_at": minutes(50),
        "state": State.RESOLVED,
    }
    facts.update(more)
    return Incident(
        id="inc_1",
        number=42,
        system="loans",
        title="Approvals fell in employer=government",
        severity=Severity.SEV2,
        severity_why="high risk",
        slice=SLICE,
        **facts,  # pyright: ignore[reportArgumentType] - one literal
    )


def entry(at: float, kind: EntryKind, text: str = "…", actor: str = "tocsin") -> Entry:
    id_ = f"ent_{at:07.2f}"
    return Entry(id=id_, incident="inc_1", at=minutes(at), kind=kind, actor=actor, text=text)


ENTRIES = (
    entry(9, EntryKind.OPENED),
    entry(9.1, EntryKind.PAGE, "paged lending"),
    entry(11, EntryKind.ACKNOWLEDGED, "lending has acknowledged", "lending"),
    entry(14, EntryKind.CONTAINED),
    entry(30, EntryKind.VERIFIED),
)
SUSPECT = Suspect(
    rank=1,
    kind=SuspectKind.CHANGE,
    title="income v311",
    what={"id": "chg_1", "kind": "feature_pipeline"},
    score=0.93,
    why="Feature pipeline at 14:04: 1 min before the harm began.",
)
DIAGNOSIS = Diagnosis(
    incident="inc_1",
    made_at=minutes(12),
    slice=SLICE,
    measure="selection_rate",
    onset=T0,
    onset_span=Span(T0, minutes(1)),
    affected=130,
    estimated_errors=52.4,
    cost=94_320.0,
    currency="EUR",
    unit="loan decision",
    suspects=(SUSPECT,),
    summary="…",
)
PLAN = Plan(
    id="plan_1",
    incident="inc_1",
    system="loans",
    steps=(Step(action=Action.FALLBACK, slice=SLICE, for_=timedelta(hours=4)),),
    reach=Reach(share=0.13, decisions_per_hour=410, n=900),
    risk=Risk.HIGH,
    made_at=minutes(12),
    made_by="tocsin",
)
VERIFIED = verify(
    Rate(5_400, 9_000),
    Rate(26, 130),
    Rate(110, 190),
    incident="inc_1",
    measure="selection_rate",
    at=minutes(30),
    slice_=SLICE,
)
FINDINGS = (
    finding(Layer.PERFORMANCE, "selection_rate"),
    finding(Layer.DRIFT, "psi", "income"),
)

_HARMED = Compared(
    measure="error_rate",
    slice=SLICE,
    candidate=Rate(160, 1_000),
    champion=Rate(900, 9_000),
    harm=0.06,
    interval=(0.035, 0.09),
    surely=0.028,
    borne=0.03,
    must=True,
    answer=Answer.HARMED,
)
TRIED = Tried(
    directive=Directive(
        id="dir_1",
        system="loans",
        action=Action.CANARY,
        to_version="8",
        share=0.1,
        on_abort=OnAbort.STOP,
        incident="inc_1",
        created_at=minutes(20),
        expires_at=minutes(200),
    ),
    calls=(
        Called(
            minutes(40),
            Canary(
                candidate="8",
                champion="7",
                span=Span(minutes(20), minutes(40)),
                call=Call.ABORT,
                why="Error rate of employer=government: harm of at least 2.8 points.",
                compared=(_HARMED,),
            ),
        ),
    ),
)


def records(**more: object) -> Records:
    facts: dict[str, object] = {
        "incident": incident(),
        "system": SYSTEM,
        "entries": ENTRIES,
        "diagnosis": DIAGNOSIS,
        "findings": FINDINGS,
        "plans": ((PLAN, PlanState.APPLIED),),
        "verifications": (VERIFIED,),
    }
    facts.update(more)
    return Records(**facts)  # pyright: ignore[reportArgumentType] - one literal
