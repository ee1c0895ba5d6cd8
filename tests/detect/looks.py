"""Looks at drawn windows, for tests of single monitors."""

from dataclasses import replace

from tests.detect.counted import LAYOUT, SPEC
from tests.profile.rows import LENDING
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import Alphas, Asked
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.look import Look
from tocsin.ingest.system import System
from tocsin.profile.window import Window


def look(window: Window, baseline: Baseline, alpha: float = 1e-3, system: System = LENDING) -> Look:
    """Return a look whose every monitor has the error rate `alpha`."""
    return Look(
        layout=LAYOUT,
        system=system,
        window=window,
        baseline=baseline,
        current=stacked(window, SPEC),
        reference=baseline.counts(SPEC)[0],
        harm=Alphas.alike(alpha),
        other=Alphas.alike(alpha),
    )


def chance(asked: Asked, alphas: Alphas) -> float:
    """Return how many false alarms all questions together may raise at one look, on average."""
    return asked.everyone * alphas.everyone + asked.slices * alphas.slice


def alarms(findings: list[Finding]) -> list[Finding]:
    """Return the alarms among `findings`."""
    return [finding for finding in findings if finding.verdict is Verdict.ALARM]


def without_labels(window: Window) -> Window:
    """Return the window as it is before any outcome is known."""
    names = ("n_labelled", "tp", "fp", "tn", "fn", "pos_hist", "neg_hist")
    cells = {key: counts.copy() for key, counts in window.cells.items()}
    for counts in cells.values():
        for name in names:
            LAYOUT.get(counts, name)[...] = 0
    return replace(window, cells=cells)
