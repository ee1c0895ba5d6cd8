"""The rings a duty works with, handed over by `app`; and what a duty is.

A duty is one step of the pipeline: it looks at what is stored, decides through the rooms, writes
through one unit of work, and returns.  It may be killed anywhere and run again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from tocsin.alert.inhibit import DEFAULTS, Inhibition
from tocsin.alert.ports import Notifier
from tocsin.contain.act import Outlet, Outlets
from tocsin.contain.approval import Approvals
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.playbook import Playbook
from tocsin.detect.budget import FALSE_PAGES, FALSE_TICKETS
from tocsin.incident.board import Board
from tocsin.incident.command import Command
from tocsin.incident.intake import IntakeRule
from tocsin.incident.letter import Mailer
from tocsin.incident.severity import Matrix
from tocsin.incident.statuspage import StatusPage
from tocsin.incident.subscriber import Way
from tocsin.incident.update import Telling
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.lake.listing import Listing
from tocsin.oncall.policy import Policy
from tocsin.profile.cell import Profile
from tocsin.profile.retention import Retention
from tocsin.profile.spec import Spec
from tocsin.store.steady import Steady
from tocsin.store.unit import Database

Clock = Callable[[], datetime]
"""Returns the present instant, aware and in UTC."""
SteadyClock = Callable[[], Steady | None]
"""Returns how long this machine has been running; None: it does not tell."""
Kernel = Callable[[pa.Table, Spec], Profile]
"""Counts one table: `profile.kernel.profile` or `profile.kernel.profile_labels`."""
EngineRun = Callable[[Iterable[pa.Table], Spec, Kernel], Profile]
"""Counts many tables and merges: `engine.local.run`."""
FilesRun = Callable[[Listing, Spec], Profile]
"""Counts the predictions that rest at a listing of the lake's."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What is called outside while all is well, and how often."""

    send: Callable[[], None]
    """Calls once, within seconds, or raises `DeliveryError`."""
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the duties of the status page work with."""

    page: StatusPage
    draw: Callable[[Board], Mapping[str, bytes]]
    """Draws the static copy: its files by their names."""
    folder: Path
    """Where the copy stands."""
    mailers: Mapping[Way, Mailer] = field(default_factory=dict[Way, Mailer])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rings:
    """Everything outside the rooms that the duties of one worker may touch.

    `policies` gives each system's escalation policy; `policy` stands in where it names none.
    `worker` is this process's name in leases; `secret` signs acknowledgement links.
    """

    database: Database
    lake: Lake
    committer: Committer
    engine_run: EngineRun
    notifiers: Mapping[str, Notifier]
    """Channel name in the configuration → the notifier that serves it."""
    clock: Clock
    base_url: str
    secret: bytes = field(repr=False)
    policy: Policy
    policies: Mapping[str, Policy] = field(default_factory=dict[str, Policy])
    severity: Matrix = field(default_factory=Matrix)
    command: Command = field(default_factory=Command)
    """The escalation matrix as configured now."""
    inhibitions: Sequence[Inhibition] = DEFAULTS
    playbooks: Sequence[Playbook] = BUILT_IN
    approvals: Approvals = field(default_factory=Approvals)
    """How many must approve a plan."""
    rights: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """The scopes that the role of a person opens, for those who have one."""
    false_pages_per_month: float = FALSE_PAGES
    false_tickets_per_month: float = FALSE_TICKETS
    keep_predictions: timedelta | None = None
    """Age at which predictions and outcomes are dropped; None: never."""
    retention: Retention = field(default_factory=Retention)
    worker: str = "worker-1"
    pause_s: float = 1.0
    """How long the pipeline rests between two rounds."""
    paging_pause_s: float = 0.5
    """How long escalation and delivery rest between two rounds."""
    lease: timedelta = timedelta(seconds=8)
    """How long a claim on a page lasts if its worker dies; one that lives renews it."""
    files_run: FilesRun | None = None
    """How new data files are counted by an engine that reads them itself; None: `engine_run`."""
    heartbeat: Heartbeat | None = None
    telling: Telling = field(default_factory=Telling)
    """Who hears how incidents go, and where people talk about them."""
    status: Status | None = None
    """None: there is no status page."""
    complaints: IntakeRule = field(default_factory=IntakeRule)
    steady: SteadyClock = lambda: None
    actuators: Outlets = field(default_factory=dict[str, Outlet])
    """Name in the configuration → what carries out directives outside."""
    senders: int = 16
    """How many pages are sent at the same time."""

    def policy_of(self, system: str) -> Policy:
        """Return the escalation policy of `system`."""
        return self.policies.get(system, self.policy)


Duty = Callable[[Rings, datetime], None]
"""One step of the pipeline, run at `now`."""
