"""A process that does not come up is one message with its last words."""

from pathlib import Path

import pytest

from tests.e2e.ports import free_port
from tocsin.base.errors import Unavailable
from tocsin.cli.demo.processes import Stage, server, token


def stage(folder: Path) -> Stage:
    port = free_port(1)
    return Stage(
        folder=folder, cache=folder, port=port, service_port=port + 1, seed=1, tell=lambda _: None
    )


def test_the_servers_last_words_are_told(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("version: 2\n")
    with (
        pytest.raises(Unavailable, match=r"the server did not come up: tocsin: .*tocsin.yaml"),
        server(stage(tmp_path), tmp_path / "tocsin.yaml"),
    ):
        pytest.fail("it came up")


def test_a_token_needs_a_database(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no database here"):
        token(stage(tmp_path), "demo", ["read"])
