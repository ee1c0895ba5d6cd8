"""The report of a check as one HTML file: it loads nothing, runs nothing, and can be sent.

The styles of the pages are written into it, and its pictures are SVG drawn by vl-convert in the
colours of paper, which `report.css` exchanges for those of the reader's screen.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

from tocsin.detect.check import Comparison
from tocsin.detect.picture import picture
from tocsin.web.pages.render import environment
from tocsin.web.pictures import drawn, drawn_small
from tocsin.web.views.report import report_page

STATIC = Path(__file__).parent / "static"
SHEETS = ("tocsin.css", "parts.css", "rooms.css", "report.css")


def write(compared: Comparison) -> str:
    """Return the report as HTML; everything that came from data is escaped."""
    view = report_page(compared, partial(picture, compared.look), drawn, drawn_small)
    return environment().get_template("report/page.html").render(view=view, styles=styles())


@lru_cache(maxsize=1)
def styles() -> str:
    """Return every style sheet of the report in one."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in SHEETS)
