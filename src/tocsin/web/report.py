"""The report of a check as one HTML file: it loads nothing, runs nothing, and can be sent.

The styles of the pages are written into it, and its pictures are SVG drawn by vl-convert in the
colours of paper, which `recolour` exchanges for those of the reader's screen.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

from tocsin.detect.check import Comparison
from tocsin.detect.picture import Picture, picture
from tocsin.web.charts import to_svg
from tocsin.web.pages.render import environment
from tocsin.web.palette import PAPER
from tocsin.web.pictures import picture_charts, small_chart
from tocsin.web.views.report import report_page

STATIC = Path(__file__).parent / "static"
SHEETS = ("tocsin.css", "parts.css", "rooms.css", "report.css")
SCREEN = {
    "ink": "--ink",
    "quiet": "--quiet",
    "line": "--line",
    "strong": "--line-strong",
    "band": "--band",
    "harm": "--harm",
    "at-risk": "--risk-shape",
    "contained": "--contained",
    "healthy": "--healthy",
}


def write(compared: Comparison) -> str:
    """Return the report as HTML; everything that came from data is escaped."""
    view = report_page(compared, partial(picture, compared.look), _drawn, _small)
    return environment().get_template("report/page.html").render(view=view, styles=styles())


@lru_cache(maxsize=1)
def styles() -> str:
    """Return every style sheet of the report in one."""
    sheets = [(STATIC / name).read_text(encoding="utf-8") for name in SHEETS]
    return "\n".join([*sheets, recolour()])


def recolour() -> str:
    """Return rules that give the colours of paper in SVGs the colours of the screen."""
    return "\n".join(
        f'.drawn [{what}="{PAPER[name]}"] {{ {what}: var({variable}); }}'
        for name, variable in SCREEN.items()
        for what in ("fill", "stroke")
    )


def _drawn(one: Picture) -> list[str]:
    return [to_svg(spec) for spec in picture_charts(one)]


def _small(one: Picture) -> list[str]:
    spec = small_chart(one)
    return [] if spec is None else [to_svg(spec)]
