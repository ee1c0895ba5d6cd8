"""Hosts and headers."""

import pytest

from tests.web.cast import Stage
from tocsin.web.headers import host_name, hosts_of


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8470", "LOCALHOST", "127.0.0.1:1", "[::1]:8470"]
)
def test_we_answer_for_this_machine(stage: Stage, host: str) -> None:
    answer = stage.client.get("/v1/systems", headers={"Host": host})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:8470", "", "[", "127.0.0.2"]
)
def test_another_name_for_this_machine_is_refused(stage: Stage, host: str) -> None:
    answer = stage.client.get("/v1/systems", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json()["error"]["where"] == "Host"
    assert "content-security-policy" in answer.headers


def test_probes_may_ask_by_any_address(stage: Stage) -> None:
    assert stage.client.get("/healthz", headers={"Host": "10.0.0.7:8470"}).status_code == 200


def test_the_base_urls_host_is_served_too() -> None:
    assert hosts_of(["https://tocsin.example:8443"]) >= {"tocsin.example", "localhost"}
    assert host_name("Tocsin.Example:8443") == "tocsin.example"
