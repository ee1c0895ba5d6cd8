"""POST /v1/pagerduty/…, /v1/opsgenie/… : who took an incident there has it here.

PagerDuty signs what it sends with the secret of its subscription; Opsgenie shows a token of ours.
What was heard is a line on the timeline, with the very facts by which `jobs.follow` remembers what
it told: so nothing is told back to where it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Header

from tocsin.base.errors import Conflict, Forbidden, NotFound
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.oncall.heard import Heard, Turn, opsgenie, pagerduty, parted, signed
from tocsin.oncall.roster import Roster
from tocsin.store import idempotency, incidents, pages
from tocsin.store.unit import Unit
from tocsin.web import moves
from tocsin.web.fields import Answer
from tocsin.web.ingest import BodyDep
from tocsin.web.site import Site, SiteDep

Did = Literal["acknowledged", "released", "resolved", "ignored"]
TOCSIN = "tocsin"


class HeardAnswer(Answer):
    """What became of a webhook here, and why nothing did."""

    did: Did
    why: str


@dataclass(frozen=True, slots=True)
class _Where:
    """Over which channel, and what people call it."""

    channel: str
    vendor: str


def post_pagerduty(
    site: SiteDep,
    channel: str,
    body: BodyDep,
    x_pagerduty_signature: Annotated[str, Header(max_length=2000)] = "",
) -> HeardAnswer:
    """Take what a webhook subscription (v3) of PagerDuty sends."""
    secrets = site.hook_secrets.get(channel)
    if secrets is None:
        raise NotFound(f"no PagerDuty channel {channel!r} has a `webhook_secret`")
    if not signed(body, x_pagerduty_signature, secrets):
        raise Forbidden("the signature is not that of this body under our `webhook_secret`")
    return _take(site, _Where(channel, "PagerDuty"), pagerduty(body))


def post_opsgenie(site: SiteDep, channel: str, body: BodyDep) -> HeardAnswer:
    """Take what an outgoing webhook of Opsgenie or Jira Service Management sends."""
    return _take(site, _Where(channel, "Opsgenie"), opsgenie(body))


def _take(site: Site, where: _Where, heard: Heard | None) -> HeardAnswer:
    if heard is None:
        return _ignored("nothing that concerns an incident of ours")
    if not heard.by and heard.turn is not Turn.RELEASED:
        return _ignored("no person did it")
    by = named(site.roster, heard.by) or where.vendor
    key = f"heard\n{where.channel}\n{heard.id}"
    with site.database.unit(by, site.clock()) as unit:
        kept = idempotency.recall(unit.conn, key, heard.id.encode())
        if kept is not None:
            return _ignored("it was heard before")
        try:
            answer = _act(unit, where, heard, by)
        except (NotFound, Conflict) as error:
            return _ignored(str(error))
        given = idempotency.Answer(200, answer.model_dump(mode="json"))
        idempotency.remember(unit, key, heard.id.encode(), given)
        return answer


def named(roster: Roster, said: str) -> str:
    """Return what we call the person whom a receiver calls `said`: by name, or by an address."""
    wanted = said.casefold()
    for person in roster.people.values():
        addresses = {way.address.rpartition(":")[2].strip().casefold() for way in person.contacts}
        if wanted and wanted in {person.name.casefold(), *addresses}:
            return person.name
    return said


def _act(unit: Unit, where: _Where, heard: Heard, by: str) -> HeardAnswer:
    id_, taken = parted(heard.thread)
    incident = incidents.get(unit.conn, id_)
    if incident.id != id_ or not _ours(unit, incident, where.channel):
        raise NotFound(f"no page went out on {where.channel!r} under this key")
    entries = incidents.timeline(unit.conn, incident.id)
    count = sum(entry.kind is EntryKind.ACKNOWLEDGED for entry in entries)
    if heard.turn is Turn.RELEASED:
        told = _facts(Turn.ACKNOWLEDGED, where, heard)
        here = any(entry.facts == told for entry in entries)
        if not here or count != taken + 1 or incident.state is not State.ACKNOWLEDGED:
            return _ignored("it is not held by an acknowledgement from there")
        return _release(unit, incident, where, by)
    if incident.acknowledged_at is None and count != taken:
        return _ignored("people have been called anew since, under another key")
    moves.acknowledge(unit, incident.id)
    _note(unit, incident.id, f"acknowledged in {where.vendor} by {by}", where, heard)
    if heard.turn is Turn.RESOLVED:
        text = f"resolved in {where.vendor} by {by}; here it stays open until somebody resolves it"
        _note(unit, incident.id, text, where, heard, Turn.RESOLVED)
        return HeardAnswer(did="resolved", why="paging has stopped; the incident stays open here")
    return HeardAnswer(did="acknowledged", why="")


def _ours(unit: Unit, incident: Incident, channel: str) -> bool:
    sent = pages.of_incident(unit.conn, incident.id)
    return any(page.contact.channel == channel for page in sent)


def _release(unit: Unit, incident: Incident, where: _Where, by: str) -> HeardAnswer:
    """Call people again from the first step: nobody has it any more."""
    after, entries = lifecycle.expire(
        incident,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        why=f"Calling again from the first step: {incident.acknowledged_by or 'somebody'} has it no"
        f" more, as {where.vendor} says ({by}).",
    )
    pages.retire(unit, incident.id, incident.acknowledged_by or TOCSIN)
    incidents.save(unit, after, entries)
    unit.audit("incident.released", incident.id, channel=where.channel)
    return HeardAnswer(did="released", why="people are called again")


def _note(  # noqa: PLR0917 - the parts of one line
    unit: Unit,
    incident: str,
    text: str,
    where: _Where,
    heard: Heard,
    turn: Turn = Turn.ACKNOWLEDGED,
) -> None:
    after, entries = lifecycle.note(
        incidents.get(unit.conn, incident),
        kind=EntryKind.NOTE,
        text=text,
        actor=TOCSIN,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts=_facts(turn, where, heard),
    )
    incidents.save(unit, after, entries)


def _facts(turn: Turn, where: _Where, heard: Heard) -> dict[str, str]:
    """Return what stands with a turn that was told there, or heard from there."""
    return {"told": turn.value, "channel": where.channel, "thread": heard.thread}


def _ignored(why: str) -> HeardAnswer:
    return HeardAnswer(did="ignored", why=why)
