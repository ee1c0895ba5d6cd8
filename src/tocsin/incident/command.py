"""The escalation matrix: who leads, who joins and which roles must be filled, by severity and rule.

It is a list of asks.  Each says when it holds, which role it is about, and whom it asks, step after
step until somebody answers; one without steps only says that the role must be filled.  A system's
matrix is kept with each of its incidents when they open, as the policy is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from tocsin.base.phrases import listing
from tocsin.incident.incident import Incident, Role, Severity
from tocsin.incident.severity import Harm
from tocsin.ingest.system import Risk, System
from tocsin.oncall.person import Person
from tocsin.oncall.policy import Policy, Step
from tocsin.oncall.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the rules look at: the incident as it stands, and what is seen of its harm.

    `protected` are the protected attributes that it involves.
    """

    severity: Severity
    risk: Risk
    harms: frozenset[Harm] = frozenset()
    protected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """When an ask holds: all that it names must be so; what is empty may be anything.

    `only` takes this severity and no graver one, which has an ask of its own.
    """

    severity: Severity
    only: bool = False
    risks: tuple[Risk, ...] = ()
    harms: tuple[Harm, ...] = ()
    protected: bool = False

    def holds(self, case: Case) -> bool:
        """Return whether this is such a case."""
        grave = case.severity == self.severity if self.only else case.severity <= self.severity
        return (
            grave
            and (not self.risks or case.risk in self.risks)
            and (not self.harms or not case.harms.isdisjoint(self.harms))
            and (not self.protected or bool(case.protected))
        )

    @property
    def says(self) -> str:
        """When it holds, whatever the case: `SEV2 or graver, unfair harm`."""
        graver = "" if self.only or self.severity is Severity.SEV1 else " or graver"
        said = [self.severity.name + graver]
        if self.risks:
            said.append(f"{' or '.join(self.risks)} risk")
        if self.harms:
            said.append(f"{' or '.join(self.harms)} harm")
        if self.protected:
            said.append("a protected attribute")
        return ", ".join(said)

    def why(self, case: Case) -> str:
        """Return why the ask holds, as a clause: `SEV1, high risk`."""
        said = [case.severity.name]
        if self.risks:
            said.append(f"{case.risk} risk")
        if self.harms:
            said += [f"{harm} harm" for harm in self.harms if harm in case.harms]
        if self.protected:
            one = len(case.protected) == 1
            noun = "a protected attribute" if one else "protected attributes"
            said.append(f"{listing(case.protected)} {'is' if one else 'are'} {noun}")
        return ", ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One line of the matrix.  `role` None: they are told, and need do nothing.

    Steps behind the first are taken only while nobody has answered; `after` counts from when the
    ask first held.
    """

    when: When
    role: Role | None = None
    steps: tuple[Step, ...] = ()


def _needs() -> tuple[Ask, ...]:
    needs = {
        Role.COMMANDER: Severity.SEV3,
        Role.DEPUTY: Severity.SEV1,
        Role.COMMUNICATIONS: Severity.SEV2,
        Role.SCRIBE: Severity.SEV1,
    }
    return tuple(Ask(role=role, when=When(severity=least)) for role, least in needs.items())


NEEDS: tuple[Ask, ...] = _needs()
"""Which roles must be filled from which severity on, unless the file says otherwise."""
JOINS: tuple[Ask, ...] = (
    Ask(role=Role.LEGAL, when=When(severity=Severity.SEV2, protected=True)),
    Ask(role=Role.LEGAL, when=When(severity=Severity.SEV2, harms=(Harm.UNFAIR,))),
    Ask(role=Role.LEGAL, when=When(severity=Severity.SEV1, risks=(Risk.HIGH,))),
)
"""Who joins by rule, unless the file says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """How silence is answered: asked again so often, so long apart; then the commander is told."""

    after: timedelta = timedelta(minutes=15)
    times: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The whole matrix; `risk` and `protected` are those of the system that it is kept for.

    It holds the people and schedules that its steps name, so that one that was kept when an
    incident opened needs nothing else to tell whom to ask.
    """

    asks: tuple[Ask, ...] = NEEDS + JOINS
    again: Again = Again()
    people: tuple[Person, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    risk: Risk = Risk.MEDIUM
    protected: tuple[str, ...] = ()

    def of(self, system: System) -> "Command":
        """Return the matrix as it is kept for an incident of `system`."""
        return replace(self, risk=system.risk, protected=system.protected)

    def ladder(self, steps: tuple[Step, ...]) -> Policy:
        """Return the steps of an ask as a policy that nobody is behind."""
        return Policy("", steps, (), people=self.people, schedules=self.schedules)

    def case(self, incident: Incident, harms: frozenset[Harm], attributes: frozenset[str]) -> Case:
        """Return the case of `incident`.

        Args:
            incident: it.
            harms: what its alarms show, see `severity.harm_of`.
            attributes: those that its alarms name, besides the incident's own slice.
        """
        touched = attributes | incident.slice.as_dict().keys()
        return Case(
            severity=incident.severity,
            risk=self.risk,
            harms=harms,
            protected=tuple(one for one in self.protected if one in touched),
        )


def wanted(command: Command, case: Case, incident: Incident) -> Mapping[Role, str]:
    """Return the roles that must be filled and that nobody holds, each with the reason."""
    return {
        ask.role: ask.when.why(case)
        for ask in reversed(command.asks)
        if ask.role is not None and ask.when.holds(case) and not incident.holders(ask.role)
    }
