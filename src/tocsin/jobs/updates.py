"""Updates: remind who leads and who communicates when one is due, and send what people wrote.

    remind    an update that fell due ──▶ a row to each of them, and a line on the timeline
    deliver   due row ──claim (lease)──▶ send, outside any transaction ──▶ receipt or next try

A person writes and sends an update; the row that carries it to each contact is made in the same
unit of work.  It is sent as pages are, by threads of its own: an update never takes one from a
page.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.alert import telling as words
from tocsin.alert.bulkhead import Bulkhead
from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Follower, Reason, Receipt
from tocsin.base.phrases import listing
from tocsin.contain.explain import explain
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, Role
from tocsin.incident.update import Due, Voice, dues, fell_due
from tocsin.jobs.delivery import Delivery, apart
from tocsin.jobs.oncall import attempt, wait_after
from tocsin.jobs.rings import Rings
from tocsin.oncall.person import Contact
from tocsin.store import approvals, containment, incidents, reach, updates
from tocsin.store.unit import Unit
from tocsin.store.updates import Ask, Reminder, Telling

MOST_TRIES = 30
"""Half an hour of tries; by then the next update is due, and a person has to look."""
_ACTOR = "tocsin"
_OVER_FOR = timedelta(days=1)
"""For so long an incident that is over is asked for its last update."""


def remind(rings: Rings, now: datetime) -> None:
    """Remind the commander of every incident whose update fell due and was not sent."""
    if not rings.telling.audiences:
        return
    with rings.database.reading() as conn:
        found = [
            one.id
            for one in incidents.current(conn, now - _OVER_FOR)
            if _unsaid(conn, rings, one, now)
        ]
    for incident_id in found:
        with rings.database.unit(_ACTOR, now) as unit:
            _remind(unit, rings, incident_id)


def deliver(rings: Rings, now: datetime) -> None:
    """Send what is due, one after the other."""
    for telling in claim(rings, now, rings.senders):
        send(rings, telling)


def delivery(senders: int) -> Delivery[Telling]:
    """Return a delivery of updates and reminders with threads of its own."""
    return apart(senders, claim, send, updates.renew)


def claim(
    rings: Rings, now: datetime, limit: int, bulkhead: Bulkhead | None = None
) -> list[Telling]:
    """Return up to `limit` due rows that are now this worker's to send."""
    with rings.database.reading() as conn:
        waiting = updates.due(conn, now)
    if not waiting or limit <= 0:
        return []
    with rings.database.unit(_ACTOR, now) as unit:
        return updates.claim(unit, rings.worker, rings.lease, limit, bulkhead)


def send(rings: Rings, telling: Telling) -> None:
    """Send one claimed row, and record what became of it."""
    try:
        receipt = _attempt(rings, telling)
    except DeliveryError as error:
        _record_failure(rings, telling, error)
    else:
        with rings.database.unit(_ACTOR, rings.clock()) as unit:
            updates.accepted(unit, telling, receipt)
            reach.accepted(unit, telling.contact)


def _attempt(rings: Rings, telling: Telling) -> Receipt:
    if not _only_tells(rings, telling.contact):
        raise DeliveryError(
            f"channel {telling.contact.channel!r} opens an incident and cannot only tell",
            retryable=False,
            reason=Reason.CONFIGURATION,
        )
    return attempt(rings, telling.contact, lambda: _notice(rings, telling))


def _owed(conn: sa.Connection, rings: Rings, incident: Incident) -> list[Due]:
    return dues(incident, rings.telling.audiences, updates.of_incident(conn, incident.id))


def _unsaid(conn: sa.Connection, rings: Rings, incident: Incident, now: datetime) -> str:
    """Return the key of the reminder that is missing; empty: none is.

    While nobody leads or speaks for it, people are being paged: there is nobody to remind.
    """
    if not _reminded(incident) or incident.merged_into is not None:
        return ""
    at = fell_due(_owed(conn, rings, incident), now)
    if at is None:
        return ""
    key = f"{incident.id}/reminder/{at.isoformat()}"
    told = (entry.facts.get("reminder") for entry in incidents.timeline(conn, incident.id))
    return "" if key in told else key


def _remind(unit: Unit, rings: Rings, incident_id: str) -> None:
    # read again under the unit's lock: somebody may have sent it meanwhile
    incident = incidents.get(unit.conn, incident_id)
    key = _unsaid(unit.conn, rings, incident, unit.now)
    if not key:
        return
    late = [one for one in _owed(unit.conn, rings, incident) if one.overdue(unit.now)]
    audiences = [one.audience for one in late]
    reminded: list[str] = []
    for person, role in _reminded(incident).items():
        contact = way_to(rings, person)
        if contact is not None:
            reminder = Reminder(
                audiences=tuple(audiences),
                due_at=min(one.at for one in late),
                last=any(one.last for one in late),
                role=role.word,
            )
            own = key if role is Role.COMMANDER else f"{key}/{person}"
            updates.remind(unit, incident.id, own, contact, reminder)
        how = f"by {contact.channel}" if contact else "here only: no contact of theirs is known"
        reminded.append(f"{person} {how}")
    which = "the last update" if any(one.last for one in late) else "an update"
    text = f"{which} to {listing(audiences)} is due; reminded {listing(reminded)}"
    _tell(unit, incident, text, {"reminder": key})


def _reminded(incident: Incident) -> dict[str, Role]:
    """Return who is reminded, and as what: who leads, and who speaks to people outside."""
    found = dict.fromkeys(incident.holders(Role.COMMUNICATIONS), Role.COMMUNICATIONS)
    if incident.commander is not None:
        found = {incident.commander: Role.COMMANDER} | {
            person: role for person, role in found.items() if person != incident.commander
        }
    return found


def way_to(rings: Rings, name: str) -> Contact | None:
    """Return the first way to a person that tells without calling them to another incident."""
    person = rings.telling.people.get(name)
    ways = person.contacts if person else ()
    return next((way for way in ways if _only_tells(rings, way)), None)


def tell_deciders(
    unit: Unit, rings: Rings, incident: Incident, key: str, ask: Ask, *also: str
) -> str:
    """Put `ask` into the outbox, once for each `key`; return who is told, as a sentence.

    Told are who leads, who spoke for the plan, and `also`; one of the same key stays.
    """
    spoke = [one.by for one in approvals.of_plan(unit.conn, ask.plan)]
    whom = list(dict.fromkeys(name for name in (incident.commander, *also, *spoke) if name))
    ways = [way for way in (way_to(rings, name) for name in whom) if way is not None]
    for way in ways:
        updates.ask(unit, incident.id, f"{key}/{way.person}", way, ask)
    if ways:
        return f"Told {listing([f'{way.person} by {way.channel}' for way in ways])}."
    return "No message went out: nobody whom it concerns has a contact under `people`."


def _only_tells(rings: Rings, contact: Contact) -> bool:
    return not isinstance(rings.notifiers.get(contact.channel), Follower)


def _notice(rings: Rings, telling: Telling) -> Notice:
    ask = telling.ask
    with rings.database.reading() as conn:
        incident = incidents.get(conn, telling.incident)
        update = updates.get(conn, telling.update) if telling.update else None
        plan = containment.plan(conn, ask.plan).plan if ask else None
    url = f"{rings.base_url.rstrip('/')}/incidents/{incident.number}"
    reminder = telling.reminder
    if reminder is not None and reminder.silent:
        return words.compose_silence(
            key=telling.key,
            address=telling.contact.address,
            said=reminder.silent,
            at=reminder.due_at,
            severity=incident.severity.name,
            incident=incident.id,
            name=incident.name,
            title=incident.title,
            incident_url=url,
        )
    if ask is not None and plan is not None:
        return words.compose_ask(
            key=telling.key,
            address=telling.contact.address,
            sentences=explain(plan),
            why=ask.why,
            asking=ask.asking,
            severity=incident.severity.name,
            incident=incident.id,
            name=incident.name,
            title=incident.title,
            incident_url=url,
            at=telling.created_at,
        )
    if update is not None:
        return words.compose_update(
            key=telling.key,
            address=telling.contact.address,
            subject=update.subject,
            text=update.text,
            severity=incident.severity.name,
            incident=incident.id,
            name=incident.name,
            system=incident.system,
            incident_url=url,
            at=update.sent_at,
            war_room=(incident.war_room or "") if update.voice is Voice.TECHNICAL else "",
        )
    return words.compose_reminder(
        key=telling.key,
        address=telling.contact.address,
        audiences=reminder.audiences if reminder else (),
        due_at=reminder.due_at if reminder else telling.created_at,
        severity=incident.severity.name,
        incident=incident.id,
        name=incident.name,
        title=incident.title,
        incident_url=url,
        last=reminder.last if reminder else False,
        role=reminder.role if reminder else "commander",
    )


def _record_failure(rings: Rings, telling: Telling, error: DeliveryError) -> None:
    now = rings.clock()
    again = error.retryable and telling.attempts < MOST_TRIES
    with rings.database.unit(_ACTOR, now) as unit:
        next_try_at = now + wait_after(telling.attempts) if again else None
        if updates.failed(unit, telling, str(error), next_try_at) and not again:
            what = "update" if telling.update else "reminder" if telling.reminder else "notice"
            who = f"{telling.contact.person} by {telling.contact.channel}"
            incident = incidents.get(unit.conn, telling.incident)
            _tell(
                unit, incident, f"the {what} did not reach {who}: {error}", {"telling": telling.id}
            )
        reach.failed(unit, telling.contact, str(error))


def _tell(unit: Unit, incident: Incident, text: str, facts: dict[str, str]) -> None:
    after, entries = lifecycle.note(
        incident,
        kind=EntryKind.UPDATE,
        text=text,
        actor=_ACTOR,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts=facts,
    )
    incidents.save(unit, after, entries)
