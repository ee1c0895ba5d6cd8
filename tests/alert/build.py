"""Findings and alerts for tests: every fact has a default, a test states only what it is about."""

from datetime import UTC, datetime

from tocsin.alert.notice import Alert
from tocsin.base.slices import EVERYONE, Slice, parse
from tocsin.base.spans import Span
from tocsin.detect.finding import Finding, Layer, Level, Verdict

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)


def finding(
    *,
    layer: Layer = Layer.PERFORMANCE,
    measure: str = "selection_rate",
    value: float = 0.04,
    baseline: float = 0.312,
    slice_: str | Slice = EVERYONE,
    evidence: float = 5.0,
    verdict: Verdict = Verdict.ALARM,
    level: Level = Level.PAGE,
    n: int = 400,
    column: str | None = None,
    interval: tuple[float, float] = (-0.30, -0.06),
    threshold: float = 0.05,
    window: Span | None = None,
) -> Finding:
    return Finding(
        layer=layer,
        measure=measure,
        value=value,
        baseline=baseline,
        effect=value - baseline,
        interval=interval,
        threshold=threshold,
        n=n,
        n_baseline=20_000,
        verdict=verdict,
        level=level,
        why="because",
        column=column,
        slice=parse(slice_) if isinstance(slice_, str) else slice_,
        evidence=evidence,
        window=window,
    )


def alert(one: Finding, *, started_at: datetime = NOW, system: str = "loan-approval") -> Alert:
    return Alert(
        fingerprint=f"{system}/{one.key}", system=system, finding=one, started_at=started_at
    )
