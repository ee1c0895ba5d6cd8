"""`tocsin check --explain` on checks that are at hand; through the command line in `test_check`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.detect.compared import FAULTY, HEALTHY
from tocsin.base.errors import BadInput, NotFound
from tocsin.cli.drawn import drawn
from tocsin.detect.check import report


def earlier(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "report.json"
    facts = report(FAULTY.findings, FAULTY.checked) | changes
    path.write_text(json.dumps(facts))
    return path


def test_a_number_that_differs_in_its_last_digit_is_named(tmp_path: Path) -> None:
    text, _ = drawn(FAULTY, "1", earlier(tmp_path))
    assert "to the last digit" in text
    facts = json.loads((tmp_path / "report.json").read_text())
    value = facts["findings"][0]["value"]
    facts["findings"][0]["value"] = value * (1 + 2**-52)
    (tmp_path / "report.json").write_text(json.dumps(facts))
    text, strange = drawn(FAULTY, "1", tmp_path / "report.json")
    assert "Computed again, it differs from what was stored in value." in text
    assert strange


def test_what_was_another_one_then_is_told(tmp_path: Path) -> None:
    path = earlier(tmp_path, tocsin="0.0.9", config="0000")
    text, _ = drawn(FAULTY, "1", path)
    assert "Another configuration then: 0000." in text
    assert "Another release then: 0.0.9." in text


def test_what_the_earlier_report_did_not_have_is_told(tmp_path: Path) -> None:
    path = earlier(tmp_path, findings=[])
    text, strange = drawn(FAULTY, FAULTY.findings[0].key, path)
    assert "The earlier report has no such finding." in text
    assert strange
    with pytest.raises(NotFound, match="no finding is called"):
        drawn(HEALTHY, "1", earlier(tmp_path))  # the slice is quiet there, and not listed


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"tocsin": "1"}'])
def test_what_is_no_report_is_refused(tmp_path: Path, body: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(body)
    with pytest.raises(BadInput, match="--format json --out FILE"):
        drawn(FAULTY, "1", path)
    with pytest.raises(BadInput, match="cannot be read"):
        drawn(FAULTY, "1", tmp_path / "none.json")
