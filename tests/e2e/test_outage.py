"""The end of a containment that comes while the real server is dead (SIGKILL)."""

import time
from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.ports import free_port
from tests.e2e.test_ingest import Server, reference
from tocsin.store import access
from tocsin.store.unit import Database
from tocsin_client import Tocsin

pytestmark = pytest.mark.real
CONFIG = """\
version: 1
systems:
  loan-approval:
    kind: binary
    reference: reference.parquet
    columns: {id: id, time: at, score: score, prediction: approved, label: repaid, version: version}
    slices: [channel, sex]
    bucket: 5s
    window: 20s
"""
HOLD_S = 9


@pytest.fixture
def server(tmp_path: Path) -> Generator[Server]:
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    reference(tmp_path / "reference.parquet")
    one = Server(tmp_path, free_port())
    one.start()
    database = Database(f"sqlite:///{tmp_path}/tocsin-data/tocsin.sqlite3")
    with database.unit("test", datetime.now(UTC)) as unit:
        scopes = ["ingest", "read", "respond", "approve"]
        one.token = access.make_token(unit, "test", scopes, None)[1]
    database.close()
    yield one
    one.stop()


def test_guards_end_it_by_their_own_clocks_and_the_server_writes_when_it_was(
    server: Server,
) -> None:
    def ask(method: str, path: str, body: object = None) -> Any:
        answer = httpx.request(method, f"{server.url}{path}", json=body, headers=server.bearer)
        assert answer.is_success, answer.text
        return answer.json()

    client = Tocsin(
        server.url,
        token=server.token,
        system="loan-approval",
        version="3",
        spool_dir=server.folder / "spool",
        flush_s=0.05,
    )

    def rules(_person: Mapping[str, object]) -> str:
        return "rules"

    @client.guard(fallback=rules)
    def decide(_person: Mapping[str, object]) -> str:
        return "true"

    person: Mapping[str, object] = {"income": 1.0, "debt": 0.1, "channel": "web", "sex": "f"}
    opened = {
        "system": "loan-approval",
        "title": "Denied",
        "severity": "SEV2",
        "slice": {"sex": "f"},
    }
    ask("POST", "/v1/incidents", opened)
    step = {"action": "fallback", "slice": {"sex": "f"}, "for": f"{HOLD_S}s"}
    plan = ask("POST", "/v1/incidents/1/plans", {"steps": [step]})
    ask("POST", f"/v1/plans/{plan['id']}/approve", {"hash": plan["hash"]})
    end = datetime.fromisoformat(plan["steps"][0]["expires_at"])
    server.until(lambda: decide(person) == "rules", "the guard hears of it")
    server.until(
        lambda: decide(person) == "rules" and ask("GET", "/v1/incidents/1")["contained_at"],
        "it counts as contained",
    )
    server.kill()
    assert datetime.now(UTC) < end, "too slow a machine: nothing was left to sleep through"
    answers: list[tuple[datetime, object]] = []
    while datetime.now(UTC) < end + timedelta(seconds=1):
        answers.append((datetime.now(UTC), decide(person)))
        time.sleep(0.02)
    # by its own clock, to the call, and with nobody to ask
    margin = timedelta(milliseconds=20)
    assert {answer for at, answer in answers if at < end - margin} == {"rules"}
    assert {answer for at, answer in answers if at > end} == {"true"}

    server.start()

    def ended() -> list[dict[str, Any]]:
        lines = ask("GET", "/v1/incidents/1/timeline")["entries"]
        return [line for line in lines if line["kind"] == "expired"]

    server.until(lambda: bool(ended()), "the end is written")
    (line,) = ended()
    assert datetime.fromisoformat(line["at"]) == end
    assert "the system decides for " in line["text"]
    assert ask("GET", f"/v1/plans/{plan['id']}")["state"] == "expired"
    client.flush(20)
    server.until(lambda: len(server.rows()) >= len(answers), "what was decided meanwhile arrives")
    under = [row["at"] for row in server.rows().values() if row["directive"]]
    assert max(under) < end
    client.close()
