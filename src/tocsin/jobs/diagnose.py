"""Diagnose every open incident, again and again while it is open.

The harm's series of counts gives the onset; onset, scope and drifting inputs rank the recorded
changes; the lake names every decision that the system made for the people who were hit.  The last
diagnosis is kept; the timeline gets a line only when the first suspect is another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa
import sqlalchemy as sa

from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.diagnose import changes as ranking
from tocsin.diagnose.blast import Blast, blast
from tocsin.diagnose.conclude import conclude
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.inputs import column_suspects, drifting, slice_suspects
from tocsin.diagnose.ledger import LedgerRow
from tocsin.diagnose.localise import Cell, Culprit, localise
from tocsin.diagnose.onset import Onset, onset
from tocsin.diagnose.suspect import Suspect
from tocsin.incident import impact, lifecycle
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.jobs.harm import BY_SYSTEM, SKEW, Harmed, harmed, scan_cells
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.profile.cell import Counts
from tocsin.profile.layout import layout_of
from tocsin.store import changes, containment, diagnoses, incidents, profiles, systems
from tocsin.store.codec import encode

_ACTOR = "tocsin"
_SEARCH_BUCKETS = 168
"""How far before the series changes are looked for: a week of hours."""
_LEDGER_COLUMNS = ("id", "at", "version", "score", "prediction", "decided_by", "error")


def run(rings: Rings, now: datetime) -> None:
    """Diagnose what is open and due."""
    per_system(rings, lambda name: _system(rings, name, now))


def _system(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        bucket = timedelta(seconds=systems.get(conn, name).spec.bucket_s)
        due = [
            incident
            for incident in incidents.open_ones(conn, name)
            if _due(diagnoses.get(conn, incident.id), bucket, now)
        ]
    for incident in due:
        _incident(rings, incident, now)


def _due(last: Diagnosis | None, bucket: timedelta, now: datetime) -> bool:
    """Return whether enough has happened: a sixtieth of a bucket, 2 s at least, 1 min at most."""
    pause = min(max(bucket / 60, timedelta(seconds=2)), timedelta(minutes=1))
    return last is None or now - last.made_at >= pause


def _incident(rings: Rings, incident: Incident, now: datetime) -> None:
    with rings.database.reading() as conn:
        one = harmed(rings, conn, incident, now)
        found = _began(conn, one, now)
        suspects = _suspects(conn, one, found, now)
        start = ranking.sharpened(found.start, one.bucket, suspects)
        # whom it hit is counted from when a person says that it began
        found = replace(found, start=impact.said(incident) or start)
        rows = _affected(one, found, now)
        known = diagnoses.ledger_ids(conn, incident.id)
        diagnosis = conclude(
            incident,
            now=now,
            measure=one.counted.name,
            buckets=found.buckets,
            began=found.onset,
            reach=_reach(conn, one, found, rows, now),
            suspects=suspects,
        )
        before = diagnoses.get(conn, incident.id)
    fresh = [row for row in _ledger(one, rows) if row.prediction_id not in known]
    same = before is not None and encode(replace(diagnosis, made_at=before.made_at)) == encode(
        before
    )
    with rings.database.unit(_ACTOR, now, quiet=same and not fresh) as unit:
        current = incidents.get(unit.conn, incident.id)
        # when it began was said meanwhile: these rows are not whom it hit, the next round's are
        if current.state is State.RESOLVED or impact.said(current) != impact.said(incident):
            return
        diagnoses.save(unit, incident.id, diagnosis)
        diagnoses.save_ledger(unit, incident.id, fresh)
        after = impact.compute(current, diagnosis.onset)
        entries = ()
        if _named(diagnosis) != (_named(before) if before else None):
            after, entries = lifecycle.note(
                after,
                kind=EntryKind.DIAGNOSIS,
                text=diagnosis.summary,
                actor=_ACTOR,
                now=now,
                entry_id=unit.new_id("ent"),
                facts={"first": _named(diagnosis)},
            )
        if entries or after != current:
            incidents.save(unit, after, entries)


def _named(diagnosis: Diagnosis) -> str:
    """Return what stands first, so that a change of mind can be told."""
    first = diagnosis.first
    return "" if first is None else first.what.get("id", first.kind.value)


# -- since when --------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Where the harm began, among which buckets, and how far back the series goes."""

    buckets: Sequence[Span]
    onset: Onset | None
    start: datetime
    """The earliest credible instant of the harm."""


def _began(conn: sa.Connection, one: Harmed, now: datetime) -> _Found:
    incident = one.incident
    back = max(2 * timedelta(seconds=one.system.window_s), 48 * one.bucket)
    first = profiles.first_and_last(conn, one.system.name)
    start = one.bucket_start(incident.detected_at - back)
    if first is not None:
        start = max(start, first.start)
    end = _uncontained_until(conn, incident, now)
    series = one.series(conn, Span(start, end))
    # the bucket in which containment began holds both worlds
    if len(series) > 2 and series[-1][0].end > end and end < now:
        series = series[:-1]
    baseline, phi = one.baseline()
    fallback = incident.impact_from or incident.detected_at
    if not baseline.n or not any(rate.n for _, rate in series):
        return _Found(buckets=(), onset=None, start=min(fallback, incident.detected_at))
    p = (baseline.k + 0.5) / (baseline.n + 1)
    # the rarer of the two answers is nearer to Poisson
    rare = p <= 0.5
    observed = [rate.k if rare else rate.n - rate.k for _, rate in series]
    expected = [rate.n * (p if rare else 1 - p) for _, rate in series]
    posterior = onset(observed, expected, phi=phi)
    buckets = [span for span, _ in series]
    earliest, _ = posterior.credible()
    return _Found(buckets=buckets, onset=posterior, start=buckets[earliest].start)


def _uncontained_until(conn: sa.Connection, incident: Incident, now: datetime) -> datetime:
    """Return until when the harm was seen unmixed: containment, recovery, or now."""
    given = containment.of_incident(conn, incident.id)
    ends = [now + SKEW, *(d.created_at for d in given)]
    if incident.recovered_at is not None:
        ends.append(incident.recovered_at)
    return min(ends)


# -- for whom, how many ------------------------------------------------------------------------
def _affected(one: Harmed, found: _Found, now: datetime) -> pa.Table:
    """Return the rows of the slice that the system itself decided while the harm went on."""
    end = one.incident.recovered_at or now + SKEW
    attributes = [f"s_{attribute.name}" for attribute in one.spec.schema.attributes]
    span = Span(found.start, max(end, found.start))
    rows = one.rows(span, (*_LEDGER_COLUMNS, *attributes))
    return rows.filter(BY_SYSTEM)


def _reach(conn: sa.Connection, one: Harmed, found: _Found, rows: pa.Table, now: datetime) -> Blast:
    baseline, _ = one.baseline()
    eligible = 1.0
    if one.counted.needs_outcomes:
        span = Span(found.start, _uncontained_until(conn, one.incident, now))
        seen = one.rate(conn, span)
        cell = one.cells(conn, span).get(one.profiled.key)
        labelled = layout_of(one.spec).one(cell, "n_labelled") if cell is not None else 0
        eligible = seen.n / labelled if labelled else 1.0
    else:
        seen = one.of_rows(rows)
    return blast(
        rows.num_rows,
        seen,
        baseline,
        one.system.impact,
        by_outcomes=one.counted.needs_outcomes,
        eligible=eligible,
    )


def _ledger(one: Harmed, rows: pa.Table) -> list[LedgerRow]:
    names = [attribute.name for attribute in one.spec.schema.attributes]
    return [
        LedgerRow(
            prediction_id=row["id"],
            at=row["at"],
            version=row["version"],
            score=row["score"],
            prediction=row["prediction"],
            attributes={name: row[f"s_{name}"] for name in names if row[f"s_{name}"] is not None},
        )
        for row in rows.to_pylist()
    ]


# -- why ---------------------------------------------------------------------------------------
def _suspects(conn: sa.Connection, one: Harmed, found: _Found, now: datetime) -> list[Suspect]:
    window = Span(found.start, _uncontained_until(conn, one.incident, now))
    sums = one.cells(conn, window)
    evidence = [*column_suspects(one.alarms, one.slice), *slice_suspects(_scan(one, sums))]
    if found.onset is None:
        return evidence
    searched = Span(found.buckets[0].start - _SEARCH_BUCKETS * one.bucket, now + SKEW)
    layout = layout_of(one.spec)
    everyone = layout.one(sums[""], "n") if "" in sums else 0

    def share(slice_: Slice) -> float:
        """Return the share of people in a slice; attributes are taken as independent."""
        part = 1.0
        for condition in slice_.conditions:
            cell = sums.get(Slice((condition,)).key)
            part *= layout.one(cell, "n") / everyone if cell is not None and everyone else 0.0
        return part

    named = ranking.rank(
        changes.between(conn, one.system.name, searched),
        ranking.Harmed(
            onset=dict(zip(found.buckets, found.onset.probability, strict=True)),
            slice=one.slice,
            drifting=drifting(one.alarms, one.slice),
            searched=searched,
        ),
        ranking.Lags.of_bucket(one.spec.bucket_s),
        share,
    )
    return [*named, *evidence]


def _scan(one: Harmed, sums: Mapping[str, Counts]) -> list[Culprit]:
    """Return the slices that deviate the same way as the harmed one."""
    rates = scan_cells(one, sums)
    hit = next((pair for pair in rates if pair[0] == one.profiled), None)
    if hit is None:
        return []
    _, seen, normal = hit
    rare = normal.share <= 0.5
    cells = [
        Cell(
            slice_,
            observed=now.k if rare else now.n - now.k,
            expected=now.n * (was.share if rare else 1 - was.share),
            n=now.n,
        )
        for slice_, now, was in rates
    ]
    _, phi = one.baseline()
    return localise(cells, phi=phi, rise=(seen.share > normal.share) is rare)
