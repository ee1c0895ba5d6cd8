"""The data set is taken only if it is the one we know."""

from pathlib import Path

import pytest

from tocsin.base.errors import BadInput
from tocsin.cli.demo.dataset import fetch


def test_another_file_under_its_name_is_refused(tmp_path: Path) -> None:
    for name in ("adult.data", "adult.test"):
        (tmp_path / name).write_text("1, 2, 3\n")
    with pytest.raises(BadInput, match="not the census file") as caught:
        fetch(tmp_path)
    assert str(tmp_path / "adult.data") in str(caught.value)
