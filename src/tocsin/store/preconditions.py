"""The facts behind a plan's preconditions: read for what its steps need, and for nothing else."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.base.spans import Span
from tocsin.contain import precondition
from tocsin.contain.directive import Action
from tocsin.contain.plan import Need, Plan
from tocsin.contain.precondition import LOOKED_BACK, Facts, Precondition
from tocsin.detect.stages import SERVING, pace_of
from tocsin.profile.layout import DECIDERS, layout_of
from tocsin.store import changes, containment, profiles, referrals, stages, systems, tables, traffic
from tocsin.store.systems import StoredSystem

_A_MOMENT = timedelta(microseconds=1)
_ANNOUNCED = frozenset({Need.ANNOUNCED, Need.OF_VERSION})
"""Needs for which it is enough that a change names the version."""


def of_plan(conn: sa.Connection, plan: Plan, now: datetime) -> tuple[Precondition, ...]:
    """Return what must hold for `plan`, and whether it does at `now`."""
    return precondition.preconditions(plan, facts(conn, plan, now))


def unmet(conn: sa.Connection, plan: Plan, now: datetime) -> tuple[Precondition, ...]:
    """Return what does not hold of it at `now`."""
    return precondition.unmet(plan, facts(conn, plan, now))


def facts(conn: sa.Connection, plan: Plan, now: datetime) -> Facts:
    """Return what is known at `now` of what `plan` needs.

    Raises:
        NotFound: its system is not known.
    """
    needs = {need for step in plan.steps for need in step.needs}
    if not needs:
        return Facts(now=now)
    stored, system = systems.get(conn, plan.system), plan.system
    asked = stages.get(conn, SERVING, system) if Need.HEARD in needs else None
    named = {v for step in plan.steps for v in (step.to_version, step.of_version) if v}
    queue = referrals.waiting(conn, system, now) if Need.PEOPLE in needs else None
    in_force = containment.in_force(conn, system, now) if Need.RELEASES in needs else []
    freezes = [one for one in in_force if one.action is Action.FREEZE]
    return Facts(
        now=now,
        heard_at=asked.at if asked else None,
        usual_pause=pace_of(asked).pause,
        decided_at=_decided(conn, stored, named) if _of_version(needs) else {},
        announced_at=_announced(conn, system, now) if needs & _ANNOUNCED else {},
        good=traffic.seen(conn, stored, now, now).good if Need.LAST_GOOD in needs else None,
        waiting=queue.number if queue else 0,
        late=queue.awaited if queue else 0,
        frozen=max(freezes, key=lambda one: one.expires_at, default=None),
        by_rules=_by_rules(conn, stored, now) if Need.RULES in needs else 0,
    )


def _of_version(needs: set[Need]) -> bool:
    return bool(needs & {Need.DECIDED, *_ANNOUNCED})


def _decided(
    conn: sa.Connection, stored: StoredSystem, versions: Iterable[str]
) -> dict[str, datetime]:
    """Return when each of the versions that ever decided did so last, by the bucket's begin."""
    found = {one: _last(conn, stored, one) for one in sorted(versions)}
    return {version: at for version, at in found.items() if at is not None}


def _last(conn: sa.Connection, stored: StoredSystem, version: str) -> datetime | None:
    table = tables.profile
    query = (
        sa.select(table.c.bucket)
        .where(
            table.c.system == stored.system.name,
            table.c.slice == "",
            table.c.version == version,
        )
        .order_by(table.c.bucket.desc())
        .limit(1)
    )
    # who decided lately is found at once; while the lake is recounted the old counts tell
    lately: datetime | None = conn.scalar(query.where(table.c.spec_hash == stored.spec.hash))
    return lately if lately is not None else conn.scalar(query)


def _announced(conn: sa.Connection, system: str, now: datetime) -> dict[str, datetime]:
    """Return when each version was last named by a recorded change."""
    span = Span(now - LOOKED_BACK, now + _A_MOMENT)
    return {one.version: one.at for one in changes.between(conn, system, span) if one.version}


def _by_rules(conn: sa.Connection, stored: StoredSystem, now: datetime) -> int:
    """Return how many decisions the rules made of late, at the least.

    A call that failed counts as theirs too where a gateway has no rules: those are left out, and
    with them some that the rules did make.
    """
    span, layout = Span(now - traffic.VERSIONS_SEEN, now + _A_MOMENT), layout_of(stored.spec)
    place = DECIDERS.index("fallback")
    return sum(
        max(0, int(layout.get(counts, "n_by_decider")[place]) - layout.one(counts, "n_error"))
        for counts in profiles.cells(conn, stored.spec, span, slice="").values()
    )
