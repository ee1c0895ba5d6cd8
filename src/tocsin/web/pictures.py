"""A finding's picture as Vega-Lite, in the styles of every chart; see `charts` for those over time.

    by slice       grey: range over the reference's blocks, tick: reference, dot: now (95 %)
    distribution   grey: reference with its blocks' range, dark: now
    effect         how far it moved, with the interval that decided; grey: too little to matter

Labels come from data and never from expressions, so that a column may be called anything.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from tocsin.detect.bars import Bar
from tocsin.detect.finding import Finding, Level, Verdict
from tocsin.detect.picture import Group, Picture
from tocsin.web.charts import SCHEMA, to_svg
from tocsin.web.palette import Spec, config
from tocsin.web.views.marks import in_unit, measure_of, unit_by_slice

WIDTH_PX = 384
"""Of a whole chart: a phone shows it a little smaller, and its words can still be read."""
LEFT_PX, RIGHT_PX, AXIS_PX = 128, 80, 40
ROW_PX, LETTERS = 24, 15
BARS_PX, SMALL_PX, SMALL_WIDTH_PX, SMALL_BAR_PX = 104, 48, 200, 24
TICKS = 4


def drawn(picture: Picture) -> list[str]:
    """Return the SVGs of a finding, for a place that says in words what they show."""
    return [_unread(to_svg(spec)) for spec in picture_charts(picture)]


def drawn_small(picture: Picture) -> list[str]:
    """Return the SVG of a distribution alone, or nothing."""
    spec = small_chart(picture)
    return [] if spec is None else [_unread(to_svg(spec))]


def _unread(svg: str) -> str:
    """Hide from screen readers the many unnamed marks of an SVG."""
    return svg.replace("<svg ", '<svg aria-hidden="true" ', 1)


def picture_charts(picture: Picture) -> list[Spec]:
    """Return the charts of a finding: what it is about, then how far that moved."""
    mark, found = _mark(picture.finding), list[Spec]()
    if picture.groups:
        found.append(_whole(_by_slice(picture, mark), LEFT_PX, RIGHT_PX))
    elif picture.bars and picture.ordered:
        found.append(_whole(_columns(picture.bars, mark), AXIS_PX, 0))
    elif picture.bars:
        found.append(_whole(_lying(picture.bars, mark), LEFT_PX, RIGHT_PX))
    effect = _effect(picture.finding, mark)
    if effect is not None:
        found.append(_whole(effect, LEFT_PX, RIGHT_PX))
    return found


def small_chart(picture: Picture) -> Spec | None:
    """Return a distribution alone, for many side by side; None where there is none."""
    if not picture.bars:
        return None
    drawn = _columns(picture.bars, _mark(picture.finding), small=True)
    return _whole(drawn, 0, 0, bottom_px=0)


def _whole(drawn: Spec, left_px: int, right_px: int, bottom_px: int = 20) -> Spec:
    return {
        "$schema": SCHEMA,
        "padding": {"left": left_px, "right": right_px, "top": 4, "bottom": bottom_px},
        "autosize": {"type": "none"},
        **drawn,
        "config": {**config(), "aria": False},
    }


def _mark(finding: Finding) -> str:
    """Return the suffix of the styles: colour is for what alarms."""
    if finding.verdict is not Verdict.ALARM:
        return ""
    return "-harm" if finding.level is Level.PAGE else "-at-risk"


def _by_slice(picture: Picture, mark: str) -> Spec:
    """Return the measure of each slice, one row each."""
    unit = unit_by_slice(picture.finding.measure)
    apart = len({a for g in picture.groups for a, _ in g.slice.conditions}) > 1
    values = [_row(group, place, unit, apart=apart) for place, group in enumerate(picture.groups)]
    own = [group.slice == picture.finding.slice for group in picture.groups]
    for value, is_own in zip(values, own, strict=True):
        value["own"] = is_own
    x = _x(_ends(picture.groups, unit), unit)
    y: Spec = {
        "field": "row",
        "type": "quantitative",
        "scale": {"domain": [-0.5, len(values) - 0.5], "reverse": True, "nice": False},
        "axis": None,
    }
    layers: list[Spec] = [
        _layer({"type": "rule", "style": "range"}, x | {"field": "least"}, y, {"field": "most"}),
        _layer({"type": "tick", "style": "was"}, x | {"field": "was"}, y),
    ]
    for is_own in (False, True):
        style = mark if is_own else ""
        only = [{"filter": f"{'' if is_own else '!'}datum.own"}]
        layers += [
            _layer({"type": "rule", "style": f"span{style}"}, x | {"field": "low"}, y, "high")
            | {"transform": only},
            _layer({"type": "point", "style": f"now{style}"}, x | {"field": "now"}, y)
            | {"transform": only},
            _words("said", "end", y) | {"transform": only},
            _words("label", f"label{'-own' if is_own else ''}", y) | {"transform": only},
        ]
    return {
        "width": WIDTH_PX - LEFT_PX - RIGHT_PX,
        "height": len(values) * ROW_PX,
        "data": {"values": values},
        "layer": layers,
    }


def _row(group: Group, place: int, unit: str, *, apart: bool) -> Spec:
    """Return one row; its name is the value alone where all rows are of one attribute."""
    values = " and ".join(value for _, value in group.slice.conditions)
    told = group.blocks or ((group.was,) if math.isfinite(group.was) else ())
    return {
        "row": place,
        "label": _short(group.slice.label if apart or not values else values),
        "now": group.now,
        "low": group.low,
        "high": group.high,
        "was": group.was if math.isfinite(group.was) else None,
        "least": min(told, default=None),
        "most": max(told, default=None),
        "said": in_unit(group.now, unit),
    }


def _ends(groups: Sequence[Group], unit: str) -> tuple[float, float]:
    seen = [v for g in groups for v in (g.low, g.high, g.was, *g.blocks) if math.isfinite(v)]
    low, high = min(seen, default=0.0), max(seen, default=1.0)
    pad = max((high - low) * 0.06, 0.005)
    inside = (max(0.0, low - pad), min(1.0, high + pad))
    return inside if unit == "share" else (low - pad, high + pad)


def _columns(bars: Sequence[Bar], mark: str, *, small: bool = False) -> Spec:
    """Return bars of numbers side by side, or small ones of anything."""
    width = min(SMALL_WIDTH_PX, SMALL_BAR_PX * len(bars)) if small else WIDTH_PX - AXIS_PX
    values = [_bar(bar, place) for place, bar in enumerate(bars)]
    top = max(max(bar.now, bar.was, bar.high) for bar in bars)
    x: Spec = {
        "field": "bar",
        "type": "ordinal",
        "scale": {"paddingInner": 0.08, "paddingOuter": 0},
        "axis": {
            "values": _few(len(bars)),
            # only numbers that we wrote ourselves; json.dumps makes them a literal
            "labelExpr": f"{json.dumps([_short(bar.tick) for bar in bars])}[datum.value]",
            "labelAngle": 0,
            "title": None,
        }
        if not small
        else None,
    }
    y: Spec = {
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": {
            "values": [0, top] if small else [0, top / 2, top],
            "format": ".0%",
            "labelPadding": 4,
            "minExtent": 32,
            "maxExtent": 32,
            "grid": not small,
        }
        if not small
        else None,
        "title": None,
    }
    layers: list[Spec] = [
        _layer({"type": "bar", "style": "was-bar"}, x, y | {"field": "was"}),
        _layer(
            {"type": "bar", "style": f"now-bar{mark}", "width": {"band": 0.4}},
            x,
            y | {"field": "now"},
        ),
    ]
    if not small:
        whisker = {"type": "rule", "style": "whisker"}
        layers.append(
            {
                "mark": whisker,
                "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
            }
        )
    return {
        "width": width,
        "height": SMALL_PX if small else BARS_PX,
        "data": {"values": values},
        "layer": layers,
    }


def _lying(bars: Sequence[Bar], mark: str) -> Spec:
    """Return bars of categories, one row each, with their names."""
    values = [
        _bar(bar, place) | {"label": _short(bar.label), "said": in_unit(bar.now, "share")}
        for place, bar in enumerate(bars)
    ]
    top = max(max(bar.now, bar.was, bar.high) for bar in bars)
    x = _x((0.0, top), "share")
    y: Spec = {
        "field": "bar",
        "type": "quantitative",
        "scale": {"domain": [-0.5, len(bars) - 0.5], "reverse": True, "nice": False},
        "axis": None,
    }
    return {
        "width": WIDTH_PX - LEFT_PX - RIGHT_PX,
        "height": len(bars) * ROW_PX,
        "data": {"values": values},
        "layer": [
            _layer({"type": "rule", "style": "was-row"}, x | {"field": "zero"}, y, "was"),
            _layer({"type": "rule", "style": f"now-row{mark}"}, x | {"field": "zero"}, y, "now"),
            _layer({"type": "rule", "style": "whisker"}, x | {"field": "low"}, y, "high"),
            _words("said", "end", y),
            _words("label", "label", y),
        ],
    }


def _bar(bar: Bar, place: int) -> Spec:
    return {
        "bar": place,
        "zero": 0,
        "now": bar.now,
        "was": bar.was,
        "low": bar.low,
        "high": bar.high,
    }


def _effect(finding: Finding, mark: str) -> Spec | None:
    """Return how far it moved: the interval that decided, and what would be too little."""
    low, high = finding.interval
    if not all(map(math.isfinite, (finding.effect, low, finding.threshold))):
        return None
    unit = measure_of(finding.measure).unit
    high = high if math.isfinite(high) else max(finding.effect, finding.threshold) * 2
    ends = (min(0.0, low), max(high, finding.threshold * 1.5))
    pad = (ends[1] - ends[0]) * 0.04 or 0.01
    x = _x((ends[0] - pad, ends[1] + pad), unit)
    x["axis"] = {
        **x["axis"],
        "values": [finding.threshold],
        "labelExpr": json.dumps(f"matters beyond {in_unit(finding.threshold, unit)}"),
        "labelAlign": "left",
        "labelFlush": False,
        "grid": False,
        "labelOverlap": False,
    }
    value: Spec = {
        "zero": 0,
        "threshold": finding.threshold,
        "low": low,
        "high": high,
        "effect": finding.effect,
        "label": finding.moved,
        "said": in_unit(finding.effect, unit),
    }
    y: Spec = {"datum": 0, "type": "quantitative", "scale": {"domain": [-1, 1]}, "axis": None}
    return {
        "width": WIDTH_PX - LEFT_PX - RIGHT_PX,
        "height": ROW_PX,
        "data": {"values": [value]},
        "layer": [
            {
                "mark": {"type": "rect", "style": "usual"},
                "encoding": {"x": x | {"field": "zero"}, "x2": {"field": "threshold"}},
            },
            {
                "mark": {"type": "rule", "style": "threshold"},
                "encoding": {"x": x | {"field": "threshold"}},
            },
            _layer({"type": "rule", "style": f"span{mark}"}, x | {"field": "low"}, y, "high"),
            _layer({"type": "point", "style": f"now{mark}"}, x | {"field": "effect"}, y),
            _words("said", "end", y),
            _words("label", "label", y),
        ],
    }


def _x(domain: tuple[float, float], unit: str) -> Spec:
    percent = unit == "share"
    return {
        "type": "quantitative",
        "scale": {"domain": list(domain), "nice": False, "zero": False},
        "axis": {
            "tickCount": TICKS,
            "format": ".0%"
            if percent and domain[1] - domain[0] >= 0.03
            else ".1%"
            if percent
            else "~g",
            "labelFlush": True,
            "labelOverlap": True,
            "labelPadding": 4,
        },
        "title": None,
    }


def _layer(mark: Spec, x: Spec, y: Spec, to: str | Spec | None = None) -> Spec:
    second = {} if to is None else {"x2": {"field": to} if isinstance(to, str) else to}
    return {"mark": mark, "encoding": {"x": x, "y": y, **second}}


def _words(field: str, style: str, y: Spec) -> Spec:
    """Return the words beside a row: its name at the left, its value at the right."""
    at = WIDTH_PX - LEFT_PX - RIGHT_PX if style == "end" else 0
    return {
        "mark": {"type": "text", "style": style},
        "encoding": {"x": {"value": at}, "y": y, "text": {"field": field}},
    }


def _short(text: str) -> str:
    return text if len(text) <= LETTERS else text[: LETTERS - 1] + "…"


def _few(n: int) -> list[int]:
    """Return some of `n` places, evenly apart, that leave room for their labels.

    >>> _few(3), _few(20)
    ([0, 1, 2], [0, 5, 10, 15])
    """
    step = max(1, round(n / TICKS)) if n > TICKS + 2 else 1
    return list(range(0, n, step))
