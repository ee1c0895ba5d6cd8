"""The incident and its timeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from tocsin.base.slices import EVERYONE, Slice


class Severity(IntEnum):
    """1 is the gravest; SEV1 and SEV2 wake people, SEV3 waits for working hours, SEV4 is noted."""

    SEV1 = 1
    SEV2 = 2
    SEV3 = 3
    SEV4 = 4


class State(StrEnum):
    """Where an incident stands; moves only as `lifecycle` allows."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CONTAINED = "contained"
    RESOLVED = "resolved"


class Role(StrEnum):
    """What somebody does for an incident; `commander` leads and is the incident's own field."""

    COMMANDER = "commander"
    DEPUTY = "deputy"
    COMMUNICATIONS = "communications"
    SCRIBE = "scribe"
    EXPERT = "expert"
    LEGAL = "legal"

    @property
    def word(self) -> str:
        """What people call it."""
        return {Role.EXPERT: "subject expert", Role.LEGAL: "legal and compliance"}.get(
            self, self.value
        )

    @property
    def shared(self) -> bool:
        """Whether several people may hold it at once."""
        return self in {Role.EXPERT, Role.LEGAL}


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a role, since when."""

    role: Role
    person: str
    since: datetime


class EntryKind(StrEnum):
    """What sort of line stands on the timeline."""

    OPENED = "opened"
    FINDING = "finding"
    PAGE = "page"
    SUPPRESSED = "suppressed"
    ACKNOWLEDGED = "acknowledged"
    SEVERITY = "severity"
    IMPACT = "impact"
    NOTE = "note"
    CHANGE = "change"
    PLAN = "plan"
    APPROVED = "approved"
    CONTAINED = "contained"
    ACTED = "acted"
    VERIFIED = "verified"
    REVERTED = "reverted"
    EXPIRED = "expired"
    DIAGNOSIS = "diagnosis"
    COMPLAINT = "complaint"
    ROLE = "role"
    UPDATE = "update"
    LINKED = "linked"
    MERGED = "merged"
    SPLIT = "split"
    WAR_ROOM = "war_room"
    TASK = "task"
    CORRECTED = "corrected"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timeline: when it happened, who or what did it, what happened in words."""

    id: str
    incident: str
    at: datetime
    kind: EntryKind
    actor: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident.  A time that is None has not come yet.

    `paging_from` is when people began to be paged: the escalation policy counts from there, not
    from `detected_at`, because an incident may begin as a SEV3 and turn graver later.  `graded` is
    the gravest that the matrix has said: a person's milder word stands until the matrix exceeds it.
    """

    id: str
    number: int
    system: str
    title: str
    severity: Severity
    severity_why: str
    state: State
    slice: Slice = EVERYONE
    impact_from: datetime | None = None
    impact_by: str | None = None
    """Who has said since when; None: it is computed, or not known."""
    detected_at: datetime
    paging_from: datetime | None = None
    graded: Severity | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    contained_at: datetime | None = None
    recovered_at: datetime | None = None
    resolved_at: datetime | None = None
    commander: str | None = None
    war_room: str | None = None
    """Where people talk about it: any http(s) address."""
    merged_into: str | None = None
    """The id of the incident that goes on for it."""
    roles: tuple[Holding, ...] = ()
    """Everybody's roles but the commander's, in the order in which they were taken."""

    @property
    def name(self) -> str:
        """What people call it, e.g. `INC-42`."""
        return f"INC-{self.number}"

    def holders(self, role: Role) -> tuple[str, ...]:
        """Return who holds `role`, the longest first."""
        if role is Role.COMMANDER:
            return (self.commander,) if self.commander is not None else ()
        return tuple(one.person for one in self.roles if one.role is role)
