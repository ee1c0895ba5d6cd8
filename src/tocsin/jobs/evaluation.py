"""One evaluation of stored counts under given terms, when it is due and ever again.

terms + counts up to a closed epoch + baseline  →  findings
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from tocsin.base.errors import Conflict, NotFound
from tocsin.base.spans import Span, bucket_of
from tocsin.detect.arrivals import Arrivals
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Budget
from tocsin.detect.check import facts_of
from tocsin.detect.evaluate import evaluate, kpi_share, look_at
from tocsin.detect.explain import Explained, differs
from tocsin.detect.finding import Finding, Origin
from tocsin.detect.kpi import Watched, watch
from tocsin.detect.picture import Picture, picture
from tocsin.detect.series import Series
from tocsin.detect.terms import Terms
from tocsin.ingest.system import System
from tocsin.jobs.objectives import objectives
from tocsin.jobs.pasts import pasts
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window
from tocsin.store import epochs, findings, profiles, systems
from tocsin.store import kpis as store
from tocsin.store.codec import decode
from tocsin.store.epochs import Stamp
from tocsin.store.hourly import arrivals
from tocsin.store.systems import StoredSystem

_baselines: dict[tuple[str, str, str], Baseline] = {}
"""By system, spec and reference, since a baseline is read and worked out once and never changes."""
_MOST_BASELINES = 64
KPI_PAST, KPI_BUCKETS = timedelta(days=120), 12_000
"""How much of a KPI is read for one look: what is shorter."""
SLICES_BACK = 2160
"""Buckets of slices that are read at most for one look, beside the window: 90 days of hours."""


def evaluated(
    conn: sa.Connection,
    stored: StoredSystem,
    terms: Terms,
    stamp: Stamp,
    judged: Sequence[Watched] | None = None,
) -> list[Finding]:
    """Return what the monitors say under `terms` of the counts up to the epoch of `stamp`.

    `judged` is what `kpis` gave, where the caller needs it too.
    """
    outcomes = terms.outcomes
    found = evaluate(
        *_compared(conn, stored, terms, stamp),
        now=terms.now,
        history=_history(conn, stored.spec, terms, stamp),
        last_at=terms.last_at,
        kpis=kpis(conn, stored, terms, stamp) if judged is None else judged,
        matured=_counted(conn, stored.spec, outcomes, stamp) if outcomes else None,
        objectives=objectives(conn, stored, terms, stamp),
        pasts=pasts(conn, stored, terms, stamp),
        arrived=_arrived(conn, stored, terms, stamp),
    )
    origin = Origin(
        reference_sha256=terms.reference_sha256,
        spec_hash=stamp.spec_hash,
        epoch=stamp.epoch,
        code=terms.code,
        config=terms.config,
    )
    return [replace(finding, origin=origin) for finding in found]


def _compared(
    conn: sa.Connection, stored: StoredSystem, terms: Terms, stamp: Stamp
) -> tuple[Window, Baseline, Spec, System, Budget]:
    """Return what `evaluate` and `look_at` take."""
    reference, span = baseline(conn, stored), terms.window
    assert reference is not None
    spec = stored.spec
    return _counted(conn, spec, span, stamp), reference, spec, terms.system, terms.budget


def _counted(conn: sa.Connection, spec: Spec, span: Span, stamp: Stamp) -> Window:
    """Return what was counted of `span` up to the epoch of `stamp`, with all that is known."""
    found = profiles.window(conn, spec, span, as_of=stamp.epoch)
    leaves, marks = profiles.people(conn, spec, span, as_of=stamp.epoch)
    return replace(found, leaves=leaves, marks=marks)


def _arrived(
    conn: sa.Connection, stored: StoredSystem, terms: Terms, stamp: Stamp
) -> Arrivals | None:
    """Return the buckets up to the window's end; None where silence means nothing."""
    if terms.now is None or not terms.system.auto:
        return None
    return arrivals(conn, stored.spec, terms.window, as_of=stamp.epoch)


def explained(conn: sa.Connection, system: str, name: str) -> Explained:
    """Return one finding, computed again from what was known then, and drawn.

    Args:
        conn: where to read.
        system: its name.
        name: see `store.findings.find`.

    Raises:
        NotFound: there is no such system or finding.
    """
    stored = systems.get(conn, system)
    said, stamp = findings.find(conn, system, name)
    drawn = Picture(finding=said)
    if stamp is None:
        return Explained(said=said, picture=drawn, obstacle="it was not made from stored counts")
    try:
        terms = _terms(conn, stored, stamp)
        found = {one.key: one for one in evaluated(conn, stored, terms, stamp)}
    except (NotFound, Conflict) as error:
        return Explained(said=said, picture=drawn, obstacle=str(error))
    again = found.get(said.key)
    if again is None:
        return Explained(said=said, picture=drawn, obstacle="its monitor does not exist any more")
    look = look_at(*_compared(conn, stored, terms, stamp))
    if terms.outcomes is not None and again.window == terms.outcomes:
        look = look.of(_counted(conn, stored.spec, terms.outcomes, stamp))
    return Explained(
        said=said,
        picture=picture(look, again),
        differs=differs(facts_of(said), facts_of(again)),
    )


def kpis(conn: sa.Connection, stored: StoredSystem, terms: Terms, stamp: Stamp) -> list[Watched]:
    """Return the KPIs of `terms`, judged bucket by bucket up to its instant.

    Args:
        conn: where to read.
        stored: the system.
        terms: whose system, budget, instant and incidents they are judged by.
        stamp: what was known.
    """
    if terms.kpis_at is None:
        return []
    share = kpi_share(stored.spec, terms.system, terms.budget)
    masked = [(one.start.timestamp(), one.end.timestamp()) for one in terms.incidents]
    found: list[Watched] = []
    for kpi in terms.system.kpis:
        closed = bucket_of(terms.kpis_at - timedelta(seconds=kpi.wait_s), kpi.every_s)
        kept = min(KPI_PAST, KPI_BUCKETS * timedelta(seconds=kpi.every_s))
        rows = store.between(conn, stored.system.name, kpi.name, Span(closed - kept, closed), stamp)
        found.append(watch(kpi, Series.of(rows, kpi.every_s), share, masked))
    return found


def recompute(conn: sa.Connection, system: str, stamp: Stamp) -> list[Finding]:
    """Return the findings of an earlier evaluation, computed again from what was known then.

    They are those that were said, number by number, whatever has been counted since.

    Args:
        conn: where to read.
        system: its name.
        stamp: the evaluation's, from `store.findings`.

    Raises:
        NotFound: it is older than what is kept (`retention.as_of`).
        Conflict: the same; or the system has another reference or spec now, whose counts mean
            something else.
    """
    stored = systems.get(conn, system)
    return evaluated(conn, stored, _terms(conn, stored, stamp), stamp)


def _terms(conn: sa.Connection, stored: StoredSystem, stamp: Stamp) -> Terms:
    """Return the terms of an earlier evaluation; raises what `recompute` does."""
    system = stored.system.name
    kept = epochs.get(conn, system, stamp).terms
    if kept is None:
        raise NotFound(f"{system}: the evaluation of epoch {stamp.epoch} was never completed")
    terms = decode(Terms, kept, where=f"epoch {stamp.epoch} of {system}")
    if (stored.spec.hash, stored.sha256) != (stamp.spec_hash, terms.reference_sha256):
        raise Conflict(
            f"{system}: this was said under spec {stamp.spec_hash}, the present one is "
            f"{stored.spec.hash}; declare the reference of then to compute it again"
        )
    return terms


def _history(conn: sa.Connection, spec: Spec, terms: Terms, stamp: Stamp) -> Iterator[Window]:
    """Yield the windows before that of `terms`, while the system was up, newest first.

    Those that begin more than `SLICES_BACK` buckets before are of everyone alone.
    """
    span, length = terms.window, terms.window.length
    start, far = span.start - length, span.start - SLICES_BACK * timedelta(seconds=spec.bucket_s)
    while start >= terms.history_from:
        past, who = Span(start, start + length), None if start >= far else ""
        yield profiles.window(conn, spec, past, slice=who, as_of=stamp.epoch)
        start -= length


def baseline(conn: sa.Connection, stored: StoredSystem) -> Baseline | None:
    """Return the reference's counts, ready to be compared with; None where there are none."""
    key = (stored.system.name, stored.spec.hash, stored.sha256)
    if key not in _baselines:
        name, spec = stored.system.name, stored.spec
        blocks, short = systems.blocks(conn, name, spec), systems.stretches(conn, name, spec)
        if not blocks:
            return None
        if len(_baselines) >= _MOST_BASELINES:
            _baselines.clear()
        people, few = (systems.people(conn, name, spec, short=one) for one in (False, True))
        _baselines[key] = Baseline.of_cells(
            [(cells, *own) for cells, own in zip(blocks, people, strict=True)],
            [(cells, *own) for cells, own in zip(short, few, strict=True)],
        )
    return _baselines[key]
