"""Found: is a class found less often for a protected group than it was, against the others?

Where one of several classes is chosen, per class c and group v of an attribute

    recall_gap   the rest's share of true c that were answered as c  -  v's

judged as every gap (`fairness`): its worsening against the reference, beyond 3 %.  Gaps that are as
they were are not listed, there are too many of them.
Refuses: combinations of attributes, for which true classes are not counted.
"""

import numpy as np

from tocsin.base.slices import Slice
from tocsin.detect import compared
from tocsin.detect.baseline import stacked
from tocsin.detect.compared import Asked, Comparison, singles
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
    spec, alarms = look.layout.spec, list[Finding]()
    every = [_of_classes(look, name, groups) for name, groups in singles(spec, look.system)]
    if not every or not spec.classes:
        return []
    usual = look.baseline.derived(
        f"gaps of {[row[0].name for row in every]}",
        lambda: compared.usual(look, [[Asked(one, _HIT, _TRUE) for one in row] for row in every]),
    )
    for row, told in zip(every, usual, strict=True):
        for title, one, usually in zip(spec.classes, row, told, strict=True):
            gap = Gap(MEASURE, _HIT, _TRUE, f"whose true class is {title!r} were answered so")
            alarms += [f for f in gap_findings(look, gap, one, usually, title) if _alarms(f)]
    return alarms


def _of_classes(look: Look, name: str, groups: tuple[Slice, ...]) -> list[Comparison]:
    """Return the comparison of an attribute's groups for each true class."""
    rows, short = [look.slices.index(group) for group in groups], _stretches(look)
    parts = (look.current, look.reference, look.baseline.counts(look.layout.spec)[1], short)

    def of_class(cells: Numbers, place: int) -> Numbers:
        return _parts(look.layout, cells[..., rows, :], place)

    return [
        Comparison(
            f"{name}, class {title}",
            groups,
            *(of_class(cells, place) for cells in parts if cells is not None),
        )
        for place, title in enumerate(look.layout.spec.classes)
    ]


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
