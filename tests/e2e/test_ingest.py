"""Ingest by a real server that is killed: foreign formats as in the docs, and the SDK's rows."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.e2e.ports import free_port
from tests.patience import PATIENCE_S
from tocsin.lake.delta import Lake
from tocsin.store import access
from tocsin.store.unit import Database
from tocsin_client import Tocsin

pytestmark = pytest.mark.real
PAGE = Path(__file__).parents[2] / "docs" / "ingest.md"


def reference(file: Path, rows: int = 4000) -> None:
    """Write a healthy month for the declaration that stands in the docs."""
    rng = np.random.default_rng(7)
    at = np.datetime64("2026-10-01", "us") + np.arange(rows) * np.timedelta64(11, "m")
    score = rng.random(rows)
    columns: dict[str, Any] = {
        "id": [f"r{k}" for k in range(rows)],
        "at": at,
        "income": rng.lognormal(10, 1, rows),
        "debt": rng.random(rows),
        "channel": rng.choice(["web", "branch"], rows),
        "sex": rng.choice(["f", "m"], rows),
        "score": score,
        "approved": score >= 0.5,
        "repaid": rng.random(rows) < score,
        "version": ["3"] * rows,
    }
    pq.write_table(pa.table(columns), file)


@dataclass
class Server:
    """`tocsin up` in a folder; can be killed and started again."""

    folder: Path
    port: int
    token: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "tocsin.app", "up", "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stderr=log, stdout=log)
        try:
            self.until(self._healthy, "the server starts")
        except AssertionError:
            self.kill()  # or it would outlive the tests
            raise

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(20)

    def _healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def until(self, met: Callable[[], bool], what: str) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not met():
            assert time.monotonic() < end_s, f"{what}: {(self.folder / 'log').read_text()}"
            time.sleep(0.1)

    def rows(self, table: Any = "predictions") -> dict[str, dict[str, Any]]:
        found = Lake(str(self.folder / "tocsin-data" / "lake")).scan("loan-approval", table)
        return {row["id"]: row for row in found.to_pylist()}

    def metric(self, name: str) -> float:
        answer = httpx.get(f"{self.url}/metrics", headers=self.bearer)
        return float(re.findall(rf"^{name}.*? (\S+)$", answer.text, re.MULTILINE)[0])

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def server(tmp_path: Path) -> Generator[Server]:
    (declaration,) = re.findall(r"```yaml\n(version: 1.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "tocsin.yaml").write_text(declaration)
    reference(tmp_path / "reference.parquet")
    one = Server(tmp_path, free_port())
    one.start()
    database = Database(f"sqlite:///{tmp_path}/tocsin-data/tocsin.sqlite3")
    with database.unit("test", datetime.now(UTC)) as unit:
        one.token = access.make_token(unit, "test", ["ingest", "read"], None)[1]
    database.close()
    yield one
    one.stop()


def test_every_example_of_the_page_runs_and_its_rows_are_counted(server: Server) -> None:
    environment = os.environ | {"TOCSIN": server.url, "TOCSIN_TOKEN": server.token}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    blocks = re.findall(r"```(sh|python)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert blocks
    for kind, text in blocks:
        shell = ["bash", "-euc", text] if kind == "sh" else [sys.executable, "-c", text]
        ran = subprocess.run(
            shell, check=False, cwd=server.folder, env=environment, capture_output=True, timeout=60
        )
        assert ran.returncode == 0, f"{text}\n{ran.stdout!r}\n{ran.stderr!r}"
    span = "5b8efff798038103d269b633813fc60c-00f067aa0ba902b7"
    expected = {"call-1-0", "call-1-1", "call-2", span, "served-1"}
    server.until(lambda: expected <= server.rows().keys(), "rows of every format")
    rows = server.rows()
    assert (rows["call-1-0"]["f_income"], rows["call-1-1"]["score"]) == (41000, 0.2)
    assert (rows["call-1-0"]["s_channel"], rows["call-1-0"]["version"]) == ("web", "3")
    assert (rows[span]["version"], rows[span]["s_channel"]) == ("gpt-4-0613", "web")
    assert server.rows("outcomes")[span]["label"] == "true"
    assert (rows["served-1"]["f_income"], rows["served-1"]["f_debt"]) == (41000, None)
    counted = "tocsin_predictions_last_day"
    server.until(lambda: server.metric(counted) == len(rows), "every row is profiled")


def test_a_kill_between_the_halves_loses_nothing(server: Server) -> None:
    def send(side: str, body: object) -> None:
        headers = server.bearer | {
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": "killed",
            "ce-type": f"org.kubeflow.serving.inference.{side}",
            "ce-source": "s",
            "ce-inferenceservicename": "loan-approval",
        }
        answer = httpx.post(
            f"{server.url}/v1/cloudevents", content=json.dumps(body), headers=headers
        )
        assert answer.status_code == 200, answer.text

    send("request", {"instances": [[41000, 0.2]]})
    server.kill()
    server.start()
    assert server.metric("tocsin_halves_waiting") == 1
    send("response", {"predictions": [0.9]})
    server.kill()  # both halves are acknowledged; whether they are joined by now is chance
    server.start()
    server.until(lambda: "killed" in server.rows(), "the halves are joined")
    assert server.rows()["killed"]["score"] == 0.9
    server.until(lambda: server.metric("tocsin_halves_waiting") == 0, "nothing waits any more")


def test_every_row_of_the_sdk_arrives_once_although_the_server_is_killed(server: Server) -> None:
    client = Tocsin(
        server.url,
        token=server.token,
        system="loan-approval",
        version="3",
        spool_dir=server.folder / "spool",
        flush_s=0.05,
        compress=True,
    )
    logged: list[str] = []
    enough = threading.Event()

    @client.guard()
    def decide(application: dict[str, object]) -> float:
        return 0.25

    def serve() -> None:
        while not enough.wait(0.002):
            decide({"income": 41000, "debt": 0.2, "channel": "web", "sex": "f"})
            name = client.last_prediction_id
            assert name is not None
            logged.append(name)

    services = [threading.Thread(target=serve) for _ in range(3)]
    for service in services:
        service.start()
    for _ in range(3):
        target = len(logged) + 200
        server.until(lambda n=target: len(logged) > n, "rows are logged")
        server.kill()  # in the middle of the stream, whatever is on its way
        target = len(logged) + 100
        server.until(lambda n=target: len(logged) > n, "the service does not notice")
        server.start()
    enough.set()
    for service in services:
        service.join(10)
    assert client.flush(PATIENCE_S)
    stats = client.stats
    client.close()
    assert (stats.sent, stats.lost, stats.rejected) == (len(logged), 0, 0)
    assert stats.failed_posts > 0
    lake = Lake(str(server.folder / "tocsin-data" / "lake"))
    stored = lake.scan("loan-approval", "predictions")["id"].to_pylist()
    assert sorted(map(str, stored)) == sorted(logged)
