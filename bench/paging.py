"""How soon a thousand alerts in one minute reach their people: alert to first delivery, in a table.

    python bench/paging.py [ALERTS]

The server is the real one on SQLite, one process, as `tocsin up` starts it.  A thousand alerts are
declared over HTTP, evenly over a minute; each opens an incident of its own, which pages.  Our
provider says when the first page of each came in.  The time is counted from before the request that
declares it, so that the request is part of it.
"""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pyarrow as pa
from pyarrow import csv

from tocsin.store import access
from tocsin.store.unit import Database

ALERTS, MINUTE_S = 1000, 60.0
DECLARATION = """\
version: 1
systems:
  loans:
    reference: reference.csv
    columns: {{id: id, time: at, score: score, prediction: approved}}
    features: [income]
    bucket: 1d
notifiers:
  hook: {{kind: webhook, settings: {{url: "{url}", secret: sixteen characters}}}}
people:
  first: [{{channel: hook}}]
escalation:
  loans:
    steps: [{{notify: [{{person: first}}]}}]
    catch_all: [{{person: first}}]
"""


CAME_S: dict[str, float] = {}


class Provider(BaseHTTPRequestHandler):
    """Notes when the first page of each incident came in."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        CAME_S.setdefault(body["incident"], time.monotonic())
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
        """Keep quiet."""


class Quick(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def prepare(folder: Path, url: str) -> None:
    (folder / "tocsin.yaml").write_text(DECLARATION.format(url=url))
    rng, rows = np.random.default_rng(7), 400
    score = rng.random(rows)
    at = np.datetime64("2026-10-01", "us") + np.arange(rows) * np.timedelta64(60, "m")
    facts = {"id": np.arange(rows), "at": at, "income": rng.lognormal(10, 1, rows)}
    csv.write_csv(
        pa.table(facts | {"score": score, "approved": score >= 0.5}), folder / "reference.csv"
    )


def start(folder: Path) -> tuple[subprocess.Popen[bytes], str, str]:
    """Return the server, its address, and a token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tocsin.app", "up", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    for _ in range(1200):
        try:
            urlopen(f"{base}/healthz", timeout=5).close()
            break
        except OSError:  # it starts up; asked again until it answers
            time.sleep(0.1)
    database = Database(f"sqlite:///{folder}/tocsin-data/tocsin.sqlite3")
    with database.unit("bench", datetime.now(UTC)) as unit:
        token = access.make_token(unit, "bench", ["respond", "read"], None)[1]
    database.close()
    time.sleep(3)  # the first round of every duty loads what it needs
    return server, base, token


def declare(base: str, token: str, number: int) -> tuple[str, float]:
    """Return the incident's id, and when it was asked for."""
    body = {"system": "loans", "title": f"cause {number}", "severity": "SEV1", "why": "a bench"}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked_s = time.monotonic()
    request = Request(f"{base}/v1/incidents", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)["id"], asked_s


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(alerts: int) -> None:
    provider = Quick(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, f"http://127.0.0.1:{provider.server_port}/hook")
        server, base, token = start(folder)
        try:
            cpu_before_s, began_s = cpu_s(server.pid), time.monotonic()
            with ThreadPoolExecutor(16) as pool:
                asked: list[Future[tuple[str, float]]] = []
                for number in range(alerts):
                    due_s = began_s + number * MINUTE_S / alerts
                    # alerts come evenly, whatever the last one took
                    time.sleep(max(0.0, due_s - time.monotonic()))
                    asked.append(pool.submit(declare, base, token, number))
                opened = [future.result() for future in asked]
            sent_s = time.monotonic() - began_s
            end_s = time.monotonic() + 120
            while time.monotonic() < end_s and any(one not in CAME_S for one, _ in opened):
                time.sleep(0.1)  # times are taken by the provider: this only waits
            used_s = cpu_s(server.pid) - cpu_before_s
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    provider.shutdown()
    load = os.getloadavg()[0]
    waits = sorted(CAME_S[one] - at_s for one, at_s in opened if one in CAME_S)
    print(f"alerts {alerts} in {sent_s:.0f} s, delivered {len(waits)}, load {load:.0f}")
    print(f"median {statistics.median(waits):.2f} s")
    print(f"99th percentile {waits[int(0.99 * (len(waits) - 1))]:.2f} s, worst {waits[-1]:.2f} s")
    print(f"the server's CPU {used_s:.0f} s, {1000 * used_s / alerts:.0f} ms an alert")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ALERTS)
