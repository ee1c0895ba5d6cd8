"""Counting one incident's harm: from the profiles by whole buckets, from the lake to the second.

What needs no outcomes is counted on the rows of the lake, so that a verdict does not wait for the
end of an hour's bucket; what needs outcomes is counted by whole buckets, where they were joined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from tocsin.base.slices import EVERYONE, Slice, parse
from tocsin.base.spans import Span, bucket_of
from tocsin.contain.compared import Whose
from tocsin.contain.measure import Counted, dispersion, harm
from tocsin.contain.verify import Rate
from tocsin.detect.finding import Finding
from tocsin.incident.incident import Incident
from tocsin.ingest.system import System
from tocsin.jobs.rings import Rings
from tocsin.profile.cell import Counts
from tocsin.profile.cells import cells, in_cube
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec
from tocsin.profile.window import window
from tocsin.store import findings, profiles, systems

SKEW = timedelta(seconds=5)
"""How far the serving side's clock may be ahead of ours."""
BY_SYSTEM = pc.field("decided_by").is_null() | (pc.field("decided_by") == "system")
"""Rows that the system itself decided; who does not say is the system."""
_COLUMNS = ("id", "at", "version", "prediction", "decided_by", "directive", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Harmed:
    """One incident with what is needed to count its harm."""

    rings: Rings
    incident: Incident
    system: System
    spec: Spec
    blocks: Sequence[Mapping[str, Counts]]
    """The reference's counts by slice key, of an intersection that is hit the outcomes as well."""
    alarms: Sequence[Finding]
    """Each monitor's strongest alarm since shortly before the incident was detected."""
    counted: Counted
    """The rate on which the harm is judged."""

    @property
    def slice(self) -> Slice:
        """Who is hit."""
        return self.incident.slice

    @property
    def bucket(self) -> timedelta:
        """The length of one profile bucket."""
        return timedelta(seconds=self.spec.bucket_s)

    @property
    def profiled(self) -> Slice:
        """The narrowest slice around the harmed one whose outcomes are counted.

        Itself, where the cube tells its values apart; or one condition of it, or everyone.
        """
        if in_cube(self.spec, self.slice):
            return self.slice
        singles = (Slice((condition,)) for condition in self.slice.conditions)
        return next((one for one in singles if in_cube(self.spec, one)), EVERYONE)

    def bucket_start(self, at: datetime) -> datetime:
        """Return the start of the profile bucket that holds `at`."""
        return bucket_of(at, self.spec.bucket_s)

    def baseline(self) -> tuple[Rate, float]:
        """Return the reference's rate in the slice, and its over-dispersion."""
        parts = self.baselines(self.profiled.key)
        return Rate(sum(r.k for r in parts), sum(r.n for r in parts)), dispersion(parts)

    def baselines(self, key: str) -> list[Rate]:
        """Return the rate of the slice with this key in each block of the reference."""
        layout = layout_of(self.spec)
        return [self.counted.rate(layout, block.get(key)) for block in self.blocks]

    def series(self, conn: sa.Connection, span: Span) -> list[tuple[Span, Rate]]:
        """Return the rate in each bucket that touches `span`, the empty ones as well.

        Time so old that days are all that is kept is told in days.
        """
        layout, sums = layout_of(self.spec), dict[datetime, Counts]()
        grain_s = profiles.grain(conn, self.spec, span)
        start = bucket_of(span.start, grain_s)
        outcomes = profiles.outcomes(conn, self.spec, Span(start, span.end), self.profiled)
        for bucket, counts in outcomes.items():
            at = bucket_of(bucket, grain_s)
            held = sums.get(at)
            sums[at] = counts if held is None else held + counts
        found: list[tuple[Span, Rate]] = []
        while start < span.end:
            bucket = Span(start, start + timedelta(seconds=grain_s))
            found.append((bucket, self.counted.rate(layout, sums.get(start))))
            start = bucket.end
        return found

    def cells(self, conn: sa.Connection, span: Span) -> Mapping[str, Counts]:
        """Return the sums of the buckets that start within `span`, by slice key.

        Of an intersection only the outcomes are counted: the first places of a cell.
        """
        sums = window(profiles.cells(conn, self.spec, span), span).cells
        if len(self.profiled.conditions) < 2:
            return sums
        parts = [*profiles.outcomes(conn, self.spec, span, self.profiled).values()]
        return {**sums, self.profiled.key: np.sum(parts, axis=0)} if parts else sums

    def rows(self, span: Span, columns: Sequence[str] = _COLUMNS) -> pa.Table:
        """Return the lake's rows of the slice within `span`."""
        return self.rings.lake.scan(
            self.system.name, "predictions", columns=columns, span=span, slice=self.slice
        )

    def rate(self, conn: sa.Connection, span: Span, whose: Whose | None = None) -> Rate:
        """Return the rate of what people in the slice got within `span`, whoever decided.

        Of `whose` alone where it is given.  Rates that need outcomes are taken over the buckets
        that start within the span.
        """
        if span.end <= span.start:
            return Rate(0, 0)
        if self.counted.needs_outcomes:
            return self._by_buckets(conn, span, whose)
        first = self.bucket_start(span.start)
        if first < span.start:
            first += self.bucket
        last = self.bucket_start(span.end)
        # the lake alone knows values that are not kept apart, and by which directive a row came
        mixed = whose is not None and whose.back_to is not None
        if first >= last or self.profiled != self.slice or mixed:
            return self._by_rows(span, whose)
        parts = (
            self._by_rows(Span(span.start, first), whose),
            self._by_buckets(conn, Span(first, last), whose),
            self._by_rows(Span(last, span.end), whose),
        )
        return Rate(sum(part.k for part in parts), sum(part.n for part in parts))

    def of_rows(self, rows: pa.Table) -> Rate:
        """Return the rate among these rows of the slice; needs no outcomes."""
        if not rows.num_rows:
            return Rate(0, 0)
        ever = Span(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
        sums = window(cells(profile(rows, self.spec), self.spec), ever).cells
        return self.counted.rate(layout_of(self.spec), sums.get(EVERYONE.key))

    def _by_rows(self, span: Span, whose: Whose | None) -> Rate:
        if span.end <= span.start:
            return Rate(0, 0)
        rows = self.rows(span)
        if whose is not None:
            ids = pa.array(whose.directives, pa.string())
            instead = pc.field("directive").isin(ids)
            rows = rows.filter((pc.field("version") == whose.version) | instead)
        return self.of_rows(rows)

    def _by_buckets(self, conn: sa.Connection, span: Span, whose: Whose | None) -> Rate:
        layout = layout_of(self.spec)
        version = None if whose is None else whose.back_to or whose.version
        outcomes = profiles.outcomes(conn, self.spec, span, self.profiled, version=version)
        parts = [self.counted.rate(layout, counts) for counts in outcomes.values()]
        return Rate(sum(part.k for part in parts), sum(part.n for part in parts))


def harmed(rings: Rings, conn: sa.Connection, incident: Incident, now: datetime) -> Harmed:
    """Return `incident` with its system, its baseline and its alarms."""
    stored = systems.get(conn, incident.system)
    before = timedelta(seconds=stored.system.window_s)
    # alarms stand at the end of their window, which in a replay of history is long before now
    since = min(incident.detected_at, incident.impact_from or incident.detected_at)
    span = Span(since - before, now + timedelta(microseconds=1))
    strongest: dict[str, Finding] = {}
    for _, finding in findings.alarms(conn, incident.system, span):
        held = strongest.get(finding.key)
        if held is None or finding.evidence > held.evidence:
            strongest[finding.key] = finding
    alarms = list(strongest.values())
    counted, _ = harm(alarms, incident.slice)
    one = Harmed(
        rings=rings,
        incident=incident,
        system=stored.system,
        spec=stored.spec,
        blocks=systems.blocks(conn, incident.system, stored.spec),
        alarms=alarms,
        counted=counted,
    )
    who = one.profiled
    if len(who.conditions) < 2:
        return one
    parts = systems.combination(conn, incident.system, stored.spec, who)
    blocks = [{**block, who.key: counts} for block, counts in zip(one.blocks, parts, strict=True)]
    return replace(one, blocks=blocks)


def scan_cells(one: Harmed, sums: Mapping[str, Counts]) -> list[tuple[Slice, Rate, Rate]]:
    """Return each profiled slice, the harmed one included, with its rate now and in the reference.

    Args:
        one: the incident.
        sums: what `Harmed.cells` returned.
    """
    layout = layout_of(one.spec)
    found: list[tuple[Slice, Rate, Rate]] = []
    for key in dict.fromkeys(("", *one.spec.slices, one.profiled.key)):
        seen = one.counted.rate(layout, sums.get(key))
        parts = one.baselines(key)
        normal = Rate(sum(r.k for r in parts), sum(r.n for r in parts))
        if seen.n and normal.n:
            found.append((parse(key), seen, normal))
    return found
