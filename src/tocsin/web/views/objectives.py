"""Objectives: what is promised, how much of the error budget is left, how fast it goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tocsin.base.phrases import number, percent
from tocsin.base.slices import Slice, parse
from tocsin.base.spans import describe
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.slo import FAST, LEFT, SLOW
from tocsin.ingest.slo import KPI, Slo
from tocsin.web.views import marks
from tocsin.web.views.marks import Mark

_PROMISED = {
    "availability": "calls do not fail",
    "latency": "answers within {under} ms",
    "accuracy": "decisions are right",
    "precision": "yeses are right",
    "recall": "deserved yeses are given",
    "hit_rate": "lists hold something wanted",
    "missing": "decisions have {column}",
    "invalid": "decisions have a usable {column}",
    "mistyped": "decisions have {column} in its type",
    "unseen": "decisions have a known {column}",
    "out_of_range": "decisions have {column} within its range",
    KPI: "successes of {column}",
}

_OF_A_CLASS = {
    "precision": "answers ‘{column}’ are right",
    "recall": "true ‘{column}’ are answered so",
}
"""The same of one class of several."""


@dataclass(frozen=True, slots=True)
class Burning:
    """How fast the budget goes, for one kind of alarm; `key` opens how it was computed."""

    text: str
    mark: Mark
    why: str
    key: str


@dataclass(frozen=True, slots=True)
class Row:
    """One objective; `left_share` fills the bar, 0-1."""

    name: str
    promised: str
    slice: Slice
    good: str
    left: str
    left_share: float
    mark: Mark
    why: str
    key: str
    burning: tuple[Burning, ...]


def rows(slos: Sequence[Slo], said: Sequence[Finding]) -> tuple[Row, ...]:
    """Return a row for each objective that was looked at, in the order of the declaration."""
    found = {(f.column, f.measure): f for f in said if f.layer is Layer.SLO}
    return tuple(
        _row(slo, found[slo.name, LEFT], [found[slo.name, name] for name in (FAST, SLOW)])
        for slo in slos
        if all((slo.name, measure) in found for measure in (FAST, SLOW, LEFT))
    )


def promised(slo: Slo) -> str:
    """Return the promise in words.

    >>> promised(Slo(name="x", sli="latency", target=0.995, under_ms=200))
    '99.5 % of answers within 200 ms, over 30 d'
    """
    said = (_OF_A_CLASS if slo.column else {}).get(slo.sli, _PROMISED[slo.sli])
    said = said.format(column=slo.column, under=number(slo.under_ms or 0))
    share = f"{slo.target * 100:.6g} %"
    return f"{share} of {said}, over {describe(timedelta(seconds=slo.period_s))}"


def _row(slo: Slo, left: Finding, burning: Sequence[Finding]) -> Row:
    known = math.isfinite(left.value)
    return Row(
        name=slo.name,
        promised=promised(slo),
        slice=parse(slo.slice),
        good=percent(1 - left.effect * slo.budget, 2) if known else "–",
        left=percent(left.value, 0) if known else "–",
        left_share=min(1.0, max(0.0, left.value)) if known else 0.0,
        mark=marks.of_findings([left, *burning]),
        why=left.why,
        key=left.key,
        burning=tuple(_burning(finding) for finding in burning),
    )


def _burning(finding: Finding) -> Burning:
    text = "–" if math.isnan(finding.value) else f"{number(round(finding.value, 2))} ×"
    return Burning(text, marks.of_finding(finding), finding.why, finding.key)
