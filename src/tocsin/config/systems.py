"""From the form of a system to its noun, and what the form of one field cannot check alone."""

from collections.abc import Iterable
from datetime import timedelta

from tocsin.base.slices import Slice
from tocsin.config.kinds import check_kinds
from tocsin.config.queue import queue_of
from tocsin.config.schema import ImpactForm, SystemForm
from tocsin.config.source import Source
from tocsin.config.watched import KpiForm, MonitorForm, SloForm
from tocsin.ingest.kpi import Kpi, KpiKind, Season, Way
from tocsin.ingest.monitor import Monitor
from tocsin.ingest.rule import Rule
from tocsin.ingest.slo import INPUTS, KPI, Slo
from tocsin.ingest.system import Columns, Impact, Kind, Risk, Serving, System, Undo, canonical
from tocsin.ingest.trial import Trial


def check_system(name: str, form: SystemForm, source: Source) -> None:
    """Refuse what does not go together.

    Raises:
        BadInput: it names file, line and key.
    """
    _check_privacy(name, form, source)
    check_kinds(name, form, source)
    _check_slos(name, form, source)
    _check_monitors(name, form, source)


def system_of(name: str, form: SystemForm, rules: tuple[Rule, ...]) -> System:
    """Return the system that its form declares; `rules` were read from the suites it names."""
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
        queue=queue_of(form.queue),
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
