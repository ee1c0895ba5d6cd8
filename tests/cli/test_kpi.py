"""`tocsin kpi` on real files: what it says, its exit codes, its refusals."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from bench.kpi_traffic import Traffic, series

from tests.cli.served import Terminal
from tocsin.ingest.kpi import KpiKind


@dataclass(frozen=True)
class Said:
    """How one command ended."""

    code: int
    out: str
    err: str


def ask(terminal: Terminal, *arguments: str) -> Said:
    return Said(*terminal.run("kpi", *arguments))


def written(path: Path, drop: float, *, days: int = 45) -> Path:
    """Write a click-through rate, hour by hour, that falls after 42 days."""
    some = series(Traffic(KpiKind.RATE, 50_000, days=days, faulty_from=42, drop=drop), 5)
    rows = ["timestamp,value,n"]
    for start_s, total, n in zip(some.start_s, some.total, some.n, strict=True):
        at = datetime.fromtimestamp(start_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
        rows.append(f"{at},{total:.0f},{n:.0f}")
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_healthy_file_is_ok(terminal: Terminal, tmp_path: Path) -> None:
    said = ask(terminal, str(written(tmp_path / "ctr.csv", 0.0)), "--kind", "rate")
    assert said.code == 0, said.err
    assert said.out.startswith("ok: ctr, 1,080 buckets of 3600 s")


def test_a_fall_at_the_end_is_an_alarm_with_its_numbers(terminal: Terminal, tmp_path: Path) -> None:
    file = str(written(tmp_path / "ctr.csv", 0.2))
    said = ask(terminal, file, "--kind", "rate", "--watch", "down", "--format", "json")
    assert said.code == 1
    facts = json.loads(said.out)
    assert facts["verdict"] == "alarm"
    last = facts["alarms"][-1]
    assert last["over_at"] is None
    assert last["column"] == "ctr"
    assert 0.1 < last["effect"] < 0.4
    found = {one["measure"]: one for one in facts["findings"]}
    assert found["rate_sustained"]["interval"][0] > 0.02
    text = ask(terminal, file, "--kind", "rate", "--watch", "down")
    assert "sustained" in text.out
    assert "lasts" in text.out


def test_the_report_goes_to_a_file(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    file = str(written(tmp_path / "ctr.csv", 0.0, days=10))
    said = ask(terminal, file, "--kind", "rate", "--format", "json", "--out", str(out))
    assert said.code == 0
    assert json.loads(out.read_text())["kind"] == "rate"


@pytest.mark.parametrize(
    ("text", "options", "word"),
    [
        ("time,value\n2026-01-01,1\n", (), "no column 'timestamp'"),
        ("timestamp,value\n2026-01-01 00:00:00,x\n", (), "row 0"),
        ("timestamp,value\n2026-01-01 00:00:00,2\n", ("--kind", "rate"), "row 0: 2 of 1"),
        ("timestamp,value\n2026-01-01 00:00:00,2\n", ("--kind", "ratio"), "--kind"),
        ("timestamp,value\n2026-01-01 00:00:00,2\n", ("--learn", "soon"), "soon"),
        ("timestamp,value\n2026-01-01 00:00:00,2\n", ("--holiday", "xmas"), "--holiday"),
        ("timestamp,value\n2026-01-01 00:00:00,2\n", ("--false-alarms", "0"), "--false-alarms"),
    ],
)
def test_what_cannot_be_used_is_said(
    terminal: Terminal, tmp_path: Path, text: str, options: tuple[str, ...], word: str
) -> None:
    (tmp_path / "bad.csv").write_text(text)
    said = ask(terminal, str(tmp_path / "bad.csv"), *options)
    assert said.code == 2
    assert word in said.err


def test_one_row_is_too_little_to_say_anything(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("timestamp,value\n2026-01-01 00:00:00,2\n")
    said = ask(terminal, str(tmp_path / "one.csv"))
    assert said.code == 0
    assert said.out.startswith("insufficient")


def test_a_spike_of_a_constant_is_found(terminal: Terminal, tmp_path: Path) -> None:
    at = np.datetime64("2026-01-01T00:00:00") + np.arange(24 * 10) * np.timedelta64(1, "h")
    lines = [f"{t},{50 if k == 230 else 5}" for k, t in enumerate(at)]
    (tmp_path / "flat.csv").write_text("timestamp,value\n" + "\n".join(lines) + "\n")
    said = ask(terminal, str(tmp_path / "flat.csv"), "--format", "json")
    assert [one["raised_at"][:13] for one in json.loads(said.out)["alarms"]] == ["2026-01-10T15"]
