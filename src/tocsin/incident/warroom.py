"""The war room: where people talk about one incident; any http(s) address, kept as a link.

https://chat.example.org/channels/{incident}  ──▶  https://chat.example.org/channels/inc-42
"""

import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from tocsin.base.errors import BadInput
from tocsin.incident.incident import Entry, EntryKind, Incident
from tocsin.incident.lifecycle import note

MOST_CHARS = 2000
_PLACE = re.compile(r"\{([^{}]*)\}")
_PLACES = ("incident", "number", "system")
_DO = "write for example https://chat.example.org/channels/{incident}"


def check(template: str) -> None:
    """Refuse a template that makes no http(s) address.

    Raises:
        BadInput: an unknown placeholder, or another kind of address.
    """
    for name in _PLACE.findall(template):
        if name not in _PLACES:
            known = ", ".join(f"{{{one}}}" for one in _PLACES)
            raise BadInput(f"the war room knows no {{{name}}}", where="war_room", do=f"use {known}")
    address(_PLACE.sub("1", template), do=_DO)


def link(template: str, incident: Incident) -> str | None:
    """Return the address that `template` gives `incident`; None where there is no template."""
    if not template:
        return None
    values = {
        "incident": incident.name.lower(),
        "number": str(incident.number),
        "system": quote(incident.system, safe=""),
    }
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), template)


def address(text: str, do: str = "paste the link of the channel or meeting") -> str:
    """Return `text` as an http(s) address.

    Raises:
        BadInput: it is none, or longer than anybody could read out.

    >>> address(" https://chat.example.org/a ")
    'https://chat.example.org/a'
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    odd = any(ch.isspace() or not ch.isprintable() for ch in text)
    if parts.scheme.lower() not in {"http", "https"} or not host or odd:
        raise BadInput("the war room is no http(s) address", where="war_room", do=do)
    if parts.username is not None or parts.password is not None:
        raise BadInput("the address holds a password", where="war_room", do="leave it out")
    if len(text) > MOST_CHARS:
        what = f"the address is longer than {MOST_CHARS} characters"
        raise BadInput(what, where="war_room", do=do)
    return text


def set_(
    incident: Incident, url: str | None, *, actor: str, now: datetime, entry_id: str
) -> tuple[Incident, tuple[Entry, ...]]:
    """Return the incident with its war room at `url`, or without one; the same changes nothing.

    Raises:
        BadInput: no http(s) address.
    """
    wanted = address(url) if url else None
    if wanted == incident.war_room:
        return incident, ()
    said = f"the war room is at {wanted}" if wanted else "there is no war room any more"
    return note(
        replace(incident, war_room=wanted),
        kind=EntryKind.WAR_ROOM,
        text=said,
        actor=actor,
        now=now,
        entry_id=entry_id,
        facts={"from": incident.war_room or "", "to": wanted or ""},
    )
