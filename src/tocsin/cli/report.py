"""A check's report as people and programs read it: text for a terminal, JSON, one HTML page."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, cast

from jinja2 import Environment, PackageLoader
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tocsin.base.phrases import count, number, percent
from tocsin.detect.finding import INVALID

Facts = Mapping[str, Any]
_WIDTH = 110
_UNSHARED = (
    *("jsd", "auc", "estimated_auc", "selection_rate_ratio", "volume", "silence"),
    *("mae", "rmse", "bias", "value_per_decision"),
)
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
    console.print(_visible(_about(facts)))
    alarms = _alarms(facts)
    if alarms:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name, justify in (("now", "right"), ("was", "right"), ("what", "left"), ("", "left")):
            table.add_column(name, justify="right" if justify == "right" else "left")
        for one in alarms:
            table.add_row(
                quantity(one["measure"], one["value"]),
                quantity(one["measure"], one["baseline"]),
                Text(one["level"], style=_STYLES[one["level"]]),
                Text(_visible(one["why"])),
            )
        console.print()
        console.print(table)
    if facts["suspects"]:
        console.print("\nsuspects")
        for one in facts["suspects"][:5]:
            console.print(f"  {one['rank']}. {_visible(suspect(one))}")
    estimates = _estimates(facts)
    if estimates:
        console.print("\nestimates, where outcomes are not known yet")
        for one in estimates:
            console.print(f"  {_visible(one['why'])}")
    silent = [f for f in facts["findings"] if f["verdict"] == "insufficient" and not _withdrawn(f)]
    if silent:
        console.print(f"\n{count(len(silent), 'monitor')} had too few rows to judge.")
    return held.getvalue()


def as_html(facts: Facts) -> str:
    """Return the report as one page that needs nothing else; everything in it is escaped."""
    templates = Environment(
        loader=PackageLoader("tocsin.cli", "templates"), autoescape=True, trim_blocks=True
    )
    return templates.get_template("check.html").render(
        facts=facts,
        headline=headline(facts),
        about=_about(facts),
        sentence=_VERDICTS[facts["verdict"]],
        alarms=_alarms(facts),
        quiet=[f for f in facts["findings"] if f["verdict"] == "ok"],
        silent=[f for f in facts["findings"] if f["verdict"] == "insufficient"],
        suspects=[suspect(one) for one in facts["suspects"]],
        quantity=quantity,
    )


def headline(facts: Facts) -> str:
    """Return the answer in one line: how many alarms, of which level."""
    alarms = _alarms(facts)
    if not alarms:
        return f"{facts['verdict']}: {_VERDICTS[facts['verdict']]}"
    pages = sum(one["level"] == "page" for one in alarms)
    levels = [count(pages, "page"), count(len(alarms) - pages, "ticket")]
    return f"{count(len(alarms), 'alarm')}: {', '.join(levels)}"


def quantity(measure: str, value: float | None) -> str:
    """Return a value in its measure's unit.

    >>> quantity("accuracy", 0.9), quantity("jsd", 0.031), quantity("auc", None)
    ('90.0 %', '0.031', '–')
    """
    if value is None:
        return "–"
    return number(value) if measure in _UNSHARED else percent(value)


def suspect(one: Facts) -> str:
    """Return a suspect in words."""
    what = cast("Mapping[str, Any]", one["what"])
    if one["kind"] == "slice":
        return " and ".join(f"{a}={v}" for a, v in what.items()) + f": {one['why']}"
    return f"{what['column']}: {one['why']}"


def _about(facts: Facts) -> str:
    current, reference = facts["current"], facts["reference"]
    when = f", {current['from']} to {current['to']}" if current["from"] else ""
    return (
        f"{facts['system']}: {count(current['rows'], 'decision')}{when}, compared with"
        f" {count(reference['rows'], 'decision')} of reference"
    )


def _visible(text: str) -> str:
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
