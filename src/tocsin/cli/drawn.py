"""`tocsin check --explain`: one finding in the terminal, and whether it is what was said before."""

import json
from pathlib import Path
from typing import Any, cast

from tocsin.base.errors import BadInput
from tocsin.cli.report import visible
from tocsin.detect.check import Comparison, facts_of
from tocsin.detect.drawing import drawing
from tocsin.detect.explain import differs, verdict_on, wanted
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.picture import picture

_DO = "give a file that `tocsin check --format json --out FILE` wrote"


def drawn(compared: Comparison, name: str, said: Path | None) -> tuple[str, bool]:
    """Return the drawing of a finding, and whether it alarms or is not what was said.

    Args:
        compared: the check, just computed.
        name: the finding's number in the report, or its key.
        said: an earlier JSON report of the same files to compare with.

    Raises:
        BadInput: `said` is no report.
        NotFound: there is no such finding.
    """
    earlier = None if said is None else _report(said)
    key = name if earlier is None else _key(earlier, name)
    finding = wanted(compared.findings, key)
    lines = drawing(picture(compared.look, finding))
    ends, differing = _against(earlier, compared, finding)
    text = "\n".join(visible(line) for line in [*lines, "", *ends])
    return text + "\n", differing or finding.verdict is Verdict.ALARM


def _against(
    earlier: dict[str, Any] | None, compared: Comparison, finding: Finding
) -> tuple[list[str], bool]:
    if earlier is None:
        return ["Computed just now; --said REPORT.json compares it with an earlier report."], False
    before = [one for one in earlier["findings"] if one["key"] == finding.key]
    if not before:
        return ["The earlier report has no such finding."], True
    names = differs(before[0], facts_of(finding))
    return [*_sources(earlier, compared), verdict_on(names)], bool(names)


def _sources(earlier: dict[str, Any], compared: Comparison) -> list[str]:
    """Return what was another one when the earlier report was made."""
    origin = compared.checked.origin
    pairs = (
        ("reference", earlier["reference"]["sha256"], origin.reference_sha256),
        ("file", earlier["current"]["sha256"], origin.current_sha256),
        ("spec", earlier["spec"], origin.spec_hash),
        ("configuration", earlier["config"], origin.config),
        ("release", earlier["tocsin"], origin.code),
    )
    return [f"Another {name} then: {then}." for name, then, now in pairs if then != now]


def _report(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(path), do=_DO) from None
    except ValueError:
        raise BadInput("is no JSON", where=str(path), do=_DO) from None
    if not isinstance(facts, dict):
        raise BadInput("is no report of a check", where=str(path), do=_DO)
    report = cast("dict[str, Any]", facts)
    if {"tocsin", "spec", "config", "reference", "current", "findings"} - report.keys():
        raise BadInput("is no report of a check, or an older one", where=str(path), do=_DO)
    return report


def _key(earlier: dict[str, Any], name: str) -> str:
    """Return the key of the finding that the earlier report has at a number."""
    findings = earlier["findings"]
    inside = name.isdecimal() and 1 <= int(name) <= len(findings)
    return str(findings[int(name) - 1]["key"]) if inside else name
