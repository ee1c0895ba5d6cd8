"""The form of a playbook, and the noun it becomes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Literal

from pydantic import Field

from tocsin.config.source import Source
from tocsin.config.strict import Duration, Strict
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import Action
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import HOLD_FOR, IfWorse, Playbook, Step
from tocsin.incident.incident import Severity
from tocsin.ingest.system import Kind

Named = Literal["fallback", "review", "rollback", "block", "kill", "quarantine", "freeze", "notify"]
"""Actions that need to be told nothing more."""
Sev = Literal["SEV1", "SEV2", "SEV3", "SEV4"]


class StepForm(Strict):
    """One step; with an action it is one click, and automatic where that is allowed."""

    say: str = Field(min_length=1, description="What to do, as you would say it.")
    action: Named | None = Field(
        default=None, description="What it puts in force; none: people do it and tick the box."
    )
    everyone: bool = Field(
        default=False, description="Act on everyone, not only on whom the incident hits."
    )
    for_: Duration = Field(
        default=HOLD_FOR, alias="for", description="How long the action holds, e.g. `2h`."
    )
    automatic: Sev | None = Field(
        default=None,
        description="The mildest severity at which it is done without being asked, e.g. `SEV1`.",
    )


class PlaybookForm(Strict):
    """What to do against one sort of failure; what is left out of a built-in one stays as it is."""

    title: str = Field(default="", description="What has happened, in words; default: its name.")
    failures: tuple[Failure, ...] = Field(
        default=(), description="Sorts of failure that it is for; none: any."
    )
    kinds: tuple[Kind, ...] = Field(
        default=(), description="Kinds of system that it is for; none: any."
    )
    severity: Sev = Field(default="SEV4", description="The mildest severity that it is for.")
    owner: str = Field(default="", description="Team that keeps it true.")
    rehearsed: date | None = Field(default=None, description="When it was last played through.")
    if_worse: IfWorse = Field(
        default=IfWorse.ESCALATE,
        description="What happens when it is worse under containment than before: `escalate` calls"
        " people, `revert` takes the plan back as well.",
    )
    steps: tuple[StepForm, ...] = Field(
        default=(),
        description="What to do, in order; may be left out under the name of a built-in playbook,"
        " which then is as it was but for the keys that are given.",
    )


def playbooks(forms: Mapping[str, PlaybookForm], source: Source) -> tuple[Playbook, ...]:
    """Return the declared playbooks, then the built-in ones whose name none of them has.

    Built-in ones that are only amended stay in their place, so that an owner changes no choice.

    Raises:
        BadInput: a playbook that is not built in has no steps.
    """
    built_in = {one.name: one for one in BUILT_IN}
    for name, form in forms.items():
        if not form.steps and name not in built_in:
            raise source.error(
                ("playbooks", name),
                f"'playbooks.{name}' has no steps",
                f"add `steps`, or amend a built-in one: {', '.join(built_in)}",
            )
    own = tuple(_playbook(name, form) for name, form in forms.items() if form.steps)
    kept = [one for one in BUILT_IN if one.name not in forms or not forms[one.name].steps]
    return (*own, *(_amended(one, forms.get(one.name)) for one in kept))


def _amended(known: Playbook, form: PlaybookForm | None) -> Playbook:
    """Return a built-in playbook with what is written of it."""
    if form is None:
        return known
    said = _playbook(known.name, form)
    fields = {"from_severity" if key == "severity" else key for key in form.model_fields_set}
    return replace(known, **{key: getattr(said, key) for key in fields - {"steps"}})


def _playbook(name: str, form: PlaybookForm) -> Playbook:
    return Playbook(
        name=name,
        title=form.title or name.replace("-", " "),
        failures=form.failures,
        kinds=form.kinds,
        from_severity=Severity[form.severity],
        owner=form.owner,
        rehearsed=form.rehearsed,
        if_worse=form.if_worse,
        steps=tuple(
            Step(
                say=one.say,
                action=Action(one.action) if one.action else None,
                everyone=one.everyone,
                for_=one.for_,
                automatic=Severity[one.automatic] if one.automatic else None,
            )
            for one in form.steps
        ),
    )
