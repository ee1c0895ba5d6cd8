"""Since when an incident has harmed people: computed, until a person says it.

    computed ──a person says it──▶ said ──corrected──▶ said

What a person has said is theirs: the machine moves it no more.  Every line on the timeline tells
the instant, the one that stood before, and why.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin.alert.wording import clock
from tocsin.base.errors import BadInput, Conflict
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.incident.lifecycle import Moved, note, refuse_resolved

AGE_AT_MOST = timedelta(days=30)
"""Longer before its detection nobody can say that it began.

Diagnosis reads every decision since then into memory, again and again while it is open; a month or
a year mistyped would have it read the whole lake.
"""
_SINCE = re.compile(r"(?<= since )(\d{4}-\d\d-\d\d )?\d\d:\d\d UTC$")
"""How a title ends that says since when."""
_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def say(
    incident: Incident, at: datetime, why: str, *, actor: str, now: datetime, entry_id: str
) -> Moved:
    """Return the incident as having begun `at`, by a person's word, and the line that tells it.

    A title that ends in since when says the new instant as well.  Saying again what a person has
    said already changes nothing.

    Raises:
        BadInput: later than the detection, in the future, or longer before it than `AGE_AT_MOST`.
        Conflict: it is over.
    """
    if incident.state is State.RESOLVED and incident.merged_into is None:
        raise Conflict(
            f"{incident.name} is over, and whom it hit was counted as it stands;"
            " write a note about it"
        )
    refuse_resolved(incident, "dated")
    _refuse_unbelievable(incident, at, now)
    at, old = at.astimezone(UTC), incident.impact_from
    if at == old and incident.impact_by is not None:
        return incident, ()
    after = replace(
        incident,
        impact_from=at,
        impact_by=actor,
        title=_SINCE.sub(clock(at, incident.detected_at), incident.title),
    )
    source = "computed" if incident.impact_by is None else f"said by {incident.impact_by}"
    text = f"impact began at {clock(at, incident.detected_at)}"
    if old is not None:
        same = at == old
        text += f", as {source}" if same else f", not {clock(old, incident.detected_at)} ({source})"
    return note(
        after,
        kind=EntryKind.IMPACT,
        text=f"{text}: {why}",
        actor=actor,
        now=now,
        entry_id=entry_id,
        facts={"from": old.isoformat() if old else "", "to": at.isoformat()},
    )


def compute(incident: Incident, at: datetime | None) -> Incident:
    """Return the incident as having begun `at`, by the machine.

    What a person has said stays, and so does what it was while `at` is not known or later than
    the detection.
    """
    if incident.impact_by is not None or at is None or at > incident.detected_at:
        return incident
    return replace(incident, impact_from=at)


def said(incident: Incident) -> datetime | None:
    """Return since when by a person's word; None: nobody has said so."""
    return incident.impact_from if incident.impact_by is not None else None


def merged(winner: Incident, loser: Incident, *, actor: str) -> Incident:
    """Return `winner` as dating from the earlier of the two.

    Where a person had said it of either, it stays said: by them, or, where the computed one is
    earlier, by the `actor` who says that the two are one.
    """
    known = [at for at in (winner.impact_from, loser.impact_from) if at is not None]
    by = {said(one): one.impact_by for one in (loser, winner) if one.impact_by is not None}
    at = min(known, default=None)
    return replace(winner, impact_from=at, impact_by=by.get(at, actor) if by else None)


def time_of_day(text: str, seen_at: datetime, now: datetime) -> datetime | None:
    """Return the last instant until the detection (UTC) at which a clock there showed `text`.

    Returns:
        None where it is no time of day.

    Raises:
        BadInput: on the day of the detection it came after it and is past by `now`, so that this
            one may be meant and not the one of the day before.

    >>> seen_at = datetime(2026, 11, 20, 14, 19, tzinfo=UTC)
    >>> now = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    >>> str(time_of_day("9:40", seen_at, now)), str(time_of_day("23:10", seen_at, now))
    ('2026-11-20 09:40:00+00:00', '2026-11-19 23:10:00+00:00')
    """
    found = _TIME_OF_DAY.fullmatch(text.strip())
    if found is None:
        return None
    at = seen_at.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    if at <= seen_at:
        return at
    day_before = at - timedelta(days=1)
    if at <= now:
        what = f"{clock(at, seen_at)} is later than the detection ({clock(seen_at, seen_at)})"
        dated = f"{day_before:%Y-%m-%dT%H:%MZ}"
        do = f"name an earlier time, or the day before with its date: {dated}"
        raise BadInput(what, where="impact_from", do=do)
    return day_before


def _refuse_unbelievable(incident: Incident, at: datetime, now: datetime) -> None:
    seen_at = incident.detected_at
    do = f"name an instant until {clock(min(seen_at, now), now)}"
    if at > now:
        raise BadInput("what is in the future has not begun", where="impact_from", do=do)
    if at > seen_at:
        what = f"{incident.name} was detected at {clock(seen_at, now)} and cannot have begun later"
        raise BadInput(what, where="impact_from", do=do)
    if at < seen_at - AGE_AT_MOST:
        days = f"{AGE_AT_MOST.days} days"
        what = f"that is more than {days} before {incident.name} was detected"
        do = f"check the date; if it is right, say at most {days} and write a note about the rest"
        raise BadInput(what, where="impact_from", do=do)
