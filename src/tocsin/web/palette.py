"""The styles of every chart, in the colours of paper.

A chart names styles and never colours; `static/charts.js` exchanges these for those of the screen.
"""

from typing import Any

Spec = dict[str, Any]

PAPER: Spec = {
    "ink": "#17191d",
    "quiet": "#5a606b",
    "line": "#e0e1dc",
    "strong": "#8b9099",
    "band": "#e7e7e2",
    "harm": "#b4231a",
    "at-risk": "#d98f10",
    "contained": "#1b57ad",
    "healthy": "#1d6f3a",
    "sans": "Inter, Helvetica, Arial, DejaVu Sans, sans-serif",
}
"""The colours of paper, by the names that `charts.js` reads from the style sheet."""


def config(colour: Spec = PAPER) -> Spec:
    """Return the styles in the given colours."""
    sans = colour["sans"]
    words = {"font": sans, "fontSize": 12, "color": colour["quiet"]}
    return {
        "background": None,
        "font": sans,
        "view": {"stroke": None},
        "axis": {
            "domain": False,
            "ticks": False,
            "labelFont": sans,
            "labelFontSize": 12,
            "labelColor": colour["quiet"],
            "labelPadding": 8,
            "gridColor": colour["line"],
        },
        "concat": {"spacing": 36},
        "style": {
            "usual": {"color": colour["band"], "opacity": 1},
            "interval": {"color": colour["strong"], "opacity": 0.25},
            "line": {"color": colour["ink"], "strokeWidth": 1.5},
            "line-harm": {"color": colour["harm"], "strokeWidth": 2},
            "dot": {"color": colour["ink"], "size": 12, "opacity": 1},
            "bar": {"color": colour["strong"]},
            "threshold": {"color": colour["strong"], "strokeWidth": 1},
            "tick": {"color": colour["quiet"], "strokeWidth": 1, "strokeDash": [2, 3]},
            "panel-title": {
                **words,
                "align": "left",
                "color": colour["ink"],
                "fontWeight": 600,
            },
            "tick-name": {**words, "align": "left", "dx": 4},
            "shade-harm": {"color": colour["harm"], "opacity": 0.09},
            "shade-contained": {"color": colour["contained"], "opacity": 0.09},
            "shade-healthy": {"color": colour["healthy"], "opacity": 0.09},
            "name": {**words, "align": "left", "dx": 8, "color": colour["ink"]},
            "name-harm": {
                **words,
                "align": "left",
                "dx": 8,
                "color": colour["harm"],
                "fontWeight": 600,
            },
            "aside": {**words, "align": "right", "dx": -4},
            "range": {"color": colour["band"], "strokeWidth": 14},
            "was": {"color": colour["strong"], "thickness": 2, "size": 14},
            "was-bar": {"color": colour["band"]},
            "was-row": {"color": colour["band"], "strokeWidth": 16},
            "whisker": {"color": colour["strong"], "strokeWidth": 1},
            "label": {**words, "align": "right", "baseline": "middle", "dx": -8},
            "label-own": {
                **words,
                "align": "right",
                "baseline": "middle",
                "dx": -8,
                "color": colour["ink"],
                "fontWeight": 600,
            },
            "end": {
                **words,
                "align": "left",
                "baseline": "middle",
                "dx": 8,
                "color": colour["ink"],
            },
            **_now("", colour["ink"]),
            **_now("-harm", colour["harm"]),
            **_now("-at-risk", colour["at-risk"]),
        },
    }


def _now(mark: str, colour: str) -> Spec:
    """Return the styles of what is now, for one state."""
    return {
        f"now{mark}": {"color": colour, "filled": True, "size": 48, "opacity": 1},
        f"span{mark}": {"color": colour, "strokeWidth": 2},
        f"now-bar{mark}": {"color": colour},
        f"now-row{mark}": {"color": colour, "strokeWidth": 6},
    }
