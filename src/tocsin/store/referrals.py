"""Decisions before people: kept, handed out one by one, settled, forgotten.

Every move reads its row under the unit's lock, asks `contain.referral` and writes what it says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import sqlalchemy as sa

from tocsin.base.errors import NotFound
from tocsin.contain.answers import same
from tocsin.contain.referral import UNDO, Place, Referral, Referred, State, refer
from tocsin.ingest.queue import Queue
from tocsin.ingest.system import System
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit, in_unit
from tocsin.store.upsert import upsert

_AT_ONCE = 500
_MARK = "referrals"
"""Under this name stands up to which version of the lake it was looked for decisions to sample."""
_PPM = 1_000_000
_ORDER = (tables.referral.c.priority, tables.referral.c.due_at, tables.referral.c.id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which referrals a list shows."""

    system: str | None = None
    state: State | None = State.WAITING
    overdue_at: datetime | None = None
    """Only those that are overdue at this instant."""
    after: Place | None = None
    """Only those behind this place: the last of the page before."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of a system's referrals wait, how many too long, and since when the first is due."""

    number: int
    overdue: int
    awaited: int
    """Of the overdue ones, those whose callers wait for an answer."""
    first_due_at: datetime | None


def add(unit: Unit, system: System, found: Sequence[Referred]) -> int:
    """Put decisions before people, each once; return how many are new.

    One that is there already stays, but for the system's own answer where it was not known and
    nobody has looked yet.
    """
    table, new = tables.referral, 0
    for k in range(0, len(found), _AT_ONCE):
        some = {facts.prediction_id: facts for facts in found[k : k + _AT_ONCE]}
        query = sa.select(table.c.body).where(
            table.c.system == system.name, table.c.prediction_id.in_(sorted(some))
        )
        known = {one.facts.prediction_id: one for one in map(_referral, _bodies(unit, query))}
        for name, facts in some.items():
            if name in known:
                _complete(unit, system, known[name], facts)
                continue
            fresh = refer(unit.new_id("ref"), system.name, facts, system.queue, unit.now)
            unit.conn.execute(sa.insert(table).values(**_columns(fresh, system)))
            new += 1
    return new


def get(conn: sa.Connection, id_: str) -> Referral:
    """Return one referral; in a unit its row is locked.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(tables.referral.c.body).where(tables.referral.c.id == id_)
    body = conn.execute(query.with_for_update() if in_unit(conn) else query).scalar_one_or_none()
    if body is None:
        raise NotFound(f"nothing is referred to people as {id_!r}; it may have been erased")
    return _referral(body)


def of_prediction(conn: sa.Connection, system: str, prediction_id: str) -> Referral:
    """Return the referral of one prediction, by its id as stored.

    Raises:
        NotFound: there is none.
    """
    table = tables.referral
    query = sa.select(table.c.body).where(
        table.c.system == system, table.c.prediction_id == prediction_id
    )
    body = conn.execute(query).scalar_one_or_none()
    if body is None:
        raise NotFound(f"{system} has referred no prediction of this id to people")
    return _referral(body)


def save(unit: Unit, one: Referral, system: System) -> None:
    """Write what became of a referral."""
    upsert(unit.conn, tables.referral, [_columns(one, system)])


def next_for(
    conn: sa.Connection,
    person: str,
    now: datetime,
    *,
    system: str | None = None,
    after: Referral | None = None,
) -> str | None:
    """Return the id of what `person` is to judge next: what they hold, else the first in line.

    Args:
        conn: where to read; in a unit the row is locked, and those locked by others are passed by.
        person: who asks; what they judged before is not for them.
        now: the instant.
        system: only of this one.
        after: only what comes behind this one, which they pass by.
    """
    table = tables.referral
    open_ = [
        table.c.state == State.WAITING.value,
        table.c.open_at <= now,
        sa.or_(table.c.first_by.is_(None), table.c.first_by != person),
        sa.or_(table.c.second_by.is_(None), table.c.second_by != person),
    ]
    if system is not None:
        open_.append(table.c.system == system)
    if after is not None:
        open_.append(_behind(after.place))
    else:
        held = _held(conn, person, now, system)
        if held is not None:
            return held
    free = sa.or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)
    query = sa.select(table.c.id).where(*open_, free).order_by(*_ORDER).limit(1)
    if in_unit(conn):
        query = query.with_for_update(skip_locked=True)
    return conn.execute(query).scalar_one_or_none()


def listed(conn: sa.Connection, wanted: Wanted, limit: int) -> list[Referral]:
    """Return referrals: those that callers wait for, then the others, the first due first."""
    table = tables.referral
    query = sa.select(table.c.body).order_by(*_ORDER).limit(limit)
    if wanted.system is not None:
        query = query.where(table.c.system == wanted.system)
    if wanted.state is not None:
        query = query.where(table.c.state == wanted.state.value)
    if wanted.overdue_at is not None:
        query = query.where(
            table.c.state == State.WAITING.value, table.c.due_at <= wanted.overdue_at
        )
    if wanted.after is not None:
        query = query.where(_behind(wanted.after))
    return [_referral(body) for body in conn.execute(query).scalars()]


def waiting(conn: sa.Connection, system: str, now: datetime) -> Waiting:
    """Return how many of a system's referrals wait."""
    table = tables.referral
    late = table.c.due_at <= now
    query = sa.select(
        sa.func.count(),
        sa.func.count().filter(late),
        sa.func.count().filter(late, table.c.priority == 0),
        sa.func.min(table.c.due_at),
    ).where(table.c.system == system, table.c.state == State.WAITING.value)
    number, overdue, awaited, first = conn.execute(query).one()
    return Waiting(number, overdue, awaited, first)


def judged(
    conn: sa.Connection, system: str, since: datetime, until: datetime, limit: int
) -> list[tuple[float, bool, Mapping[str, str]]]:
    """Return of settled referrals their chance, whether the system was wrong, and attributes.

    Only those where it had answered; the newest `limit`.
    """
    table = tables.referral
    attributes = table.c.body["facts"]["attributes"]
    query = (
        sa.select(table.c.chance_ppm, table.c.wrong, attributes)
        .where(
            table.c.system == system,
            table.c.settled_at >= since,
            table.c.settled_at <= until,
            table.c.wrong.is_not(None),
        )
        .order_by(table.c.settled_at.desc())
        .limit(limit)
    )
    return [
        (ppm / _PPM, bool(wrong), cast("Mapping[str, str]", known or {}))
        for ppm, wrong, known in conn.execute(query)
    ]


def pairs(
    conn: sa.Connection, system: str, since: datetime, until: datetime, limit: int
) -> list[tuple[str, str]]:
    """Return the first and second answers of referrals that two people judged apart."""
    table = tables.referral
    query = (
        sa.select(table.c.body["judgements"])
        .where(
            table.c.system == system,
            table.c.made_at >= since,
            table.c.made_at <= until,
            table.c.second_by.is_not(None),
        )
        .order_by(table.c.made_at.desc())
        .limit(limit)
    )
    given = (cast("list[dict[str, str]]", found) for found in conn.execute(query).scalars())
    return [(first["answer"], second["answer"]) for first, second, *_ in given]


def with_outcome_due(conn: sa.Connection, system: str, now: datetime, limit: int) -> list[Referral]:
    """Return settled referrals whose outcome is to be told to the lake."""
    table = tables.referral
    query = (
        sa.select(table.c.body)
        .where(table.c.system == system, table.c.outcome_due_at <= now)
        .order_by(table.c.outcome_due_at)
        .limit(limit)
    )
    return [_referral(body) for body in conn.execute(query).scalars()]


def outcome_told(unit: Unit, ids: Sequence[str]) -> None:
    """Record that the lake holds the outcomes of these."""
    table = tables.referral
    unit.conn.execute(sa.update(table).where(table.c.id.in_(ids)).values(outcome_due_at=None))


def outcome_is_told(conn: sa.Connection, one: Referral, queue: Queue) -> bool:
    """Return whether the lake was told the outcome of `one`, which is settled for good then."""
    if one.state is not State.SETTLED or not queue.outcomes:
        return False
    table = tables.referral
    due_at = sa.select(table.c.outcome_due_at).where(table.c.id == one.id)
    return conn.execute(due_at).scalar_one() is None


def routed(conn: sa.Connection, system: str, prediction_ids: Sequence[str]) -> set[str]:
    """Return which of these predictions people decided because a directive said so."""
    table, found = tables.referral, set[str]()
    for k in range(0, len(prediction_ids), _AT_ONCE):
        some = prediction_ids[k : k + _AT_ONCE]
        query = sa.select(table.c.prediction_id).where(
            table.c.system == system,
            table.c.prediction_id.in_(some),
            table.c.kind == "routed",
            table.c.state == State.SETTLED.value,
        )
        found |= set(conn.execute(query).scalars())
    return found


def forget(unit: Unit, system: str, before: datetime) -> int:
    """Delete what came before people before `before`, whatever became of it; return how many."""
    table = tables.referral
    old = sa.select(table.c.id).where(table.c.system == system, table.c.made_at < before)
    return _delete(unit, old)


def any_before(conn: sa.Connection, system: str, before: datetime) -> bool:
    """Return whether anything came before people before `before`."""
    table = tables.referral
    query = sa.select(table.c.id).where(table.c.system == system, table.c.made_at < before)
    return conn.execute(query.limit(1)).first() is not None


def erase(unit: Unit, system: str, prediction_ids: Sequence[str]) -> int:
    """Delete what people were shown of these predictions, and what they said; return how many."""
    table = tables.referral
    those = (table.c.system == system, table.c.prediction_id.in_(prediction_ids))
    return _delete(unit, sa.select(table.c.id).where(*those))


def mark(conn: sa.Connection, system: str) -> int | None:
    """Return the lake's version up to which decisions were looked at; None: never."""
    table = tables.watermark
    query = sa.select(table.c.version).where(
        table.c.system == system, table.c.spec_hash == "", table.c.lake_table == _MARK
    )
    return conn.execute(query).scalar_one_or_none()


def move_mark(unit: Unit, system: str, version: int) -> None:
    """Keep up to which version decisions were looked at."""
    row = {"system": system, "spec_hash": "", "lake_table": _MARK, "version": version}
    upsert(unit.conn, tables.watermark, [row])


def unmark(unit: Unit, system: str) -> None:
    """Forget up to which version it was looked: the next look begins with what is new then."""
    table = tables.watermark
    mine = (table.c.system == system, table.c.lake_table == _MARK)
    unit.conn.execute(sa.delete(table).where(*mine))


def _delete(unit: Unit, those: sa.Select[tuple[str]]) -> int:
    replies = tables.reply
    unit.conn.execute(sa.delete(replies).where(replies.c.referral.in_(those)))
    table = tables.referral
    return unit.conn.execute(sa.delete(table).where(table.c.id.in_(those))).rowcount


def _complete(unit: Unit, system: System, known: Referral, facts: Referred) -> None:
    untouched = not known.judgements and known.claimed_by is None
    if untouched and known.facts.answer is None and facts.answer is not None:
        added = replace(known.facts, answer=facts.answer, score=facts.score)
        save(unit, replace(known, facts=added), system)


def _held(conn: sa.Connection, person: str, now: datetime, system: str | None) -> str | None:
    """Return the id of what `person` holds; what is judged is held by nobody."""
    table = tables.referral
    query = sa.select(table.c.id, table.c.system).where(
        table.c.claimed_by == person, table.c.claimed_until > now
    )
    found = [id_ for id_, of in conn.execute(query) if system in (None, of)]
    return min(found, default=None)


def _behind(place: Place) -> sa.ColumnElement[bool]:
    of = zip(place, _ORDER, strict=True)
    return sa.tuple_(*_ORDER) > sa.tuple_(*(sa.literal(part, column.type) for part, column in of))


def _bodies(unit: Unit, query: sa.Select[tuple[object]]) -> list[object]:
    return list(unit.conn.execute(query).scalars())


def _referral(body: object) -> Referral:
    return decode(Referral, body, where="referral")


def _columns(one: Referral, system: System) -> dict[str, object]:
    given = one.judgements
    return {
        "id": one.id,
        "system": one.system,
        "prediction_id": one.facts.prediction_id,
        "kind": one.facts.kind.value,
        "state": one.state.value,
        "made_at": one.made_at,
        "due_at": one.due_at,
        "open_at": one.open_at,
        "priority": one.place[0],
        "chance_ppm": max(1, round(one.facts.probability * _PPM)),
        "claimed_by": one.claimed_by,
        "claimed_until": one.claimed_until,
        "first_by": given[0].by if given else None,
        "second_by": given[1].by if len(given) > 1 else None,
        "settled_at": one.settled_at,
        "wrong": _wrong(one, system),
        "outcome_due_at": _outcome_due_at(one, system.queue),
        "body": encode(one),
    }


def _wrong(one: Referral, system: System) -> int | None:
    comparable = one.result is not None and one.facts.answer is not None and system.kind.classifies
    if not comparable:
        return None
    return int(not same(system, cast("str", one.facts.answer), cast("str", one.result)))


def _outcome_due_at(one: Referral, queue: Queue) -> datetime | None:
    at = one.settled_at
    return at + UNDO if at is not None and queue.outcomes else None
