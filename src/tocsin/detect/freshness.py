"""Freshness: decisions stopped coming, told from the silence since the last one.

Where decisions came at rate r a second with dispersion phi, a silence of t seconds has chance
exp(-r t / phi).  An alarm needs that chance below the look's error rate, and a silence of at least
one bucket and `SHORTEST_S`, so that a batch on its way is not called silence.
"""

import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from tocsin.base.slices import EVERYONE
from tocsin.detect import tails
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import Judged, Look, Subject, finding
from tocsin.profile.window import Window

SHORTEST_S = 30.0


def silence(
    look: Look, now: datetime, last_at: datetime, history: Sequence[Window]
) -> list[Finding]:
    """Return whether the time since the last decision is longer than chance allows.

    Args:
        look: the last window that holds decisions.
        now: the instant of the look.
        last_at: when the last decision was made, or the end of its bucket.
        history: windows before; their counts tell rate and dispersion better than one alone.
    """
    place = look.layout.places["n"].start
    windows = [w for w in (*history, look.window) if "" in w.cells]
    counts = np.array([float(w.cells[""][place]) for w in windows])
    n, length_s = float(counts.sum()), sum(w.span.length.total_seconds() for w in windows)
    if n < 2 or length_s <= 0:
        return []
    phi = 1.0
    if len(counts) > 2:
        phi = max(1.0, float(counts.var(ddof=1) / counts.mean()))
    gap_s = length_s / n
    quiet_s = max(0.0, (now - last_at).total_seconds())
    allowed_s = -math.log(look.alphas(Layer.HEALTH).everyone) * phi * gap_s
    limit_s = max(allowed_s, SHORTEST_S, float(look.system.bucket_s))
    evidence = tails.evidence(np.array([quiet_s / gap_s / phi]), np.array([np.inf]))
    judged = Judged(
        value=quiet_s,
        baseline=gap_s,
        effect=quiet_s - gap_s,
        interval=(quiet_s - gap_s, quiet_s - gap_s),
        threshold=limit_s - gap_s,
        n=int(look.current[0, place]),
        n_baseline=int(n),
        evidence=float(evidence[0]),
    )
    why = (
        f"No decision has arrived for {_duration(quiet_s)}; usually one comes every"
        f" {_duration(gap_s)}, and {_duration(limit_s)} would be an alarm."
    )
    if not judged.alarms:
        old, limit = _duration(quiet_s), _duration(limit_s)
        why = f"The last decision is {old} old; {limit} would be an alarm."
    return [finding(look, Subject(Layer.HEALTH, "silence", None, EVERYONE), judged, why)]


def _duration(seconds: float) -> str:
    """Return a length of time as people say it.

    >>> [_duration(s) for s in (0.05, 4, 150, 7200, 200000)]
    ['50 ms', '4 s', '2.5 min', '2 h', '2.3 d']
    """
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")):
        if seconds >= size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds * 1000:.2g} ms"
