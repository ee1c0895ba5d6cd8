"""The form of how containment is approved, and the noun it becomes."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from tocsin.config.strict import Duration, Strict
from tocsin.contain.approval import Approvals
from tocsin.ingest.system import Risk


class ContainmentForm(Strict):
    """How many must approve a plan, and what is done unasked."""

    approvals: dict[Risk, Annotated[int, Field(ge=1, le=5)]] = Field(
        default_factory=lambda: {Risk.HIGH: 2},
        description="How many people must approve, by the risk of the system; of risks that are"
        " not named, one.",
    )
    proposer: bool = Field(
        default=True, description="Whether who proposed a plan may be one of them."
    )
    tokens: bool = Field(
        default=False,
        description="Whether a token counts as the person it is named after, where more than one"
        " must approve.",
    )
    automatic: tuple[Risk, ...] = Field(
        default=(Risk.LOW, Risk.MEDIUM),
        description="Risks of systems at which playbooks do their automatic steps unasked; at"
        " others they only propose them.",
    )
    ratify_within: Duration = Field(
        default=timedelta(hours=1),
        gt=timedelta(0),
        description="How soon another must ratify what one put in force alone; then approvers are"
        " reminded, ever more seldom, as they are of a plan that waits for them for so long.",
    )


def approvals(form: ContainmentForm) -> Approvals:
    """Return the rule that `form` declares."""
    return Approvals(
        people=form.approvals,
        proposer=form.proposer,
        tokens=form.tokens,
        automatic=frozenset(form.automatic),
        ratify_within=form.ratify_within,
    )
