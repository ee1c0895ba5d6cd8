"""Charts as Vega-Lite: one specification, drawn in the page by Vega and into reports by vl-convert.

    time     panels under one another over one axis of time

The specification names styles (`line`, `usual`, `shade-harm` …), never colours; `config` gives the
styles the colours of paper, and `static/charts.js` those of the reader's screen.  Missing steps are
nulls, at which lines break.  What stands at the right end of a line is its name or last value.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin.base.phrases import number, percent
from tocsin.web.palette import PAPER, Spec, config
from tocsin.web.views.marks import Mark
from tocsin.web.views.series import Chart, Line, Panel, Point

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
VL_VERSION = "6.4"
LEFT_PX, RIGHT_PX = 48, 96
LANES, LANE_PX, LETTER_PX = 3, 16, 6.4
LABEL_GAP_PX = 14
TITLE_PX = -12
GAPS = "break-paths-show-path-domains"
THIN = 0.2
"""A point with so small a share of the median n neither sets the axis nor names the line."""
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (6, 3), (2, 2), (8, 2, 2, 2), (4, 4), (1, 3))

TIME: Spec = {
    "field": "at",
    "type": "temporal",
    "scale": {"type": "utc", "nice": False},
    "title": None,
}


def time_chart(chart: Chart, width_px: int = 720) -> Spec:
    """Return the specification of `chart`; `charts.js` sets the width of the reader's screen.

    Args:
        chart: the panels.
        width_px: of the plots, between the axis and the names at the right.
    """
    rows = [_panel(panel, chart, last=panel is chart.panels[-1]) for panel in chart.panels]
    if chart.ticks:
        rows.insert(0, _lane(chart, width_px))
    for row in rows:
        row["width"] = width_px
    return {
        "$schema": SCHEMA,
        "description": chart.title,
        "datasets": {
            "ticks": [{"at": _ms(tick.at), "label": tick.label} for tick in chart.ticks],
            "shades": [
                {"from": _ms(s.span.start), "to": _ms(s.span.end), "mark": s.mark.value}
                for s in chart.shades
            ],
        },
        "usermeta": {
            "left": LEFT_PX,
            "right": RIGHT_PX,
            "paper": {name: value for name, value in PAPER.items() if name != "sans"},
        },
        "padding": 0,
        "bounds": "flush",
        "vconcat": rows,
        "config": config(),
    }


def to_svg(spec: Spec) -> str:
    """Return the chart as SVG, for reports, mails and PDF."""
    # costs 40 ms and 60 MB to import, and most pages never draw on the server
    import vl_convert  # noqa: PLC0415

    return vl_convert.vegalite_to_svg(spec, vl_version=VL_VERSION)


def _panel(panel: Panel, chart: Chart, *, last: bool) -> Spec:
    low, high = _domain(panel)
    x = {**TIME, "axis": _time_axis(chart) if last else None}
    y: Spec = {
        "type": "quantitative",
        "scale": {"domain": [low, high], "nice": False, "zero": False},
        "axis": {
            "values": _marks_at(low, high),
            "labelExpr": _label_expression(panel.unit, high - low),
            "minExtent": LEFT_PX - 8,
            "maxExtent": LEFT_PX - 8,
        },
        "title": None,
    }
    layers = [_ends(chart, x), *_shades(chart, x), *_usual(panel, y)]
    for place, line in enumerate(panel.lines):
        layers += _line(panel, line, place, x, y)
    layers += _names(panel, chart, x, y, (low, high))
    if chart.ticks:
        layers.append(
            {
                "data": {"name": "ticks"},
                "mark": {"type": "rule", "style": "tick"},
                "encoding": {"x": x},
            }
        )
    if len(chart.panels) > 1:
        layers.append(_title(panel))
    return {"height": panel.height, "layer": layers}


def _lane(chart: Chart, width_px: int) -> Spec:
    """Return the strip above the panels where changes are named, as many as fit side by side."""
    ends = [float("-inf")] * LANES
    named: list[Spec] = []
    for tick in chart.ticks:
        at_px = (tick.at - chart.span.start) / chart.span.length * width_px
        label = tick.label if len(tick.label) <= 32 else tick.label[:31] + "…"
        length_px = len(label) * LETTER_PX + 12
        left = at_px + length_px > width_px + RIGHT_PX
        start_px = at_px - length_px if left else at_px
        lane = next((i for i, end in enumerate(ends) if end < start_px), None)
        if lane is None:
            continue
        ends[lane] = at_px if left else at_px + length_px
        named.append({"at": _ms(tick.at), "lane": lane, "label": label, "side": left})
    x = {**TIME, "axis": None}
    used = max((row["lane"] for row in named), default=0) + 1
    y: Spec = {
        "field": "lane",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [-0.5, used - 0.5]},
    }
    return {
        "name": "names",
        "height": used * LANE_PX,
        "layer": [
            _ends(chart, x),
            {
                "data": {"values": named},
                "mark": {"type": "rule", "style": "tick"},
                "encoding": {"x": x, "y": y, "y2": {"datum": -0.5}},
            },
            *(
                {
                    "data": {"values": named},
                    "transform": [{"filter": f"{'' if right else '!'}datum.side"}],
                    "mark": {"type": "text", "style": "aside" if right else "tick-name"},
                    "encoding": {"x": x, "y": y, "text": {"field": "label"}},
                }
                for right in (False, True)
            ),
        ],
    }


def _ends(chart: Chart, x: Spec) -> Spec:
    """Return two unseen points that stretch the axis over the whole span.

    A domain given as two instants is lost where layers share a scale (Vega-Lite 6.4).
    """
    ends = [{"at": _ms(chart.span.start)}, {"at": _ms(chart.span.end)}]
    mark = {"type": "point", "opacity": 0, "size": 0}
    return {"data": {"values": ends}, "mark": mark, "encoding": {"x": x}}


def _title(panel: Panel) -> Spec:
    """Return a panel's title as a mark: Vega's own moves with whatever is clipped away."""
    place = {"x": {"value": 0}, "y": {"value": TITLE_PX}, "text": {"value": panel.title}}
    mark = {"type": "text", "style": "panel-title"}
    return {"data": {"values": [{}]}, "mark": mark, "encoding": place}


def _shades(chart: Chart, x: Spec) -> list[Spec]:
    marks = sorted({shade.mark for shade in chart.shades})
    return [
        {
            "data": {"name": "shades"},
            "transform": [{"filter": f"datum.mark == '{mark.value}'"}],
            "mark": {"type": "rect", "style": f"shade-{mark.value}"},
            "encoding": {
                "x": {**x, "field": "from"},
                "x2": {"field": "to"},
            },
        }
        for mark in marks
    ]


def _usual(panel: Panel, y: Spec) -> list[Spec]:
    found: list[Spec] = []
    if panel.usual is not None:
        band = {"low": panel.usual[0], "high": panel.usual[1]}
        found.append(
            {
                "data": {"values": [band]},
                "mark": {"type": "rect", "style": "usual", "clip": True},
                "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}},
            }
        )
    if panel.threshold is not None:
        found.append(
            {
                "data": {"values": [{"at_y": panel.threshold}]},
                "mark": {"type": "rule", "style": "threshold"},
                "encoding": {"y": {**y, "field": "at_y"}},
            }
        )
    return found


def _line(panel: Panel, line: Line, place: int, x: Spec, y: Spec) -> list[Spec]:
    values: list[Spec] = [_row(panel, line, point) for point in line.points]
    value = {**y, "field": "value"}
    tooltip = [
        {"field": "when", "title": "from"},
        {"field": "said", "title": line.label or panel.title},
        {"field": "n", "title": "n", "format": ","},
    ]
    found: list[Spec] = []
    if panel.interval and any("low" in row for row in values):
        area = {"type": "area", "style": "interval", "clip": True, "invalid": GAPS}
        found.append(
            {
                "mark": area,
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            }
        )
    if panel.unit == "count":
        mark: Spec = {"type": "area", "style": "bar", "interpolate": "step-after"}
        found.append({"mark": mark, "encoding": {"x": x, "y": value, "tooltip": tooltip}})
    else:
        mark = {
            "type": "line",
            "style": "line-harm" if line.mark is Mark.HARM else "line",
            "strokeDash": list(DASHES[place % len(DASHES)]),
            "clip": True,
            "invalid": GAPS,
        }
        found.append({"mark": mark, "encoding": {"x": x, "y": value}})
        found.append(
            {
                "transform": [{"filter": "datum.alone"}],
                "mark": {"type": "point", "style": "dot", "filled": True, "clip": True},
                "encoding": {"x": x, "y": value},
            }
        )
        found.append(
            {
                "mark": {
                    "type": "point",
                    "size": 120,
                    "opacity": 0,
                    "filled": True,
                    "clip": True,
                },
                "encoding": {"x": x, "y": value, "tooltip": tooltip},
            }
        )
    _mark_alone(values)
    return [{"data": {"values": values}, "layer": found}]


def _row(panel: Panel, line: Line, point: Point) -> Spec:
    row: Spec = {"at": _ms(point.at), "value": point.value, "n": point.n}
    row["when"] = point.at.strftime("%Y-%m-%d %H:%M UTC")
    if point.value is not None:
        row["said"] = _said(point.value, panel.unit)
    if point.low is not None and point.high is not None:
        row |= {"low": point.low, "high": point.high}
    elif any(p.low is not None for p in line.points):
        row |= {"low": None, "high": None}
    return row


def _mark_alone(values: Sequence[Spec]) -> None:
    """Mark points with a gap on both sides: a line through one point would not be seen."""
    for place, row in enumerate(values):
        before = values[place - 1]["value"] if place else None
        after = values[place + 1]["value"] if place + 1 < len(values) else None
        row["alone"] = row["value"] is not None and before is None and after is None


def _names(panel: Panel, chart: Chart, x: Spec, y: Spec, domain: tuple[float, float]) -> list[Spec]:
    """Return what stands at the right end of each line, moved apart where names would collide."""
    ends: list[tuple[float, Line, float]] = []
    for line in panel.lines:
        solid = _solid(line, panel.unit)
        if solid:
            ends.append((solid[-1], line, solid[-1]))
    ends.sort(key=lambda end: end[0])
    gap = (domain[1] - domain[0]) * LABEL_GAP_PX / panel.height
    found: list[Spec] = []
    floor = float("-inf")
    for place, line, value in ends:
        at = max(place, floor)
        floor = at + gap
        text = _said(value, panel.unit)
        found.append(
            {
                "at": _ms(chart.span.end),
                "y": at,
                "text": _named(line.label, text) if len(panel.lines) > 1 else text,
                "harm": line.mark is Mark.HARM,
            }
        )
    return [
        {
            "data": {"values": [row for row in found if row["harm"] is harm]},
            "mark": {"type": "text", "style": "name-harm" if harm else "name"},
            "encoding": {"x": x, "y": {**y, "field": "y"}, "text": {"field": "text"}},
        }
        for harm in (False, True)
        if any(row["harm"] is harm for row in found)
    ]


def _named(label: str, value: str) -> str:
    """Return a name and its last value in the room at the right; a name that is cut shows it."""
    room = int(RIGHT_PX / LETTER_PX) - len(value) - 1
    cut = label if len(label) <= room else f"{label[: max(room - 1, 1)]}…"
    return f"{cut} {value}" if label else value


def _domain(panel: Panel) -> tuple[float, float]:
    seen = [value for line in panel.lines for value in _solid(line, panel.unit)]
    if panel.unit == "count":
        return 0.0, max([*seen, 1.0]) * 1.1
    seen += list(panel.usual or ())
    seen += [panel.threshold] if panel.threshold is not None else []
    low, high = min(seen, default=0.0), max(seen, default=1.0)
    if panel.unit == "amount":
        pad = (high - low) * 0.08 or max(abs(high) * 0.08, 1e-9)
        return low - pad, high + pad
    pad = max((high - low) * 0.08, 0.01)
    return max(0.0, low - pad), min(1.0, high + pad)


def _solid(line: Line, unit: str) -> list[float]:
    """Return the values that rest on enough rows to be read off, unlike a step just begun."""
    sizes = sorted(point.n for point in line.points if point.n)
    least = sizes[len(sizes) // 2] * THIN if sizes else 0.0
    points = line.points[:-1] if unit == "count" else line.points
    return [p.value for p in points if p.value is not None and p.n >= least]


def _marks_at(low: float, high: float) -> list[float]:
    """Return two round numbers near the ends of the axis.

    >>> _marks_at(0.113, 0.644), _marks_at(0.0, 412.0)
    ([0.2, 0.6], [0, 400.0])
    """
    for step in (x * 10.0**e for e in range(6, -4, -1) for x in (5, 2, 1)):
        first, last = -(-low // step), high // step
        if last - first >= 1:
            return [round(first * step, 6) or 0, round(last * step, 6)]
    return [low, high]


def _label_expression(unit: str, width: float) -> str:
    if unit == "count":
        return "format(datum.value, ',')"
    if unit in {"amount", "index"}:
        return f"format(datum.value, '{'~s' if unit == 'amount' else '~g'}')"
    return f"format(datum.value * 100, '.{0 if width >= 0.02 else 1}f') + ' %'"


def _time_axis(chart: Chart) -> Spec:
    day = "utcFormat(datum.value, '%d %b')"
    exact = chart.span.length <= timedelta(minutes=20)  # a drill's seconds
    hour = f"utcFormat(datum.value, '{'%H:%M:%S' if exact else '%H:%M'}')"
    short = chart.span.length <= timedelta(days=3)
    expression = f"{hour} == '00:00' ? {day} : {hour}" if short else day
    return {
        "labelExpr": expression,
        "tickCount": 6,
        "grid": False,
        "labelFlush": True,
        "labelOverlap": True,
    }


def _said(value: float, unit: str) -> str:
    return percent(value) if unit == "share" else number(value)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
