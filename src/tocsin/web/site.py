"""What the web ring works with, handed over by `app` once: the stores, the clock, the secret.

Every endpoint takes `site: SiteDep`; there is no other global.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from tocsin.alert.inhibit import DEFAULTS, Inhibition
from tocsin.contain.act import Outlet, Outlets
from tocsin.contain.approval import Approvals
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.playbook import Playbook
from tocsin.incident.command import Command
from tocsin.incident.severity import Matrix
from tocsin.incident.update import Telling
from tocsin.ingest.outside import Reading
from tocsin.oncall.policy import Policy
from tocsin.oncall.roster import Roster
from tocsin.web.budget import Budget
from tocsin.web.kept import Kept
from tocsin.web.rate import Limits

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tocsin.detect.explain import Explained
    from tocsin.lake.committer import Committer
    from tocsin.lake.delta import Lake
    from tocsin.store.unit import Database
    from tocsin.web.publish import Public

Explain = Callable[["Connection", str, str], "Explained"]
Clock = Callable[[], datetime]
"""Returns the present instant, aware and in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything outside the rooms that a request may touch.

    `base_url` is where people reach us, without a slash at the end; its host and localhost are
    the only hosts served.  `secret` signs acknowledgement links and CSRF tokens.
    """

    database: Database
    lake: Lake
    committer: Committer
    clock: Clock
    secret: bytes = field(repr=False)
    base_url: str
    explain: Explain
    """Computes one stored finding again, by system and name; see `store.findings.find`."""
    policy: Policy
    """The escalation policy of systems that name none."""
    policies: Mapping[str, Policy] = field(default_factory=dict[str, Policy])
    roster: Roster = field(default_factory=Roster)
    """People, schedules and policies as configured now."""
    playbooks: Sequence[Playbook] = BUILT_IN
    """As configured now; an incident keeps its own as it stood."""
    approvals: Approvals = field(default_factory=Approvals)
    """How many must approve a plan."""
    severity: Matrix = field(default_factory=Matrix)
    actuators: Outlets = field(default_factory=dict[str, Outlet])
    """What carries out directives outside, by name: told in plans, never called from here."""
    telling: Telling = field(default_factory=Telling)
    """Who hears how incidents go, and where people talk about them."""
    command: Command = field(default_factory=Command)
    """The escalation matrix as configured now."""
    readings: Mapping[str, Reading] = field(default_factory=dict[str, Reading])
    """How to read alerts of other systems, by the names under `intake:`."""
    public: Public | None = None
    """The status page; None: there is none."""
    rights: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """The scopes that the role of a person opens, for those who have one."""
    hook_secrets: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]], repr=False
    )
    """By which PagerDuty's webhooks are known to be its own, by channel."""
    inhibitions: Sequence[Inhibition] = DEFAULTS
    """Which alerts explain which others."""
    false_pages_per_month: float = 1.0
    session: timedelta = timedelta(hours=12)
    """How long a sign-in lasts."""
    stale_after: timedelta = timedelta(seconds=60)
    """A worker stage that has not reported for so long is taken for dead by `/readyz`."""
    heartbeat_s: float = 10.0
    """Longest silence on an event stream."""
    poll_s: float = 0.5
    """How often an event stream looks for what other processes have written."""
    public_per_minute: int = 30
    """Requests a minute that one address may make to each public form."""

    ingest_places: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(24)
    )
    """Bodies that may be read or wait for the disk at the same time; fewer than there are threads,
    so that a slow disk never keeps anybody from acknowledging."""
    ingest_readers: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(4)
    )
    """Bodies that may be taken apart at the same time: as objects, rows take several times their
    bytes."""
    noting: threading.Lock = field(default_factory=threading.Lock)
    """Held while it is noted that a serving side asked: by one request at a time."""
    limits: Limits = field(default_factory=Limits)
    """How often each address came lately."""
    readiness: Kept = field(default_factory=Kept)
    """What `/readyz` found a moment ago."""
    ingest_bytes: Budget = field(default_factory=lambda: Budget(128 << 20))
    """Bodies of rows, as sent and unpacked, that may be in memory at the same time."""

    closing: threading.Event = field(default_factory=threading.Event)
    """Set when the server begins to stop, so that event streams end at once."""

    def policy_of(self, system: str) -> Policy:
        """Return the escalation policy of `system`."""
        return self.policies.get(system, self.policy)


def site_of(request: Request) -> Site:
    """Return the site that `asgi.build` put on the application."""
    return cast("Site", request.app.state.site)


SiteDep = Annotated[Site, Depends(site_of)]
