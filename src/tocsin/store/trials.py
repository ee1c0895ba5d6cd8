"""Trials of new versions: the verdict over what is counted, and what was already made of it."""

from collections import Counter
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.contain import canary
from tocsin.contain.canary import Call, Canary
from tocsin.contain.directive import Action, Directive
from tocsin.learn.tried import Called, Tried
from tocsin.profile.cell import Cells
from tocsin.profile.layout import Layout, layout_of
from tocsin.store import containment, profiles, systems, tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore, upsert

LOOK_BACK = timedelta(days=14)


def looked(conn: sa.Connection, directive: str) -> datetime | None:
    """Return the end of the last bucket that the trial of this directive was judged on."""
    table = tables.trial_look
    query = sa.select(table.c.at).where(table.c.directive == directive)
    return conn.execute(query).scalar_one_or_none()


def look(unit: Unit, directive: str, at: datetime) -> None:
    """Keep that the trial of this directive was judged on what was over at `at`."""
    upsert(unit.conn, tables.trial_look, [{"directive": directive, "at": at}])


def called(conn: sa.Connection, directive: str) -> set[Call]:
    """Return what was ever called for in the trial of this directive: each is said once."""
    table = tables.trial_call
    query = sa.select(table.c.call).where(table.c.directive == directive)
    return {Call(call) for call in conn.execute(query).scalars()}


def call(unit: Unit, directive: Directive, told: Canary) -> None:
    """Keep what is called for, with all that was compared."""
    row = {
        "directive": directive.id,
        "call": told.call.value,
        "system": directive.system,
        "at": unit.now,
        "body": encode(told),
    }
    insert_or_ignore(unit.conn, tables.trial_call, [row])
    unit.audit(f"trial.{told.call.value}", directive.id, candidate=told.candidate)


def of_incident(conn: sa.Connection, incident: str) -> list[Tried]:
    """Return the canaries of an incident with every verdict that was given on them."""
    held = [d for d in containment.of_incident(conn, incident) if d.action is Action.CANARY]
    table, given = tables.trial_call, dict[str, list[Called]]()
    query = (
        sa.select(table.c.directive, table.c.at, table.c.body)
        .where(table.c.directive.in_([directive.id for directive in held]))
        .order_by(table.c.at)
    )
    for directive, at, body in conn.execute(query):
        told = decode(Canary, body, where=f"verdict on {directive}")
        given.setdefault(directive, []).append(Called(at, told))
    return [Tried(directive=one, calls=tuple(given.get(one.id, ()))) for one in held]


def judged(
    conn: sa.Connection,
    name: str,
    candidate: str | None,
    champion: str | None,
    *,
    since: datetime | None,
    now: datetime,
    within: Slice = EVERYONE,
) -> Canary:
    """Return the verdict over what is stored.

    Args:
        conn: where to read.
        name: of the system.
        candidate: the version under trial; None: the one that was seen first last.
        champion: the version it would replace; None: who decided most beside the candidate.
        since: from when on they are compared; None: `LOOK_BACK` before now.
        now: the time.
        within: whom the candidate may decide.

    Raises:
        NotFound: there is no such system.
        BadInput: there are no two versions to compare, or a version was not seen.
    """
    stored = systems.get(conn, name)
    spec, system = stored.spec, stored.system
    span = Span(since or now - LOOK_BACK, now)
    layout = layout_of(spec)
    everyone = profiles.cells(conn, spec, span, slice="")
    one, other = _versions(everyone, layout, candidate, champion)
    cells = {
        **profiles.cells(conn, spec, span, version=one),
        **profiles.cells(conn, spec, span, version=other),
    }
    return canary.judge(
        cells,
        layout,
        candidate=one,
        champion=other,
        now=now,
        trial=system.trial,
        outcomes_after=timedelta(seconds=system.outcomes_after_s),
        within=within,
    )


def _versions(
    everyone: Cells, layout: Layout, candidate: str | None, champion: str | None
) -> tuple[str, str]:
    began: dict[str, datetime] = {}
    for key in everyone:
        began[key.version] = min(key.bucket, began.get(key.version, key.bucket))
    for version in (candidate, champion):
        if version is not None and version not in began:
            raise BadInput(
                f"version {version!r} decided nothing",
                where="canary",
                do=f"seen were {', '.join(sorted(began)) or 'none'}; look back further with since",
            )
    if len(began) < 2:
        raise BadInput(
            "there are no two versions to compare",
            where="canary",
            do="send each decision's version; both must have served",
        )
    new = candidate or max((v for v in began if v != champion), key=lambda v: (began[v], v))
    beside = {key.bucket for key in everyone if key.version == new}
    decided = Counter[str]()
    for key, counts in everyone.items():
        if key.version != new:
            decided[key.version] += layout.one(counts, "n") if key.bucket in beside else 0
    return new, champion or max(decided, key=lambda v: (decided[v], v))
