"""Notes are corrected, never changed: a correction is a line of its own that names what it is of.

The timeline keeps every text that ever stood there; `folded` puts a note and its corrections
together for people to read, with what was said before behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.base.errors import BadInput, Forbidden, NotFound
from tocsin.incident.incident import Entry, EntryKind, Incident
from tocsin.incident.lifecycle import Moved, note

OF = "of"
"""The fact of a correction that holds the id of the note."""


@dataclass(frozen=True, slots=True)
class Before:
    """What a note said until somebody corrected it."""

    text: str
    until: datetime
    by: str
    """Who corrected it."""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it reads now, and what it said before, the oldest first."""

    entry: Entry
    before: tuple[Before, ...] = ()


def correct(
    incident: Incident,
    entries: Sequence[Entry],
    which: str,
    text: str,
    *,
    actor: str,
    now: datetime,
    entry_id: str,
) -> Moved:
    """Return the line that corrects a note; the same text changes nothing.

    Args:
        incident: it.
        entries: its timeline.
        which: the note's id, or that of a correction of it.
        text: what it should say.
        actor: its author, or who leads.
        now: when.
        entry_id: a fresh id.

    Raises:
        NotFound: there is no such entry.
        BadInput: it is no note: what the machine saw is not edited.
        Forbidden: it is somebody else's note.
    """
    named = {entry.id: entry for entry in entries}
    found = named.get(which)
    if found is not None and found.kind is EntryKind.CORRECTED:
        found = named.get(found.facts[OF])
    if found is None:
        raise NotFound(f"no entry {which} on the timeline of {incident.name}")
    if found.kind is not EntryKind.NOTE:
        raise BadInput(
            f"entry {found.id} is no note and stays as it is", do="write a note about it instead"
        )
    if actor not in {found.actor, incident.commander}:
        raise Forbidden(
            f"only {found.actor}, who wrote it, and the commander may correct this note"
        )
    stands = next(line.entry for line in folded(entries) if line.entry.id == found.id)
    if stands.text == text:
        return incident, ()
    return note(
        incident,
        kind=EntryKind.CORRECTED,
        text=text,
        actor=actor,
        now=now,
        entry_id=entry_id,
        facts={OF: found.id},
    )


def folded(entries: Sequence[Entry]) -> tuple[Line, ...]:
    """Return the timeline with every correction at the note that it is of."""
    lines: dict[str, Line] = {}
    for entry in entries:
        of = entry.facts.get(OF, "") if entry.kind is EntryKind.CORRECTED else ""
        one = lines.get(of)
        if one is None:
            lines[entry.id] = Line(entry)
            continue
        said = Before(one.entry.text, entry.at, entry.actor)
        lines[of] = Line(replace(one.entry, text=entry.text), (*one.before, said))
    return tuple(lines.values())


def current(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the entries as they read now."""
    return tuple(line.entry for line in folded(entries))
