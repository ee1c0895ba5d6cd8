"""Letters: what subscribers of the status page are sent, and the ports that send it.

A letter holds what the public page holds, or the link that confirms a subscription; it demands no
acknowledgement, says how to leave, and the same letter always reads the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from tocsin.alert.ports import Receipt
from tocsin.incident.board import Case, Line, Site

SUBJECT_MAX_CHARS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One thing to tell one subscriber; the same `key` always means the same letter."""

    key: str
    address: str = field(repr=False)
    subject: str
    text: str
    at: datetime
    leave_url: str = field(default="", repr=False)
    """Where to leave; empty for who has not joined yet."""
    thread: str = ""
    """What letters about one incident have in common."""
    secret: str = field(default="", repr=False)
    """What a webhook's body is signed with."""
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


@runtime_checkable
class Mailer(Protocol):
    """Sends one letter.  Must be safe to call twice with the same letter."""

    def mail(self, letter: Letter) -> Receipt:
        """Deliver within the adapter's time limit, or raise `DeliveryError`."""
        ...


def confirmation(
    site: Site, *, key: str, address: str, at: datetime, url: str, secret: str = ""
) -> Letter:
    """Return the letter that asks whether its reader wants to be told."""
    return Letter(
        key=key,
        address=address,
        subject=_subject(site, "please confirm"),
        text=f"""Somebody, perhaps you, asked that this address is told when {site.title} does \
not work as it should.

Confirm it here: {url}

If it was not you, do nothing: without the confirmation no other message comes.
""",
        at=at,
        secret=secret,
        facts={"kind": "confirmation", "confirm_url": url},
    )


def reminder(
    site: Site, *, key: str, address: str, at: datetime, leave_url: str, secret: str = ""
) -> Letter:
    """Return the letter to somebody who asked once more though they are told already."""
    return Letter(
        key=key,
        address=address,
        subject=_subject(site, "you are subscribed already"),
        text=f"""Somebody, perhaps you, asked that this address is told when {site.title} does \
not work as it should. It is told already.

Leave: {leave_url}
""",
        at=at,
        leave_url=leave_url,
        secret=secret,
        facts={"kind": "reminder"},
    )


def announcement(
    site: Site,
    case: Case,
    line: Line,
    *,
    key: str,
    address: str,
    page_url: str,
    leave_url: str,
    secret: str = "",
) -> Letter:
    """Return the letter about one post of a bulletin.

    Args:
        site: whose page it is.
        case: the incident as the public is told.
        line: what was said now.
        key: the letter's key.
        address: where to.
        page_url: the status page.
        leave_url: where to leave.
        secret: what a webhook's body is signed with.
    """
    whom = f"Whom: {case.whom}\n" if case.whom else ""
    return Letter(
        key=key,
        address=address,
        subject=_subject(site, f"{case.title} ({line.stage.value})"),
        text=f"""{line.text}

{case.title}
{line.stage.value.capitalize()}, {line.at:%Y-%m-%d %H:%M} UTC
Since: {case.began_at:%Y-%m-%d %H:%M} UTC
What: {", ".join(case.components)}
{whom}
Status page: {page_url}
Leave: {leave_url}
""",
        at=line.at,
        leave_url=leave_url,
        thread=case.tag,
        secret=secret,
        facts={
            "kind": "update",
            "incident": case.tag,
            "title": case.title,
            "stage": line.stage.value,
            "level": case.level.value,
            "components": ", ".join(case.components),
            "text": line.text,
            "page_url": page_url,
        },
    )


def _subject(site: Site, words: str) -> str:
    line = " ".join(f"{site.title}: {words}".split())
    return line if len(line) <= SUBJECT_MAX_CHARS else line[: SUBJECT_MAX_CHARS - 1] + "…"
