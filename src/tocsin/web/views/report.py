"""A check's report: what was compared, what moved and for whom, pictures first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.base.phrases import count, number, percent
from tocsin.base.slices import EVERYONE
from tocsin.detect.check import Comparison, suspect_in_words, suspects
from tocsin.detect.finding import Finding, Level, Verdict
from tocsin.detect.methods import borrowed
from tocsin.detect.picture import Picture
from tocsin.web.views import marks, system
from tocsin.web.views.marks import Figure, Mark

PICTURED, FEATURES, LISTED = 24, 36, 1500
"""Alarms and features with a picture, findings in the table: so that any report is bounded."""
Draw = Callable[[Picture], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Behind:
    """One row of the table behind a picture."""

    name: str
    now: str
    was: str
    usual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One alarm: its sentence, its numbers, its pictures, and the table behind them."""

    key: str
    mark: Mark
    level: str
    what: str
    why: str
    figure: Figure
    decided: str
    svgs: Sequence[str]
    rows: tuple[Behind, ...]
    whose: str
    """What the rows of the table are: slices or values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """One feature's distribution among many."""

    column: str
    mark: Mark
    says: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One finding in the table of all."""

    place: int
    what: str
    slice: str
    mark: Mark
    level: str
    now: str
    was: str
    moved: str
    threshold: str
    n: str
    chance: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """The page."""

    title: str
    mark: Mark
    answer: str
    lead: str
    compared: str
    counts: tuple[tuple[Mark, str], ...]
    cards: tuple[Card, ...]
    more_alarms: tuple[Line, ...]
    suspects: tuple[str, ...]
    features: tuple[Small, ...]
    more_features: int
    heat: system.Heat
    lines: tuple[Line, ...]
    more_lines: int
    borrowed: tuple[str, ...]
    """What peers' methods say, if they were asked."""
    unjudged: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


def report_page(
    compared: Comparison, pictured: Callable[[Finding], Picture], drawn: Draw, small: Draw
) -> ReportPage:
    """Return the page.

    Args:
        compared: the check.
        pictured: gives what is to be drawn of a finding.
        drawn: gives the SVGs of a picture.
        small: gives its small SVG, or none.
    """
    every = compared.findings
    found = [f for f in every if not borrowed(f.measure)]
    alarms = [f for f in found if f.verdict is Verdict.ALARM]
    judged = [f for f in found if f.verdict is not Verdict.INSUFFICIENT]
    features = [f for f in found if _is_feature(f)]
    features.sort(key=lambda f: (f.verdict is not Verdict.ALARM, -f.evidence))
    mark, answer, lead = system.answer(compared.look.system, found, ())
    numbered = {id(f): place for place, f in enumerate(found, start=1)}
    smalls = [_small(f, small(pictured(f))) for f in features[:FEATURES]]
    return ReportPage(
        title=f"{compared.checked.system}: {_counted(alarms) if judged else 'not judged'}",
        mark=mark,
        answer=answer,
        lead=lead,
        compared=_compared(compared),
        counts=_counts(found),
        cards=tuple(card(f, pictured(f), drawn) for f in alarms[:PICTURED]),
        more_alarms=tuple(_line(f, numbered[id(f)]) for f in alarms[PICTURED:LISTED]),
        suspects=tuple(suspect_in_words(one) for one in suspects(found)),
        features=tuple(one for one in smalls if one is not None),
        more_features=max(0, len(features) - FEATURES),
        heat=system.heat(found),
        lines=tuple(_line(f, numbered[id(f)]) for f in judged[:LISTED]),
        more_lines=max(0, len(judged) - LISTED),
        borrowed=tuple(f.why for f in every if borrowed(f.measure)),
        unjudged=tuple(f.why for f in found if f.verdict is Verdict.INSUFFICIENT)[:LISTED],
        facts=_facts(compared),
    )


def _is_feature(finding: Finding) -> bool:
    shown = finding.verdict is not Verdict.INSUFFICIENT
    return finding.measure == "jsd" and finding.slice == EVERYONE and shown


def _counted(alarms: Sequence[Finding]) -> str:
    pages = sum(finding.level is Level.PAGE for finding in alarms)
    told = ((pages, "page"), (len(alarms) - pages, "ticket"))
    return " and ".join(count(n, noun) for n, noun in told if n) or "no alarm"


def _compared(compared: Comparison) -> str:
    checked = compared.checked
    when = ""
    if checked.start is not None and checked.end is not None:
        when = f" made {checked.start:%Y-%m-%d %H:%M} to {checked.end:%Y-%m-%d %H:%M} UTC"
    rows, usual = count(checked.rows, "decision"), count(checked.reference_rows, "decision")
    return f"{rows}{when}, compared with {usual} of reference."


def _counts(found: Sequence[Finding]) -> tuple[tuple[Mark, str], ...]:
    """Return how many monitors are in which state, the gravest first."""
    words = {
        Mark.HARM: ("page", ""),
        Mark.AT_RISK: ("ticket", ""),
        Mark.HEALTHY: ("monitor saw nothing unusual", "monitors saw nothing unusual"),
        Mark.NO_DATA: ("monitor had too few rows", "monitors had too few rows"),
    }
    states = [marks.of_finding(finding) for finding in found]
    told = [(mark, states.count(mark), *said) for mark, said in words.items()]
    return tuple((mark, count(n, one, many)) for mark, n, one, many in told if n)


def _what(finding: Finding) -> str:
    label = marks.measure_of(finding.measure).label
    return f"{finding.column} · {label}" if finding.column is not None else label


def card(finding: Finding, picture: Picture, drawn: Draw) -> Card:
    """Return one finding with its pictures."""
    return Card(
        key=finding.key,
        mark=marks.of_finding(finding),
        level=finding.level.value,
        what=f"{_what(finding)} · {finding.slice.label}",
        why=system.in_words(finding),
        figure=marks.figure(finding),
        decided=_decided(finding),
        svgs=drawn(picture),
        rows=_rows(picture),
        whose="slice" if picture.groups else "value",
    )


def _decided(finding: Finding) -> str:
    """Return what decided, in words: the effect with its interval, the threshold, the chance."""
    unit = marks.measure_of(finding.measure).unit
    low, high = (marks.in_unit(end, unit) for end in finding.interval)
    word, effect = finding.moved.rpartition(" ")[2], marks.in_unit(finding.effect, unit)
    said = (
        f"It {finding.moved} {effect}, surely {word} {low} and not {word} more than {high};"
        f" more than {marks.in_unit(finding.threshold, unit)} matters."
    )
    if finding.alpha is None:
        return said
    return f"{said} Chance alone would say so in {_one_in(finding.alpha)} looks."


def _one_in(alpha: float) -> str:
    """Return a small probability in words.

    >>> _one_in(3.2e-5)
    'at most 1 of 31,250'
    """
    return f"at most 1 of {1 / alpha:,.0f}"


def _rows(picture: Picture) -> tuple[Behind, ...]:
    unit = marks.unit_by_slice(picture.finding.measure)
    if picture.groups:
        return tuple(
            Behind(
                name=group.slice.label,
                now=f"{_said(group.now, unit)} ({_said(group.low, unit)} to"
                f" {_said(group.high, unit)}), n {group.n:,}",
                was=_said(group.was, unit),
                usual=_range(group.blocks, unit),
            )
            for group in picture.groups
        )
    return tuple(
        Behind(bar.label, percent(bar.now), percent(bar.was), _range((bar.low, bar.high), "share"))
        for bar in picture.bars
    )


def _said(value: float, unit: str) -> str:
    return marks.in_unit(value, unit)


def _range(values: Sequence[float], unit: str) -> str:
    return f"{_said(min(values), unit)} to {_said(max(values), unit)}" if values else "–"


def _small(finding: Finding, svgs: Sequence[str]) -> Small | None:
    if not svgs:
        return None
    return Small(
        column=finding.column or "",
        mark=marks.of_finding(finding),
        says=marks.in_unit(finding.value, "bits"),
        svg=svgs[0],
    )


def _line(finding: Finding, place: int) -> Line:
    unit = marks.measure_of(finding.measure).unit
    low, high = (marks.in_unit(end, unit) for end in finding.interval)
    known = math.isfinite(finding.effect)
    return Line(
        place=place,
        what=_what(finding),
        slice=finding.slice.label,
        mark=marks.of_finding(finding),
        level=finding.level.value,
        now=marks.in_unit(finding.value, unit),
        was=marks.in_unit(finding.baseline, unit),
        moved=f"{marks.in_unit(finding.effect, unit)} ({low} to {high})" if known else "–",
        threshold=marks.in_unit(finding.threshold, unit),
        n=f"{finding.n:,} / {finding.n_baseline:,}",
        chance=system.seldom(finding.evidence),
        why=finding.why,
    )


def _facts(compared: Comparison) -> tuple[tuple[str, str], ...]:
    checked, look = compared.checked, compared.look
    origin = checked.origin
    blocks = len(look.baseline.blocks)
    wobble = f"{count(blocks, 'block')} {'of time' if look.baseline.timed else 'dealt in turn'}"
    return (
        ("Reference", f"{count(checked.reference_rows, 'row')}, sha256 {origin.reference_sha256}"),
        ("Current", f"{count(checked.rows, 'row')}, sha256 {origin.current_sha256 or '–'}"),
        ("Wobble", f"learnt from {wobble} of the reference"),
        (
            "Error rate",
            (
                f"{_one_in(look.harm.everyone)} looks for each question of harm to everyone,"
                f" {_one_in(look.harm.slice)} to a slice; of quality and drift"
                f" {_one_in(look.other.everyone)} and {_one_in(look.other.slice)}"
            ),
        ),
        ("Spec", origin.spec_hash),
        ("Configuration", origin.config),
        ("Made by", f"Tocsin {origin.code}"),
        ("Slices", number(float(len(look.slices)))),
    )
