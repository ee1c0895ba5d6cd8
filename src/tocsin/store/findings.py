"""Findings: what each monitor said last, and every alarm ever said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tocsin.base.errors import NotFound
from tocsin.base.spans import Span
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.epochs import Stamp
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert


def save(
    unit: Unit,
    system: str,
    at: datetime,
    findings: Sequence[Finding],
    *,
    whole: bool = False,
    stamp: Stamp | None = None,
) -> None:
    """Keep `findings` as what their monitors said last; append the alarms among them to the log.

    Args:
        unit: where to write.
        system: the system's name.
        at: the instant of the evaluation.
        findings: in the order in which people should read them.
        whole: these are all the monitors there are; what others said before is forgotten.
        stamp: the counts that they were computed from; None: none that are stored.
    """
    now, log = tables.finding_now, tables.finding_log
    if whole:
        unit.conn.execute(sa.delete(now).where(now.c.system == system))
    seen = {
        "spec_hash": stamp.spec_hash if stamp else None,
        "epoch": stamp.epoch if stamp else None,
    }
    rows = [
        {
            "system": system,
            "key": finding.key,
            "at": at,
            "place": place,
            "body": encode(finding),
            **seen,
        }
        for place, finding in enumerate(findings)
    ]
    upsert(unit.conn, now, list({row["key"]: row for row in rows}.values()))
    alarms = [
        {name: row[name] for name in ("system", "key", "at", "body", *seen)}
        for row, finding in zip(rows, findings, strict=True)
        if finding.verdict == Verdict.ALARM
    ]
    if alarms:
        unit.conn.execute(sa.insert(log), alarms)


def latest(conn: sa.Connection, system: str) -> list[Finding]:
    """Return what each monitor of `system` said last, in the order of their evaluation."""
    table = tables.finding_now
    query = sa.select(table.c.body).where(table.c.system == system)
    bodies = conn.execute(query.order_by(table.c.place, table.c.key)).scalars()
    return [decode(Finding, body, where=f"finding of {system}") for body in bodies]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The gist of one monitor's last finding: enough to say a state, cheap to read."""

    layer: Layer
    verdict: Verdict
    level: Level


def gists(conn: sa.Connection) -> dict[str, list[Spoken]]:
    """Return the gist of what every monitor of every system said last."""
    table = tables.finding_now
    body = table.c.body
    query = sa.select(
        table.c.system,
        body["layer"].as_string(),
        body["verdict"].as_string(),
        body["level"].as_string(),
    )
    found: dict[str, list[Spoken]] = {}
    for system, layer, verdict, level in conn.execute(query):
        gist = Spoken(Layer(layer), Verdict(verdict), Level(level))
        found.setdefault(system, []).append(gist)
    return found


def evaluated_ats(conn: sa.Connection) -> dict[str, datetime]:
    """Return the instant of the last evaluation of every system that was ever evaluated."""
    table = tables.finding_now
    query = sa.select(table.c.system, sa.func.max(table.c.at)).group_by(table.c.system)
    return {system: at for system, at in conn.execute(query)}  # noqa: C416 - rows are not pairs to the type checker


def evaluated_at(conn: sa.Connection, system: str) -> datetime | None:
    """Return the instant of the last evaluation of `system`; None before the first."""
    table = tables.finding_now
    query = sa.select(sa.func.max(table.c.at)).where(table.c.system == system)
    return conn.execute(query).scalar_one_or_none()


def alarms(conn: sa.Connection, system: str, span: Span) -> list[tuple[datetime, Finding]]:
    """Return the alarms said of `system` within `span`, oldest first."""
    table = tables.finding_log
    query = (
        sa.select(table.c.at, table.c.body)
        .where(table.c.system == system, table.c.at >= span.start, table.c.at < span.end)
        .order_by(table.c.at, table.c.seq)
    )
    where = f"alarm of {system}"
    return [(row.at, decode(Finding, row.body, where=where)) for row in conn.execute(query)]


@dataclass(frozen=True, slots=True)
class Logged:
    """One alarm of the log; `number` names it for good."""

    number: int
    at: datetime
    finding: Finding


def logged(conn: sa.Connection, system: str, span: Span, most: int) -> list[Logged]:
    """Return the last `most` alarms said of `system` within `span`, newest first."""
    table = tables.finding_log
    query = (
        sa.select(table.c.seq, table.c.at, table.c.body)
        .where(table.c.system == system, table.c.at >= span.start, table.c.at < span.end)
        .order_by(table.c.at.desc(), table.c.seq)
        .limit(most)
    )
    where = f"alarm of {system}"
    rows = conn.execute(query)
    return [Logged(row.seq, row.at, decode(Finding, row.body, where=where)) for row in rows]


def find(conn: sa.Connection, system: str, name: str) -> tuple[Finding, Stamp | None]:
    """Return one finding and the counts that it was computed from; None: none that are stored.

    Args:
        conn: where to read.
        system: its name.
        name: an alarm's number in the log, or the key of a monitor, for what it said last.

    Raises:
        NotFound: there is none.
    """
    now, log = tables.finding_now, tables.finding_log
    table, named = (now, now.c.key == name)
    if name.isascii() and name.isdecimal() and len(name) < 19:
        table, named = (log, log.c.seq == int(name))
    query = sa.select(table.c.body, table.c.spec_hash, table.c.epoch)
    row = conn.execute(query.where(table.c.system == system, named)).one_or_none()
    if row is None:
        raise NotFound(
            f"{system}: no finding is called {name!r}; give an alarm's number or a monitor's key"
        )
    stamp = None if row.epoch is None else Stamp(row.spec_hash, row.epoch)
    return decode(Finding, row.body, where=f"finding of {system}"), stamp


def stamps(conn: sa.Connection, system: str, span: Span) -> list[tuple[Stamp, Finding]]:
    """Return the stamped alarms said of `system` within `span`, oldest first."""
    table = tables.finding_log
    query = (
        sa.select(table.c.spec_hash, table.c.epoch, table.c.body)
        .where(table.c.system == system, table.c.at >= span.start, table.c.at < span.end)
        .where(table.c.epoch.is_not(None))
        .order_by(table.c.at, table.c.seq)
    )
    where = f"alarm of {system}"
    return [
        (Stamp(row.spec_hash, row.epoch), decode(Finding, row.body, where=where))
        for row in conn.execute(query)
    ]


def latest_stamp(conn: sa.Connection, system: str) -> Stamp | None:
    """Return the counts that the last evaluation of `system` was computed from; None: unknown."""
    table = tables.finding_now
    query = (
        sa.select(table.c.spec_hash, table.c.epoch)
        .where(table.c.system == system, table.c.epoch.is_not(None))
        .order_by(table.c.at.desc())
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Stamp(row.spec_hash, row.epoch)
