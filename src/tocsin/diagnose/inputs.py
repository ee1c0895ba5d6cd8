"""Which inputs arrive unlike before and which slices stand out: evidence beside the changes."""

import math
from collections.abc import Mapping, Sequence

from tocsin.base.phrases import number
from tocsin.base.slices import Slice
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.detect.places import OUTPUTS
from tocsin.diagnose.localise import Culprit
from tocsin.diagnose.suspect import Suspect, SuspectKind

_MOST = 5


def drifting(findings: Sequence[Finding], slice_: Slice) -> dict[str, float]:
    """Return the drift evidence (-log10 p, > 0) of each input that alarms about people in `slice_`.

    Only the strongest monitor of an input counts; several look at the same fault.
    """
    strongest = _strongest(findings, slice_)
    return {column: max(f.evidence, 0.5) for column, f in strongest.items()}


def column_suspects(findings: Sequence[Finding], slice_: Slice) -> list[Suspect]:
    """Return the drifting inputs as suspects, the strongest first, five at the most."""
    strongest = _strongest(findings, slice_)
    weights = drifting(findings, slice_)
    total = math.fsum(weights.values())
    ordered = sorted(weights, key=lambda column: (-weights[column], column))[:_MOST]
    return [
        Suspect(
            rank=place,
            kind=SuspectKind.COLUMN,
            title=f"Input {column}",
            what={"column": column},
            score=weights[column] / total,
            why=strongest[column].why,
        )
        for place, column in enumerate(ordered, start=1)
    ]


def slice_suspects(culprits: Sequence[Culprit]) -> list[Suspect]:
    """Return the deviating slices as suspects in the order of the scan, five at the most."""
    total = math.fsum(c.llr for c in culprits)
    return [
        Suspect(
            rank=place,
            kind=SuspectKind.SLICE,
            title=culprit.slice.label,
            what=culprit.slice.as_dict(),
            score=culprit.llr / total if total else 0.0,
            why=_why(culprit),
        )
        for place, culprit in enumerate(culprits[:_MOST], start=1)
    ]


def _strongest(findings: Sequence[Finding], slice_: Slice) -> Mapping[str, Finding]:
    found: dict[str, Finding] = {}
    for f in findings:
        if (
            f.column
            and f.column not in OUTPUTS
            and f.verdict is Verdict.ALARM
            and f.layer in (Layer.DRIFT, Layer.QUALITY)
            and f.slice.compatible(slice_)
            and (f.column not in found or f.evidence > found[f.column].evidence)
        ):
            found[f.column] = f
    return found


def _why(culprit: Culprit) -> str:
    way = "more" if culprit.excess > 0 else "fewer"
    many = number(round(abs(culprit.excess)))
    return (
        f"For {culprit.slice.label} the harmed measure counts {many} {way} than its own baseline "
        f"leads to expect ({number(culprit.ratio)} times; {culprit.llr:.0f} nats)."
    )
