"""How fast predictions become durable over HTTP, against what the disk alone would allow.

    python bench/ingest.py [--folder DIR] [--only WORD] [--share S]

Server (`tocsin up --role web`, as users run it) and clients are separate processes on the same
cores; their CPU is told apart, so that what the sender costs is not taken for the server's.  A body
is acknowledged when its answer is read, which is after its rows are on the disk.

The bound writes the very Parquet bytes that the lake wrote, one file per commit, with one flush
each and nothing else: no HTTP, no log entry, no folders flushed, no validation, no dedupe.
"""

import argparse
import http.client
import io
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
JSON, NDJSON = "application/json", "application/x-ndjson"
CARDINALITIES = (5, 8, 12, 20, 50, 100, 250, 500, 1000, 5000)
"""Values of each categorical feature: the workload of the profile bench."""
NUMERIC = 20
SEGMENTS, GROUPS = 50, 5
REFERENCE_ROWS = 20_000
CONFIG = """
version: 1
systems:
  bench:
    reference: reference.parquet
    columns: {id: id, time: ts, score: score, prediction: pred, label: label, version: version}
    slices: [segment]
    protected: [grp]
"""


@dataclass(frozen=True)
class Load:
    """`bodies` bodies of `rows` rows each, sent by `clients` at once."""

    name: str
    kind: str
    rows: int
    bodies: int
    clients: int


LOADS = (
    Load("Arrow bodies of 500", ARROW, 500, 600, 8),
    Load("Arrow bodies of 5,000", ARROW, 5000, 80, 4),
    Load("Arrow bodies of 20,000", ARROW, 20_000, 25, 2),
    Load("JSON bodies of 500", JSON, 500, 200, 4),
    Load("NDJSON bodies of 500", NDJSON, 500, 200, 4),
    Load("Parquet bodies of 5,000", PARQUET, 5000, 80, 4),
)


@dataclass(frozen=True)
class Sent:
    """What the clients saw."""

    took_s: float
    cpu_s: float
    waits_s: Sequence[float]
    accepted: int


def reference(rows: int, seed: int) -> pa.Table:
    """Return rows as a user's own file has them."""
    r = np.random.default_rng(seed)
    score = r.random(rows)
    start_us = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp() * 1e6)
    columns: dict[str, Any] = {
        "id": [f"{seed}-{k:06d}" for k in range(rows)],
        "ts": pa.array(start_us + np.arange(rows) * 100_000, pa.timestamp("us", tz="UTC")),
        "version": ["2026-11-20"] * rows,
        "score": score,
        "pred": score >= 0.5,
        "label": r.random(rows) < score,
    }
    columns |= {f"n{k:02d}": r.standard_normal(rows) for k in range(NUMERIC)}
    for k, size in enumerate(CARDINALITIES):
        columns[f"c{k}"] = _words(r, f"c{k}_{{:04d}}", size, rows)
    columns["segment"] = _words(r, "seg_{:02d}", SEGMENTS, rows)
    columns["grp"] = _words(r, "g{}", GROUPS, rows)
    return pa.table(columns)


def _words(r: np.random.Generator, form: str, size: int, rows: int) -> "pa.Array[Any]":
    share = 1 / np.arange(1, size + 1) ** 1.1
    words = np.array([form.format(k) for k in range(size)])
    return pa.array(words[np.searchsorted(np.cumsum(share / share.sum()), r.random(rows))])


def wire(rows: int, seed: int) -> pa.Table:
    """Return the same rows as they travel."""
    table = reference(rows, seed).drop_columns(["label"])
    renamed = {"ts": "at", "pred": "prediction"}
    attributes = ("segment", "grp")

    def named(name: str) -> str:
        if name in ("id", "version", "score"):
            return name
        return renamed.get(name) or (
            f"attributes.{name}" if name in attributes else f"features.{name}"
        )

    return table.rename_columns([named(name) for name in table.column_names])


def bodies_of(load: Load) -> list[bytes]:
    """Return the bodies: a few different ones, each row of every body with an id of its own."""
    bases = [wire(load.rows, seed) for seed in range(min(4, load.bodies))]
    return [_packed(load.kind, _renamed(bases[k % len(bases)], k)) for k in range(load.bodies)]


def _renamed(base: pa.Table, body: int) -> pa.Table:
    ids = pa.array([f"{body:05d}-{row:06d}-9f3c" for row in range(base.num_rows)])
    return base.set_column(0, "id", ids)


def _packed(kind: str, table: pa.Table) -> bytes:
    if kind in {JSON, NDJSON}:
        rows = [nested(row) for row in table.to_pylist()]
        if kind == JSON:
            return json.dumps(rows).encode()
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    sink = io.BytesIO()
    if kind == PARQUET:
        pq.write_table(table, sink)
    else:
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


def nested(row: dict[str, object]) -> dict[str, object]:
    """Return a flat row as JSON has it."""
    found: dict[str, object] = {}
    groups: dict[str, dict[str, object]] = {"features": {}, "attributes": {}}
    for name, value in row.items():
        group, dot, inner = name.partition(".")
        if dot:
            groups[group][inner] = value
        else:
            found[name] = value.isoformat() if isinstance(value, datetime) else value
    return found | groups


def clients(load: Load, port: int, token: str, answer: Any) -> None:  # noqa: ANN401 - a connection
    """Send every body of `load` (a process of its own) and tell what it took."""
    bodies = bodies_of(load)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": load.kind}
    waits_s: list[float] = []
    accepted: list[int] = []

    def send(number: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        link.connect()
        assert link.sock is not None
        link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for body in bodies[number :: load.clients]:
            began_s = time.perf_counter()
            link.request("POST", "/v1/predictions?system=bench", body, headers)
            said = link.getresponse()
            told = json.loads(said.read())
            waits_s.append(time.perf_counter() - began_s)
            assert said.status == 200, told
            accepted.append(told["accepted"])

    cpu_s, began_s = time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(load.clients) as senders:
        list(senders.map(send, range(load.clients)))
    took_s = time.perf_counter() - began_s
    answer.send(Sent(took_s, time.process_time() - cpu_s, waits_s, sum(accepted)))


@contextmanager
def server(
    folder: Path, port: int, scopes: Sequence[str] = ("ingest",)
) -> Generator[tuple[int, str]]:
    """Run the server; yield its process id and a token with these scopes."""
    pq.write_table(reference(REFERENCE_ROWS, 7), folder / "reference.parquet")
    (folder / "tocsin.yaml").write_text(CONFIG)
    tocsin = [sys.executable, "-m", "tocsin.app"]
    data = ["--data-dir", str(folder / "data")]
    up = ["up", "--config", str(folder / "tocsin.yaml"), "--port", str(port), "--role", "web"]
    process = subprocess.Popen([*tocsin, *up, *data], stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        make = ["token", "make", "--name", "bench"]
        make += [word for scope in scopes for word in ("--scope", scope)]
        made = subprocess.run([*tocsin, *make, *data], check=True, capture_output=True, text=True)
        yield process.pid, made.stdout.strip().splitlines()[-1]
    finally:
        process.terminate()
        process.wait(timeout=60)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_of(pid: int) -> float:
    """Return the most memory that a process has held, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e3


def bound(folder: Path, target: Path) -> tuple[float, int, int]:
    """Write and flush the same bytes in the same pieces; return seconds, bytes and files."""
    contents = [path.read_bytes() for path in sorted(folder.glob("*.parquet"))]
    target.mkdir()
    began_s = time.perf_counter()
    for k, content in enumerate(contents):
        with (target / str(k)).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    return time.perf_counter() - began_s, sum(map(len, contents)), len(contents)


def measure(load: Load, root: Path) -> str:
    """Return the line of the table for one load."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    spawn = multiprocessing.get_context("spawn")
    with server(root, port) as (pid, token):
        ours, theirs = spawn.Pipe()
        sender = spawn.Process(target=clients, args=(load, port, token, theirs))
        before_s = cpu_of(pid)
        sender.start()
        sent: Sent = ours.recv()
        sender.join()
        server_s, peak_mb = cpu_of(pid) - before_s, peak_of(pid)
    rows = load.rows * load.bodies
    assert sent.accepted == rows, f"{sent.accepted} of {rows} rows were accepted"
    (table,) = (root / "data" / "lake").glob("*/predictions")
    bound_s, size, files = bound(table, root / "bound")
    median_ms, p99_ms = np.percentile(np.array(sent.waits_s) * 1000, [50, 99])
    return (
        f"| {load.name}, {load.clients} clients | {rows / sent.took_s:,.0f} | {median_ms:.0f} ms"
        f" | {p99_ms:.0f} ms | {server_s / rows * 1e6:.1f} µs | {sent.cpu_s / rows * 1e6:.1f} µs"
        f" | {sent.took_s / bound_s:.0f} | {files} | {size / rows:.0f} B | {peak_mb:.0f} MB |"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--folder", default=None, help="on the disk to be measured")
    options.add_argument("--only", default="", help="loads whose name holds this word")
    options.add_argument("--share", type=float, default=1.0, help="of the bodies of each load")
    asked = options.parse_args()
    print(f"{NUMERIC} numeric and {len(CARDINALITIES)} categorical features, 2 attributes")
    print(
        "| load | durable rows/s | ack, median | ack, p99 | server CPU a row | client CPU a row"
        " | time / bound | commits | stored a row | peak memory |\n|" + "---|" * 10
    )
    share: float = asked.share
    parent: str | None = asked.folder
    for load in LOADS:
        if asked.only.lower() not in load.name.lower():
            continue
        count = max(load.clients, int(load.bodies * share))
        root = Path(tempfile.mkdtemp(dir=parent))
        fewer = Load(load.name, load.kind, load.rows, count, load.clients)
        print(measure(fewer, root), flush=True)
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
