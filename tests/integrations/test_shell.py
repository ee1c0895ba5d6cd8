"""The shell actuator is built from the configuration and the server's environment."""

import httpx
import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.shell import Commands, build


def test_it_is_built_with_what_env_names(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"read": ("/bin/true",), "write": ("/bin/true",), "values": {"block": "off"}}
    with httpx.Client() as client:
        assert isinstance(build(given, client), Commands)
        monkeypatch.delenv("NOT_THERE", raising=False)
        with pytest.raises(BadInput, match="NOT_THERE is not set"):
            build(given | {"env": ("NOT_THERE",)}, client)
