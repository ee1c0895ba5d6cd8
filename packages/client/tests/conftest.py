"""What every test of the client may ask for."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from stand_in import StandIn

from tocsin_client import Tocsin

TOKEN = "tsn_secret_of_this_test"


@pytest.fixture
def server() -> Iterator[StandIn]:
    stand_in = StandIn()
    stand_in.start()
    yield stand_in
    stand_in.close()


@pytest.fixture
def connect(server: StandIn) -> Iterator[Callable[..., Tocsin]]:
    """Makes clients that are closed at the end."""
    made: list[Tocsin] = []

    def make(**settings: Any) -> Tocsin:
        arguments: dict[str, Any] = {
            "token": TOKEN,
            "system": "loan-approval",
            "version": "v2",
            "flush_s": 0.02,
            "poll_s": 0.1,
            "timeout_s": 30.0,
            **settings,
        }
        made.append(Tocsin(arguments.pop("url", server.url), **arguments))
        return made[-1]

    yield make
    for client in made:
        client.close(5)


@pytest.fixture
def spool_dir(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def soon() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()
