"""`tocsin demo` explains itself; what it plays is `tests/e2e/test_demo.py`."""

from rich.console import Console

from tests.drill.test_score import GOOD
from tocsin.cli.demo.command import printed
from tocsin.drill.score import score


def test_the_result_shows_every_time_and_every_check() -> None:
    console = Console(record=True, width=100)
    printed(console, GOOD, score(GOOD, planted_change="pipeline 311"))
    text = console.export_text()
    for word in ("fault", "14:00:40", "10 s", "contained", "recovered", "✓", "pipeline 311"):
        assert word in text
    assert "✗" not in text
