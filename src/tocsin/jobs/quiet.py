"""What keeps alerts quiet at one look, and the record of it, written beside the alerts themselves.

`look` is read before anything is written, so that a duty that finds all as it was writes nothing,
however long a silence lasts.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from tocsin.alert import quiet
from tocsin.alert.group import OpenGroup, founds, group
from tocsin.alert.inhibit import Inhibition
from tocsin.alert.quiet import HOLDING, TOLD, Episode, Hold, Reason, Suppressed, suppressed
from tocsin.alert.state import AlertState, StoredAlert
from tocsin.incident.incident import Incident
from tocsin.store import silences, suppressions
from tocsin.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Quiet:
    """What keeps alerts quiet now, by fingerprint, and what is on record as lasting.

    `held` are alerts without an incident, `closed` those whose incident was resolved before them.
    """

    held: Mapping[str, Hold]
    closed: Mapping[str, Hold]
    kept: Sequence[Suppressed]

    def settled(self, alerts: Sequence[StoredAlert]) -> bool:
        """Return whether nothing is to be done: no firing alert is free, and all is on record."""
        loose = _loose(alerts)
        free = [one for one in loose if one.fingerprint not in self.held and founds(one.worst)]
        return not free and {row.episode: row.hold for row in self.kept} == self._wanted(alerts)

    def _wanted(self, alerts: Sequence[StoredAlert]) -> dict[Episode, Hold]:
        wanted = {
            one.episode: self.held.get(one.fingerprint) or quiet.of_level(one.worst)
            for one in _loose(alerts)
        }
        closed = [one for one in _firing(alerts) if one.fingerprint in self.closed]
        return wanted | {one.episode: self.closed[one.fingerprint] for one in closed}

    def record(
        self,
        unit: Unit,
        alerts: Sequence[StoredAlert],
        groups: Sequence[OpenGroup],
        joined: Mapping[str, Sequence[StoredAlert]],
        opened: Sequence[tuple[Incident, Sequence[StoredAlert]]],
    ) -> dict[str, list[str]]:
        """Write what began and ended to be quiet; return the lines for timelines by incident.

        Args:
            unit: where to write.
            alerts: all of the system as they are now.
            groups: the incidents that were open before.
            joined: alerts by the incident that they joined now.
            opened: incidents that opened now, with their alerts.
        """
        wanted = self._wanted(alerts)
        standing = {row.episode for row in self.kept if wanted.get(row.episode) == row.hold}
        ended = [replace(r, over_at=unit.now) for r in self.kept if r.episode not in standing]
        new = {episode: hold for episode, hold in wanted.items() if episode not in standing}
        fresh = [_group(incident, members) for incident, members in opened]
        began = self._began(unit.now, alerts, (*groups, *fresh), new)
        once = _once(unit.now, joined, opened)
        suppressions.save(unit, (*ended, *began, *once))
        homes = {one.fingerprint: one.incident for one in alerts}
        lines: dict[str, list[Suppressed]] = {}
        for row in ended:
            home = homes.get(row.fingerprint)
            if home is not None and row.reason in HOLDING:
                lines.setdefault(home, []).append(row)
        for row in (*began, *once):
            if row.incident is not None and row.reason in TOLD:
                lines.setdefault(row.incident, []).append(row)
        return {home: quiet.lines(rows, unit.now) for home, rows in lines.items()}

    def _began(
        self,
        now: datetime,
        alerts: Sequence[StoredAlert],
        groups: Sequence[OpenGroup],
        new: Mapping[Episode, Hold],
    ) -> list[Suppressed]:
        fresh = [one for one in alerts if one.episode in new]
        held = [one.alert for one in fresh if one.fingerprint in self.held]
        would = {alert.fingerprint: incident for incident, alert in group(held, groups).joined}
        return [
            suppressed(one.alert, new[one.episode], now, one.incident or would.get(one.fingerprint))
            for one in fresh
        ]


def look(
    conn: sa.Connection,
    system: str,
    alerts: Sequence[StoredAlert],
    working: AbstractSet[str],
    *,
    rules: Sequence[Inhibition],
    now: datetime,
) -> Quiet:
    """Return what keeps alerts of `system` quiet now.

    Args:
        conn: where to read.
        system: its name.
        alerts: its alerts that are not resolved.
        working: the ids of its incidents that are open.
        rules: of inhibition.
        now: the instant.
    """
    firing, kept = _firing(alerts), suppressions.lasting(conn, system)
    if not firing:
        return Quiet({}, {}, kept)
    loose = [one.alert for one in _loose(alerts)]
    calling = [one.alert for one in firing if one.incident is None or one.incident in working]
    standing = silences.standing(conn, now) if loose else []
    closed = {
        one.fingerprint: quiet.of_closed(one.incident)
        for one in firing
        if one.incident is not None and one.incident not in working and founds(one.worst)
    }
    return Quiet(quiet.holds(loose, calling, standing, rules, now), closed, kept)


def _firing(alerts: Sequence[StoredAlert]) -> list[StoredAlert]:
    return [one for one in alerts if one.state is AlertState.FIRING]


def _group(incident: Incident, members: Sequence[StoredAlert]) -> OpenGroup:
    alerts = tuple(one.alert for one in members)
    since = min(one.started_at for one in members)
    return OpenGroup(
        incident.id, incident.system, incident.slice, since, alerts, incident.recovered_at
    )


def _loose(alerts: Sequence[StoredAlert]) -> list[StoredAlert]:
    return [one for one in _firing(alerts) if one.incident is None]


def _once(
    now: datetime,
    joined: Mapping[str, Sequence[StoredAlert]],
    opened: Sequence[tuple[Incident, Sequence[StoredAlert]]],
) -> list[Suppressed]:
    """Return what is said once: alerts joined an incident, or founded one that wakes nobody."""
    rows = [
        suppressed(
            one.alert,
            Hold(Reason.DUPLICATE, home, "joined an incident that is open already"),
            now,
            home,
        )
        for home, members in joined.items()
        for one in members
        if founds(one.worst)
    ]
    for incident, members in opened:
        if incident.paging_from is None:
            why = f"{incident.severity.name} waits for working hours"
            hold = Hold(Reason.SEVERITY, incident.id, why)
            rows += [
                suppressed(one.alert, hold, now, incident.id)
                for one in members
                if founds(one.worst)
            ]
    return rows
