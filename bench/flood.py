"""Whether a flood on a slow disk makes the server's memory grow: the server's peak, in a table.

    python bench/flood.py [SECONDS]

The server is the real one but for its disk: every append waits a second (a double of the lake's
append).  Many clients send Arrow bodies as fast as they are answered and obey Retry-After; then the
disk is quick again, and what was refused is sent once more.  Every acknowledged row must be there,
once.
"""

import http.client
import multiprocessing
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import ingest
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.lake.delta import Lake, TableName

CLIENTS, ROWS, APPEND_S = 64, 5000, 1.0


def serve(folder: Path, arguments: list[str]) -> None:
    """Run the server on a disk that is slow as long as a file called `slow` is there."""
    append = Lake.append

    def slowly(self: Lake, system: str, table: TableName, rows: pa.Table) -> int:
        if (folder / "slow").exists():
            time.sleep(APPEND_S)
        return append(self, system, table, rows)

    Lake.append = slowly
    sys.argv = ["tocsin", *arguments]
    runpy.run_module("tocsin.app", run_name="__main__")


def flood(port: int, token: str, seconds: float, answer: Any) -> None:  # noqa: ANN401 - a connection
    """Send from many clients (a process of its own) and tell what was answered."""
    base = ingest.wire(ROWS, 1)
    statuses: Counter[str] = Counter()
    kept: list[str] = []
    lock = threading.Lock()
    until_s = time.monotonic() + seconds
    headers = {"Authorization": f"Bearer {token}", "Content-Type": ingest.ARROW}

    def body(name: str) -> bytes:
        ids = pa.array([f"{name}-{row}" for row in range(ROWS)])
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, base.schema) as writer:
            writer.write_table(base.set_column(0, "id", ids))
        return sink.getvalue().to_pybytes()

    def send(client: int) -> None:
        number = 0
        while time.monotonic() < until_s:
            name, number = f"{client}-{number}", number + 1
            rows = body(name)
            while True:
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
                try:
                    link.request("POST", "/v1/predictions?system=bench", rows, headers)
                    said = link.getresponse()
                    said.read()
                    what, wait_s = str(said.status), said.headers["Retry-After"]
                except OSError as error:
                    what, wait_s = type(error).__name__, "1"
                link.close()
                with lock:
                    statuses[what] += 1
                    if what == "200":
                        kept.append(name)
                if what == "200":
                    break
                time.sleep(float(wait_s or 1))

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, range(CLIENTS)))
    answer.send((statuses, kept))


def memory_of(pid: int) -> float:
    """Return the memory that a process holds now, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1e3


def main(seconds: float) -> None:
    root = Path(tempfile.mkdtemp())
    (root / "slow").touch()
    pq.write_table(ingest.reference(ingest.REFERENCE_ROWS, 7), root / "reference.parquet")
    (root / "tocsin.yaml").write_text(ingest.CONFIG)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    data = ["--data-dir", str(root / "data")]
    up = ["up", "--config", str(root / "tocsin.yaml"), "--port", str(port), "--role", "web", *data]
    server = subprocess.Popen([sys.executable, __file__, "--serve", str(root), *up])
    try:
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        make = ["token", "make", "--name", "bench", "--scope", "ingest", *data]
        made = subprocess.run(
            [sys.executable, "-m", "tocsin.app", *make], check=True, capture_output=True, text=True
        )
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        token = made.stdout.strip().splitlines()[-1]
        idle_mb = memory_of(server.pid)
        sender = spawn.Process(target=flood, args=(port, token, seconds, theirs))
        sender.start()
        print("| second | memory |\n|---|---|")
        began_s = time.monotonic()
        for k in range(1, 5):
            time.sleep(max(0.0, began_s + seconds * k / 4 - time.monotonic()))
            print(f"| {seconds * k / 4:.0f} | {memory_of(server.pid):.0f} MB |", flush=True)
        (root / "slow").unlink()
        statuses, kept = ours.recv()
        sender.join()
        peak_mb = ingest.peak_of(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=60)
    stored = Lake(str(root / "data" / "lake")).scan("bench", "predictions", columns=["id"])["id"]
    found = Counter(str(name).rpartition("-")[0] for name in stored.to_pylist())
    shutil.rmtree(root)
    whole = sum(found[name] == ROWS for name in kept)
    print(
        f"idle {idle_mb:.0f} MB, peak {peak_mb:.0f} MB; answers {dict(statuses)};"
        f" {CLIENTS} clients, bodies of {ROWS} rows;"
        f" {whole} of {len(kept)} acknowledged bodies are stored whole and once;"
        f" {len(found) - len(kept)} others"
    )
    assert whole == len(kept) == len(found)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), sys.argv[3:])
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
