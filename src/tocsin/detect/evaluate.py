"""Evaluate: one window against its baseline, every layer, in the order in which people should read.

This is the list of everything that is watched.
"""

from collections.abc import Sequence
from datetime import datetime

from tocsin.base.slices import EVERYONE
from tocsin.detect import (
    drift,
    errors,
    estimate,
    fairness,
    freshness,
    health,
    levels,
    maturity,
    performance,
    quality,
    worth,
)
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import Budget
from tocsin.detect.expected import MEASURES
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.look import Look
from tocsin.detect.ranking import ranking
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
    history: Sequence[Window] = (),
    last_at: datetime | None = None,
    matured: Window | None = None,
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
        history: earlier windows of the same length, for volume, silence and late outcomes.
        last_at: when the last decision was made; the window's end where it is not known.
        matured: an older window whose outcomes are as complete as they get, on which is judged what
            needs outcomes; None: the current one is.
    """
    layout = layout_of(spec)
    look = Look(
        layout=layout,
        system=system,
        window=current,
        baseline=baseline,
        current=stacked(current, spec),
        reference=baseline.counts(spec)[0],
        harm_alpha=budget.alpha(harm_monitors(spec, system)),
        other_alpha=budget.alpha(other_monitors(spec)),
        blocks_long=baseline.blocks_long(current),
    )
    known = look if matured is None else look.of(matured)
    inputs = quality.quality(look)
    biased = maturity.biases(known)
    moved = drift.drift(look)
    found = [*health.health(look), *health.volume(look, history), *inputs, *moved]
    found += [*maturity.known_shares(known, fixed=matured is not None), *biased]
    if spec.kind is Kind.BINARY:
        found += [*performance.decided(look), *fairness.fairness(look, known)]
        told = [*performance.performance(known), *ranking(known), *worth.worth(known)]
        found += maturity.trusted(told, biased)
        found += estimate.estimates(
            look,
            [known.window] if matured else [current, *history],
            faults=[f for f in inputs if f.verdict is Verdict.ALARM],
            moved={
                f.column
                for f in moved
                if f.verdict is Verdict.ALARM and f.column and f.slice == EVERYONE
            },
        )
    else:
        found += errors.errors(known)
    if now is not None:
        found += freshness.silence(look, now, last_at or current.span.end, history)
    return levels.levelled(found, system)


def harm_monitors(spec: Spec, system: System) -> int:
    """Return how many questions about harm one evaluation asks; each could page falsely.

    Of a regression its errors and its health are asked.
    """
    if spec.kind is not Kind.BINARY:
        return (len(errors.MEASURES) + 2) * (len(spec.slices) + 1) + 2
    rates = (*performance.answers(layout_of(spec)), *performance.rates(layout_of(spec)))
    per_slice = len(rates) + 1 + 2  # AUC; error and slow share
    per_slice += len(MEASURES) + bool(system.impact.values)  # the same again, estimated; worth
    groups = sum(key.split("=")[0] in system.protected for key in spec.slices)
    return per_slice * (len(spec.slices) + 1) + 3 * groups + 2  # three gaps; volume, silence


def other_monitors(spec: Spec) -> int:
    """Return how many questions about quality and drift one evaluation asks."""
    features = len(spec.numeric) + len(spec.categorical) + 1  # and the answer
    per_slice = (
        len(quality.rates(layout_of(spec))) + features + 2
    )  # outcomes: known, representative
    return per_slice * (len(spec.slices) + 1) + len(spec.schema.attributes)  # the mix of people
