"""Reach: whether a contact is known to work, from what became of the pages and tests sent to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.oncall.person import Contact

FRESH = timedelta(days=30)
"""How long a proof counts: numbers change, mailboxes fill, tokens run out."""


class Verdict(StrEnum):
    """What is known of one contact."""

    REACHED = "reached"
    """The person showed that it arrived."""
    ACCEPTED = "accepted"
    """The receiver took it; whether anybody saw it is not known."""
    STALE = "stale"
    """Something came through, but long ago."""
    NEVER_TRIED = "never tried"
    FAILS = "fails"
    """The last try was not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What became of what was sent to one contact: the last of each."""

    contact: Contact
    accepted_at: datetime | None = None
    acknowledged_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str | None = None
    """Why the last failure was one."""

    def verdict(self, now: datetime) -> Verdict:
        """Return what is known at `now`.

        Whoever acknowledged had it in hand, whatever the receiver said.
        """
        arrived = max((at for at in (self.accepted_at, self.acknowledged_at) if at), default=None)
        if self.failed_at is not None and (arrived is None or self.failed_at > arrived):
            return Verdict.FAILS
        if arrived is None:
            return Verdict.NEVER_TRIED
        if now - arrived > FRESH:
            return Verdict.STALE
        if self.acknowledged_at is not None and now - self.acknowledged_at <= FRESH:
            return Verdict.REACHED
        return Verdict.ACCEPTED
