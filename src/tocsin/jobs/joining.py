"""Whom an incident's escalation matrix asks to join, gathered from the records."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from tocsin.incident.command import Command
from tocsin.incident.incident import Incident
from tocsin.incident.insist import again
from tocsin.incident.joining import Joins, Scene, ask_of, is_join, joins
from tocsin.oncall.policy import Call, Called, Policy
from tocsin.store import commands, incidents, oncall, pages


def plan(
    conn: sa.Connection,
    incident: Incident,
    now: datetime,
    paged: Sequence[Called] = (),
    paging: Sequence[Call] = (),
) -> Joins:
    """Return whom to ask, and which planned pages have lost their reason.

    Args:
        conn: where to read.
        incident: it.
        now: the present.
        paged: what escalation has called.
        paging: what it calls now.
    """
    command = commands.calling(conn, incident.id)
    if command is None:
        return Joins()
    scene = scene_of(conn, incident, command, now)
    scene = replace(scene, paged=[*(paged or scene.paged), *map(_called, paging)])
    found = joins(command, scene)
    return Joins((*found.calls, *again(command, scene)), found.outdated)


def scene_of(
    conn: sa.Connection,
    incident: Incident,
    command: Command,
    now: datetime,
) -> Scene:
    """Return what is stored when it is decided whom `command` asks."""
    return Scene(
        incident=incident,
        case=commands.case(conn, incident, command),
        paged=pages.calls(conn, incident.id),
        asked=pages.asked(conn, incident.id),
        overrides=oncall.overrides(conn, now),
        now=now,
    )


def policy(conn: sa.Connection, incident: str, rung: int) -> Policy:
    """Return the policy that a page of this rung follows: the incident's, or an ask's steps."""
    if not is_join(rung):
        return incidents.policy(conn, incident)
    command = commands.get(conn, incident)
    ask = ask_of(command, rung)
    return command.ladder(ask.steps if ask else ())


def _called(call: Call) -> Called:
    return Called(rung=call.rung, round=call.round, contact=call.contact, due_at=call.due_at)
