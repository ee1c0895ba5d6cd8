"""What a page says: what happened, to whom, since when, the numbers, and the two links.

Written for somebody who was asleep a minute ago: the fact first, the button second, the evidence
after.  The same page always reads the same; nothing here depends on when it is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.alert.notice import Notice

SUBJECT_MAX_CHARS = 160
TEST_SEVERITY = "SEV2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The incident as its page tells it."""

    name: str
    """E.g. `INC-42`."""
    title: str
    severity: str
    """E.g. `SEV1`."""
    severity_why: str
    system: str
    slice: str
    """Whom it hits, in words."""
    since: datetime
    evidence: Sequence[str] = ()
    """Lines of `wording.roll`."""
    war_room: str = ""
    """Where people talk about it; empty: nowhere yet."""


def compose(
    told: Told,
    *,
    key: str,
    address: str,
    at: datetime,
    incident: str,
    incident_url: str,
    acknowledge_url: str,
    reason: str,
    taken: int = 0,
    answer: str = "I have it",
) -> Notice:
    """Return the notice of one page.

    Args:
        told: the incident's words.
        key: the page's key; equal keys mean the same page.
        address: where the channel finds the person.
        at: when the page was due; it never changes, so that a retry sends the same bytes.
        incident: the incident's id.
        incident_url: where to look.
        acknowledge_url: where to say "I have it".
        reason: why this person, e.g. "you are first on call" (see `reason`).
        taken: how often somebody had taken the incident and people were called again.
        answer: what one says by acknowledging.
    """
    facts: Mapping[str, str] = {
        "incident": told.name,
        "system": told.system,
        "slice": told.slice,
        "since": told.since.isoformat(),
        "severity": told.severity,
        "why_you": reason,
    }
    return Notice(
        key=key,
        address=address,
        subject=shorten(f"[{told.severity}] {told.name} {told.title}", SUBJECT_MAX_CHARS),
        text=_text(told, reason, acknowledge_url, incident_url, answer),
        severity=told.severity,
        incident=incident,
        incident_url=incident_url,
        acknowledge_url=acknowledge_url,
        at=at,
        facts=facts,
        taken=taken,
    )


def compose_test(
    *, key: str, address: str, person: str, asked_by: str, at: datetime, url: str
) -> Notice:
    """Return the notice of one test page.

    It is sent as loudly as a page, or it would prove nothing: its severity is the least that calls
    people.  Machines tell it by the fact `test`.

    Args:
        key: the test page's id; it stands for the incident's as well, so that a receiver that keeps
            incidents opens one of its own.
        address: where the channel finds the person.
        person: who should be reached.
        asked_by: who asked for the test.
        at: when; it never changes, so that a retry sends the same bytes.
        url: where to say that it arrived; nowhere else is anything to be seen.
    """
    return Notice(
        key=key,
        address=address,
        subject=shorten(f"[TEST] Tocsin test page for {person}", SUBJECT_MAX_CHARS),
        text=f"""This is a test, nobody needs to do anything; press acknowledge to show that it \
reached you.

{asked_by} asked at {at:%Y-%m-%d %H:%M} UTC whether pages reach {person}. There is no incident.

It reached me (acknowledge): {url}
""",
        severity=TEST_SEVERITY,
        incident=key,
        incident_url=url,
        acknowledge_url=url,
        at=at,
        facts={
            "test": "true",
            "person": person,
            "why_you": "somebody tests whether you are reached",
        },
    )


def reason(rung: int, round_: int, rungs: int, odd: str = "") -> str:
    """Return why somebody is paged, as a clause.

    Args:
        rung: the policy's step, from 0; `rungs` itself is the catch-all.
        round_: which repeat of that step, from 0.
        rungs: how many steps the policy has.
        odd: what is odd about whom this step tells, as a clause.

    >>> reason(0, 0, 2), reason(1, 2, 2), reason(2, 0, 2)
    ('you are first on call', 'step 2 of 2, repeat 2: nobody has acknowledged', \
'you are the last resort: nobody has acknowledged')
    >>> reason(0, 0, 2, "nobody was on call")
    'nobody was on call (step 1 of 2)'
    """
    if rung >= rungs:
        return "you are the last resort: nobody has acknowledged"
    again = f", repeat {round_}" if round_ else ""
    if odd:
        return f"{odd} (step {rung + 1} of {rungs}{again})"
    if rung == 0 and round_ == 0:
        return "you are first on call"
    return f"step {rung + 1} of {rungs}{again}: nobody has acknowledged"


def shorten(text: str, limit_chars: int) -> str:
    """Return `text` on one line, cut to `limit_chars`, the last an ellipsis if anything was cut.

    >>> shorten("drift in checkout", 8)
    'drift i…'
    """
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= limit_chars else one_line[: limit_chars - 1] + "…"


def without_links(notice: Notice) -> str:
    """Return the text without the lines of its two links, for channels that draw buttons."""
    links = [url for url in (notice.acknowledge_url, notice.incident_url) if url]
    lines = [line for line in notice.text.splitlines() if not any(url in line for url in links)]
    return "\n".join(lines).strip()


def _text(told: Told, why_you: str, acknowledge_url: str, incident_url: str, answer: str) -> str:
    evidence = "".join(f"\n  - {line}" for line in told.evidence)
    war_room = f"War room: {told.war_room}\n" if told.war_room else ""
    return f"""{told.title}

{told.name} is {told.severity}: {told.severity_why}
Whom: {told.slice}
Since: {told.since:%Y-%m-%d %H:%M} UTC
You are told because {why_you}.

{answer} (acknowledge): {acknowledge_url}
Look at it: {incident_url}
{war_room}{f"{chr(10)}Evidence:{evidence}{chr(10)}" if evidence else ""}"""
