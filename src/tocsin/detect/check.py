"""The report of a one-shot check: findings and suspects in one JSON object.

Suspects are ranked from the alarms alone: an input that moved, a slice that is hit harder than
everyone.  `diagnose` knows more (changes, onset) where a server keeps the history.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.base.slices import Slice
from tocsin.detect.finding import Finding, Layer, Level, Origin, Verdict
from tocsin.detect.look import Look
from tocsin.detect.methods import borrowed
from tocsin.detect.places import OUTPUTS

Json = dict[str, object]
SHARPER = 1.5
"""How many times everyone's effect a slice's must be to be a suspect itself."""
_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was compared with what.  `start` and `end` are None for rows without times.

    `fairness` holds the protected groups side by side, from `disparity.report`; without any the
    report leaves them out.
    """

    system: str
    origin: Origin
    reference_rows: int
    rows: int
    start: datetime | None
    end: datetime | None
    fairness: Sequence[Json] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """A one-shot check as a whole: the findings as `evaluate` returns them, and their look."""

    findings: Sequence[Finding]
    checked: Checked
    look: Look


def verdict(findings: Sequence[Finding]) -> Verdict:
    """Return `alarm` if any finding is one, `ok` if any could be judged, else `insufficient`.

    What peers' methods say does not count.
    """
    said = {finding.verdict for finding in findings if not borrowed(finding.measure)}
    return next((v for v in (Verdict.ALARM, Verdict.OK) if v in said), Verdict.INSUFFICIENT)


def report(findings: Sequence[Finding], checked: Checked) -> Json:
    """Return the report, ready for `json.dumps`; a number that cannot be said is None.

    Args:
        findings: in the order in which people should read them, as `evaluate` returns them.
        checked: what was compared.
    """
    origin = checked.origin
    fair: Json = {"fairness": list(checked.fairness)} if checked.fairness else {}
    return {
        "tocsin": origin.code,
        "config": origin.config,
        "spec": origin.spec_hash,
        "system": checked.system,
        "reference": {"rows": checked.reference_rows, "sha256": origin.reference_sha256},
        "current": {
            "rows": checked.rows,
            "from": checked.start.isoformat() if checked.start else None,
            "to": checked.end.isoformat() if checked.end else None,
            "sha256": origin.current_sha256,
        },
        "verdict": verdict(findings).value,
        "findings": [facts_of(finding) for finding in findings],
        "suspects": suspects(findings),
    } | fair


def suspects(findings: Sequence[Finding]) -> list[Json]:
    """Return what may be behind the alarms, likeliest first, at most ten.

    The score is the evidence over that of the strongest suspect, 0-1.
    """
    alarms = [f for f in findings if f.verdict is Verdict.ALARM]
    whole = {(f.layer, f.measure, f.column): f.effect for f in findings if not f.slice.conditions}
    strongest: dict[tuple[str, str], Finding] = {}

    def suspect(kind: str, what: str, finding: Finding) -> None:
        held = strongest.get((kind, what))
        if held is None or _weight(finding) > _weight(held):
            strongest[kind, what] = finding

    for finding in alarms:
        inputs = finding.layer in (Layer.QUALITY, Layer.DRIFT)
        if inputs and finding.column and finding.column not in OUTPUTS:
            suspect("column", finding.column, finding)
        everyone = whole.get((finding.layer, finding.measure, finding.column), 0.0)
        sharp = math.isnan(everyone) or finding.effect > SHARPER * everyone
        if finding.slice.conditions and sharp:
            suspect("slice", finding.slice.key, finding)
    ranked = sorted(strongest.items(), key=lambda item: (-_weight(item[1])[1], item[0]))[:_MOST]
    top = max((finding.evidence for _, finding in ranked), default=0.0)
    return [
        {
            "rank": rank,
            "kind": kind,
            "what": finding.slice.as_dict() if kind == "slice" else _what(what, finding.slice),
            "score": round(finding.evidence / top, 4) if top else 0.0,
            "why": finding.why,
        }
        for rank, ((kind, what), finding) in enumerate(ranked, start=1)
    ]


def suspect_in_words(suspect: Mapping[str, Any]) -> str:
    """Return one of `suspects` in words.

    >>> suspect_in_words({"kind": "column", "what": {"column": "income"}, "why": "It moved."})
    'income: It moved.'
    """
    what: Mapping[str, str] = suspect["what"]
    if suspect["kind"] == "slice":
        return f"{Slice.of(what).label}: {suspect['why']}"
    return f"{what['column']}: {suspect['why']}"


def _weight(finding: Finding) -> tuple[bool, float]:
    return finding.level is Level.PAGE, finding.evidence


def _what(column: str, slice_: Slice) -> Mapping[str, object]:
    """Return the suspect column, and where it moved if that is not everywhere."""
    where: dict[str, object] = {"slice": slice_.as_dict()} if slice_.conditions else {}
    return {"column": column, **where}


def facts_of(finding: Finding) -> Json:
    """Return one finding as the report has it."""
    return {
        "key": finding.key,
        "layer": finding.layer.value,
        "measure": finding.measure,
        "column": finding.column,
        "slice": finding.slice.as_dict(),
        "value": _number(finding.value),
        "baseline": _number(finding.baseline),
        "effect": _number(finding.effect),
        "interval": [_number(end) for end in finding.interval],
        "threshold": _number(finding.threshold),
        "alpha": finding.alpha,
        "evidence": _number(finding.evidence),
        "method": finding.method,
        "n": finding.n,
        "n_baseline": finding.n_baseline,
        "verdict": finding.verdict.value,
        "level": finding.level.value,
        "why": finding.why,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
