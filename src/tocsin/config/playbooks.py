"""The form of a playbook, and the noun it becomes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Literal

from pydantic import Field

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.base.slices import Slice
from tocsin.config.source import Source
from tocsin.config.strict import Duration, Strict
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.conflict import fits
from tocsin.contain.directive import TO_VERSION, Action, OnAbort
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import CANDIDATE, HOLD_FOR, LAST_GOOD, IfWorse, Playbook, Step
from tocsin.contain.versions import Good
from tocsin.incident.incident import Severity
from tocsin.ingest.system import Kind

Sev = Literal["SEV1", "SEV2", "SEV3", "SEV4"]

_SOMEBODY, _SOME_VERSION = Slice.of({"who": "is hit"}), Good("\0")
"""For whom and to which version a step is planned to see whether it could be."""


class StepForm(Strict):
    """One step; with an action it is one click, and automatic where that is allowed."""

    say: str = Field(min_length=1, description="What to do, as you would say it.")
    action: Action | None = Field(
        default=None, description="What it puts in force; none: people do it and tick the box."
    )
    everyone: bool = Field(
        default=False, description="Act on everyone, not only on whom the incident hits."
    )
    of_version: str | None = Field(
        default=None,
        min_length=1,
        description="Only for decisions that this version would otherwise make: a version by name;"
        " with `fallback`, `review`, `block`, `rollback`, `shadow` or `threshold`.",
    )
    for_: Duration = Field(
        default=HOLD_FOR, alias="for", description="How long the action holds, e.g. `2h`."
    )
    to_version: str | None = Field(
        default=None,
        min_length=1,
        description="Of a `canary`, `shadow` or `rollback`: a version, `last good`, or (to try one)"
        " `candidate`, which the last recorded change names; a rollback's default is `last good`.",
    )
    share: float | None = Field(
        default=None, gt=0, le=1, description="Share of a `canary`, or of `shadow` copies: 0.1."
    )
    threshold: float | None = Field(
        default=None, ge=0, le=1, description="Score from which a `threshold` says yes: 0.7."
    )
    on_abort: OnAbort = Field(
        default=OnAbort.NOTIFY,
        description="What happens to a `canary` that is seen to harm: `notify` or `stop`.",
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
        BadInput: a playbook that is not built in has no steps, or a step lacks what its action
            needs, or says what means nothing to it.
    """
    built_in = {one.name: one for one in BUILT_IN}
    for name, form in forms.items():
        if not form.steps and name not in built_in:
            raise source.error(
                ("playbooks", name),
                f"'playbooks.{name}' has no steps",
                f"add `steps`, or amend a built-in one: {', '.join(built_in)}",
            )
    for name, form in forms.items():
        for place, step in enumerate(form.steps):
            _check(step, ("playbooks", name, "steps", place), source)
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
        steps=tuple(_step(one) for one in form.steps),
    )


def _step(form: StepForm) -> Step:
    return Step(
        say=form.say,
        action=form.action,
        everyone=form.everyone,
        of_version=form.of_version,
        for_=form.for_,
        to_version=form.to_version,
        share=form.share,
        threshold=form.threshold,
        on_abort=form.on_abort,
        automatic=Severity[form.automatic] if form.automatic else None,
    )


def _check(form: StepForm, path: tuple[str | int, ...], source: Source) -> None:
    """Refuse a step that could never be planned, as a plan of it would be refused.

    Raises:
        BadInput: it names the step, and what to do.
    """
    where = "'playbooks.{1}', step {3}".format(*path[:3], int(path[3]) + 1)
    said = {"of_version", "to_version", "share", "threshold", "on_abort"} & form.model_fields_set
    if form.action is None:
        if said:
            what = f"{where} has {listing(sorted(said))} and no action"
            raise source.error(path, what, "name the action, or take them out")
        return
    if form.to_version and form.action not in TO_VERSION:
        what = f"{where}: {form.action} to version {form.to_version!r}"
        raise source.error(path, what, f"name a version only to {listing(sorted(TO_VERSION))}")
    if form.of_version in (LAST_GOOD, CANDIDATE):
        what = f"{where} is about the decisions of {form.of_version!r}"
        raise source.error(path, what, "name a version: of_version is not looked up")
    if (form.action, form.to_version) == (Action.ROLLBACK, CANDIDATE):
        what, do = f"{where} goes back to a candidate", "name a version, or `last good`"
        raise source.error(path, what, do)
    planned = _step(form).planned(_SOMEBODY, _SOME_VERSION, _SOME_VERSION.version)
    try:
        if planned is not None:
            fits(planned, where)
    except BadInput as fault:
        raise source.error(path, f"{where}: {fault.what}", fault.do) from None
    if planned is None and form.action in TO_VERSION:
        do = f"add `to_version`: a version, `{LAST_GOOD}`, or `{CANDIDATE}`"
        raise source.error(path, f"{where}: {form.action} without a version", do)
