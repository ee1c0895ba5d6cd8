from pathlib import Path

import pytest

from tocsin.base.errors import BadInput
from tocsin.cli.declaration import declaration

CONFIG = "version: 1\nsystems:\n  loan:\n    reference: ref.csv\n    columns: {score: score}\n"


def test_a_declared_system_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    assert declaration(tmp_path / "tocsin.yaml", "loan").columns.score == "score"


def test_another_name_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    with pytest.raises(BadInput, match="no system is called 'laon'; there is loan"):
        declaration(tmp_path / "tocsin.yaml", "laon")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"tocsin\.yaml: cannot be read"):
        declaration(tmp_path / "tocsin.yaml", "loan")
