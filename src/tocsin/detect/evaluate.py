"""Evaluate: one window against its baseline, every layer, in the order in which people should read.

This is the list of everything that is watched.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tocsin.base.slices import EVERYONE, parse
from tocsin.detect import (
    apart,
    arrivals,
    association,
    classes,
    conditional,
    constant,
    distinct,
    drift,
    errors,
    estimate,
    fairness,
    fold,
    freshness,
    health,
    kpi_findings,
    lasting,
    levels,
    lists,
    maturity,
    outcomes,
    own,
    paired,
    performance,
    places,
    quality,
    repeated,
    scale,
    search,
    slo,
    worth,
)
from tocsin.detect.arrivals import Arrivals
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import LASTING, SEARCH, WINDOW, Asked, Budget
from tocsin.detect.expected import MEASURES
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.found import found as found_by_group
from tocsin.detect.found import monitors as monitors_by_group
from tocsin.detect.kpi import Watched
from tocsin.detect.lasting import Past
from tocsin.detect.look import Look
from tocsin.detect.ranking import ranking
from tocsin.detect.slo import Objective
from tocsin.ingest.system import Kind, System
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window


def evaluate(
    current: Window,
    baseline: Baseline,
    spec: Spec,
    system: System,
    budget: Budget,
    *,
    now: datetime | None,
    history: Iterable[Window] = (),
    last_at: datetime | None = None,
    kpis: Sequence[Watched] = (),
    matured: Window | None = None,
    objectives: Sequence[Objective] = (),
    pasts: Mapping[str, own.Past] | None = None,
    arrived: Arrivals | None = None,
) -> list[Finding]:
    """Return the findings of one window, pages first, then by evidence.

    Quiet findings are listed for everyone, and per slice for performance and fairness; a quiet
    feature of a single slice is not listed.

    Args:
        current: the window under test.
        baseline: the reference, counted under the same `spec`.
        spec: learnt from the reference.
        system: for its risk and its protected attributes.
        budget: false alarms accepted a month and looks a month, over all of this system's monitors.
        now: the instant of the look; None for a file at rest, where silence means nothing.
        history: whole windows before it, side by side, newest first: for evidence that lasts, and
            everyone's for volume, silence and late outcomes.  Read once, one at a time.
        kpis: the system's KPIs up to the look, judged under `kpi_share` of the budget.
        last_at: when the last decision was made; the window's end where it is not known.
        matured: an older window whose outcomes are as complete as they get, on which is judged what
            needs outcomes; None: the current one is.
        objectives: the system's SLOs with their events up to the look.
        pasts: what came before, by the name of the own monitor that compares with it.
        arrived: the buckets up to the look, where it looks at living traffic.
    """
    look = look_at(current, baseline, spec, system, budget)
    known = look if matured is None else look.of(matured)
    found = list[Finding]()
    if system.auto:
        past = lasting.past(look, history)
        found = _by_itself(look, known, past, fixed=matured is not None)
        if now is not None:
            found += freshness.silence(look, now, last_at or current.span.end, past.everyone)
            found += arrivals.arrivals(look, arrived)
    for watched in kpis:
        found += kpi_findings.findings(watched)
    for objective in objectives:
        whom = parse(objective.slo.slice)
        found += slo.findings(objective, look.harm.of(whom), look.other.of(whom))
    found += own.findings(look, known, system.monitors, pasts or {})
    return levels.levelled(found, system)


def _by_itself(look: Look, known: Look, past: Past, *, fixed: bool) -> list[Finding]:
    """Return what is watched of every system unless its owner says no.

    `known` is the look at the window that needs outcomes; `fixed`: another one than `look`.
    """
    moved, biased = drift.drift(look), maturity.biases(known)
    inputs = [*quality.quality(look), *constant.constant(look), *scale.scale(look)]
    found = [*health.health(look), *health.volume(look, past.everyone), *inputs, *moved, *biased]
    found += [*distinct.distinct(look), *repeated.repeated(look)]
    found += [*association.association(look), *conditional.conditional(look)]
    found += maturity.known_shares(known, fixed=fixed)
    kind = look.layout.spec.kind
    if kind.classifies:
        found += [*performance.decided(look), *fairness.fairness(look, known)]
        found += performance.performance(known)
    if kind is Kind.BINARY:
        found += [*ranking(known), *worth.worth(known)]
        found += outcomes.outcomes(known, fixed=fixed)
        told = [known.window] if fixed else [look.window, *past.everyone]
        found += _estimated(look, told, inputs, moved)
    elif kind is Kind.MULTICLASS:
        found += [*classes.classes(known, fixed=fixed), *found_by_group(known)]
        told = [known.window] if fixed else [look.window, *past.everyone]
        found += _estimated(look, told, inputs, moved)
    elif kind is Kind.RANKING:
        found += [*lists.concentrated(look), *lists.lists(known, fixed=fixed)]
    else:
        found += errors.errors(known)
    found = lasting.joined(found, lasting.lasting(look, past))
    causes = search.causes(look, known)
    found = lasting.joined(found, search.findings(look, causes))
    found += apart.apart(look, known, found)
    found = maturity.trusted(found, biased)
    return fold.folded(look, known, found, [cause.slice for cause in causes])


def _estimated(
    look: Look, told: Sequence[Window], inputs: Sequence[Finding], moved: Sequence[Finding]
) -> list[Finding]:
    """Return what scores say of performance, given what alarms about inputs and people."""
    alarms = [f for f in moved if f.verdict is Verdict.ALARM and f.slice == EVERYONE]
    several = look.layout.spec.kind is Kind.MULTICLASS
    mixed = [f for f in moved if f.verdict is Verdict.ALARM and f.column == "prediction"]
    return estimate.estimates(
        look,
        told,
        faults=[f for f in inputs if f.verdict is Verdict.ALARM],
        moved={f.column for f in alarms if f.column},
        mixed=mixed if several else [],
    )


def look_at(
    current: Window, baseline: Baseline, spec: Spec, system: System, budget: Budget
) -> Look:
    """Return what the monitors of one evaluation share; see `evaluate` for the arguments."""
    harm, other = lasting.monitors(spec)
    return Look(
        layout=layout_of(spec),
        system=system,
        window=current,
        baseline=baseline,
        current=stacked(current, spec),
        reference=baseline.counts(spec)[0],
        harm=budget.alphas(harm_monitors(spec, system), WINDOW),
        other=budget.tickets.alphas(other_monitors(spec, system), WINDOW),
        lasting_harm=budget.alphas(harm, LASTING),
        lasting_other=budget.tickets.alphas(other, LASTING),
        search_alpha=budget.alpha(1, SEARCH),
        blocks_long=baseline.blocks_long(current),
    )


def harm_monitors(spec: Spec, system: System) -> Asked:
    """Return how many questions about harm one evaluation asks; each could page falsely.

    Of a regression its errors and its health are asked; a KPI counts as one question, an
    SLO as one for each pair of windows and each of the times that they are asked of.
    """
    asked = Asked(len(system.kpis)) + _objectives(system, 0)
    if not system.auto:
        return asked
    per_slice = 3 + sum(map(len, performance.families(layout_of(spec)).values()))
    # failed, slow, and how many came in the last hours
    per_slice += spec.timeouts + spec.capacity
    match spec.kind:
        case Kind.BINARY:
            per_slice += 1 + 1  # AUC; calibration
            per_slice += len(MEASURES) + bool(system.impact.values)  # estimated; worth
        case Kind.MULTICLASS:
            per_slice += len(classes.MEASURES) + 1  # estimated
        case Kind.RANKING:
            per_slice += lists.ASKED
        case Kind.REGRESSION:
            per_slice += len(errors.MEASURES)
    fair = fairness.monitors(spec, system) + monitors_by_group(spec, system)
    asked += Asked(2, fair)  # volume, silence; groups are slices
    asked += Asked(0, apart.monitors(layout_of(spec), system))
    return Asked.of_each(per_slice, len(spec.slices)) + asked


def kpi_share(spec: Spec, system: System, budget: Budget) -> float:
    """Return how many false alarms a month one KPI of the system may raise."""
    asked = harm_monitors(spec, system)
    return budget.false_pages_per_month * WINDOW * asked.share / max(1, asked.everyone)


def other_monitors(spec: Spec, system: System) -> Asked:
    """Return how many questions about quality and drift one evaluation asks."""
    asked = _objectives(system, 1)
    if not system.auto:
        return asked
    features = len(spec.numeric) + len(spec.categorical) + 1  # and the answer
    per_slice = len(quality.rates(layout_of(spec))) + features
    per_slice += len(places.inputs(spec)) + len(scale.watched(spec))  # constant; scale
    per_slice += 2  # outcomes: known, representative
    per_slice += spec.kind is Kind.BINARY  # outcomes: their share of yes
    per_slice += 2 * (spec.kind is Kind.MULTICLASS)  # the confidence; the mix of true classes
    per_slice += spec.kind is Kind.RANKING  # the concentration of lists
    of_everyone = len(distinct.watched(spec)) + bool(spec.told_by)  # distinct; repeated
    of_everyone += 2 * len(paired.columns(spec))  # association; conditional
    of_everyone += len(spec.schema.attributes)  # mix of people
    return Asked.of_each(per_slice, len(spec.slices)) + Asked(of_everyone) + asked


def _objectives(system: System, level: int) -> Asked:
    """Return how many questions objectives ask that could page (0), or that are tickets (1)."""
    asked = Asked()
    for one in system.slos:
        questions = slo.questions(one)[level]
        asked += Asked(slices=questions) if one.slice else Asked(questions)
    return asked
