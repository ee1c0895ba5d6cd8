"""The systems under watch, what their monitors say, and what was changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query

from tocsin.base.spans import Span
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.ingest.change import ChangeKind
from tocsin.ingest.system import Kind, Risk
from tocsin.store import changes, findings, incidents, systems
from tocsin.web.fields import Answer, Conditions, Instant, Number, SpanAnswer
from tocsin.web.site import SiteDep

LOOK_BACK = timedelta(days=7)


class SystemLine(Answer):
    """One system in the list: its verdict is the gravest of its monitors'."""

    name: str
    owner: str
    risk: Risk
    verdict: Verdict
    evaluated_at: datetime | None
    open_incidents: list[str]


class SystemsAnswer(Answer):
    """Every system."""

    systems: list[SystemLine]


class SystemAnswer(SystemLine):
    """One system as declared and as learnt from its reference."""

    kind: Kind
    slices: list[str]
    protected: list[str]
    features: list[str]
    threshold: float
    bucket_s: int
    window_s: int
    reference_rows: int
    reference_sha256: str
    spec_hash: str


class OriginAnswer(Answer):
    """What a finding was computed from, and by what."""

    reference_sha256: str
    spec_hash: str
    epoch: int | None
    code: str
    config: str


class FindingAnswer(Answer):
    """What one monitor says; a number that cannot be said is null."""

    key: str
    layer: Layer
    measure: str
    column: str | None
    slice: Conditions
    value: Number
    baseline: Number
    effect: Number
    interval: tuple[Number, Number]
    threshold: Number
    evidence: Number
    n: int
    n_baseline: int
    verdict: Verdict
    level: Level
    why: str
    window: SpanAnswer | None
    version: str | None
    method: str
    alpha: Number
    origin: OriginAnswer | None


class FindingsAnswer(Answer):
    """What every monitor of a system said last, pages first."""

    system: str
    evaluated_at: datetime | None
    verdict: Verdict
    findings: list[FindingAnswer]


class ChangeAnswer(Answer):
    """One recorded change."""

    id: str
    at: datetime
    system: str
    kind: ChangeKind
    title: str
    scope: Conditions
    features: list[str]
    version: str | None
    facts: dict[str, str]


class ChangesAnswer(Answer):
    """The changes of a span of time, oldest first."""

    changes: list[ChangeAnswer]


def gravest(said: list[Finding]) -> Verdict:
    """Return the verdict over all monitors: alarm, or ok if any could judge, or insufficient.

    >>> gravest([])
    <Verdict.INSUFFICIENT: 'insufficient'>
    """
    verdicts = {finding.verdict for finding in said if finding.level is not Level.INFO}
    verdicts = verdicts or {finding.verdict for finding in said}
    order = (Verdict.ALARM, Verdict.OK, Verdict.INSUFFICIENT)
    return next((verdict for verdict in order if verdict in verdicts), Verdict.INSUFFICIENT)


def list_systems(site: SiteDep) -> SystemsAnswer:
    """Return every system with its verdict and open incidents."""
    with site.database.reading() as conn:
        lines = [
            SystemLine(
                name=name,
                owner=system.owner,
                risk=system.risk,
                verdict=gravest(findings.latest(conn, name)),
                evaluated_at=findings.evaluated_at(conn, name),
                open_incidents=[one.name for one in incidents.open_ones(conn, name)],
            )
            for name in systems.names(conn)
            for system in (systems.get(conn, name).system,)
        ]
    return SystemsAnswer(systems=lines)


def show_system(site: SiteDep, name: str) -> SystemAnswer:
    """Return one system."""
    with site.database.reading() as conn:
        stored = systems.get(conn, name)
        system, schema = stored.system, stored.spec.schema
        return SystemAnswer(
            name=name,
            owner=system.owner,
            risk=system.risk,
            verdict=gravest(findings.latest(conn, name)),
            evaluated_at=findings.evaluated_at(conn, name),
            open_incidents=[one.name for one in incidents.open_ones(conn, name)],
            kind=system.kind,
            slices=list(system.slices),
            protected=list(system.protected),
            features=[feature.name for feature in schema.features],
            threshold=system.threshold,
            bucket_s=system.bucket_s,
            window_s=system.window_s,
            reference_rows=stored.rows,
            reference_sha256=stored.sha256,
            spec_hash=stored.spec.hash,
        )


def show_findings(site: SiteDep, name: str) -> FindingsAnswer:
    """Return what every monitor of one system said last."""
    with site.database.reading() as conn:
        systems.get(conn, name)
        said = findings.latest(conn, name)
        return FindingsAnswer(
            system=name,
            evaluated_at=findings.evaluated_at(conn, name),
            verdict=gravest(said),
            findings=[FindingAnswer.model_validate(finding) for finding in said],
        )


def list_changes(
    site: SiteDep,
    system: Annotated[str, Query()],
    since: Annotated[Instant | None, Query(description="seven days ago if left out")] = None,
    until: Annotated[Instant | None, Query(description="now if left out")] = None,
) -> ChangesAnswer:
    """Return the recorded changes of a system."""
    now = site.clock()
    span = Span(since or (until or now) - LOOK_BACK, until or now + timedelta(seconds=1))
    with site.database.reading() as conn:
        systems.get(conn, system)
        found = changes.between(conn, system, span)
    return ChangesAnswer(changes=[ChangeAnswer.model_validate(change) for change in found])
