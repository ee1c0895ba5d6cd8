"""Who must say yes before a plan is put in force, and who has.

    proposed ──one approves──▶ 1 of 2 ──another approves──▶ in force
        └──one breaks the glass, with a reason──▶ in force ──another ratifies──▶ as if two had

How many must approve follows from the risk of the system.  Where it is more than one, they are
different people: nobody counts twice, and a token counts only where that is allowed, since whoever
holds it need not be who it is named after.  A plan is frozen, and what is approved is its hash.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.base.errors import BadInput, Conflict, Forbidden
from tocsin.base.phrases import count, listing
from tocsin.contain.explain import clock_time
from tocsin.contain.plan import Plan
from tocsin.ingest.system import Risk


class Word(StrEnum):
    """What somebody said of a plan."""

    APPROVED = "approved"
    BROKE_GLASS = "broke_glass"
    """Put it in force alone, in an emergency."""
    RATIFIED = "ratified"
    """Stands by what another did alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What one person said of one plan, and when."""

    by: str
    at: datetime
    word: Word = Word.APPROVED
    reason: str = ""
    """Why it could not wait for another; only of who broke the glass."""


@dataclass(frozen=True, slots=True)
class Approver:
    """Who says it; `person` is False for whoever shows a token."""

    name: str
    person: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """How many must approve.  Bare, one always suffices; `config.containment` is stricter."""

    people: Mapping[Risk, int] = field(default_factory=dict[Risk, int])
    """How many, by the system's risk; one where it is not named."""
    proposer: bool = True
    """Whether who proposed a plan may be one of them."""
    tokens: bool = False
    """Whether a token counts as the person it is named after."""
    automatic: frozenset[Risk] = frozenset(Risk)
    """Risks at which playbooks do their automatic steps unasked."""
    ratify_within: timedelta = timedelta(hours=1)
    """How soon another must ratify what one did alone."""

    def needed(self, *risks: Risk) -> int:
        """Return how many must approve at the gravest of `risks`.

        >>> Approvals(people={Risk.HIGH: 2}).needed(Risk.LOW, Risk.HIGH), Approvals().needed()
        (2, 1)
        """
        return max([1, *(self.people.get(risk, 1) for risk in risks)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the approval of one plan has come."""

    needed: int
    by: tuple[str, ...] = ()
    """Who has approved, the first first."""
    glass: Approval | None = None
    """Who put it in force alone."""
    ratified: Approval | None = None
    ratify_by: datetime | None = None
    """When another should have ratified; None: nothing is to be ratified, or somebody has."""

    @property
    def complete(self) -> bool:
        """Whether enough people have approved."""
        return len(self.by) >= self.needed

    @property
    def says(self) -> str:
        """The same for people: `1 of 2 approvals, by ada`."""
        by = f", by {listing(self.by)}" if self.by else ""
        return f"{len(self.by)} of {count(self.needed, 'approval')}{by}"


def standing(rule: Approvals, given: Sequence[Approval], needed: int) -> Standing:
    """Return how far the approval has come.

    Args:
        rule: what is asked.
        given: what was said of the plan, oldest first, once for each person.
        needed: how many must approve.
    """
    glass = next((one for one in given if one.word is Word.BROKE_GLASS), None)
    ratified = next((one for one in given if one.word is Word.RATIFIED), None)
    return Standing(
        needed=needed,
        by=tuple(one.by for one in given if one.word is Word.APPROVED),
        glass=glass,
        ratified=ratified,
        ratify_by=glass.at + rule.ratify_within if glass and not ratified else None,
    )


def approve(
    plan: Plan, rule: Approvals, given: Sequence[Approval], who: Approver, needed: int, now: datetime
) -> Approval:
    """Return the approval of `who`; that the hash is the plan's is `apply.ready`'s to see.

    Raises:
        Forbidden: they do not count: a token, or who proposed it.
        Conflict: they have approved already.
    """
    _counts(plan, rule, who, needed)
    for one in given:
        if one.by == who.name:
            raise Conflict(
                f"{who.name} approved plan {plan.id} at {clock_time(one.at, now)} already: "
                "another person must"
            )
    return Approval(by=who.name, at=now)


def break_glass(
    plan: Plan, rule: Approvals, who: Approver, needed: int, reason: str, now: datetime
) -> Approval:
    """Return the word of one who puts `plan` in force alone.

    Raises:
        BadInput: no reason is given.
        Forbidden: a token, where tokens are no people.
        Conflict: one approval suffices anyway.
    """
    if needed == 1:
        raise Conflict(f"plan {plan.id} needs one approval only: approve it")
    if not reason.strip():
        raise BadInput(
            "the glass is broken without a reason",
            where="reason",
            do="say why it cannot wait for another person",
        )
    _is_person(plan, rule, who, needed)
    return Approval(by=who.name, at=now, word=Word.BROKE_GLASS, reason=reason.strip())


def ratify(
    plan: Plan, rule: Approvals, given: Sequence[Approval], who: Approver, needed: int, now: datetime
) -> Approval:
    """Return the word of one who stands by what another did alone.

    Raises:
        Forbidden: who did it ratifies nothing, nor does a token.
        Conflict: nobody broke the glass, or it is ratified already.
    """
    now_stands = standing(rule, given, needed)
    if now_stands.glass is None:
        raise Conflict(f"nobody put plan {plan.id} in force alone: there is nothing to ratify")
    if now_stands.ratified is not None:
        done = now_stands.ratified
        raise Conflict(f"{done.by} ratified plan {plan.id} at {clock_time(done.at, now)} already")
    if who.name == now_stands.glass.by:
        raise Forbidden(f"{who.name} put plan {plan.id} in force alone: another must ratify it")
    _is_person(plan, rule, who, needed)
    return Approval(by=who.name, at=now, word=Word.RATIFIED)


def overdue(glass: Approval, within: timedelta, now: datetime) -> int:
    """Return how many reminders to ratify are due at `now`, each twice as late as the one before.

    >>> from datetime import UTC
    >>> noon, hour = datetime(2026, 11, 20, 12, tzinfo=UTC), timedelta(hours=1)
    >>> one = Approval(by="ada", at=noon, word=Word.BROKE_GLASS)
    >>> [overdue(one, hour, noon + k * hour) for k in (0, 1, 2, 3, 4)]
    [0, 1, 2, 2, 3]
    """
    if now < glass.at + within:
        return 0
    return ((now - glass.at) // within).bit_length()


def those_who_may(
    rights: Mapping[str, Iterable[str]], plan: Plan, rule: Approvals, given: Sequence[Approval]
) -> list[str]:
    """Return the people who may still say yes to `plan`, by name.

    Args:
        rights: the scopes of the people who have a role.
        plan: what waits.
        rule: what is asked.
        given: what was said of it.
    """
    spoke = {one.by for one in given}
    if not rule.proposer:
        spoke.add(plan.made_by)
    return sorted(name for name, scopes in rights.items() if "approve" in scopes and name not in spoke)


def _counts(plan: Plan, rule: Approvals, who: Approver, needed: int) -> None:
    if needed == 1:
        return
    _is_person(plan, rule, who, needed)
    if not rule.proposer and who.name == plan.made_by:
        raise Forbidden(f"{who.name} proposed plan {plan.id}: others must approve it")


def _is_person(plan: Plan, rule: Approvals, who: Approver, needed: int) -> None:
    if not (who.person or rule.tokens):
        raise Forbidden(
            f"plan {plan.id} needs {needed} people, and a token is none: sign in on its page"
            " (or allow `containment.tokens` in tocsin.yaml)"
        )
