"""`tocsin init` writes a configuration that the server takes."""

from pathlib import Path

import pytest

from tocsin.base.errors import BadInput
from tocsin.cli.init import init
from tocsin.config.load import load

CSV = "id,score,approved,region\n1,0.2,0,north\n2,0.9,1,south\n"


def test_the_file_names_the_reference_from_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ref.csv").write_text(CSV)
    init(tmp_path / "data" / "ref.csv", "loan", tmp_path / "tocsin.yaml")
    system = load((tmp_path / "tocsin.yaml").read_text(), "tocsin.yaml").systems["loan"]
    assert (system.reference, system.slices) == ("data/ref.csv", ("region",))


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "ref.csv").write_text(CSV)
    (tmp_path / "tocsin.yaml").write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        init(tmp_path / "ref.csv", "loan", tmp_path / "tocsin.yaml")
    assert (tmp_path / "tocsin.yaml").read_text() == "mine"


def test_a_name_that_cannot_be_a_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ref.csv").write_text(CSV)
    with pytest.raises(BadInput):
        init(tmp_path / "ref.csv", "no/such name", tmp_path / "tocsin.yaml")
    assert not (tmp_path / "tocsin.yaml").exists()
