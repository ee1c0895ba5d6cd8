"""`tocsin check` on real files: its three reports, its exit codes."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tests.cli.checked import COLUMNS, as_json, ask
from tests.cli.served import Terminal
from tests.profile.rows import replaced, table


def test_a_healthy_file_is_ok_and_exits_with_0(terminal: Terminal, folder: Path) -> None:
    code, out, err = ask(terminal, folder, "healthy.parquet", *COLUMNS, "--format", "json")
    assert (code, err) == (0, "")
    assert as_json(out)["verdict"] == "ok"


def test_a_fault_in_one_slice_is_the_first_finding_and_exits_with_1(
    terminal: Terminal, folder: Path
) -> None:
    code, out, err = ask(terminal, folder, "faulty.parquet", *COLUMNS, "--format", "json")
    assert (code, err) == (1, "")
    facts = as_json(out)
    first = facts["findings"][0]
    assert (first["verdict"], first["level"]) == ("alarm", "page")
    assert (first["layer"], first["measure"]) == ("quality", "missing")
    assert (first["column"], first["slice"]) == ("education_years", {"employer": "government"})
    assert "education_years is missing in 9" in first["why"]
    assert facts["suspects"][0]["what"]["column"] == "education_years"
    assert facts["reference"]["rows"] == 8000
    digest = hashlib.sha256((folder / "reference.parquet").read_bytes()).hexdigest()
    assert facts["reference"]["sha256"] == digest
    assert facts["current"]["rows"] == 2000
    assert facts["current"]["from"].startswith("2026-11-01T00:00:00")


def test_text_has_the_numbers_first_and_html_the_same_facts(
    terminal: Terminal, folder: Path, tmp_path: Path
) -> None:
    code, out, _ = ask(terminal, folder, "faulty.parquet")
    assert code == 1
    assert "alarm" in out.splitlines()[0]
    assert "employer=government" in out
    page = tmp_path / "report.html"
    code, out, _ = ask(
        terminal, folder, "faulty.parquet", *COLUMNS, "--format", "html", "--out", str(page)
    )
    assert (code, out) == (1, "")
    assert "education_years is missing" in page.read_text(encoding="utf-8")


def test_a_finding_is_drawn_and_is_the_one_that_was_reported(
    terminal: Terminal, folder: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    ask(terminal, folder, "faulty.parquet", *COLUMNS, "--format", "json", "--out", str(report))
    explain = (*COLUMNS, "--explain", "1", "--said", str(report))
    code, out, _ = ask(terminal, folder, "faulty.parquet", *explain)
    assert code == 1
    assert out.startswith("education_years is missing in 9")
    assert "employer=government" in out
    assert "over 20 blocks" in out
    assert out.endswith("every number is the stored one, to the last digit.\n")
    other = (*COLUMNS, "--explain", "performance/accuracy//", "--said", str(report))
    code, out, _ = ask(terminal, folder, "healthy.parquet", *other)
    assert code == 1
    assert "Another file then" in out
    assert "it differs from what was stored in value" in out


def test_a_quiet_finding_is_drawn_by_its_key_and_exits_with_0(
    terminal: Terminal, folder: Path
) -> None:
    key = ("--explain", "performance/accuracy//sex=f")
    code, out, _ = ask(terminal, folder, "healthy.parquet", *COLUMNS, *key)
    assert code == 0
    assert "Computed just now; --said REPORT.json" in out
    code, _, err = ask(terminal, folder, "healthy.parquet", *COLUMNS, "--explain", "accuracy//sex")
    assert code == 2
    assert "did you mean performance/accuracy//sex=" in err


def test_outcomes_other_than_scores_promised_page_and_their_drift_is_told_beside(
    terminal: Terminal, folder: Path, tmp_path: Path
) -> None:
    raw = table(4000, 53)
    score = np.array(raw["score"])
    meant = np.where(np.array(raw["employer"]) == "government", score * 0.6, score)
    repaid = (np.random.default_rng(1).random(len(score)) < meant).tolist()
    pq.write_table(replaced(raw, "repaid", repaid), tmp_path / "worse.parquet")
    pq.write_table(pq.read_table(folder / "reference.parquet"), tmp_path / "reference.parquet")
    report = tmp_path / "report.json"
    json_ = ("--format", "json", "--out", str(report))
    code, _, _ = ask(terminal, tmp_path, "worse.parquet", *COLUMNS, *json_)
    assert code == 1
    found = {f["key"]: f for f in as_json(report.read_text(encoding="utf-8"))["findings"]}
    keys = ("performance/calibration//", "drift/outcome_rate//")
    for key in (f"{one}employer=government" for one in keys):
        said = found[key]
        assert said["verdict"] == "alarm"
        assert said["interval"][0] > said["threshold"]
        assert 0 < said["alpha"] < 1e-3
        explain = (*COLUMNS, "--explain", key, "--said", str(report))
        _, out, _ = ask(terminal, tmp_path, "worse.parquet", *explain)
        assert out.splitlines()[0] == said["why"]
        assert out.endswith("every number is the stored one, to the last digit.\n")
    assert found[f"{keys[0]}employer=government"]["level"] == "page"
    assert "where their scores promised" in found[f"{keys[0]}employer=government"]["why"]
    page = tmp_path / "report.html"
    ask(
        *(terminal, tmp_path, "worse.parquet", *COLUMNS),
        *("--format", "html", "--out", str(page)),
    )
    html = page.read_text(encoding="utf-8")
    assert "outcomes against scores" in html
    assert "scores 0.7 to 0.8" in html
    assert "outcomes that are yes" in html


def test_an_earlier_report_without_a_finding_is_refused(terminal: Terminal, folder: Path) -> None:
    code, _, err = ask(terminal, folder, "healthy.parquet", *COLUMNS, "--said", "report.json")
    assert code == 2
    assert "add --explain FINDING" in err


def test_csv_reads_as_parquet_does(terminal: Terminal, folder: Path, tmp_path: Path) -> None:
    for name in ("reference", "faulty"):
        pacsv.write_csv(pq.read_table(folder / f"{name}.parquet"), tmp_path / f"{name}.csv")
    code, out, _ = terminal.run(
        *("check", "--current", str(tmp_path / "faulty.csv")),
        *("--reference", str(tmp_path / "reference.csv"), *COLUMNS, "--format", "json"),
    )
    assert code == 1
    assert as_json(out)["findings"][0]["slice"] == {"employer": "government"}


def test_without_any_role_the_inputs_are_still_compared(terminal: Terminal, folder: Path) -> None:
    code, out, _ = ask(terminal, folder, "faulty.parquet", "--id", "id", "--format", "json")
    assert code == 1
    layers = {f["layer"] for f in as_json(out)["findings"] if f["verdict"] != "insufficient"}
    assert layers == {"health", "quality", "drift"}


def test_labels_that_are_not_there_yet_are_no_error(terminal: Terminal, folder: Path) -> None:
    bare = pq.read_table(folder / "healthy.parquet").drop_columns(["repaid"])
    pq.write_table(bare, folder / "unlabelled.parquet")
    code, out, _ = ask(terminal, folder, "unlabelled.parquet", *COLUMNS, "--format", "json")
    assert code == 0
    accuracy = [f for f in as_json(out)["findings"] if f["measure"] == "accuracy"]
    assert [f["verdict"] for f in accuracy] == ["insufficient"]


def test_before_labels_arrive_performance_is_estimated_and_was_right(
    terminal: Terminal, folder: Path
) -> None:
    whole = pq.read_table(folder / "healthy.parquet")
    pq.write_table(whole.drop_columns(["repaid"]), folder / "early.parquet")
    _, out, _ = ask(terminal, folder, "early.parquet", *COLUMNS, "--format", "json")
    (one,) = (
        f
        for f in as_json(out)["findings"]
        if f["measure"] == "estimated_accuracy" and not f["slice"]
    )
    pairs = zip(whole["approved"].to_pylist(), whole["repaid"].to_pylist(), strict=True)
    right = sum(answer == truth for answer, truth in pairs) / whole.num_rows
    assert abs(one["value"] - right) < 0.03
    _, text, _ = ask(terminal, folder, "early.parquet")
    assert "estimates, where outcomes are not known yet" in text
    assert "Scores say that accuracy for everyone is about" in text


def test_an_estimate_that_does_not_hold_says_why(terminal: Terminal, folder: Path) -> None:
    late = table(2000, 53)
    turned = [not one if k % 5 == 0 else None for k, one in enumerate(late["repaid"].to_pylist())]
    pq.write_table(replaced(late, "repaid", turned), folder / "turned.parquet")
    _, text, _ = ask(terminal, folder, "turned.parquet")
    words = " ".join(text.split())
    assert "The estimate of performance for everyone is invalid because outcomes" in words
    bare = pq.read_table(folder / "reference.parquet").drop_columns(["repaid"])
    pq.write_table(bare, folder / "unknowing.parquet")
    healthy = folder / "healthy.parquet"
    columns = ("--time", "at", "--score", "score", "--prediction", "approved")
    files = ("--current", str(healthy), "--reference", str(folder / "unknowing.parquet"))
    _, text, _ = terminal.run("check", *files, *columns)
    assert "the reference knows no outcomes" in " ".join(text.split())


def test_a_changed_unit_and_a_standstill_are_told_and_drawn(
    terminal: Terminal, folder: Path
) -> None:
    late = pq.read_table(folder / "healthy.parquet")
    pairs = zip(late["income"].to_pylist(), late["employer"].to_pylist(), strict=True)
    cents = [x * 100 if e == "government" and x is not None else x for x, e in pairs]
    odd = replaced(replaced(late, "income", cents), "purpose", ["car"] * late.num_rows)
    pq.write_table(odd, folder / "cents.parquet")
    code, text, _ = ask(terminal, folder, "cents.parquet")
    words = " ".join(text.split())
    assert code == 1
    assert "purpose has one value, 'car', in all 2,000 decisions for everyone" in words
    assert "income for employer=government is distributed like 100 times what it was" in words
    for key, drawn in (
        ("quality/scale/income/employer=government", "6.6"),
        ("quality/constant/purpose/", "100.0 % (was"),
    ):
        _, picture, _ = ask(terminal, folder, "cents.parquet", *COLUMNS, "--explain", key)
        assert drawn in picture
        assert "░" in picture


def test_a_configuration_names_reference_and_columns(terminal: Terminal, folder: Path) -> None:
    (folder / "tocsin.yaml").write_text(
        "version: 1\n"
        "systems:\n"
        "  lending:\n"
        "    risk: high\n"
        "    reference: reference.parquet\n"
        "    columns: {id: id, time: at, score: score, prediction: approved, label: repaid}\n"
        "    slices: [employer]\n"
        "    protected: [sex]\n"
    )
    code, out, err = terminal.run(
        *("check", "--current", str(folder / "faulty.parquet"), "--format", "json"),
        *("--config", str(folder / "tocsin.yaml"), "--system", "lending"),
    )
    assert (code, err) == (1, "")
    assert as_json(out)["system"] == "lending"
    code, _, err = terminal.run(
        *("check", "--current", str(folder / "faulty.parquet")),
        *("--config", str(folder / "tocsin.yaml"), "--system", "lendign"),
    )
    assert code == 2
    assert "lending" in err


def test_unusable_rows_are_left_out_and_told(terminal: Terminal, folder: Path) -> None:
    raw = pq.read_table(folder / "healthy.parquet")
    scores = raw["score"].to_pylist()
    scores[5] = 7.0
    pq.write_table(replaced(raw, "score", scores), folder / "odd.parquet")
    code, out, err = ask(terminal, folder, "odd.parquet", *COLUMNS, "--format", "json")
    assert code == 0
    assert "1 of 2,000 rows left out; row 5: score" in err
    assert as_json(out)["verdict"] == "ok"


def test_asking_for_help_loads_no_numbers() -> None:
    code = "import sys, tocsin.cli.check; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"numpy", "pyarrow", "scipy", "rich.progress", "jinja2"} & set(run.stdout.split())


FINDING = (
    *("key", "layer", "measure", "column", "slice", "value", "baseline", "effect", "interval"),
    *("threshold", "alpha", "evidence", "method", "n", "n_baseline", "verdict", "level", "why"),
)


@pytest.mark.parametrize("current", ["healthy.parquet", "faulty.parquet"])
def test_the_json_report_keeps_its_contract(terminal: Terminal, folder: Path, current: str) -> None:
    _, out, _ = ask(terminal, folder, current, *COLUMNS, "--format", "json")
    found = as_json(out)
    assert tuple(found) == (
        *("tocsin", "config", "spec", "system", "reference", "current", "verdict"),
        *("findings", "suspects"),
        "fairness",  # since there is a protected attribute
    )
    assert tuple(found["reference"]) == ("rows", "sha256")
    assert tuple(found["current"]) == ("rows", "from", "to", "sha256")
    for one in found["findings"]:
        assert tuple(one) == FINDING
        assert one["layer"] in {"health", "quality", "drift", "performance", "fairness"}
        assert one["verdict"] in {"alarm", "ok", "insufficient"}
        assert (one["verdict"] == "alarm") == (one["level"] != "info")
        assert isinstance(one["slice"], dict)
        assert len(one["interval"]) == 2
        assert one["why"].endswith(".")
    for rank, one in enumerate(found["suspects"], start=1):
        assert tuple(one) == ("rank", "kind", "what", "score", "why")
        assert one["rank"] == rank
        assert one["kind"] in {"slice", "column"}
        assert 0 <= one["score"] <= 1
    levels = [one["level"] for one in found["findings"]]
    assert levels == sorted(levels, key=["page", "ticket", "info"].index)


@pytest.mark.parametrize(
    ("value", "format_", "shown"),
    [
        ("<script>alert(1)</script>", "html", "employer=&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\x1b[2J", "text", "employer=\\x1b[2J"),
    ],
)
def test_a_slice_value_is_only_text(
    terminal: Terminal, folder: Path, value: str, format_: str, shown: str
) -> None:
    renamed = terminal.folder
    for name in ("reference.parquet", "faulty.parquet"):
        raw = pq.read_table(folder / name)
        called = [value if e == "government" else e for e in raw["employer"].to_pylist()]
        pq.write_table(replaced(raw, "employer", called), renamed / name)
    code, out, _ = ask(terminal, renamed, "faulty.parquet", *COLUMNS, "--format", format_)
    assert code == 1
    assert shown in out
    assert value not in out


def test_a_pipe_sees_no_progress_bar(
    terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # some CI services set this for colours, which must not bring the bar along
    monkeypatch.setenv("FORCE_COLOR", "1")
    code, out, err = ask(terminal, folder, "healthy.parquet")
    assert (code, err) == (0, "")
    assert "\x1b" not in out
