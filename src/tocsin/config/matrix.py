"""Forms of the escalation matrix: who leads, who is told, who joins, which roles must be filled."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from tocsin.config.people import NotifyForm
from tocsin.config.strict import Duration, Strict

RoleName = Literal["commander", "deputy", "communications", "scribe", "expert", "legal"]
SeverityName = Literal["SEV1", "SEV2", "SEV3", "SEV4"]
HarmName = Literal[
    "unfair", "wrong", "shifted", "silent", "broken", "business", "promise", "said", "suspicious"
]


class LeadForm(NotifyForm):
    """Who is asked to lead: a `person`, a `schedule`, one contact, or a `policy`."""

    policy: str | None = Field(
        default=None,
        description="Those of its steps, one after the other until somebody answers; alone.",
    )


class TellForm(Strict):
    """Who else is told, and how soon."""

    after: Duration | Literal[0] = Field(
        default=0, description="How long after the incident became so grave, e.g. `15m`."
    )
    notify: tuple[NotifyForm, ...] = Field(min_length=1, description="Who is told.")


class LevelForm(Strict):
    """What one severity asks for, besides what the milder ones do."""

    lead: LeadForm | None = Field(
        default=None, description="Who is asked to lead; none: whoever acknowledges leads."
    )
    tell: tuple[TellForm, ...] = Field(default=(), description="Who else is told.")
    roles: tuple[RoleName, ...] | None = Field(
        default=None,
        description="Roles that must be filled; default: a commander from SEV3, communications"
        " from SEV2, a deputy and a scribe at SEV1.",
    )


class JoinForm(Strict):
    """Who joins by rule: all that it names must be so, and what is left out may be anything."""

    role: RoleName | None = Field(
        default=None, description="The role that they take; none: they are only told."
    )
    severity: SeverityName = Field(default="SEV2", description="So grave at least.")
    risk: tuple[Literal["low", "medium", "high"], ...] = Field(
        default=(), description="Of a system with one of these risks."
    )
    harm: tuple[HarmName, ...] = Field(
        default=(), description="Where an alarm shows one of these harms, e.g. `[unfair]`."
    )
    protected: bool = Field(
        default=False, description="Only where a protected attribute is involved."
    )
    after: Duration | Literal[0] = Field(
        default=timedelta(0), description="How long after that is so, e.g. `30m`."
    )
    notify: tuple[NotifyForm, ...] = Field(
        default=(), description="Who is asked; nobody: the room says that the role is not filled."
    )


class AgainForm(Strict):
    """What follows where somebody was asked and stays silent."""

    after: Duration = Field(
        default=timedelta(minutes=15),
        ge=timedelta(minutes=1),
        description="How long to wait before asking again, and before giving up.",
    )
    times: int = Field(
        default=2, ge=0, le=10, description="How often to ask again; then the commander is told."
    )


class CommandForm(Strict):
    """The escalation matrix: who leads and who joins, by severity and by rule."""

    SEV1: LevelForm = Field(default_factory=LevelForm, description="The gravest.")
    SEV2: LevelForm = Field(default_factory=LevelForm, description="The next; its people as well.")
    SEV3: LevelForm = Field(default_factory=LevelForm, description="Wakes nobody of its own.")
    SEV4: LevelForm = Field(default_factory=LevelForm, description="Only noted.")
    again: AgainForm = Field(
        default_factory=AgainForm, description="What follows where who was asked stays silent."
    )
    joins: tuple[JoinForm, ...] | None = Field(
        default=None,
        description="Who joins by rule; left out: legal and compliance from SEV2 where a protected"
        " attribute is involved or people are treated unfairly, and at SEV1 of high risk.",
    )
