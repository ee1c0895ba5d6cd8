"""`tocsin init` and `tocsin check` on rankings, a row for each request or for each item."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from tests.cli.checked import as_json
from tests.cli.served import Terminal
from tests.detect.shelves import Fault, by_item, table
from tocsin.cli.init import init
from tocsin.config.load import load
from tocsin.ingest.system import Kind
from tocsin.lake.files import read_table

SHARED = (
    *("--kind", "ranking", "--id", "request", "--time", "at", "--label", "clicked"),
    *("--top", "5", "--slice", "device", "--protected", "sex"),
)
LISTS = (*SHARED, "--prediction", "items")
ITEMS = (*SHARED, "--item", "items", "--position", "position")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a reference of lists, calm ones and some in a worse order."""
    here, r = tmp_path_factory.mktemp("shelf"), np.random.default_rng(7)
    pq.write_table(table(12_000, r, hours=480), here / "reference.parquet")
    pq.write_table(table(2000, r), here / "calm.parquet")
    pq.write_table(table(2000, r, Fault(shuffled=0.7)), here / "worse.parquet")
    for name in ("reference", "worse"):
        rows = by_item(pq.read_table(here / f"{name}.parquet"), r)
        csv.write_csv(rows, here / f"{name}.csv")
    return here


def ask(terminal: Terminal, folder: Path, current: str, *more: str) -> tuple[int, str, str]:
    form = current.rpartition(".")[2]
    files = ("--current", str(folder / current), "--reference", str(folder / f"reference.{form}"))
    return terminal.run("check", *files, *more)


def test_calm_lists_are_ok(terminal: Terminal, shelf: Path) -> None:
    code, out, err = ask(terminal, shelf, "calm.parquet", *LISTS, "--format", "json")
    assert (code, err) == (0, "")
    assert as_json(out)["verdict"] == "ok"


def test_a_worse_order_on_one_device_comes_first_in_either_form(
    terminal: Terminal, shelf: Path
) -> None:
    said: list[dict[str, object]] = []
    for form, columns in (("parquet", LISTS), ("csv", ITEMS)):
        code, out, _ = ask(terminal, shelf, f"worse.{form}", *columns, "--format", "json")
        facts = as_json(out)
        first = facts["findings"][0]
        assert (code, first["level"], first["slice"]) == (1, "page", {"device": "phone"})
        assert first["measure"] in {"ndcg", "mrr", "ctr"}
        assert facts["suspects"][0]["what"] == {"device": "phone"}
        assert facts["current"]["rows"] == 2000
        said += [one for one in facts["findings"] if one["measure"] == "ndcg" and not one["slice"]]
    assert said[0]["value"] == pytest.approx(said[1]["value"], abs=1e-9)


def test_text_html_and_drawings_tell_the_same(
    terminal: Terminal, shelf: Path, tmp_path: Path
) -> None:
    code, out, _ = ask(terminal, shelf, "worse.parquet", *LISTS)
    assert code == 1
    assert "NDCG@5 for device=phone is" in out
    page = tmp_path / "report.html"
    ask(terminal, shelf, "worse.parquet", *LISTS, "--format", "html", "--out", str(page))
    text = page.read_text(encoding="utf-8")
    assert "NDCG@5 for device=phone" in text
    for key in (
        "performance/ndcg//device=phone",
        "performance/hit_rate//device=phone",
        "performance/ctr/position 1/device=phone",
        "fairness/hit_rate_gap//sex=f",
        "drift/jsd/prediction/",
        "drift/concentration//",
    ):
        _, drawn, err = ask(terminal, shelf, "worse.parquet", *LISTS, "--explain", key)
        assert "was" in drawn, (key, err)


def test_either_form_is_guessed_and_checked(
    terminal: Terminal, shelf: Path, tmp_path: Path
) -> None:
    for form in ("parquet", "csv"):
        names = {"items": "item_id" if form == "csv" else "items", "request": "request_id"}
        for name in ("reference", "worse"):
            raw = read_table(shelf / f"{name}.{form}")
            renamed = raw.rename_columns([names.get(n, n) for n in raw.column_names])
            if form == "csv":
                csv.write_csv(renamed, tmp_path / f"{name}.csv")
            else:
                pq.write_table(renamed, tmp_path / f"{name}.parquet")
        config = tmp_path / f"{form}.yaml"
        init(tmp_path / f"reference.{form}", "shelf", config)
        system = load(config.read_text(), "tocsin.yaml").systems["shelf"]
        assert (system.kind, system.top) == (Kind.RANKING, 10)
        assert system.columns.id == "request_id"
        assert (system.slices, system.protected) == (("device",), ("sex",))
        asked = ("--config", str(config), "--current", str(tmp_path / f"worse.{form}"))
        code, out, _ = terminal.run("check", *asked)
        assert code == 1
        assert "NDCG@10 for device=phone" in out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--kind", "binary"), "items are of a ranking"),
        (("--kind", "ranking"), "items need the name of their request"),
    ],
)
def test_items_without_a_ranking_or_a_request_are_refused(
    terminal: Terminal, shelf: Path, asked: tuple[str, ...], said: str
) -> None:
    code, _, err = ask(terminal, shelf, "worse.csv", *asked, "--item", "items")
    assert code == 2
    assert said in err


def test_parts_of_a_table_of_items_are_not_counted(
    terminal: Terminal, shelf: Path, tmp_path: Path
) -> None:
    config = tmp_path / "tocsin.yaml"
    names = "{id: request, time: at, item: items, position: position, label: clicked}"
    config.write_text(
        f"version: 1\nsystems:\n  shelf:\n    kind: ranking\n    columns: {names}\n"
        f"    reference: {shelf / 'reference.csv'}\n"
    )
    code, _, err = terminal.run(
        *("profile", str(shelf / "worse.csv"), "--config", str(config), "--system", "shelf"),
        *("--out", str(tmp_path / "out.profile")),
    )
    assert code == 2
    assert "other parts of the data" in err
