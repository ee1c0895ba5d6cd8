"""How soon a thousand alerts in one minute reach their people: alert to first delivery, in a table.

    python bench/paging.py [ALERTS]

The server is the real one on SQLite, one process, as `tocsin up` starts it.  A thousand alerts come
over HTTP, evenly over a minute, in two ways: declared by people, and delivered by Alertmanager,
each about its own slice of one of twenty systems.  Each opens an incident of its own, which pages.
Our provider says when the first page of each came in.  The time is counted from before the request
that tells of the alert, so that the request is part of it.
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pyarrow as pa
import served
from pyarrow import csv

from tocsin.store import access
from tocsin.store.unit import Database

ALERTS, MINUTE_S = 1000, 60.0
DECLARATION = """\
version: 1
systems:
{systems}
notifiers:
  hook: {{kind: webhook, settings: {{url: "{url}", secret: sixteen characters}}}}
people:
  first: [{{channel: hook}}]
escalation:
  desk:
    steps: [{{notify: [{{person: first}}]}}]
    catch_all: [{{person: first}}]
"""
SYSTEM = """\
  {name}:
    reference: reference.csv
    columns: {{id: id, time: at, score: score, prediction: approved}}
    features: [income]
    slices: [region]
    bucket: 1d
"""
SYSTEMS = [f"loans-{number}" for number in range(20)]


CAME_S: dict[int, float] = {}


class Provider(BaseHTTPRequestHandler):
    """Notes when the first page of each alert came in."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if cause := re.search(r"cause (\d+)", body["subject"]):
            CAME_S.setdefault(int(cause[1]), time.monotonic())
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
        """Keep quiet."""


class Quick(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def prepare(folder: Path, url: str) -> None:
    systems = "".join(SYSTEM.format(name=name) for name in SYSTEMS)
    (folder / "tocsin.yaml").write_text(DECLARATION.format(url=url, systems=systems))
    rng, rows = np.random.default_rng(7), 400
    score = rng.random(rows)
    at = np.datetime64("2026-10-01", "us") + np.arange(rows) * np.timedelta64(60, "m")
    facts = {"id": np.arange(rows), "at": at, "income": rng.lognormal(10, 1, rows)}
    facts["region"] = rng.choice(["north", "south"], rows)
    csv.write_csv(
        pa.table(facts | {"score": score, "approved": score >= 0.5}), folder / "reference.csv"
    )


def start(folder: Path) -> tuple[subprocess.Popen[bytes], str, str]:
    """Return the server, its address, and a token."""
    server, base = served.start(folder)
    database = Database(f"sqlite:///{folder}/tocsin-data/tocsin.sqlite3")
    with database.unit("bench", datetime.now(UTC)) as unit:
        token = access.make_token(unit, "bench", ["respond", "read", "ingest"], None)[1]
    database.close()
    time.sleep(3)  # the first round of every duty loads what it needs
    return server, base, token


def declare(number: int) -> tuple[str, object]:
    """Return the path and body by which a person tells of an alert."""
    body = {"system": SYSTEMS[number % 20], "title": f"cause {number}", "severity": "SEV1"}
    return "/v1/incidents", body | {"why": "a bench"}


def deliver(number: int) -> tuple[str, object]:
    """Return the path and body by which Alertmanager does."""
    labels = {"alertname": f"Rule{number}", "system": SYSTEMS[number % 20], "region": f"r{number}"}
    alert = {
        "status": "firing",
        "labels": labels | {"severity": "critical"},
        "annotations": {"summary": f"cause {number}"},
        "startsAt": datetime.now(UTC).isoformat(),
        "fingerprint": f"{number:016x}",
    }
    return "/v1/alerts/alertmanager", {"version": "4", "alerts": [alert]}


def tell(base: str, token: str, path: str, body: object) -> float:
    """Send it; return when that began."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked_s = time.monotonic()
    request = Request(f"{base}{path}", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=60) as answer:
        answer.read()
    return asked_s


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(alerts: int, say: Callable[[int], tuple[str, object]]) -> None:
    """Print one row of the table."""
    CAME_S.clear()
    provider = Quick(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, f"http://127.0.0.1:{provider.server_port}/hook")
        server, base, token = start(folder)
        try:
            cpu_before_s, began_s = cpu_s(server.pid), time.monotonic()
            with ThreadPoolExecutor(16) as pool:
                asked: list[Future[float]] = []
                for number in range(alerts):
                    due_s = began_s + number * MINUTE_S / alerts
                    # alerts come evenly, whatever the last one took
                    time.sleep(max(0.0, due_s - time.monotonic()))
                    asked.append(pool.submit(tell, base, token, *say(number)))
                told_s = [future.result() for future in asked]
            end_s = time.monotonic() + 120
            while time.monotonic() < end_s and len(CAME_S) < alerts:
                time.sleep(0.1)  # times are taken by the provider: this only waits
            used_s = cpu_s(server.pid) - cpu_before_s
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    provider.shutdown()
    waits = sorted(CAME_S[number] - at_s for number, at_s in enumerate(told_s) if number in CAME_S)
    print(
        f"{say.__name__:<10} {alerts:>7} {len(waits):>10} {statistics.median(waits):>8.2f} s"
        f" {waits[int(0.99 * (len(waits) - 1))]:>8.2f} s {waits[-1]:>7.2f} s"
        f" {1000 * used_s / alerts:>7.0f} ms {os.getloadavg()[0]:>6.0f}",
        flush=True,
    )


def main(alerts: int) -> None:
    print(
        f"{'way':<10} {'alerts':>7} {'delivered':>10} {'median':>10} {'99th':>10} {'worst':>9}"
        f" {'CPU each':>10} {'load':>6}"
    )
    for say in (declare, deliver):  # the way of people, the way of machines
        measure(alerts, say)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ALERTS)
