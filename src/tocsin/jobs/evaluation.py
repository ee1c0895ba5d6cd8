"""One evaluation of stored counts under given terms, when it is due and ever again.

terms + counts up to a closed epoch + baseline  →  findings
"""

import sqlalchemy as sa

from tocsin.base.errors import Conflict, NotFound
from tocsin.base.spans import Span
from tocsin.detect.baseline import Baseline
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Finding
from tocsin.detect.terms import Terms
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window, window
from tocsin.store import epochs, profiles, systems
from tocsin.store.codec import decode
from tocsin.store.epochs import Stamp
from tocsin.store.systems import StoredSystem

_baselines: dict[tuple[str, str, str], Baseline] = {}
"""By system, spec and reference, since a baseline is read and worked out once and never changes."""
_MOST_BASELINES = 64


def evaluated(
    conn: sa.Connection, stored: StoredSystem, terms: Terms, stamp: Stamp
) -> list[Finding]:
    """Return what the monitors say under `terms` of the counts up to the epoch of `stamp`."""
    spec, span = stored.spec, terms.window
    reference = baseline(conn, stored)
    assert reference is not None

    def counted(over: Span) -> Window:
        return window(profiles.cells(conn, spec, over, as_of=stamp.epoch), over)

    current = counted(span)
    return evaluate(
        current,
        reference,
        spec,
        terms.system,
        terms.budget,
        now=terms.now,
        history=_history(conn, spec, terms, stamp),
        last_at=terms.last_at,
        matured=counted(terms.outcomes) if terms.outcomes else None,
    )


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
    kept = epochs.get(conn, system, stamp).terms
    if kept is None:
        raise NotFound(f"{system}: the evaluation of epoch {stamp.epoch} was never completed")
    terms = decode(Terms, kept, where=f"epoch {stamp.epoch} of {system}")
    if (stored.spec.hash, stored.sha256) != (stamp.spec_hash, terms.reference_sha256):
        raise Conflict(
            f"{system}: this was said under spec {stamp.spec_hash}, the present one is "
            f"{stored.spec.hash}; declare the reference of then to compute it again"
        )
    return evaluated(conn, stored, terms, stamp)


def _history(conn: sa.Connection, spec: Spec, terms: Terms, stamp: Stamp) -> list[Window]:
    """Return the windows before that of `terms`, while the system was up, newest first."""
    span = terms.window
    past = Span(terms.history_from, span.start)
    cells = profiles.cells(conn, spec, past, slice="", as_of=stamp.epoch)
    whole: list[Window] = []
    start = past.end - span.length
    while start >= past.start:
        whole.append(window(cells, Span(start, start + span.length)))
        start -= span.length
    return whole


def baseline(conn: sa.Connection, stored: StoredSystem) -> Baseline | None:
    """Return the reference's counts, ready to be compared with; None where there are none."""
    key = (stored.system.name, stored.spec.hash, stored.sha256)
    if key not in _baselines:
        blocks = systems.blocks(conn, stored.system.name, stored.spec)
        if not blocks:
            return None
        if len(_baselines) >= _MOST_BASELINES:
            _baselines.clear()
        _baselines[key] = Baseline.of_cells(blocks)
    return _baselines[key]
