"""What the status page does by itself: count from when components stand, and speak in fixed words.

    grave incident without a bulletin  ──rule of the configuration──▶  one in neutral words
    its incident resolved, and no person has spoken since  ──▶  "the disturbance is over"

As soon as a person has said something, only people go on.
"""

from datetime import datetime

import sqlalchemy as sa

from tocsin.incident import impact, lifecycle
from tocsin.incident.bulletin import (
    LOOKING,
    OVER,
    RULE,
    Bulletin,
    Stage,
    Told,
    asked_by_rule,
    neutral,
    publish,
    update,
    wording,
)
from tocsin.incident.incident import EntryKind, Incident
from tocsin.incident.statuspage import StatusPage
from tocsin.jobs.rings import Rings
from tocsin.store import bulletins, incidents
from tocsin.store.unit import Unit


def run(rings: Rings, now: datetime) -> None:
    """Let components stand, publish what the rule asks for, and end what it published."""
    if rings.status is None:
        return
    page = rings.status.page
    keys = [one.key for one in page.components]
    with rings.database.reading() as conn:
        new = not bulletins.standing(conn).keys() >= set(keys)
        grave = [one.id for one in incidents.open_ones(conn) if _asked(conn, page, one)]
        ended = [one.id for one in bulletins.since(conn, now) if _over(conn, one)]
    if not (new or grave or ended):
        return
    with rings.database.unit(RULE, now) as unit:
        bulletins.stand(unit, keys)
        for id_ in grave:
            _publish(unit, page, id_)
        for id_ in ended:
            _end(unit, id_)


def _asked(conn: sa.Connection, page: StatusPage, incident: Incident) -> bool:
    asked = asked_by_rule(incident, page.publish_from, page.components)
    return bool(asked) and not bulletins.of_incident(conn, incident.id)


def _over(conn: sa.Connection, bulletin: Bulletin) -> bool:
    if bulletin.resolved_at is not None or not bulletin.by_rule:
        return False
    return incidents.get(conn, bulletin.incident).resolved_at is not None


def _publish(unit: Unit, page: StatusPage, id_: str) -> None:
    # read again under the unit's lock: a person may have spoken meanwhile
    incident = incidents.get(unit.conn, id_)
    if not _asked(unit.conn, page, incident):
        return
    hit = asked_by_rule(incident, page.publish_from, page.components)
    bulletin = publish(
        incident,
        Told(stage=Stage.INVESTIGATING, text=LOOKING),
        ids=(unit.new_id("blt"), unit.new_id("pst")),
        title=neutral(hit),
        components=[one.key for one in hit],
        known=page.components,
        whom=wording(hit, incident.slice),
        by=RULE,
        now=unit.now,
    )
    bulletins.add(unit, bulletin)
    _tell(unit, incident, f"published by rule: “{bulletin.title}”")


def _end(unit: Unit, id_: str) -> None:
    bulletin = bulletins.get(unit.conn, id_)
    if not _over(unit.conn, bulletin):
        return
    told = Told(stage=Stage.RESOLVED, text=OVER, level=bulletin.last.level)
    incident = incidents.get(unit.conn, bulletin.incident)
    said = update(
        bulletin,
        told,
        id_=unit.new_id("pst"),
        by=RULE,
        now=unit.now,
        began_at=impact.said(incident),
    )
    bulletins.save(unit, said)
    _tell(unit, incident, "said to be over, by rule")


def _tell(unit: Unit, incident: Incident, words: str) -> None:
    after, entries = lifecycle.note(
        incident,
        kind=EntryKind.NOTE,
        text=f"Status page: {words}",
        actor=RULE,
        now=unit.now,
        entry_id=unit.new_id("ent"),
    )
    incidents.save(unit, after, entries)
