"""Nouns to build views from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.incident.incident import Incident, Severity, State

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NORTH = Slice.of({"region": "north"})
FINDING = Finding(
    layer=Layer.PERFORMANCE,
    measure="accuracy",
    value=0.712,
    baseline=0.904,
    effect=0.192,
    interval=(0.173, 0.211),
    threshold=0.02,
    n=2310,
    n_baseline=20_000,
    verdict=Verdict.ALARM,
    level=Level.PAGE,
    why="71.2 % of decisions were right",
    evidence=9.0,
)
INCIDENT = Incident(
    id="inc_1",
    number=42,
    system="loans",
    title="Loan approvals denied in north",
    severity=Severity.SEV2,
    severity_why="harm",
    state=State.OPEN,
    slice=NORTH,
    impact_from=NOW - 30 * MINUTE,
    detected_at=NOW - 16 * MINUTE,
)


def finding(
    measure: str = "accuracy",
    verdict: Verdict = Verdict.ALARM,
    level: Level = Level.PAGE,
    *,
    slice_: Slice = EVERYONE,
    evidence: float = 9.0,
) -> Finding:
    """Return a finding of a measure."""
    return replace(
        FINDING, measure=measure, verdict=verdict, level=level, slice=slice_, evidence=evidence
    )
