"""Drawings: a finding's picture and numbers in lines of text, for a terminal.

░ range over the reference's blocks   │ reference   ─ 95 % interval   ● now   █ share now
"""

import math
from collections.abc import Sequence

from tocsin.base.phrases import number, percent
from tocsin.detect.finding import Finding
from tocsin.detect.methods import borrowed
from tocsin.detect.picture import Picture

WIDE = 40
"""Signs of one strip."""
LABEL = 24
_UNSHARED = (
    *("jsd", "auc", "estimated_auc", "selection_rate_ratio", "volume", "silence"),
    *("mae", "rmse", "bias", "value_per_decision", "scale", "ndcg", "mrr"),
    *("association", "conditional_shift", "distinct"),
)
_HEIGHTS = "▁▂▃▄▅▆▇█"


def quantity(measure: str, value: float | None) -> str:
    """Return a value in its measure's unit.

    >>> quantity("accuracy", 0.9), quantity("jsd", 0.031), quantity("auc", None)
    ('90.0 %', '0.031', '–')
    >>> quantity("conditional_shift", -0.534)
    '-0.534'
    """
    if value is None:
        return "–"
    unshared = measure in _UNSHARED or measure.startswith(("mean_", "sum_")) or borrowed(measure)
    return number(value) if unshared else percent(value)


def drawing(picture: Picture) -> list[str]:
    """Return the lines that draw a finding: its sentence, its picture, its effect, its numbers."""
    found = picture.finding
    return [
        found.why,
        "",
        *_groups(picture),
        *_bars(picture),
        *_effect(found),
        *_wobble(picture),
        *_numbers(found),
    ]


def strip(low: float, high: float, marks: Sequence[tuple[str, float, float]]) -> str:
    """Return a strip of `WIDE` signs from `low` to `high`; later marks cover earlier ones.

    Args:
        low: value at the left end.
        high: value at the right end.
        marks: sign, and the values from where to where it is drawn; what is not finite is left out.

    >>> strip(0.0, 39.0, [("─", 2.0, 5.0), ("●", 3.0, 3.0)]).rstrip()
    '  ─●──'
    """
    signs = [" "] * WIDE
    size = (high - low) or 1.0
    for sign, start, end in marks:
        if not (math.isfinite(start) and math.isfinite(end)):
            continue
        first, last = (round((value - low) / size * (WIDE - 1)) for value in (start, end))
        for place in range(max(0, first), min(WIDE - 1, last) + 1):
            signs[place] = sign
    return "".join(signs)


def _groups(picture: Picture) -> list[str]:
    if not picture.groups:
        return []
    measure = "auc" if picture.finding.measure == "auc" else "share"
    groups = picture.groups
    seen = [v for g in groups for v in (g.low, g.high, g.was, *g.blocks) if math.isfinite(v)]
    low, high = min(seen), max(seen)
    lines = [_row("", f"{quantity(measure, low):<{WIDE // 2}}{quantity(measure, high):>20}")]
    for group in groups:
        usual = (min(group.blocks), max(group.blocks)) if group.blocks else (math.nan, math.nan)
        marks = [("░", *usual), ("─", group.low, group.high), ("│", group.was, group.was)]
        drawn = strip(low, high, [*marks, ("●", group.now, group.now)])
        said = f"{quantity(measure, group.now)} (was {quantity(measure, group.was)})"
        own = "›" if group.slice == picture.finding.slice else " "
        lines.append(_row(group.slice.label, f"{drawn} {own} {said}, n {group.n:,}"))
    return [*lines, ""]


def _bars(picture: Picture) -> list[str]:
    if not picture.bars:
        return []
    top = max(max(bar.now, bar.was, bar.high) for bar in picture.bars)
    lines: list[str] = []
    for bar in picture.bars:
        filled = ("█", 0.0, bar.now) if bar.now > 0 else ("█", math.nan, math.nan)
        drawn = strip(0.0, top, [("░", bar.low, bar.high), filled, ("│", bar.was, bar.was)])
        lines.append(_row(bar.label, f"{drawn}   {percent(bar.now)} (was {percent(bar.was)})"))
    return [*lines, ""]


def _effect(found: Finding) -> list[str]:
    low, high = found.interval
    if not all(map(math.isfinite, (low, found.effect, found.threshold))):
        return []
    far = high if math.isfinite(high) else 2 * max(found.effect, found.threshold)
    ends = (min(0.0, low), max(far, 1.5 * found.threshold))
    marks = [("░", 0.0, found.threshold), ("─", low, far), ("┃", found.threshold, found.threshold)]
    drawn = strip(*ends, [*marks, ("●", found.effect, found.effect)])
    said = " ".join(
        (
            f"{quantity(found.measure, found.effect)}, from {quantity(found.measure, low)}",
            f"to {quantity(found.measure, high if math.isfinite(high) else None)}",
        )
    )
    beyond = f"┃ {quantity(found.measure, found.threshold)}: less does not matter"
    return [_row(found.moved, f"{drawn}   {said}"), _row("", beyond), ""]


def _wobble(picture: Picture) -> list[str]:
    blocks = picture.blocks
    if not blocks:
        return []
    low, high = min(blocks), max(blocks)
    size = (high - low) or 1.0
    line = "".join(_HEIGHTS[round((value - low) / size * 7)] for value in blocks)
    name = picture.finding.measure if picture.finding.measure in _UNSHARED else "share"
    said = f"{quantity(name, low)} to {quantity(name, high)} over {len(blocks)} blocks"
    return [_row("reference's wobble", f"{line:<{WIDE}}   {said}"), ""]


def _numbers(found: Finding) -> list[str]:
    """Return every number in full: what is compared to the last digit can be read so."""
    origin, window = found.origin, found.window
    told: list[tuple[str, object]] = [
        ("value", found.value),
        ("baseline", found.baseline),
        ("effect", found.effect),
        ("interval", f"{found.interval[0]} to {found.interval[1]}"),
        ("threshold", found.threshold),
        ("n", f"{found.n:,} (reference {found.n_baseline:,})"),
        ("evidence", f"{found.evidence} (-log10 p)"),
        ("verdict", f"{found.verdict}, {found.level}"),
        ("method", found.method),
    ]
    if found.alpha is not None:
        told.append(("error rate", f"{found.alpha} a look"))
    if window is not None and window.length.total_seconds() > 0:
        told.append(("window", f"{window.start.isoformat()} to {window.end.isoformat()}"))
    if origin is not None:
        told += [
            ("reference", f"sha256 {origin.reference_sha256}"),
            ("counts", _counts_of(origin.spec_hash, origin.epoch, origin.current_sha256)),
            ("code, configuration", f"{origin.code}, {origin.config}"),
        ]
    return [_row(name, str(value)) for name, value in told]


def _counts_of(spec_hash: str, epoch: int | None, sha256: str | None) -> str:
    of = f"up to epoch {epoch}" if epoch is not None else f"of the file sha256 {sha256}"
    return f"spec {spec_hash}, {of}"


def _row(label: str, rest: str) -> str:
    short = label if len(label) <= LABEL else label[: LABEL - 1] + "…"
    return f"{short:<{LABEL}}  {rest}".rstrip()
