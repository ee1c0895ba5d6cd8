"""The queue duty: what comes before people, what comes of it, and who waits too long.

    lake (versions since the mark) ──▶ routed rows, and a share of the others drawn by their ids
    settled, and no longer to be taken back ──▶ outcome in the lake, once (by its id)
    past its due time ──▶ an alert of the source `review queue`, on the way of every other one
    past the age at which predictions are dropped ──▶ gone

Services send routed decisions themselves; that their rows are looked through as well is for those
that log decisions in another way.  Rows that came long after they were made (a replay of history)
are nobody's to judge.  It may be killed anywhere: the mark moves in the unit that adds, and what
was told to the lake twice counts once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import quote

import pyarrow.compute as pc

from tocsin.base.phrases import count
from tocsin.contain.directive import Action
from tocsin.contain.refer import referred
from tocsin.contain.referral import Kind, Referral, Referred, sampled
from tocsin.ingest import outcomes
from tocsin.ingest.outside import OutsideAlert
from tocsin.ingest.system import Kind as SystemKind
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.store import containment, outside, reasons, referrals, systems
from tocsin.store.systems import StoredSystem

ACTOR = "queue"
SOURCE = "review queue"
"""What its alerts say that they come from."""
VERSIONS_AT_ONCE = 200
OUTCOMES_AT_ONCE = 500
_STORED_WITHIN_S = 60.0
_LATE = timedelta(minutes=5)
_LATELY = timedelta(days=1)
"""How long after a directive ended rows are looked through for what it routed."""


def run(rings: Rings, now: datetime) -> None:
    """Do what is due for every system that is declared."""

    def look(name: str) -> None:
        if not rings.policies or name in rings.policies:
            _refer(rings, name, now)
        _tell_outcomes(rings, name, now)
        _alarm(rings, name, now)
        _forget(rings, name, now)

    per_system(rings, look)


# -- what comes before people ---------------------------------------------------------------------
def _refer(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        stored = systems.get(conn, name)
        mark = referrals.mark(conn, name)
        routes = stored.system.queue.routed and any(
            one.action is Action.REVIEW
            for one in containment.of_system(conn, name, since=now - _LATELY)
        )
    version = rings.lake.version(name, "predictions")
    wanted = routes or stored.system.queue.sample > 0
    if not wanted or stored.system.kind is SystemKind.RANKING:
        if mark is not None:  # what comes until it is wanted again is not to be drawn from later
            with rings.database.unit(ACTOR, now, quiet=True) as unit:
                referrals.unmark(unit, name)
        return
    if mark is None or mark > version:
        with rings.database.unit(ACTOR, now, quiet=True) as unit:
            referrals.move_mark(unit, name, version)
        return
    to = min(version, mark + VERSIONS_AT_ONCE)
    if to == mark:
        return
    rows = list(_chosen(rings, stored, mark, to, routes=routes))
    with rings.database.unit(ACTOR, now, quiet=not rows) as unit:
        named = {str(row["directive"]) for row in rows if row["directive"]}
        whys = reasons.reasons(unit.conn, name, named)
        referrals.add(unit, stored.system, [_facts(row, stored, whys) for row in rows])
        referrals.move_mark(unit, name, to)


def _chosen(
    rings: Rings, stored: StoredSystem, since: int, to: int, *, routes: bool
) -> Iterator[dict[str, object]]:
    """Yield the rows that came between two versions and are to be judged."""
    share = stored.system.queue.sample
    late = max(_LATE, timedelta(seconds=stored.system.bucket_s))
    like = stored.spec.schema.predictions()
    for table in rings.lake.added(stored.system.name, "predictions", since, to, like):
        answer = "score" if stored.system.kind is SystemKind.REGRESSION else "prediction"
        by_system: Any = pc.field("decided_by").is_null() | (pc.field("decided_by") == "system")
        wanted: Any = pc.field("decided_by") == "review"
        if share > 0:
            wanted |= by_system & pc.field(answer).is_valid()
        found = table.filter(wanted)
        for row in cast("list[dict[str, object]]", found.to_pylist()):
            if cast("datetime", row["received_at"]) - cast("datetime", row["at"]) > late:
                continue
            if row["decided_by"] == "review":
                if routes:
                    yield row
            elif sampled(str(row["id"]), share):
                yield row


def _facts(row: dict[str, object], stored: StoredSystem, whys: dict[str, str]) -> Referred:
    system = stored.system
    if row["decided_by"] == "review":
        kind, chance, why = Kind.ROUTED, 1.0, whys.get(str(row["directive"]), "")
    else:
        kind, chance = Kind.SAMPLED, system.queue.sample
        why = "Drawn by chance from the decisions that the system made."
    return referred(row, stored.spec.schema, system, kind=kind, probability=chance, why=why)


# -- what comes of it -----------------------------------------------------------------------------
def _tell_outcomes(rings: Rings, name: str, now: datetime) -> None:
    with rings.database.reading() as conn:
        due = referrals.with_outcome_due(conn, name, now, OUTCOMES_AT_ONCE)
        system = systems.get(conn, name).system if due else None
    if system is None:
        return
    found = outcomes.validate([_outcome(one) for one in due], system, now)
    if found.table.num_rows:
        rings.committer.submit(name, "outcomes", found.table).result(_STORED_WITHIN_S)
    with rings.database.unit(ACTOR, now, quiet=True) as unit:
        referrals.outcome_told(unit, [one.id for one in due])


def _outcome(one: Referral) -> dict[str, object]:
    at = one.settled_at
    assert at is not None
    return {"id": one.facts.prediction_id, "at": at.isoformat(), "label": one.result}


# -- who waits too long ---------------------------------------------------------------------------
def _alarm(rings: Rings, name: str, now: datetime) -> None:
    """Let the alert fire while anything is overdue; its words stay those that it began with."""
    with rings.database.reading() as conn:
        waits = referrals.waiting(conn, name, now)
        heard = [one.alert for one in outside.firing(conn, name) if one.alert.source == SOURCE]
        system = systems.get(conn, name).system
    was = heard[0] if heard else None
    pages = system.queue.pages and waits.awaited > 0
    quiet_still = not waits.overdue and was is None
    as_it_was = bool(waits.overdue) and was is not None and was.pages == pages
    if quiet_still or as_it_was:
        return
    verb = "waits" if waits.overdue == 1 else "wait"
    alert = OutsideAlert(
        system=name,
        source=SOURCE,
        fingerprint="overdue",
        rule="overdue reviews",
        title=f"{count(waits.overdue, 'decision')} {verb} for a person beyond the due time",
        firing=waits.overdue > 0,
        pages=pages,
        started_at=waits.first_due_at if was is None else was.started_at,
        url=f"{rings.base_url}/queue?system={quote(name, safe='')}&overdue=true",
    )
    with rings.database.unit(ACTOR, now) as unit:
        outside.take(unit, [alert])


# -- what is kept ---------------------------------------------------------------------------------
def _forget(rings: Rings, name: str, now: datetime) -> None:
    """Drop what is as old as predictions may be; what people were shown are predictions."""
    if rings.keep_predictions is None:
        return
    before = now - rings.keep_predictions
    with rings.database.reading() as conn:
        if not referrals.any_before(conn, name, before):
            return
    with rings.database.unit(ACTOR, now) as unit:
        number = referrals.forget(unit, name, before)
        unit.audit("referral.forgotten", name, referrals=str(number))
