"""A check's report as people and programs read it: text for a terminal, and JSON."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tocsin.base.phrases import count
from tocsin.detect.check import suspect_in_words
from tocsin.detect.drawing import quantity
from tocsin.detect.finding import INVALID
from tocsin.detect.methods import borrowed

Facts = Mapping[str, Any]
_WIDTH = 110
_STYLES = {"page": "bold red", "ticket": "yellow", "info": "dim"}
_VERDICTS = {
    "alarm": "Something moved beyond chance and beyond what matters.",
    "ok": "Nothing moved beyond chance and beyond what matters.",
    "insufficient": "There are too few rows to say anything.",
}


def as_json(facts: Facts) -> str:
    """Return the report as JSON, which holds no NaN."""
    return json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_text(facts: Facts, *, terminal: bool) -> str:
    """Return the report as text, coloured and as wide as the terminal if there is one."""
    held = StringIO()
    console = Console(
        file=held,
        force_terminal=terminal,
        no_color=not terminal,
        width=None if terminal else _WIDTH,
        highlight=False,
        emoji=False,
        markup=False,
    )
    console.print(Text(headline(facts), style="bold"))
    console.print(visible(_about(facts)))
    alarms = _alarms(facts)
    if alarms:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("no.", "now", "was"):
            table.add_column(name, justify="right")
        table.add_column("what")
        table.add_column("")
        for place, one in enumerate(alarms, start=1):
            table.add_row(
                str(place),
                quantity(one["measure"], one["value"]),
                quantity(one["measure"], one["baseline"]),
                Text(one["level"], style=_STYLES[one["level"]]),
                Text(visible(one["why"])),
            )
        console.print()
        console.print(table)
        console.print("\n--explain NO. draws one of them, with its interval and the reference.")
    if facts["suspects"]:
        console.print("\nsuspects")
        for one in facts["suspects"][:5]:
            console.print(f"  {one['rank']}. {visible(suspect_in_words(one))}")
    _listed(
        console,
        "estimates, where outcomes are not known yet",
        [one["why"] for one in _estimates(facts)],
    )
    _listed(
        console,
        "peers' methods, for comparison (none states a false-alarm rate)",
        [one["why"].split(". A peer")[0] for one in _borrowed(facts)],
    )
    silent = [f for f in facts["findings"] if f["verdict"] == "insufficient" and not _withdrawn(f)]
    if silent:
        console.print(f"\n{count(len(silent), 'monitor')} had too few rows to judge.")
    return held.getvalue()


def _listed(console: Console, title: str, lines: Sequence[str]) -> None:
    if lines:
        console.print(f"\n{title}")
    for line in lines:
        console.print(f"  {visible(line)}")


def headline(facts: Facts) -> str:
    """Return the answer in one line: how many alarms, of which level."""
    alarms = _alarms(facts)
    if not alarms:
        return f"{facts['verdict']}: {_VERDICTS[facts['verdict']]}"
    pages = sum(one["level"] == "page" for one in alarms)
    levels = [count(pages, "page"), count(len(alarms) - pages, "ticket")]
    return f"{count(len(alarms), 'alarm')}: {', '.join(levels)}"


def _about(facts: Facts) -> str:
    current, reference = facts["current"], facts["reference"]
    when = f", {current['from']} to {current['to']}" if current["from"] else ""
    return (
        f"{facts['system']}: {count(current['rows'], 'decision')}{when}, compared with"
        f" {count(reference['rows'], 'decision')} of reference"
    )


def visible(text: str) -> str:
    """Return text whose control characters are spelt out: data never steers a terminal."""
    return "".join(ascii(c)[1:-1] if unicodedata.category(c) == "Cc" else c for c in text)


def _estimates(facts: Facts) -> Sequence[Facts]:
    """Return what is estimated of everyone, and why not where it is withdrawn."""
    return [
        f
        for f in facts["findings"]
        if f["measure"].startswith("estimated_")
        and not f["slice"]
        and (f["verdict"] == "ok" or _withdrawn(f))
    ]


def _withdrawn(finding: Facts) -> bool:
    return finding["verdict"] == "insufficient" and INVALID in finding["why"]


def _alarms(facts: Facts) -> Sequence[Facts]:
    return [one for one in facts["findings"] if one["verdict"] == "alarm"]


def _borrowed(facts: Facts) -> Sequence[Facts]:
    """Return what peers' methods said, whose measures are called `peer:method`."""
    return [one for one in facts["findings"] if borrowed(one["measure"])]
