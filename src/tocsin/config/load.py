"""From the text of `tocsin.yaml` to the nouns of the rooms.  An error names file, line and key."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tocsin.alert.inhibit import DEFAULTS, Inhibition
from tocsin.base.errors import BadInput
from tocsin.base.rights import SCOPES_OF, Role
from tocsin.config.actuators import ActuatorForm, actuators
from tocsin.config.alerts import inhibitions, readings
from tocsin.config.command import command
from tocsin.config.containment import approvals
from tocsin.config.heartbeat import HeartbeatForm, filled
from tocsin.config.oncall import roster
from tocsin.config.playbooks import playbooks
from tocsin.config.queue import check_queue
from tocsin.config.roles import roles, secrets_of
from tocsin.config.schema import (
    AlarmBudgetForm,
    ConfigForm,
    NotifierForm,
    RetentionForm,
)
from tocsin.config.source import Source
from tocsin.config.status import intake_rule, status_page
from tocsin.config.suites import Read, asked
from tocsin.config.systems import check_system, system_of
from tocsin.config.updates import telling
from tocsin.contain.approval import Approvals
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.playbook import Playbook
from tocsin.incident.command import Command
from tocsin.incident.intake import IntakeRule
from tocsin.incident.statuspage import StatusPage
from tocsin.incident.update import Telling
from tocsin.ingest.outside import Reading
from tocsin.ingest.system import System
from tocsin.oncall.policy import Contact, Policy, Step
from tocsin.oncall.roster import Roster
from tocsin.profile.retention import Retention

_DEFAULT_CONTACT = (Contact("whoever watches the console", "console", ""),)
_CONSOLE = {"console": NotifierForm(kind="console")}
"""Always there: who declares channels but no escalation is told on the console."""
DEFAULT_POLICY = Policy(
    "console", (Step(timedelta(0), _DEFAULT_CONTACT),), catch_all=_DEFAULT_CONTACT
)


@dataclass(frozen=True, slots=True)
class Config:
    """What one file declares, in the rooms' own nouns.

    `policies` maps every system to its escalation policy; `notifiers` every channel to its form,
    with `${NAME}` already replaced.
    """

    systems: Mapping[str, System]
    policies: Mapping[str, Policy]
    notifiers: Mapping[str, NotifierForm]
    alarm_budget: AlarmBudgetForm
    retention: Retention
    inhibitions: tuple[Inhibition, ...] = DEFAULTS
    playbooks: tuple[Playbook, ...] = BUILT_IN
    approvals: Approvals = field(default_factory=Approvals)
    """How many must approve a plan."""
    readings: Mapping[str, Reading] = field(default_factory=dict[str, Reading])
    """How alerts of other systems are read, by name."""
    keep_predictions: timedelta | None = None
    """Age at which predictions and outcomes are dropped; None: never."""
    roster: Roster = field(default_factory=Roster)
    """People, schedules and policies by their own names."""
    command: Command = field(default_factory=Command)
    """The escalation matrix."""
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])
    """What people may do, by their names."""
    actuators: Mapping[str, ActuatorForm] = field(default_factory=dict[str, ActuatorForm])
    """What carries out directives outside, by name; `${NAME}` is replaced."""
    heartbeat: HeartbeatForm | None = None
    telling: Telling = field(default_factory=Telling)
    """Who hears how incidents go, and where people talk about them."""
    status: StatusPage | None = None
    complaints: IntakeRule = field(default_factory=IntakeRule)
    left_out: tuple[str, ...] = ()
    """A sentence per file that it names and that could not be used in full."""

    @property
    def rights(self) -> dict[str, frozenset[str]]:
        """The scopes of each person who has a role."""
        return {person: SCOPES_OF[role] for person, role in self.roles.items()}

    @property
    def hook_secrets(self) -> dict[str, tuple[str, ...]]:
        """By which PagerDuty's webhooks are known, by channel."""
        return secrets_of(self.notifiers)


def load(
    text: str,
    where: str,
    environment: Mapping[str, str] | None = None,
    *,
    read: Read | None = None,
) -> Config:
    """Return the configuration that `text` declares.

    Args:
        text: YAML.
        where: the file's name, for messages.
        environment: values for `${NAME}` in notifier settings; None leaves them as they stand.
        read: returns the text of a file that it names, relative to itself; None reads none of them.

    Raises:
        BadInput: not YAML, an unknown key, a wrong type, a name that nothing declares, or a file
            that cannot be used; the message holds file, line and key.
    """
    source = Source.of(text, where)
    try:
        form = ConfigForm.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        raise _bad_input(error.errors(), source) from None
    _check_names(form, source)
    declared = roster(form, source)
    policies = declared.policies or {DEFAULT_POLICY.name: DEFAULT_POLICY}
    first = next(iter(policies.values()))
    told = {name: asked(name, one, source, read) for name, one in form.systems.items()}
    return Config(
        systems={
            name: system_of(name, one, told[name].rules) for name, one in form.systems.items()
        },
        policies={
            name: policies[system.policy] if system.policy else first
            for name, system in form.systems.items()
        },
        notifiers={
            name: _filled(notifier, environment, f"{where}: notifiers.{name}")
            for name, notifier in (_CONSOLE | form.notifiers).items()
        },
        telling=telling(
            form.updates,
            form.war_room,
            source,
            people=declared.people,
            kinds={name: one.kind for name, one in (_CONSOLE | form.notifiers).items()},
            systems=form.systems,
        ),
        actuators=actuators(form.actuators, form.systems, source, environment),
        heartbeat=filled(form.heartbeat, environment, f"{where}: heartbeat.url"),
        status=status_page(
            form.status,
            form.systems,
            {name: one.kind for name, one in form.notifiers.items()},
            source,
        ),
        complaints=intake_rule(form.complaints),
        alarm_budget=form.alarm_budget,
        roster=replace(declared, policies=policies),
        command=command(form, declared, source),
        roles=roles(form.roles, source),
        inhibitions=inhibitions(form.inhibit, source),
        playbooks=playbooks(form.playbooks, source),
        approvals=approvals(form.containment),
        readings=readings(form.intake, form.systems, source),
        keep_predictions=form.retention.predictions,
        retention=_retention(form.retention, source),
        left_out=tuple(sentence for one in told.values() for sentence in one.left_out),
    )


def _retention(form: RetentionForm, source: Source) -> Retention:
    try:
        return Retention(
            as_of=form.as_of, profiles_hourly=form.profiles_hourly, profiles=form.profiles
        )
    except BadInput as error:
        raise source.error(("retention",), error.what, error.do) from None


def _bad_input(errors: Iterable[ErrorDetails], source: Source) -> BadInput:
    error = min(errors, key=lambda e: source.line(e["loc"]))
    keys = [str(part) for part in error["loc"] if not str(part).startswith("function-")]
    place = ".".join(keys)
    match error["type"]:
        case "extra_forbidden":
            close = difflib.get_close_matches(keys[-1], _known_keys(error["loc"]), n=1)
            do = f"did you mean {close[0]!r}?" if close else "remove it"
            return source.error(error["loc"], f"unknown key {place!r}", do)
        case "missing":
            return source.error(error["loc"], f"key {place!r} is missing", "add it")
        case _:
            what = f"{place!r} is {error['input']!r}: {error['msg'][:1].lower()}{error['msg'][1:]}"
            return source.error(error["loc"], what, "see docs/configuration.md")


def _known_keys(path: tuple[int | str, ...]) -> list[str]:
    """Return the keys allowed beside the last part of `path`."""
    form: type[BaseModel] = ConfigForm
    for part in path[:-1]:
        form = _inner(form, str(part))
    return list(form.model_fields)


def _inner(form: type[BaseModel], key: str) -> type[BaseModel]:
    """Return the form under `key`; keys of mappings and places in lists stay where they are."""
    field_ = form.model_fields.get(key)
    return next(_forms(field_.annotation), form) if field_ else form


def _forms(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _forms(inner)


def _check_names(form: ConfigForm, source: Source) -> None:
    for name, system in form.systems.items():
        check_system(name, system, source)
        kinds = {channel: one.kind for channel, one in form.notifiers.items()}
        check_queue(name, system.queue, kinds, source)
        if system.policy and system.policy not in form.escalation:
            path = ("systems", name, "policy")
            raise source.undeclared(path, "policy", system.policy, form.escalation)
        known = [one.name for one in playbooks(form.playbooks, source)]
        if system.playbook and system.playbook not in known:
            path = ("systems", name, "playbook")
            raise source.undeclared(path, "playbook", system.playbook, known)
        if system.window % system.bucket:
            raise source.error(
                ("systems", name, "window"),
                f"'systems.{name}.window' is not a whole number of buckets",
                "choose a window that the bucket divides, e.g. bucket 1h and window 24h",
            )


def _filled(form: NotifierForm, environment: Mapping[str, str] | None, where: str) -> NotifierForm:
    if environment is None:
        return form

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in environment:
            raise BadInput(
                f"environment variable {name} is not set", where=where, do=f"set {name} and retry"
            )
        return environment[name]

    settings = {
        key: re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", value, text)
        for key, text in form.settings.items()
    }
    return NotifierForm(kind=form.kind, settings=settings)
