"""The forms of what keeps alerts quiet and of alerts from outside, and the nouns they become."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tocsin.alert.inhibit import DEFAULTS, Inhibition
from tocsin.alert.matching import parse_all
from tocsin.base.errors import BadInput
from tocsin.config.source import Source
from tocsin.config.strict import Strict
from tocsin.contain.failure import NAMES
from tocsin.ingest.outside import BUILT_IN, Reading


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_several)]


class InhibitForm(Strict):
    """While an alert that `source` takes calls people, those of its slices in `target` do not."""

    source: tuple[str, ...] = Field(
        min_length=1, description="Matchers of the alert that explains, e.g. `[layer=health]`."
    )
    target: tuple[str, ...] = Field(
        min_length=1, description="Matchers of the alerts that it explains."
    )


class IntakeForm(Strict):
    """Where the facts of another system's alerts stand, as paths such as `labels.severity`.

    Several paths are tried in turn, in the alert and then in the body around it.
    """

    like: Literal["alertmanager", "grafana"] | None = Field(
        default=None, description="What is not said here is as there."
    )
    alerts: str | None = Field(
        default=None,
        description="Where the list of alerts stands; none: the body is one or a list.",
    )
    system: Paths = Field(default=(), description="Which system it is about; default: `system`.")
    systems: dict[str, str] = Field(
        default_factory=dict[str, str], description="Their names of systems, and ours for them."
    )
    fingerprint: Paths = Field(
        default=(), description="What is the same for every message on one alert; required."
    )
    status: Paths = Field(default=(), description="Whether it fires or is over; required.")
    resolved: tuple[str, ...] = Field(
        default=(), description="Statuses of one that is over; default: resolved, ok, closed …"
    )
    title: Paths = Field(default=(), description="What is wrong, in words; required.")
    rule: Paths = Field(default=(), description="Name of the rule that fired; default: the title.")
    level: Paths = Field(default=(), description="How grave it is; what is none pages.")
    tickets: tuple[str, ...] = Field(
        default=(), description="Levels that wake nobody; default: warning, info, low …"
    )
    failure: Paths = Field(
        default=(),
        description=f"What sort of failure it is, which chooses the playbook: {NAMES}; another word"
        " says nothing.",
    )
    started: Paths = Field(default=(), description="Since when: ISO 8601, or seconds since 1970.")
    url: Paths = Field(default=(), description="Where to look.")
    slice: dict[str, str] = Field(
        default_factory=dict[str, str], description="Attribute of a slice, and where it stands."
    )
    labels: str | None = Field(
        default=None, description="Object whose keys that are attributes make the slice."
    )


def inhibitions(forms: Collection[InhibitForm] | None, source: Source) -> tuple[Inhibition, ...]:
    """Return the rules of inhibition.

    Raises:
        BadInput: a matcher is none, or a rule is about every alert.
    """
    if forms is None:
        return DEFAULTS
    rules: list[Inhibition] = []
    for place, form in enumerate(forms):
        try:
            rule = Inhibition(source=parse_all(form.source), target=parse_all(form.target))
        except BadInput as fault:
            raise source.error(("inhibit", place), fault.what, fault.do) from None
        rules.append(rule)
    return tuple(rules)


def readings(
    forms: Mapping[str, IntakeForm], systems: Collection[str], source: Source
) -> dict[str, Reading]:
    """Return how alerts from outside are read, by name.

    Raises:
        BadInput: a required path is missing, or a system is not declared.
    """
    return {name: _reading(name, form, systems, source) for name, form in forms.items()}


def _reading(name: str, form: IntakeForm, systems: Collection[str], source: Source) -> Reading:
    path = ("intake", name)
    for theirs, ours in form.systems.items():
        if ours not in systems:
            known = ", ".join(sorted(systems))
            what = f"system {ours!r} is not declared"
            raise source.error((*path, "systems", theirs), what, f"declared are {known}")
    said = {key: value for key, value in form.model_dump(exclude={"like"}).items() if value}
    said |= {
        key: frozenset(map(str.lower, said[key])) for key in ("tickets", "resolved") if key in said
    }
    if form.like is not None:
        return replace(BUILT_IN[form.like], name=name, **said)
    for key in ("fingerprint", "status", "title"):
        if key not in said:
            do = "say where it stands, or set like"
            raise source.error(path, f"'intake.{name}.{key}' is missing", do)
    return Reading(name=name, **said)
