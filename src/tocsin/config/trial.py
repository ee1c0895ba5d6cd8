"""The form of what a new version must show beside the one that serves."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from tocsin.config.strict import Duration, Strict

Measure = Literal["failed_calls", "error_rate", "selection_rate", "recall", "false_positive_rate"]


class CanaryForm(Strict):
    """When a candidate is fit to serve everybody; harm in differences of shares, 0.01: a point."""

    least: float = Field(default=0.002, ge=0, lt=1, description="Harm too small to abort for.")
    most: float = Field(default=0.01, gt=0, lt=1, description="Harm to everyone that is borne.")
    in_slice: float = Field(
        default=0.03, gt=0, lt=1, description="Harm to one slice that is borne."
    )
    most_of: dict[Measure, float] = Field(
        default_factory=dict[Measure, float], description="`most` of single measures."
    )
    share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Part of the candidate's decisions from which on a slice must be proven.",
    )
    error: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Chance of a wrong abortion, and that of a wrong promotion.",
    )
    lasts: Duration = Field(
        default=timedelta(days=1),
        description="How long both must have served before it may be promoted.",
    )

    @model_validator(mode="after")
    def _cross(self) -> Self:
        borne = min([self.most, self.in_slice, *self.most_of.values()])
        if self.least >= borne:
            raise ValueError(f"least {self.least} is not below {borne}, which is borne")
        return self
