"""Found: is a class found less often for a protected group than it was, against the others?

Where one of several classes is chosen, per class c and group v of an attribute

    recall_gap   the rest's share of true c that were answered as c  -  v's

judged as every gap (`fairness`): its worsening against the reference, beyond 3 %.  Gaps that are as
they were are not listed, there are too many of them.
Refuses: combinations of attributes, for which true classes are not counted.
"""

import numpy as np

from tocsin.detect.baseline import stacked
from tocsin.detect.compared import Comparison, singles
from tocsin.detect.fairness import Gap, gap_findings
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.look import Look
from tocsin.detect.places import at
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind, System
from tocsin.profile.layout import Layout
from tocsin.profile.leaves import PARTS
from tocsin.profile.spec import Spec

MEASURE = "recall_gap"
_TRUE, _HIT = ("tp", "fn"), ("tp",)


def monitors(spec: Spec, system: System) -> int:
    """Return how many questions one evaluation asks."""
    if spec.kind is not Kind.MULTICLASS:
        return 0
    return len(spec.classes) * sum(len(groups) for _, groups in singles(spec, system))


def found(look: Look) -> list[Finding]:
    """Return the classes that are found less often for a group, only those that alarm."""
    spec, alarms, short = look.layout.spec, list[Finding](), _stretches(look)
    for name, groups in singles(spec, look.system):
        rows = [look.slices.index(group) for group in groups]
        for place, title in enumerate(spec.classes):
            one = Comparison(
                f"{name}, class {title}",
                groups,
                _parts(look.layout, look.current[rows], place),
                _parts(look.layout, look.reference[rows], place),
                _parts(look.layout, look.baseline.counts(spec)[1][:, rows], place),
                None if short is None else _parts(look.layout, short[:, rows], place),
            )
            gap = Gap(MEASURE, _HIT, _TRUE, f"whose true class is {title!r} were answered so")
            alarms += [f for f in gap_findings(look, gap, one, title) if _alarms(f)]
    return alarms


def _stretches(look: Look) -> Numbers | None:
    """Return the counts of the baseline's stretches, (D, slices, width); None: not known."""
    some, spec = look.baseline.stretches, look.layout.spec
    return look.baseline.derived(
        "stretches", lambda: np.stack([stacked(one, spec) for one in some]) if some else None
    )


def _alarms(finding: Finding) -> bool:
    return finding.verdict is Verdict.ALARM


def _parts(layout: Layout, cells: Numbers, place: int) -> Numbers:
    """Return PARTS, (..., PARTS), in which only the rows of one true class are counted."""
    size = len(layout.spec.classes) + 1
    true = list(at(layout, "confusion")[place::size])
    parts = np.zeros((*cells.shape[:-1], len(PARTS)))
    hit = cells[..., true[place]]
    parts[..., PARTS.index("tp")] = hit
    parts[..., PARTS.index("fn")] = cells[..., true].sum(-1) - hit
    return parts
