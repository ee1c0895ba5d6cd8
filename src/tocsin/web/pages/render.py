"""Templates: one environment, the filters that say instants and rows, and what every page knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import cast

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from tocsin.web.access import NOBODY, Caller, Scope
from tocsin.web.errors import Fault
from tocsin.web.site import site_of
from tocsin.web.views.marks import Mark, in_unit
from tocsin.web.views.series import Chart

JUST_NOW = timedelta(seconds=5)
_TOGETHER = re.compile(r"(?<=\d) (?=%(?!\d))|(?<=\bn) (?=\d)")
UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: what templates may ask of a caller."""

    name: str
    csrf: str
    session: str
    scopes: frozenset[Scope]

    def may(self, scope: str) -> bool:
        """Return whether the reader holds `scope`."""
        return Scope(scope) in self.scopes


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of the table behind a chart."""

    at: datetime
    cells: tuple[str, ...]


def iso(at: datetime) -> str:
    """Return an instant for machines."""
    return at.isoformat().replace("+00:00", "Z")


def stamp(at: datetime) -> str:
    """Return an instant in full.

    >>> stamp(datetime.fromisoformat("2026-11-20T14:05:09+00:00"))
    '2026-11-20 14:05:09 UTC'
    """
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def minute(at: datetime) -> str:
    """Return an instant to the minute, its zone being said elsewhere."""
    return at.strftime("%Y-%m-%d %H:%M")


def clock(at: datetime, now: datetime) -> str:
    """Return the time of day; with the day unless it is today, with the year unless it is this.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
    >>> clock(now, now), clock(now - timedelta(days=1), now), clock(now - timedelta(days=400), now)
    ('14:05', '19 Nov 14:05', '16 Oct 2025 14:05')
    """
    if at.date() == now.date():
        return at.strftime("%H:%M")
    year = "" if at.year == now.year else " %Y"
    return f"{at.day} {at.strftime(f'%b{year} %H:%M')}"


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago (or ahead) an instant is, as `static/tocsin.js` says it.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
    >>> ago(now, now), ago(now - timedelta(seconds=100), now), ago(now - timedelta(hours=26), now)
    ('just now', '1 min ago', '1 d 2 h ago')
    """
    length = abs(now - at)
    if length < JUST_NOW:
        return "just now"
    left = round(length.total_seconds())
    words: list[str] = []
    first = next(place for place, (_, size) in enumerate(UNITS) if left >= size)
    for unit, size in UNITS[first : first + (1 if left < 3600 else 2)]:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {unit}")
    said = " ".join(words)
    return f"in {said}" if at > now else f"{said} ago"


def rows(chart: Chart) -> list[TableRow]:
    """Return the numbers behind a chart, newest first; a gap is an en dash."""
    lines = [(panel, line) for panel in chart.panels for line in panel.lines]
    if not lines:
        return []
    found: list[TableRow] = []
    for place, point in enumerate(lines[0][1].points):
        cells: list[str] = []
        for panel, line in lines:
            here = line.points[place]
            value = "–" if here.value is None else in_unit(here.value, panel.unit)
            cells += [value] if panel.unit == "count" else [value, f"{here.n:,}"]
        found.append(TableRow(point.at, tuple(cells)))
    return found[::-1]


def unbroken(value: object) -> object:
    r"""Return text whose numbers keep their unit beside them at the end of a line.

    >>> unbroken("was 90.4 %; n 2,310") == "was 90.4\u00a0%; n\u00a02,310"
    True
    """
    return _TOGETHER.sub("\u00a0", value) if type(value) is str else value


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates: escaped, and strict about names that nobody gave."""
    env = Environment(
        loader=PackageLoader("tocsin.web", "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        finalize=unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Jinja types both by what it ships with, not by what may be put in
    filters, names = cast("dict[str, object]", env.filters), cast("dict[str, object]", env.globals)
    filters |= {
        "iso": iso,
        "stamp": stamp,
        "minute": minute,
        "clock": clock,
        "ago": ago,
        "rows": rows,
    }
    names["marks"] = Mark
    return env


def draw(
    template: str, *, reader: Reader, now: datetime, here: str, live: bool, **facts: object
) -> str:
    """Return the HTML of one page."""
    found = environment().get_template(template)
    return found.render(reader=reader, now=now, here=here, live=live, **facts)


def reader_of(request: Request) -> Reader:
    """Return who reads."""
    caller = cast("Caller", getattr(request.state, "caller", NOBODY))
    return Reader(caller.name, caller.csrf, caller.session, caller.scopes)


def page(
    request: Request,
    template: str,
    *,
    here: str = "",
    live: bool = False,
    status: int = 200,
    **facts: object,
) -> HTMLResponse:
    """Return one page for whoever asks.

    Args:
        request: for its caller and the site's clock.
        template: path below `templates`.
        here: which entry of the navigation it is.
        live: whether it listens to `/live`.
        status: HTTP status.
        facts: what the template names.
    """
    reader, now = reader_of(request), site_of(request).clock()
    html = draw(template, reader=reader, now=now, here=here, live=live, status=status, **facts)
    return HTMLResponse(html, status_code=status)


def error_page(request: Request, status: int, fault: Fault) -> HTMLResponse:
    """Return a fault for people: what, where, what to do."""
    if fault.what == HTTPStatus.NOT_FOUND.phrase:
        fault = Fault(what="there is no such page", where=fault.where)
    return page(request, "error/page.html", status=status, fault=fault, back=_sent_from(request))


def _sent_from(request: Request) -> str:
    """Return the address of the page that holds this form; "" where it is none of ours."""
    here, sent = re.escape(request.url.netloc), request.headers.get("referer", "")
    ours = re.match(rf"https?://{here}(/(?![/\\]).*)", sent)  # "//" would lead to another host
    return ours[1] if ours and request.method == "POST" else ""
