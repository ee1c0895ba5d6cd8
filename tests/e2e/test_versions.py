"""Two versions of a service side by side: a plan of one of them is obeyed by that one alone."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.e2e.test_ingest import Server
from tests.e2e.test_outage import server as server  # noqa: PLC0414 - a fixture
from tocsin_client import Tocsin

pytestmark = pytest.mark.real
PERSON: Mapping[str, object] = {"income": 1.0, "debt": 0.1, "channel": "web", "sex": "f"}
Decide = Callable[[Mapping[str, object]], object]


def service(client: Tocsin, version: str) -> Decide:
    def rules(_person: Mapping[str, object]) -> str:
        return "rules"

    @client.guard(fallback=rules)
    def decide(_person: Mapping[str, object]) -> str:
        return version

    return decide


def test_of_two_versions_only_the_named_one_falls_back_and_decides_again_once_reverted(
    server: Server,
) -> None:
    def ask(method: str, path: str, body: object = None) -> Any:
        answer = httpx.request(method, f"{server.url}{path}", json=body, headers=server.bearer)
        assert answer.is_success, answer.text
        return answer.json()

    def connect(version: str) -> Tocsin:
        return Tocsin(
            server.url,
            token=server.token,
            system="loan-approval",
            version=version,
            flush_s=0.05,
        )

    with ExitStack() as stack:
        clients = {one: stack.enter_context(connect(one)) for one in ("3", "4")}
        decide = {one: service(client, one) for one, client in clients.items()}
        assert clients["4"].change("deploy", "the new one", version="4")
        opened = {"system": "loan-approval", "title": "Denied", "severity": "SEV2"}
        ask("POST", "/v1/incidents", {**opened, "slice": {"sex": "f"}})
        step = {"action": "fallback", "slice": {"sex": "f"}, "of_version": "4", "for": "1h"}
        plan = ask("POST", "/v1/incidents/1/plans", {"steps": [step]})
        assert "where version 4 would decide" in plan["explain"][0]
        path = f"/v1/plans/{plan['id']}"
        ask("POST", f"{path}/approve", {"hash": plan["hash"]})
        server.until(lambda: decide["4"](PERSON) == "rules", "the named version hears of it")
        heard = ask("GET", "/v1/directives?system=loan-approval")["version"]
        server.until(
            lambda: clients["3"].stats.directives_version == heard, "the other one hears of it, too"
        )
        assert decide["3"](PERSON) == "3"
        assert decide["4"]({**PERSON, "sex": "m"}) == "4"
        for client in clients.values():
            client.flush(20)
        server.until(
            lambda: "fallback" in {row["decided_by"] for row in server.rows().values()},
            "the rows arrive",
        )
        under = [row["version"] for row in server.rows().values() if row["directive"]]
        assert set(under) == {"4"}
        server.until(
            lambda: any(
                line["text"].startswith("Obeyed for what version 4 would decide of sex=f only")
                for line in ask("GET", "/v1/incidents/1/timeline")["entries"]
            ),
            "it is seen to be obeyed, by that version",
        )
        ask("POST", f"{path}/revert", {"note": "over"})
        server.until(lambda: decide["4"](PERSON) == "4", "it decides again")
