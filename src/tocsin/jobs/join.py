"""Making rows of logged calls whose two halves are here, and giving up on those that stay alone.

    halves (request, response) → rows in the lake, durable → one unit: halves marked as joined

A crash before the unit's commit joins the same calls again, and the lake knows their ids.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tocsin.base.errors import BadInput
from tocsin.ingest import kserve, predictions, wire
from tocsin.ingest.privacy import guarded
from tocsin.ingest.rows import Accepted
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.profile.spec import Spec
from tocsin.store import halves, systems
from tocsin.store.halves import Pair
from tocsin.store.systems import StoredSystem

ACTOR = "join"
ROUNDS_AT_ONCE = 20
"""Portions joined before other duties have their turn."""
_DURABLE_WITHIN_S = 60.0


def run(rings: Rings, now: datetime) -> None:
    """Join what is complete and expire what waited too long, for every system."""

    def catch_up(name: str) -> None:
        with rings.database.reading() as conn:
            stored = systems.get(conn, name)
        for _ in range(ROUNDS_AT_ONCE):
            if not _join(rings, stored, now):
                break
        before = now - timedelta(seconds=stored.system.serving.wait_s)
        with rings.database.reading() as conn:
            late = halves.overdue(conn, name, before)
        if late:
            with rings.database.unit(ACTOR, now, quiet=True) as unit:
                halves.expire(unit, name, before)

    per_system(rings, catch_up)


def _join(rings: Rings, stored: StoredSystem, now: datetime) -> bool:
    """Join one portion; return whether there was one."""
    name = stored.system.name
    with rings.database.reading() as conn:
        pairs = halves.pairs(conn, name)
    if not pairs:
        return False
    accepted, misfits = _rows(pairs, stored.spec, now)
    accepted = guarded(accepted, stored.system, rings.secret)
    if accepted.table.num_rows:
        rings.committer.submit(name, "predictions", accepted.table).result(_DURABLE_WITHIN_S)
    with rings.database.unit(ACTOR, now, quiet=True) as unit:
        halves.join(unit, name, [request.id for request, _ in pairs])
        for rejection in accepted.rejected:
            reason, example = f"refused: {rejection.field}", f"{rejection.id}: {rejection.reason}"
            halves.drop(unit, name, reason, 1, example)
        for id_, why in misfits.items():
            halves.drop(unit, name, "refused: rows", 1, f"{id_}: {why}")
    return True


def _rows(pairs: Sequence[Pair], spec: Spec, now: datetime) -> tuple[Accepted, Mapping[str, str]]:
    """Return the rows of these calls, and why some calls gave none."""
    rows: list[object] = []
    misfits: dict[str, str] = {}
    for request, response in pairs:
        try:
            rows += kserve.joined(request, response)
        except BadInput as fault:
            misfits[request.id] = fault.what
    source = wire.of_objects(rows, spec.schema)
    return predictions.accept(source, spec.schema, now, kind=spec.kind), misfits
