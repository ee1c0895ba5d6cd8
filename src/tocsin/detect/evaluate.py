"""Evaluate: one window against its baseline, every layer, in the order in which people should read.

This is the list of everything that is watched.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tocsin.detect import (
    drift,
    fairness,
    fold,
    freshness,
    health,
    kpi_findings,
    lasting,
    levels,
    performance,
    quality,
    search,
)
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import LASTING, SEARCH, WINDOW, Budget
from tocsin.detect.finding import Finding
from tocsin.detect.kpi import Watched
from tocsin.detect.look import Look
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
            everyone's for volume and silence.  Read once, one at a time.
        kpis: the system's KPIs up to the look, judged under `kpi_share` of the budget.
        last_at: when the last decision was made; the window's end where it is not known.
    """
    look = look_at(current, baseline, spec, system, budget)
    past = lasting.past(look, history)
    found = [
        *health.health(look),
        *health.volume(look, past.everyone),
        *quality.quality(look),
        *drift.drift(look),
    ]
    if spec.kind is Kind.BINARY:
        found += [*performance.performance(look), *fairness.fairness(look)]
    for watched in kpis:
        found += kpi_findings.findings(watched)
    if now is not None:
        found += freshness.silence(look, now, last_at or current.span.end, past.everyone)
    found = lasting.joined(found, lasting.lasting(look, past))
    moved = search.causes(look)
    found = lasting.joined(found, search.findings(look, moved))
    found = fold.folded(look, found, [cause.slice for cause in moved])
    return levels.levelled(found, system)


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
        harm_alpha=budget.alpha(harm_monitors(spec, system), WINDOW),
        other_alpha=budget.alpha(other_monitors(spec), WINDOW),
        lasting_alphas=(budget.alpha(harm, LASTING), budget.alpha(other, LASTING)),
        search_alpha=budget.alpha(1, SEARCH),
        blocks_long=baseline.blocks_long(current),
    )


def harm_monitors(spec: Spec, system: System) -> int:
    """Return how many questions about harm one evaluation asks; each could page falsely.

    Of a regression only its health is asked, and its KPIs; a KPI counts as one question.
    """
    kpis = len(system.kpis)
    if spec.kind is not Kind.BINARY:
        return 2 * (len(spec.slices) + 1) + 2 + kpis
    per_slice = len(performance.rates(layout_of(spec))) + 1 + 2  # AUC; error and slow share
    fair = fairness.monitors(spec, system)
    return per_slice * (len(spec.slices) + 1) + fair + 2 + kpis  # volume, silence


def kpi_share(spec: Spec, system: System, budget: Budget) -> float:
    """Return how many false alarms a month one KPI of the system may raise."""
    return budget.false_pages_per_month * WINDOW / harm_monitors(spec, system)


def other_monitors(spec: Spec) -> int:
    """Return how many questions about quality and drift one evaluation asks."""
    features = len(spec.numeric) + len(spec.categorical) + 1  # and the answer
    per_slice = len(quality.rates(layout_of(spec))) + features
    return per_slice * (len(spec.slices) + 1) + len(spec.schema.attributes)  # the mix of people
