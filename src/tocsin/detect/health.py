"""Health: calls that fail, answers that come late, capacity that runs out, decisions that stop.

    error_share   failed calls of all calls                        alarm beyond +1 %
    timeout_share  those of them that took too long                alarm beyond +1 %
    slow_share    answers slower than the reference's 95th percentile    alarm beyond +5 %
    saturated_share  decisions made with 90 % of the capacity in use or more    alarm beyond +5 %
    volume        decisions in the window against the windows before it  alarm beyond half or double
    silence       see `freshness`

Volume needs at least `FEWEST_WINDOWS` earlier windows of the same system: a reference is a sample
of any size and tells no rate.  Counts are Poisson with the dispersion seen in those windows.
"""

import math
from collections.abc import Sequence

import numpy as np

from tocsin.base.phrases import number, percent
from tocsin.base.slices import EVERYONE
from tocsin.detect import tails
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import Judged, Look, Subject, finding
from tocsin.detect.places import at
from tocsin.detect.rates import Rate, Watch, judge
from tocsin.profile import measures
from tocsin.profile.layout import LATENCY_BINS, Layout
from tocsin.profile.spec import CAPACITY_EDGES, LATENCY_EDGES_MS
from tocsin.profile.window import Window

FAILED, SLOW, SATURATED = 0.01, 0.05, 0.05
FULL = 0.9
"""Share of the capacity in use from which on a service is saturated: waiting times explode."""
TWICE = 1.0
"""Smallest effect of volume: half or twice the usual, both as a relative change of 1."""
FEWEST_WINDOWS = 6


def health(look: Look) -> list[Finding]:
    """Return what calls and latencies show, per slice."""
    return judge(look, rates(look), "health")


def rates(look: Look) -> list[Rate]:
    """Return the rates that are watched; latency and load only where the reference tells them."""
    layout = look.layout
    watched = [failed(layout)]
    if layout.spec.timeouts:
        watched.append(_timed_out(layout))
    total = look.baseline.total.cells[""]
    if layout.spec.capacity and total[layout.places["capacity_hist"]].sum() > 0:
        watched.append(saturated(layout))
    if total[layout.places["latency_hist"]].sum() > 0:
        usual_ms = measures.latency_ms(layout, total, 0.95)
        edge = int(np.searchsorted(np.array(LATENCY_EDGES_MS), usual_ms))
        edge = min(edge, len(LATENCY_EDGES_MS) - 1)
        places = at(layout, "latency_hist")
        watched.append(
            Rate(
                layer=Layer.HEALTH,
                measure="slow_share",
                yes=places[edge + 1 : LATENCY_BINS],
                of=places,
                watch=Watch.UP,
                least=SLOW,
                said=f"{{value}} of answers took longer than {number(LATENCY_EDGES_MS[edge])} ms",
            )
        )
    return watched


def failed(layout: Layout) -> Rate:
    """Return the share of calls that fail."""
    return Rate(
        layer=Layer.HEALTH,
        measure="error_share",
        yes=at(layout, "n_error"),
        of=at(layout, "n"),
        watch=Watch.UP,
        least=FAILED,
        said="{value} of calls failed",
    )


def _timed_out(layout: Layout) -> Rate:
    return Rate(
        layer=Layer.HEALTH,
        measure="timeout_share",
        yes=at(layout, "n_timeout"),
        of=at(layout, "n"),
        watch=Watch.UP,
        least=FAILED,
        said="{value} of calls timed out",
    )


def saturated(layout: Layout) -> Rate:
    """Return the share of decisions made while hardly any capacity was left.

    It comes in clumps, an hour or a deploy at a time, which the reference's own wobble allows for.
    """
    places = at(layout, "capacity_hist")
    return Rate(
        layer=Layer.HEALTH,
        measure="saturated_share",
        yes=places[CAPACITY_EDGES.index(FULL) + 1 :],
        of=places,
        watch=Watch.UP,
        least=SATURATED,
        said=f"{{value}} of decisions were made with {percent(FULL, 0)} of the capacity in use",
    )


def volume(look: Look, history: Sequence[Window]) -> list[Finding]:
    """Return whether about as many decisions arrived as in the windows before.

    Args:
        look: the window under test.
        history: earlier windows of the same length, any order; fewer than six: nothing is said.
    """
    place = look.layout.places["n"].start
    counts = np.array([float(w.cells[""][place]) if "" in w.cells else 0.0 for w in history])
    if len(counts) < FEWEST_WINDOWS or counts.mean() < 1:
        return []
    usual, n = float(counts.mean()), float(look.current[0, place])
    # the mean of the history is itself uncertain: its variance joins the window's own
    phi = max(1.0, float(counts.var(ddof=1)) / usual) * (1 + 1 / len(counts))
    dof = np.array([len(counts) - 1.0 if phi > 1.5 else np.inf])
    needed = float(tails.exponent(look.alphas(Layer.HEALTH).everyone / 2, dof)[0])
    low, high = (_limit(n / phi, needed, end) * phi for end in (-1, 1))
    if n < usual:
        change, word = 1 - n / usual, "fewer"
        effect, ends = (
            usual / max(n, 1.0) - 1,
            (usual / max(high, 1.0) - 1, usual / max(low, 1.0) - 1),
        )
    else:
        change, word = n / usual - 1, "more"
        effect, ends = change, (low / usual - 1, high / usual - 1)
    judged = Judged(
        value=n,
        baseline=usual,
        effect=effect,
        interval=ends,
        threshold=TWICE,
        n=int(n),
        n_baseline=int(counts.sum()),
        evidence=float(tails.evidence(np.array([_cost(n, usual) / phi]), dof)[0]),
    )
    why = (
        f"{number(n)} decisions arrived, {percent(change, 0)} {word} than the usual"
        f" {number(usual)}."
    )
    return [finding(look, Subject(Layer.HEALTH, "volume", None, EVERYONE), judged, why)]


def _cost(n: float, mean: float) -> float:
    """Return what a Poisson count of `n` costs under `mean`, in nats (Chernoff)."""
    if mean <= 0:
        return math.inf if n > 0 else 0.0
    return (n * math.log(n / mean) if n > 0 else 0.0) - n + mean


def _limit(n: float, cost: float, end: int) -> float:
    """Return the mean under which a count of `n` costs `cost`, below (-1) or above (1) it."""
    near, far = n, 0.0 if end < 0 else n + 2 * cost + 2 * math.sqrt(2 * n * cost) + 1
    for _ in range(60):
        middle = (near + far) / 2
        near, far = (middle, far) if _cost(n, middle) <= cost else (near, middle)
    return near
