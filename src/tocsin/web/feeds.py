"""The status board for machines: Atom (RFC 4287), RSS 2.0, and JSON.  Pure.

One entry per incident: it is updated when something more is said, and keeps its id for ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from tocsin.incident.board import Board, Case
from tocsin.incident.uptime import Day

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 50


def atom(board: Board, base_url: str) -> bytes:
    """Return the feed as Atom."""
    page = f"{base_url}/status"
    feed = ET.Element("feed", xmlns=ATOM)
    _add(feed, "title", board.site.title)
    _add(feed, "id", page)
    cases = _newest(board)
    _add(feed, "updated", _iso(max((_said_at(one) for one in cases), default=board.as_of)))
    ET.SubElement(feed, "link", rel="alternate", href=page)
    ET.SubElement(feed, "link", rel="self", href=f"{page}/atom.xml")
    _add(ET.SubElement(feed, "author"), "name", board.site.title)
    for case in cases:
        entry = ET.SubElement(feed, "entry")
        _add(entry, "title", f"{case.title} ({case.stage.value})")
        _add(entry, "id", f"{page}#{case.tag}")
        _add(entry, "published", _iso(case.lines[-1].at))
        _add(entry, "updated", _iso(_said_at(case)))
        ET.SubElement(entry, "link", rel="alternate", href=f"{page}#{case.tag}")
        _add(entry, "content", _words(case)).set("type", "text")
    return _xml(feed)


def rss(board: Board, base_url: str) -> bytes:
    """Return the feed as RSS 2.0."""
    page = f"{base_url}/status"
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", board.site.title)
    _add(channel, "link", page)
    _add(channel, "description", board.site.about or board.says)
    for case in _newest(board):
        item = ET.SubElement(channel, "item")
        _add(item, "title", f"{case.title} ({case.stage.value})")
        _add(item, "link", f"{page}#{case.tag}")
        _add(item, "guid", f"{page}#{case.tag}").set("isPermaLink", "false")
        _add(item, "pubDate", format_datetime(_said_at(case)))
        _add(item, "description", _words(case))
    return _xml(root)


def machine(board: Board) -> bytes:
    """Return the board as JSON."""
    value = {
        "title": board.site.title,
        "as_of": _iso(board.as_of),
        "level": board.level.value,
        "says": board.says,
        "components": [
            {
                "title": row.title,
                "level": row.level.value,
                "uptime_90_days": row.uptime,
                "recorded_since": _iso(row.since),
                "days": [_day(day) for day in row.days],
            }
            for row in board.rows
        ],
        "open": [_case(one) for one in board.open],
        "maintenance": [
            {
                "components": list(one.components),
                "from": _iso(one.span.start),
                "until": _iso(one.span.end),
                "active": one.active,
            }
            for one in board.planned
        ],
        "past": [_case(one) for one in board.past],
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _newest(board: Board) -> list[Case]:
    return sorted((*board.open, *board.past), key=_said_at, reverse=True)[:ENTRIES]


def _said_at(case: Case) -> datetime:
    return case.lines[0].at


def _words(case: Case) -> str:
    whom = f"Whom: {case.whom}\n" if case.whom else ""
    head = f"What: {', '.join(case.components)}\n{whom}Since: {case.began_at:%Y-%m-%d %H:%M} UTC"
    lines: Iterable[str] = (
        f"{line.at:%Y-%m-%d %H:%M} UTC, {line.stage.value}: {line.text}" for line in case.lines
    )
    return "\n\n".join((head, *lines))


def _case(case: Case) -> dict[str, object]:
    return {
        "id": case.tag,
        "title": case.title,
        "stage": case.stage.value,
        "level": case.level.value,
        "components": list(case.components),
        "whom": case.whom,
        "began_at": _iso(case.began_at),
        "resolved_at": _iso(case.resolved_at) if case.resolved_at else None,
        "said": [
            {"at": _iso(line.at), "stage": line.stage.value, "text": line.text}
            for line in case.lines
        ],
    }


def _day(day: Day) -> dict[str, object]:
    return {
        "on": day.on.isoformat(),
        "level": day.level.value if day.level else None,
        "affected_s": round(day.affected.total_seconds()),
        "degraded_s": round(day.degraded.total_seconds()),
        "maintenance_s": round(day.maintenance.total_seconds()),
    }


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    # signs that XML cannot hold at all, escaped or not
    child.text = "".join(sign for sign in text if sign in "\t\n" or sign >= " ")
    return child


def _xml(root: ET.Element) -> bytes:
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
