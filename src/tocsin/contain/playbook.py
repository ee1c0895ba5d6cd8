"""A playbook: what to do against one sort of failure, step by step, written down on a calm day.

A step is automatic, where its owner allows it from a severity on; or one click, which makes the
plan for it; or by hand, with a box to tick.  An incident gets the playbook that fits it best, as it
stood at that moment: later edits of the file change nothing for those who are in the middle of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain import plan
from tocsin.contain.directive import FOR_EVERYONE, TO_VERSION, Action, OnAbort
from tocsin.contain.failure import Failure
from tocsin.contain.versions import Good
from tocsin.incident.incident import Severity
from tocsin.ingest.system import Kind

LAST_GOOD = "last good"
"""A step's version that is found when it is planned: see `versions`."""
CANDIDATE = "candidate"
"""The version that the last recorded change names, while it has decided nothing here yet."""
HOLD_FOR = timedelta(hours=4)
"""How long an action of a playbook holds unless it says otherwise."""


class Mode(StrEnum):
    """Who does a step."""

    AUTOMATIC = "automatic"
    CLICK = "click"
    MANUAL = "manual"


class IfWorse(StrEnum):
    """What is done when it is worse under containment than it was before.

    Either way the incident becomes graver and people are called again.
    """

    ESCALATE = "escalate"
    """People decide what becomes of the plan."""
    REVERT = "revert"
    """The plan is taken back at once; the system decides again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step, said as what to do."""

    say: str
    action: Action | None = None
    """What becomes a plan; None: people do it."""
    everyone: bool = False
    """Whether the action is for everyone; else for whom the incident hits."""
    of_version: str | None = None
    """Only for decisions that this version would otherwise make, see `plan.Step`."""
    for_: timedelta = HOLD_FOR
    to_version: str | None = None
    """A version, `LAST_GOOD` or `CANDIDATE`; of a rollback that names none, the last good one."""
    share: float | None = None
    """Share of a canary or of shadow copies, in 0-1."""
    threshold: float | None = None
    """Score in 0-1 from which the answer is yes; only with `Action.THRESHOLD`."""
    on_abort: OnAbort = OnAbort.NOTIFY
    """Only of a canary."""
    automatic: Severity | None = None
    """The mildest severity at which it is done without being asked; None: never."""

    def mode(self, severity: Severity) -> Mode:
        """Return who does it in an incident of this severity."""
        if self.action is None:
            return Mode.MANUAL
        asked = self.automatic is None or severity > self.automatic
        return Mode.CLICK if asked else Mode.AUTOMATIC

    @property
    def version(self) -> str | None:
        """Which version it is about, as written; of a rollback that says none, the last good."""
        back = self.action is Action.ROLLBACK
        return self.to_version or (LAST_GOOD if back else None)

    def lacks(self, version: str) -> str:
        """Return why it could not be planned; `version`: why there is none to return to."""
        if self.action is Action.QUARANTINE:
            return "the incident is about everyone, so it names no source"
        if self.version == CANDIDATE:
            return "no recorded change names a version that has decided nothing yet"
        return version

    def planned(
        self, slice_: Slice, good: Good | None, candidate: str | None = None
    ) -> plan.Step | None:
        """Return the step of a plan; None where nothing can be planned.

        Args:
            slice_: whom the incident hits.
            good: what can be rolled back to, if anything.
            candidate: the version that may be tried, if there is one.
        """
        version, why = self._found(good, candidate)
        if self.action is None or (self.action in TO_VERSION and version is None):
            return None
        everyone = self.everyone or self.action in FOR_EVERYONE
        if self.action is Action.QUARANTINE and (everyone or not slice_.conditions):
            return None  # who is hit names no source
        return plan.Step(
            action=self.action,
            slice=EVERYONE if everyone else slice_,
            of_version=self.of_version,
            for_=self.for_,
            to_version=version,
            share=self.share,
            threshold=self.threshold,
            on_abort=self.on_abort,
            reason=f"{self.say}. Version {why}" if why else f"{self.say}.",
        )

    def _found(self, good: Good | None, candidate: str | None) -> tuple[str | None, str]:
        """Return the version that the step is about, and why it is that one where it was found."""
        match self.version:
            case str(word) if word == LAST_GOOD:
                return (good.version, good.why) if good else (None, "")
            case str(word) if word == CANDIDATE:
                said = f"{candidate} is the one that the last recorded change names."
                return (candidate, said) if candidate else (None, "")
            case written:
                return written, ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """What to do, for which failures of which systems."""

    name: str
    title: str
    failures: tuple[Failure, ...] = ()
    """Empty: any."""
    kinds: tuple[Kind, ...] = ()
    """Empty: any."""
    from_severity: Severity = Severity.SEV4
    """The mildest severity that it is for."""
    owner: str = ""
    rehearsed: date | None = None
    """When it was last played through; None: never."""
    if_worse: IfWorse = IfWorse.ESCALATE
    steps: tuple[Step, ...]

    def fits(self, failure: Failure, kind: Kind, severity: Severity) -> bool:
        """Return whether it is for such an incident."""
        return (
            (not self.failures or failure in self.failures)
            and (not self.kinds or kind in self.kinds)
            and severity <= self.from_severity
        )


def choose(
    playbooks: Sequence[Playbook],
    failure: Failure,
    kind: Kind,
    severity: Severity,
    preferred: str | None = None,
) -> Playbook:
    """Return the first playbook that fits, those that name the failure before those for any.

    Args:
        playbooks: in order; the last is for anything (`builtin.BUILT_IN` ends with such a one), and
            the one where none fits, should a team have narrowed it.
        failure: what sort of failure it is.
        kind: what sort of system.
        severity: how grave it is.
        preferred: the name of the one that the system's owner wants where it fits.
    """
    fitting = [one for one in playbooks if one.fits(failure, kind, severity)]
    ours = [one for one in fitting if one.name == preferred]
    named = [one for one in fitting if one.failures]
    return (ours or named or fitting or playbooks[-1:])[0]


class Done(StrEnum):
    """What became of a step."""

    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """Who did or left out a step, when, and what there is to say; `plan` is what it made."""

    done: Done
    by: str
    at: datetime
    note: str = ""
    plan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A playbook in one incident."""

    id: str
    incident: str
    playbook: Playbook
    failure: Failure
    chosen_at: datetime
    chosen_by: str
    ticked: Mapping[int, Ticked] = field(default_factory=dict[int, Ticked])
    """By the place of the step, from 0."""

    def step(self, place: int) -> Step:
        """Return a step that is still to be done.

        Raises:
            BadInput: there is no such step.
            Conflict: it is done or left out already.
        """
        if not 0 <= place < len(self.playbook.steps):
            raise BadInput(
                f"playbook {self.playbook.name} has no step {place + 1}",
                where="playbook",
                do=f"it has steps 1 to {len(self.playbook.steps)}",
            )
        if place in self.ticked:
            was = self.ticked[place]
            raise Conflict(f"step {place + 1} is {was.done.value} by {was.by} already")
        return self.playbook.steps[place]

    def due(self, severity: Severity) -> list[int]:
        """Return the automatic steps that are still to be done, in order.

        They run only from the top: what stands below a step that people must do waits for them.
        """
        found: list[int] = []
        for place, step in enumerate(self.playbook.steps):
            if place in self.ticked:
                continue
            if step.mode(severity) is not Mode.AUTOMATIC:
                break
            found.append(place)
        return found
