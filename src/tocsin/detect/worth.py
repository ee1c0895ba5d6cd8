"""Worth: what a decision brings on average, by what each kind of right and wrong is worth.

    value_per_decision = (tp v_tp + fp v_fp + tn v_tn + fn v_fn) / decisions whose outcome is known

in the currency of `impact`.  Smallest effect of interest: a fall by 1 % of the distance between the
best and the worst kind, as 1 % of decisions turning from one into the other would make.
"""

import numpy as np

from tocsin.base.phrases import number
from tocsin.detect.finding import Finding
from tocsin.detect.look import Look
from tocsin.detect.means import Mean, Sample, judge_means
from tocsin.detect.places import at
from tocsin.detect.rates import Watch
from tocsin.detect.tails import Numbers

KINDS = ("tp", "fp", "tn", "fn")
LOSS = 0.01


def worth(look: Look) -> list[Finding]:
    """Return what decisions bring per slice; nothing where nobody said what they are worth."""
    impact = look.system.impact
    if not impact.values:
        return []
    values = np.array([impact.values.get(kind, 0.0) for kind in KINDS])
    apart = float(values.max() - values.min())

    def sample(counts: Numbers) -> Sample:
        parts = counts[..., at(look.layout, *KINDS)]
        n = parts.sum(-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (parts * values).sum(-1) / n
            variance = (parts * (values - mean[..., None]) ** 2).sum(-1) / n
        return Sample(*(x[..., None] for x in (mean, variance, np.full(n.shape, apart), n)))

    def said(value: float, was: float, whom: str) -> str:
        money = f"{number(value)} {impact.currency} on average (was {number(was)})"
        return f"A {impact.unit} for {whom} brings {money}"

    least = np.full(len(look.slices), LOSS * apart)
    mean = Mean("value_per_decision", Watch.DOWN, least, said)
    return judge_means(look, [mean], sample, "worth")
