"""What `tocsin check` says beside its own findings: peers' numbers, protected groups."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.cli.served import Terminal
from tests.detect.crossing import people
from tests.profile.rows import table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("beside")
    pq.write_table(table(8000, 50), here / "reference.parquet")
    pq.write_table(table(2000, 51), here / "healthy.parquet")
    return here


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    return Terminal(capsys, tmp_path)


def ask(terminal: Terminal, folder: Path, *more: str) -> tuple[int, str, str]:
    return terminal.run(
        *("check", "--current", str(folder / "healthy.parquet")),
        *("--reference", str(folder / "reference.parquet"), "--id", "id", "--time", "at"),
        *("--score", "score", "--prediction", "approved", "--label", "repaid"),
        *("--slice", "employer", "--protected", "sex", *more),
    )


def test_a_peers_methods_are_said_beside_ours_and_change_no_verdict(
    terminal: Terminal, folder: Path
) -> None:
    named = ("evidently:psi", "nannyml:jensen_shannon", "river:page_hinkley")
    asked = [part for name in named for part in ("--method", name)]
    code, out, err = ask(terminal, folder, *asked, "--format", "json")
    assert (code, err) == (0, "")
    said = [one for one in json.loads(out)["findings"] if ":" in one["measure"]]
    assert {one["measure"] for one in said} == set(named)
    assert {one["level"] for one in said} == {"info"}
    was, now = (
        pq.read_table(folder / f"{name}.parquet")["income"].to_numpy()
        for name in ("reference", "healthy")
    )
    edges = np.histogram_bin_edges(np.concatenate([was, now]), "sturges")
    p, q = (np.histogram(x, edges)[0] / len(x) for x in (was, now))
    rarest = [x[x > 0].min() for x in (p, q)]
    fill = [least / 1e6 if least <= 1e-4 else 1e-4 for least in rarest]
    p, q = (np.where(x == 0, small, x) for x, small in zip((p, q), fill, strict=True))
    (psi,) = [o for o in said if (o["measure"], o["column"]) == ("evidently:psi", "income")]
    assert psi["value"] == pytest.approx(((p - q) * np.log(p / q)).sum(), abs=1e-9)
    code, out, _ = ask(terminal, folder, *asked)
    assert code == 0
    assert "evidently:psi says no drift of income" in out
    code, out, _ = ask(terminal, folder, *asked, "--format", "html")
    assert "Methods of other tools" in out


def test_an_unknown_method_is_refused(terminal: Terminal, folder: Path) -> None:
    code, out, err = ask(terminal, folder, "--method", "psi")
    assert (code, out) == (2, "")
    assert "evidently:psi" in err


def test_a_fault_in_a_combination_of_protected_attributes_pages(
    terminal: Terminal, tmp_path: Path
) -> None:
    pq.write_table(people(8000, 60), tmp_path / "reference.parquet")
    pq.write_table(people(6000, 61, hurt=0.25), tmp_path / "current.parquet")
    code, out, _ = terminal.run(
        *("check", "--current", str(tmp_path / "current.parquet")),
        *("--reference", str(tmp_path / "reference.parquet"), "--id", "id", "--time", "at"),
        *("--score", "score", "--prediction", "approved", "--label", "repaid"),
        *("--protected", "sex", "--protected", "age_band", "--format", "json"),
    )
    assert code == 1
    facts = json.loads(out)
    hit = {"sex": "f", "age_band": "18-25"}
    gap, duty = (
        next(f for f in facts["findings"] if (f["measure"], f["slice"]) == (measure, hit))
        for measure in ("selection_rate_gap", "selection_rate_ratio")
    )
    assert (gap["verdict"], gap["level"], duty["verdict"]) == ("alarm", "page", "alarm")
    assert "four-fifths rule: violation" in duty["why"]
    both = next(one for one in facts["fairness"] if one["attributes"] == ["sex", "age_band"])
    rates = [group["selection_rate"] for group in both["groups"]]
    apart = both["fairlearn"]["demographic_parity_difference"]
    assert apart == pytest.approx(max(rates) - min(rates), abs=1e-12)
