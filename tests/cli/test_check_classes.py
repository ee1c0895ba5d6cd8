"""`tocsin init` and `tocsin check` on answers that choose among classes."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.cli.checked import as_json
from tests.cli.served import Terminal
from tests.detect.desks import Fault, table
from tocsin.cli.init import init
from tocsin.config.load import load
from tocsin.ingest.system import Kind

COLUMNS = (
    *("--kind", "multiclass", "--id", "id", "--time", "at", "--score", "sure"),
    *("--prediction", "sent", "--label", "meant", "--slice", "channel", "--protected", "sex"),
)


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a reference of letters, calm ones and some that lose one desk's."""
    here, r = tmp_path_factory.mktemp("letters"), np.random.default_rng(7)
    pq.write_table(table(20_000, r, hours=480), here / "reference.parquet")
    pq.write_table(table(4000, r), here / "calm.parquet")
    pq.write_table(table(4000, r, Fault(lost=0.6)), here / "lost.parquet")
    return here


def ask(terminal: Terminal, folder: Path, current: str, *more: str) -> tuple[int, str, str]:
    files = ("--current", str(folder / current), "--reference", str(folder / "reference.parquet"))
    return terminal.run("check", *files, *COLUMNS, *more)


def test_calm_letters_are_ok(terminal: Terminal, letters: Path) -> None:
    code, out, err = ask(terminal, letters, "calm.parquet", "--format", "json")
    assert (code, err) == (0, "")
    assert as_json(out)["verdict"] == "ok"


def test_a_desk_lost_in_one_channel_comes_first(terminal: Terminal, letters: Path) -> None:
    code, out, _ = ask(terminal, letters, "lost.parquet", "--format", "json")
    facts = as_json(out)
    first = facts["findings"][0]
    assert (code, first["level"]) == (1, "page")
    assert (first["measure"], first["column"]) == ("recall", "fraud")
    assert first["slice"] == {"channel": "app"}
    raw = pq.read_table(letters / "lost.parquet").to_pylist()
    own = [one for one in raw if (one["channel"], one["meant"]) == ("app", "fraud")]
    assert first["value"] == pytest.approx(sum(o["sent"] == "fraud" for o in own) / len(own))
    assert facts["suspects"][0]["what"] == {"channel": "app"}
    assert not [one for one in facts["suspects"] if one["kind"] == "column"]
    assert "fairness" not in facts


def test_text_html_and_drawings_tell_the_same(
    terminal: Terminal, letters: Path, tmp_path: Path
) -> None:
    code, out, _ = ask(terminal, letters, "lost.parquet")
    assert code == 1
    assert "of true 'fraud' were answered as such for channel=app" in out
    page = tmp_path / "report.html"
    ask(terminal, letters, "lost.parquet", "--format", "html", "--out", str(page))
    text = page.read_text(encoding="utf-8")
    assert "macro-F1" in text
    assert "answered as such for channel=app" in text
    for key in (
        "performance/recall/fraud/channel=app",
        "drift/jsd/label/",
        "drift/jsd/prediction/",
    ):
        _, drawn, _ = ask(terminal, letters, "lost.parquet", "--explain", key)
        assert "channel=app" in drawn or "savings" in drawn


def test_a_file_of_letters_is_guessed_and_checked(
    terminal: Terminal, letters: Path, tmp_path: Path
) -> None:
    names = {"sure": "confidence", "sent": "prediction", "meant": "label"}
    for name in ("reference", "lost"):
        raw = pq.read_table(letters / f"{name}.parquet")
        renamed = raw.rename_columns([names.get(n, n) for n in raw.column_names])
        pq.write_table(renamed, tmp_path / f"{name}.parquet")
    config = tmp_path / "tocsin.yaml"
    init(tmp_path / "reference.parquet", "desks", config)
    assert load(config.read_text(), "tocsin.yaml").systems["desks"].kind is Kind.MULTICLASS
    asked = ("--config", str(config), "--current", str(tmp_path / "lost.parquet"))
    code, out, _ = terminal.run("check", *asked)
    assert code == 1
    assert "of true 'fraud'" in out


def test_the_kind_comes_from_the_configuration(terminal: Terminal, letters: Path) -> None:
    files = ("--current", str(letters / "calm.parquet"), "--config", "tocsin.yaml")
    code, _, err = terminal.run("check", *files, "--kind", "multiclass")
    assert code == 2
    assert "come from the configuration" in err
