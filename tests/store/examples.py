"""Example nouns for the store's tests."""

from datetime import UTC, datetime, timedelta

import numpy as np

from tocsin.alert.state import AlertState, StoredAlert
from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Plan, Reach, Step
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.incident.incident import Entry, EntryKind, Incident, Severity, State
from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import Columns, Impact, Risk, System
from tocsin.oncall.policy import Call, Contact, Policy
from tocsin.oncall.policy import Step as Rung
from tocsin.profile.cell import Counts
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Categories, NumericBins, Spec
from tocsin.store import incidents, pages
from tocsin.store.unit import Database, Unit

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WOMEN = Slice.of({"sex": "f"})
DAY = Span(NOW - timedelta(days=1), NOW + timedelta(days=1))

SYSTEM = System(
    name="loans",
    risk=Risk.HIGH,
    columns=Columns(id="id", positive="approved"),
    slices=("region",),
    protected=("sex",),
    impact=Impact(cost_per_error=1800.0),
)
SPEC = Spec(
    system="loans",
    schema=Schema((Field("income", FieldKind.NUMERIC),), (Attribute("age", (25.0, 40.0)),)),
    numeric=(NumericBins("income", (0.0, 1.0, 2.0), 0.5),),
    categorical=(Categories("purpose", ("car", "house")),),
    slices=("sex=f", "sex=m"),
    positive="true",
    threshold=0.5,
    bucket_s=3600,
)
ON_CALL = Contact("first", "console", "-")
SECOND = Contact("second", "smtp", "second@example.org")
POLICY = Policy("lending", (Rung(timedelta(0), (ON_CALL,)), Rung(5 * MINUTE, (SECOND,))), (SECOND,))


def counts(value: int) -> Counts:
    """Return a vector of the example spec that holds `value` everywhere."""
    return np.full(layout_of(SPEC).width, value, np.int64)


def finding(measure: str = "accuracy", verdict: Verdict = Verdict.ALARM) -> Finding:
    """Return a finding with a number that cannot be said."""
    return Finding(
        layer=Layer.PERFORMANCE,
        measure=measure,
        value=0.71,
        baseline=float("inf"),
        effect=-0.21,
        interval=(-0.25, -0.17),
        threshold=0.03,
        n=1284,
        n_baseline=20_000,
        verdict=verdict,
        level=Level.PAGE,
        why="accuracy fell",
        slice=WOMEN,
        window=Span(NOW - HOUR, NOW),
    )


def alert(state: AlertState = AlertState.FIRING, incident: str | None = None) -> StoredAlert:
    """Return an alert for the example finding."""
    return StoredAlert(
        fingerprint="f00d",
        system="loans",
        state=state,
        finding=finding(),
        worst=finding(),
        started_at=NOW,
        seen_at=NOW,
        incident=incident,
    )


def entry(unit: Unit, incident: str, text: str = "opened") -> Entry:
    """Return a timeline entry."""
    return Entry(
        id=unit.new_id("ent"),
        incident=incident,
        at=unit.now,
        kind=EntryKind.OPENED,
        actor=unit.actor,
        text=text,
        facts={"ends": "now"},
    )


def opened(
    database: Database, *, severity: Severity = Severity.SEV1, calls: tuple[Call, ...] = ()
) -> Incident:
    """Open an incident with `calls` in the outbox, in one unit, and return it."""
    with database.unit("test", NOW) as unit:
        incident = Incident(
            id=unit.new_id("inc"),
            number=incidents.next_number(unit),
            system="loans",
            title="Wrong denials",
            severity=severity,
            severity_why="harm",
            state=State.OPEN,
            slice=WOMEN,
            detected_at=NOW,
        )
        incidents.add(unit, incident, [entry(unit, incident.id)], POLICY, NOW - HOUR)
        pages.add(unit, incident.id, calls)
    return incident


def call(*, rung: int = 0, round_: int = 0, contact: Contact = ON_CALL, at: datetime = NOW) -> Call:
    """Return a call."""
    return Call(rung, round_, contact, at)


def plan(incident: str | None = None, *, hours: int = 4) -> Plan:
    """Return a plan of one step."""
    step = Step(action=Action.FALLBACK, slice=WOMEN, for_=hours * HOUR, reason="stop the harm")
    return Plan(
        id="plan_1",
        incident=incident,
        system="loans",
        steps=(step,),
        reach=Reach(share=0.08, decisions_per_hour=12.5, n=300),
        risk=Risk.HIGH,
        made_at=NOW,
        made_by="test",
    )


def directive(id_: str = "dir_1", *, system: str = "loans") -> Directive:
    """Return a directive that holds for an hour."""
    return Directive(
        id=id_,
        system=system,
        action=Action.FALLBACK,
        slice=WOMEN,
        incident="inc_1",
        plan="plan_1",
        created_at=NOW,
        expires_at=NOW + HOUR,
    )
