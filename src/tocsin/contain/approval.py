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
    """Put it in force alone, in an emergency, or although a precondition does not hold."""
    RATIFIED = "ratified"
    """Stands by what another did alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What one person said of one plan, and when."""

    by: str
    at: datetime
    word: Word = Word.APPROVED
    reason: str = ""
    """Why it could not wait, or must be all the same; only of who broke the glass."""
    owes: bool = True
    """Whether who broke the glass owes the word of another, as several had to approve it then."""


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
        """The same for people: `1 of 2 approvals, by aspen`."""
        by = f", by {listing(self.by)}" if self.by else ""
        return f"{len(self.by)} of {count(self.needed, 'approval')}{by}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One plan, what is asked of it, and what was said so far."""

    plan: Plan
    rule: Approvals
    needed: int
    """How many must approve."""
    given: Sequence[Approval] = ()
    """What was said, oldest first, once for each person."""

    @property
    def standing(self) -> Standing:
        """How far the approval has come."""
        glass, ratified = self._last(Word.BROKE_GLASS), self._last(Word.RATIFIED)
        return Standing(
            needed=self.needed,
            by=tuple(one.by for one in self.given if one.word is Word.APPROVED),
            glass=glass,
            ratified=ratified,
            ratify_by=glass.at + self.rule.ratify_within
            if glass and glass.owes and not ratified
            else None,
        )

    def approve(self, who: Approver, now: datetime) -> Approval:
        """Return the approval of `who`; whose hash they quote is for `apply.ready` to see.

        Raises:
            Forbidden: they do not count: a token, or who proposed it.
            Conflict: they have approved already.
        """
        if self.needed > 1:
            self._refuse_tokens(who)
            if not self.rule.proposer and who.name == self.plan.made_by:
                raise Forbidden(f"{who.name} proposed plan {self.plan.id}: others must approve it")
        for one in self.given:
            if one.by == who.name:
                raise Conflict(
                    f"{who.name} approved plan {self.plan.id} at {clock_time(one.at, now)} already:"
                    " another person must"
                )
        return Approval(by=who.name, at=now)

    def break_glass(
        self, who: Approver, reason: str, now: datetime, *, lacking: bool = False
    ) -> Approval:
        """Return the word of one who puts the plan in force alone, or whatever its preconditions.

        Args:
            who: who says it.
            reason: why it cannot wait, or must be all the same.
            now: when.
            lacking: whether a precondition does not hold.

        Raises:
            BadInput: no reason is given.
            Forbidden: a token, where tokens are no people.
            Conflict: one approval suffices anyway, and every precondition holds.
        """
        if self.needed == 1 and not lacking:
            raise Conflict(f"plan {self.plan.id} needs one approval only: approve it")
        if self.needed > 1:
            self._refuse_tokens(who)
        if not reason.strip():
            raise BadInput(
                "the glass is broken without a reason",
                where="reason",
                do="say why it cannot wait, or must be in force all the same",
            )
        # who alone may approve owes nobody a second word for what a precondition said
        return Approval(
            by=who.name,
            at=now,
            word=Word.BROKE_GLASS,
            reason=reason.strip(),
            owes=self.needed > 1,
        )

    def ratify(self, who: Approver, now: datetime) -> Approval:
        """Return the word of one who stands by what another did alone.

        Raises:
            Forbidden: who did it ratifies nothing, nor does a token.
            Conflict: nobody owes it: none broke the glass, one sufficed, or it is ratified already.
        """
        glass, done = self._last(Word.BROKE_GLASS), self._last(Word.RATIFIED)
        plan = f"plan {self.plan.id}"
        if glass is None or not glass.owes:
            raise Conflict(f"nobody put {plan} in force alone: there is nothing to ratify")
        if done is not None:
            raise Conflict(f"{done.by} ratified {plan} at {clock_time(done.at, now)} already")
        if who.name == glass.by:
            raise Forbidden(f"{who.name} put {plan} in force alone: another must ratify it")
        self._refuse_tokens(who)
        return Approval(by=who.name, at=now, word=Word.RATIFIED)

    def who_may(self, rights: Mapping[str, Iterable[str]]) -> list[str]:
        """Return who may still approve it, by name; `rights`: the scopes of people with roles."""
        spoke = {one.by for one in self.given}
        if not self.rule.proposer:
            spoke.add(self.plan.made_by)
        may = {name for name, scopes in rights.items() if "approve" in scopes}
        return sorted(may - spoke)

    def _last(self, word: Word) -> Approval | None:
        return next((one for one in reversed(self.given) if one.word is word), None)

    def _refuse_tokens(self, who: Approver) -> None:
        if not (who.person or self.rule.tokens):
            people = count(self.needed, "person", "people")
            raise Forbidden(
                f"plan {self.plan.id} needs {people}, and a token is none: sign in on"
                " its page (or allow `containment.tokens` in tocsin.yaml)"
            )


def overdue(since: datetime, within: timedelta, now: datetime) -> int:
    """Return how many reminders are due at `now`, each twice as late as the one before.

    >>> from datetime import UTC
    >>> noon, hour = datetime(2026, 11, 20, 12, tzinfo=UTC), timedelta(hours=1)
    >>> [overdue(noon, hour, noon + k * hour) for k in (0, 1, 2, 3, 4)]
    [0, 1, 2, 2, 3]
    """
    if now < since + within:
        return 0
    return ((now - since) // within).bit_length()
