"""Silences: who asked for quiet about which alerts, from when until when, and why.

A silenced alert fires and is recorded, but founds and joins no incident and so pages nobody; if it
still fires when the silence ends, it founds then.  A maintenance window is a silence of one system
with a title.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.alert.matching import Matcher, Op, match, words
from tocsin.alert.notice import Alert
from tocsin.base.errors import BadInput, Conflict

LONGEST = timedelta(days=90)
LATE = timedelta(minutes=5)
"""How far in the past a silence may say that it begins: clocks differ."""


class Kind(StrEnum):
    """What the quiet is for."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Quiet about the alerts that every matcher takes, in [starts_at, ends_at).

    `expired_at` is when somebody ended it early.
    """

    id: str
    kind: Kind
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    author: str
    reason: str
    title: str = ""
    expired_at: datetime | None = None
    expired_by: str | None = None

    @property
    def until(self) -> datetime:
        """When it ends or ended."""
        return self.ends_at if self.expired_at is None else min(self.ends_at, self.expired_at)

    def state(self, now: datetime) -> str:
        """Return `scheduled`, `active` or `over`."""
        if now >= self.until:
            return "over"
        return "active" if now >= self.starts_at else "scheduled"

    @property
    def why(self) -> str:
        """One sentence for people who ask why nobody was called."""
        verb = f"maintenance “{self.title}”" if self.kind is Kind.MAINTENANCE else "silenced"
        return f"{verb} by {self.author} until {self.ends_at:%Y-%m-%d %H:%M} UTC: {self.reason}"


def check(silence: Silence, now: datetime) -> Silence:
    """Return `silence`, which is fit to be made `now`.

    Raises:
        BadInput: it ends before it begins, is over already, begins in the past or lasts too long;
            a maintenance window without title or system, or a title of what is none.
    """
    if silence.ends_at <= max(silence.starts_at, now):
        do = "give a later end"
        raise BadInput("ends before it begins, or is over already", where="ends_at", do=do)
    if silence.starts_at < now - LATE:
        do = "leave the start out to begin now"
        raise BadInput("a silence cannot begin in the past", where="starts_at", do=do)
    if silence.ends_at - silence.starts_at > LONGEST:
        what = f"longer than {LONGEST.days} days"
        raise BadInput(what, where="ends_at", do="end it earlier; it can be made again")
    maintenance = silence.kind is Kind.MAINTENANCE
    if maintenance != bool(silence.title):
        do = "give both or none"
        raise BadInput("maintenance has a title, and nothing else has", where="title", do=do)
    if maintenance and not systems_of(silence):
        do = "add system=NAME"
        raise BadInput("maintenance is of one system", where="matchers", do=do)
    return silence


def expire(silence: Silence, by: str, now: datetime) -> Silence:
    """Return `silence`, ended early.

    Raises:
        Conflict: it is over already.
    """
    if silence.state(now) == "over":
        raise Conflict(f"silence {silence.id} is over already; nothing is left to end")
    return replace(silence, expired_at=now, expired_by=by)


def systems_of(silence: Silence) -> list[str]:
    """Return the systems that it names outright."""
    return [m.value for m in silence.matchers if m.word == "system" and m.op is Op.EQUAL]


def silenced(alert: Alert, silences: Sequence[Silence], now: datetime) -> Silence | None:
    """Return the silence that keeps `alert` quiet `now`: of several, the one that ends last."""
    said = words(alert)
    found = [s for s in silences if s.state(now) == "active" and match(s.matchers, said)]
    return max(found, key=lambda one: (one.until, one.id), default=None)
