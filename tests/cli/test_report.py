import json
from html.parser import HTMLParser
from typing import Any

import pytest

from tocsin.cli.report import as_html, as_json, as_text, headline, quantity

NASTY = "<script>alert('x')</script>"


def facts(**changes: Any) -> dict[str, Any]:
    finding = {
        "layer": "quality",
        "measure": "missing",
        "column": "income",
        "slice": {"region": "north"},
        "value": 0.961,
        "baseline": 0.0,
        "effect": 0.961,
        "interval": [0.9, 1.0],
        "threshold": 0.02,
        "n": 312,
        "n_baseline": 3000,
        "verdict": "alarm",
        "level": "page",
        "why": f"income is missing in 96.1 % of decisions for region={NASTY}; n 312.",
    }
    short = {**finding, "verdict": "insufficient", "level": "info", "value": None, "why": "Few."}
    quiet = {**finding, "verdict": "ok", "level": "info", "why": "Quiet."}
    return {
        "tocsin": "0.1.0",
        "system": NASTY,
        "reference": {"rows": 3000, "sha256": "ab"},
        "current": {"rows": 312, "from": None, "to": None},
        "verdict": "alarm",
        "findings": [finding, quiet, short],
        "suspects": [
            {
                "rank": 1,
                "kind": "slice",
                "what": {"region": NASTY},
                "score": 1.0,
                "why": "It moved.",
            }
        ],
        **changes,
    }


class Page(HTMLParser):
    """Collects what a page holds."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    page = Page()
    page.feed(as_html(facts()))
    assert "script" not in page.tags
    assert page.links == []
    assert NASTY in page.text
    assert "default-src 'none'" in as_html(facts())


def test_the_headline_counts_the_alarms() -> None:
    assert headline(facts()) == "1 alarm: 1 page, 0 tickets"
    assert headline(facts(findings=[], verdict="ok")).startswith("ok: Nothing moved")


def test_text_tells_alarms_suspects_and_what_could_not_be_judged() -> None:
    text = as_text(facts(), terminal=False)
    assert "96.1 %" in text
    assert "1. region=" in text
    assert "1 monitor had too few rows to judge." in text
    assert "\x1b" not in text


def test_a_terminal_gets_colour() -> None:
    assert "\x1b[" in as_text(facts(), terminal=True)


def test_json_is_the_facts() -> None:
    assert json.loads(as_json(facts())) == facts()


def test_nan_is_never_written() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        as_json(facts(verdict=float("nan")))


def test_shares_are_percent_and_the_rest_plain() -> None:
    assert quantity("missing", 0.5) == "50.0 %"
    assert quantity("auc", 0.713) == "0.713"


def test_a_kpi_is_told_in_its_own_unit() -> None:
    assert quantity("rate_sudden", 0.05) == "5.0 %"
    assert quantity("mean_sudden", 0.05) == "0.05"
