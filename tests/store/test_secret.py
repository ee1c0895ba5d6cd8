"""The installation's own secret is made once, kept private, and never silently replaced."""

from pathlib import Path

import pytest

from tocsin.base.errors import Unavailable
from tocsin.store.secret import own_secret


def test_the_secret_is_made_once_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    first = own_secret(tmp_path)
    assert len(first) == 32
    assert own_secret(tmp_path) == first
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    (tmp_path / "secret").write_bytes(b"")
    with pytest.raises(Unavailable, match="is damaged"):
        own_secret(tmp_path)
