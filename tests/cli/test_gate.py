"""`tocsin gate` on real files: its reports, its exit codes, what it refuses."""

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tests.cli.served import Terminal
from tests.profile.rows import replaced, table

CONFIG = """version: 1
systems:
  lending:
    risk: high
    reference: reference.parquet
    columns: {id: id, time: at, score: score, prediction: approved, label: repaid, version: version}
    slices: [employer]
    protected: [sex]
    canary: {most: 0.05, in_slice: 0.2, lasts: 12h}
"""


def decisions(n: int, seed: int, version: str) -> pa.Table:
    return table(n, seed, hours=24.0).append_column("version", pa.array([version] * n))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a configuration, its reference, and files of some versions."""
    here = tmp_path_factory.mktemp("gate")
    (here / "tocsin.yaml").write_text(CONFIG)
    pq.write_table(decisions(3_000, 50, "v1"), here / "reference.parquet")
    pq.write_table(decisions(12_000, 51, "v1"), here / "v1.parquet")
    good = decisions(12_000, 52, "v2")
    pq.write_table(good, here / "v2.parquet")
    pq.write_table(good.slice(0, 1_000), here / "few.parquet")
    approved = [
        not yes if sex == "f" and k % 2 else yes
        for k, (yes, sex) in enumerate(
            zip(good["approved"].to_pylist(), good["sex"].to_pylist(), strict=True)
        )
    ]
    pq.write_table(replaced(good, "approved", approved), here / "bad.parquet")
    pq.write_table(good.drop_columns(["employer"]), here / "narrow.parquet")
    pacsv.write_csv(good.slice(0, 500), here / "v2.csv")
    return here


def ask(terminal: Terminal, release: Path, candidate: str, *more: str) -> tuple[int, str, str]:
    return terminal.run(
        "gate",
        *("--candidate", str(release / candidate), "--champion", str(release / "v1.parquet")),
        *("--config", str(release / "tocsin.yaml"), "--system", "lending"),
        *more,
    )


def test_a_good_release_passes_and_exits_with_0(terminal: Terminal, release: Path) -> None:
    code, out, err = ask(terminal, release, "v2.parquet")
    assert (code, err) == (0, "")
    first, why, *_ = out.splitlines()
    assert first == "PASSED (promote)  lending: v2 beside v1"
    assert "is ruled out for everyone" in why
    assert "30 comparisons safe; --all shows them" in out
    assert "2026-11-01 00:00 to 2026-11-02 00:00 UTC: 12,000 of 12,000 rows" in out
    assert "SAFE" in ask(terminal, release, "v2.parquet", "--all")[1]


def test_harm_to_women_refuses_with_numbers_and_interval(terminal: Terminal, release: Path) -> None:
    code, out, err = ask(terminal, release, "bad.parquet", "--format", "json")
    assert (code, err) == (1, "")
    told = json.loads(out)
    assert (told["verdict"], told["passes"], told["system"]) == ("abort", False, "lending")
    worst = told["decided"][0]
    assert worst["slice"] == {"sex": "f"}
    assert worst["candidate"]["n"] > 1_000
    assert worst["interval"][0] > worst["borne"]
    digest = hashlib.sha256((release / "bad.parquet").read_bytes()).hexdigest()
    assert told["candidate"]["sha256"] == digest
    assert told["reference"]["rows"] == 3_000
    text = ask(terminal, release, "bad.parquet")[1]
    assert text.startswith("REFUSED (abort)  lending: v2 beside v1\n")
    assert "HARMED" in text


def test_too_few_rows_refuse_and_say_how_many_it_takes(
    terminal: Terminal, release: Path, tmp_path: Path
) -> None:
    said = tmp_path / "said.txt"
    code, out, err = ask(terminal, release, "few.parquet", "--whole", "--out", str(said))
    assert (code, out, err) == (1, "", "")
    text = said.read_text()
    assert text.startswith("REFUSED (hold)")
    assert "Too little data: needs about " in text
    assert "if they go on like these 1,000 and 12,000." in text
    assert "compared as wholes: 1,000 of 1,000 rows beside 12,000 of 12,000" in text


def test_files_of_other_times_say_what_can_be_done(
    terminal: Terminal, release: Path, tmp_path: Path
) -> None:
    late = tmp_path / "late.parquet"
    shifted = table(2_000, 9, start=table(1, 1)["at"][0].as_py().replace(year=2025))
    pq.write_table(shifted.append_column("version", pa.array(["v2"] * 2_000)), late)
    code, out, _ = ask(terminal, release, str(late))
    assert code == 1
    assert "set times aside with --whole" in out


def test_a_csv_is_read_and_its_bad_rows_are_told_of(
    terminal: Terminal, release: Path, tmp_path: Path
) -> None:
    lines = (release / "v2.csv").read_text().splitlines()
    broken = tmp_path / "v2.csv"
    broken.write_text("\n".join([*lines[:-1], lines[-1].replace("2026-", "soon-")]) + "\n")
    code, out, err = ask(terminal, release, str(broken), "--format", "json")
    assert code == 1
    assert json.loads(out)["candidate"]["rows"] == 499
    assert "1 of 500 rows left out; row 499: at:" in err


@pytest.mark.parametrize(
    ("candidate", "more", "said"),
    [
        ("v1.parquet", (), "candidate and champion are both version 'v1'"),
        ("none.parquet", (), "none.parquet"),
        ("tocsin.yaml", (), "tocsin.yaml"),
        ("narrow.parquet", (), "'employer'"),
        ("v2.parquet", ("--system", "loans"), "no system is called 'loans'"),
        ("v2.parquet", ("--config", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        ("v2.parquet", ("--out", "/nowhere/said.txt"), "/nowhere/said.txt: cannot be written"),
    ],
)
def test_bad_input_is_named_and_exits_with_2(
    terminal: Terminal, release: Path, candidate: str, more: tuple[str, ...], said: str
) -> None:
    code, out, err = ask(terminal, release, candidate, *more)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err
