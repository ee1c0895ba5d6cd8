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
from tocsin.base.slices import Slice
from tocsin.config.alerts import inhibitions, readings
from tocsin.config.command import command
from tocsin.config.heartbeat import HeartbeatForm, filled
from tocsin.config.kinds import check_kinds
from tocsin.config.oncall import roster
from tocsin.config.playbooks import playbooks
from tocsin.config.roles import roles, secrets_of
from tocsin.config.schema import (
    AlarmBudgetForm,
    ConfigForm,
    ImpactForm,
    NotifierForm,
    RetentionForm,
    SystemForm,
)
from tocsin.config.source import Source
from tocsin.config.status import intake_rule, status_page
from tocsin.config.suites import Read, asked
from tocsin.config.updates import telling
from tocsin.config.watched import KpiForm, MonitorForm, SloForm
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.playbook import Playbook
from tocsin.incident.command import Command
from tocsin.incident.intake import IntakeRule
from tocsin.incident.statuspage import StatusPage
from tocsin.incident.update import Telling
from tocsin.ingest.kpi import Kpi, KpiKind, Season, Way
from tocsin.ingest.monitor import Monitor
from tocsin.ingest.outside import Reading
from tocsin.ingest.rule import Rule
from tocsin.ingest.slo import INPUTS, KPI, Slo
from tocsin.ingest.system import Columns, Impact, Kind, Risk, Serving, System, Undo, canonical
from tocsin.ingest.trial import Trial
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
        systems={name: _system(name, one, told[name].rules) for name, one in form.systems.items()},
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
        playbooks=playbooks(form.playbooks),
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
        _check_privacy(name, system, source)
        check_kinds(name, system, source)
        _check_slos(name, system, source)
        _check_monitors(name, system, source)
        if system.policy and system.policy not in form.escalation:
            path = ("systems", name, "policy")
            raise source.undeclared(path, "policy", system.policy, form.escalation)
        known = [one.name for one in playbooks(form.playbooks)]
        if system.playbook and system.playbook not in known:
            path = ("systems", name, "playbook")
            raise source.undeclared(path, "playbook", system.playbook, known)
        if system.window % system.bucket:
            raise source.error(
                ("systems", name, "window"),
                f"'systems.{name}.window' is not a whole number of buckets",
                "choose a window that the bucket divides, e.g. bucket 1h and window 24h",
            )


def _system(name: str, form: SystemForm, rules: tuple[Rule, ...]) -> System:
    columns = form.columns.model_dump()
    columns["positive"] = canonical(form.columns.positive)
    return System(
        name=name,
        kind=Kind(form.kind),
        owner=form.owner,
        risk=Risk(form.risk),
        reference=form.reference,
        columns=Columns(**columns),
        slices=form.slices,
        protected=form.protected,
        features=form.features,
        kinds=form.kinds,
        dropped=_treated(form, "drop"),
        hashed=_treated(form, "hash"),
        threshold=form.threshold,
        top=form.top,
        impact=_impact(form.impact),
        serving=Serving(
            **form.serving.model_dump(exclude={"wait"}),
            wait_s=round(form.serving.wait.total_seconds()),
        ),
        kpis=tuple(kpi_of(kpi, of) for kpi, of in form.kpis.items()),
        slos=tuple(_slo(slo) for slo in form.slos),
        auto=form.automatic,
        monitors=tuple(_monitor(one) for one in form.monitors),
        playbook=form.playbook or "",
        trial=Trial(**form.canary.model_dump()),
        rules=rules,
        bucket_s=round(form.bucket.total_seconds()),
        window_s=round(form.window.total_seconds()),
        outcomes_after_s=round(form.outcomes_after.total_seconds()),
    )


def _impact(form: ImpactForm) -> Impact:
    said = form.model_dump(exclude={"undo", "takes_effect"})
    undo = Undo(form.undo) if form.undo else None
    takes_effect = timedelta(0) if form.takes_effect == 0 else form.takes_effect
    return Impact(**said, undo=undo, takes_effect=takes_effect)


def kpi_of(name: str, form: KpiForm) -> Kpi:
    """Return the KPI that its form declares."""
    return Kpi(
        name=name,
        kind=KpiKind(form.kind),
        watch=Way(form.watch),
        least=form.least,
        season=Season(form.season),
        holidays=frozenset(day.isoformat() for day in form.holidays),
        every_s=round(form.every.total_seconds()),
        wait_s=round(form.wait.total_seconds()) if form.wait else 0,
        learn_s=round(form.learn.total_seconds()),
    )


def _slo(form: SloForm) -> Slo:
    return Slo(
        name=form.name,
        sli=form.sli,
        target=form.target,
        period_s=round(form.window.total_seconds()),
        column=form.column,
        slice=Slice.of(form.slice).key,
        under_ms=form.under_ms,
        fewest=form.fewest,
    )


def _monitor(form: MonitorForm) -> Monitor:
    return Monitor(
        name=form.name,
        measure=form.measure,
        column=form.column,
        slice=Slice.of(form.slice).key,
        above=form.above,
        below=form.below,
        k_sigma=form.k_sigma,
        previous_s=round(form.previous.total_seconds()) if form.previous else None,
        least=form.least,
        pages=form.level == "page",
        fewest=form.fewest,
    )


def _treated(form: SystemForm, treatment: str) -> tuple[str, ...]:
    return tuple(sorted(name for name, how in form.privacy.columns.items() if how == treatment))


def _check_privacy(name: str, system: SystemForm, source: Source) -> None:
    """Refuse a treatment that would take away what is needed to count."""
    columns = system.columns
    roles = {
        "time": columns.time,
        "score": columns.score,
        "prediction": columns.prediction,
        "label": columns.label,
        "version": columns.version,
        "latency_ms": columns.latency_ms,
        "item": columns.item,
        "position": columns.position,
    }
    used = {own or role: role for role, own in roles.items()}
    needed = {columns.id or "id": "id", **dict.fromkeys(system.features, "feature")}
    needed |= dict.fromkeys((*system.slices, *system.protected), "slice")
    for column, how in system.privacy.columns.items():
        path = ("systems", name, "privacy", "columns", column)
        if how != "keep" and column in used:
            what = f"{column!r} is the {used[column]} and cannot be treated"
            raise source.error(path, what, "treat features, attributes and ids")
        if how == "drop" and column in needed:
            what = f"{column!r} is to be dropped and is used as {needed[column]}"
            raise source.error(path, what, "hash it, or use another column")


def _check_slos(name: str, system: SystemForm, source: Source) -> None:
    """Refuse an objective whose indicator lacks what it looks at, or looks at nothing declared."""
    seen = set[str]()
    for i, slo in enumerate(system.slos):
        path = ("systems", name, "slos", i)
        if slo.name in seen:
            raise source.error((*path, "name"), f"{slo.name!r} is declared twice", "rename one")
        seen.add(slo.name)
        looks_at = slo.sli in INPUTS or slo.sli == KPI
        of_a_class = slo.sli in {"precision", "recall"}
        if looks_at != (slo.column is not None) and not of_a_class:
            what = f"{slo.sli} {'needs a' if looks_at else 'has no'} column"
            raise source.error((*path, "sli"), what, "see docs/configuration.md")
        if (slo.sli == "latency") != (slo.under_ms is not None):
            what = "latency needs under_ms, and nothing else has it"
            raise source.error((*path, "sli"), what, "say how fast is good, e.g. under_ms: 200")
        if slo.sli == KPI:
            rates = [kpi for kpi, form in system.kpis.items() if form.kind == "rate"]
            if slo.column not in rates:
                raise source.undeclared((*path, "column"), "rate", str(slo.column), rates)
            if slo.slice:
                raise source.error((*path, "slice"), "a KPI has no slices", "leave it out")
        _check_slice(slo.slice, system, source, path)


def _check_slice(
    attributes: Iterable[str], system: SystemForm, source: Source, path: tuple[object, ...]
) -> None:
    """Refuse a slice by what the system is not cut by."""
    known = (*system.slices, *system.protected)
    for attribute in attributes:
        if attribute not in known:
            raise source.undeclared((*path, "slice"), "attribute", attribute, known)


def _check_monitors(name: str, system: SystemForm, source: Source) -> None:
    """Refuse a monitor without a rule, or with two, or of a name that is taken."""
    seen = set[str]()
    for i, one in enumerate(system.monitors):
        path = ("systems", name, "monitors", i)
        if one.name in seen:
            raise source.error((*path, "name"), f"{one.name!r} is declared twice", "rename one")
        seen.add(one.name)
        bounds = one.above is not None or one.below is not None
        rules = (bounds, one.k_sigma is not None, one.previous is not None)
        if sum(rules) != 1:
            what = f"monitor {one.name!r} has {'no rule' if not any(rules) else 'several rules'}"
            raise source.error((*path, "name"), what, "set above/below, or k_sigma, or previous")
        if one.previous and one.previous % system.bucket:
            what = f"'previous' of {one.name!r} is not a whole number of buckets"
            raise source.error((*path, "previous"), what, "choose a multiple of the bucket")
        _check_slice(one.slice, system, source, path)


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
