"""Notices that only tell: an update, a reminder that one is due, what is asked or known of a plan.

Nobody has to acknowledge them, so they carry no such link; the words of an update are a person's.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from tocsin.alert.message import SUBJECT_MAX_CHARS, shorten
from tocsin.alert.notice import Notice
from tocsin.base.phrases import listing


class Asking(StrEnum):
    """What somebody is told of a plan, and why they."""

    APPROVE = "approve"
    RATIFY = "ratify"
    ENDS = "ends"
    ENDED = "ended"
    LAPSED = "lapsed"
    """It ran out before it was approved."""
    STUCK = "stuck"
    """What it set outside is not put back."""


_BECAUSE = {
    Asking.APPROVE: "You are asked because you may approve it. Sign in, read it there, decide.",
    Asking.RATIFY: "You are asked because you may ratify it. Sign in, read it there, decide.",
    Asking.ENDS: "You are told because you lead, or approved it. A new plan extends it.",
    Asking.ENDED: "You are told because you lead, or approved it. A new plan brings it back.",
    Asking.LAPSED: "You are told because you lead, or approved or proposed it. Make a new plan.",
    Asking.STUCK: "You are told because you lead, or approved it. See to the setting yourself.",
}


def compose_update(
    *,
    key: str,
    address: str,
    subject: str,
    text: str,
    severity: str,
    incident: str,
    name: str,
    system: str,
    incident_url: str,
    at: datetime,
    war_room: str = "",
) -> Notice:
    """Return the notice of one update to one contact.

    Args:
        key: equal keys mean the same update to the same contact.
        address: where the channel finds them.
        subject: its title, as a person left it.
        text: its words, as a person left them.
        severity: e.g. `SEV1`, so that channels can colour it.
        incident: the incident's id.
        name: e.g. `INC-42`.
        system: whom it concerns.
        incident_url: where to look.
        at: when it was sent; it never changes, so that a retry sends the same bytes.
        war_room: where people talk about it; empty: not told.
    """
    links = f"Look at it: {incident_url}" + (f"\nWar room: {war_room}" if war_room else "")
    return Notice(
        key=key,
        address=address,
        subject=shorten(subject, SUBJECT_MAX_CHARS),
        text=f"{text.strip()}\n\n{links}\n",
        severity=severity,
        incident=incident,
        incident_url=incident_url,
        acknowledge_url="",
        at=at,
        facts={"update": "true", "incident": name, "system": system, "severity": severity},
    )


def compose_reminder(
    *,
    key: str,
    address: str,
    audiences: Sequence[str],
    due_at: datetime,
    severity: str,
    incident: str,
    name: str,
    title: str,
    incident_url: str,
    last: bool,
    role: str = "commander",
) -> Notice:
    """Return the notice that tells a commander that an update is due.

    Args:
        key: equal keys mean the same reminder.
        address: where the channel finds the commander.
        audiences: who waits for it.
        due_at: since when.
        severity: e.g. `SEV1`.
        incident: the incident's id.
        name: e.g. `INC-42`.
        title: of the incident.
        incident_url: where the draft is.
        last: whether the incident is over.
        role: as what they are told: `commander`, or `communications`.
    """
    because = "you lead it" if role == "commander" else f"you have its role {role}"
    which = "The last update" if last else "An update"
    whom = listing(audiences)
    return Notice(
        key=key,
        address=address,
        subject=shorten(f"[DUE] {name}: update to {whom}", SUBJECT_MAX_CHARS),
        text=f"""{which} to {whom} was due at {due_at:%Y-%m-%d %H:%M} UTC and has not been sent.

{name}: {title}
You are told because {because}. A draft is ready; read it, change it, send it.

Look at it: {incident_url}#updates
""",
        severity=severity,
        incident=incident,
        incident_url=f"{incident_url}#updates",
        acknowledge_url="",
        at=due_at,
        facts={"reminder": "true", "incident": name, "severity": severity},
    )


def compose_ask(
    *,
    key: str,
    address: str,
    sentences: Sequence[str],
    why: str,
    asking: Asking,
    severity: str,
    incident: str,
    name: str,
    title: str,
    incident_url: str,
    at: datetime,
) -> Notice:
    """Return the notice that asks somebody to approve or ratify a plan, or says that it ends.

    Args:
        key: equal keys mean the same notice to the same contact.
        address: where the channel finds them.
        sentences: what the plan does.
        why: who wants it and how far it has come, or when it ends.
        asking: what it is about.
        severity: e.g. `SEV1`.
        incident: the incident's id.
        name: e.g. `INC-42`.
        title: of the incident.
        incident_url: where to answer.
        at: when it was asked; it never changes, so that a retry sends the same bytes.
    """
    steps = "\n".join(f"- {sentence}" for sentence in sentences)
    return Notice(
        key=key,
        address=address,
        subject=shorten(f"[{asking.upper()}] {name}: {sentences[0]}", SUBJECT_MAX_CHARS),
        text=f"""{why}

{steps}

{name}: {title}
{_BECAUSE[asking]}

Look at it: {incident_url}#next
""",
        severity=severity,
        incident=incident,
        incident_url=f"{incident_url}#next",
        acknowledge_url="",
        at=at,
        facts={asking.value: "true", "incident": name, "severity": severity},
    )


def compose_silence(
    *,
    key: str,
    address: str,
    said: str,
    at: datetime,
    severity: str,
    incident: str,
    name: str,
    title: str,
    incident_url: str,
) -> Notice:
    """Return the notice that tells a commander who was asked to join and does not answer.

    Args:
        key: equal keys mean the same notice.
        address: where the channel finds the commander.
        said: the sentence about it.
        at: since when it is known.
        severity: e.g. `SEV1`.
        incident: the incident's id.
        name: e.g. `INC-42`.
        title: of the incident.
        incident_url: where the roles are given.
    """
    return Notice(
        key=key,
        address=address,
        subject=shorten(f"[SILENT] {name}: {said}", SUBJECT_MAX_CHARS),
        text=f"""{said} They are not asked any more.

{name}: {title}
You are told because you lead it. Call them, or give the role to somebody else.

Look at it: {incident_url}#roles
""",
        severity=severity,
        incident=incident,
        incident_url=f"{incident_url}#roles",
        acknowledge_url="",
        at=at,
        facts={"silent": "true", "incident": name, "severity": severity},
    )
