"""What the gateway adds to a call, as a ratio to a plain proxy of the same libraries.

    python bench/gateway.py [CALLS]

The bound is a proxy of uvicorn and httpx that does nothing but pass a call on: what the gateway
costs above it is reading the call, the directives, and writing the decision down.  Server, plain
proxy and gateway are processes of their own; calls go to each in turn, so that the load of the
machine falls on all alike.  CPU is the process's own, which another program's load does not touch.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from guard_overhead import Sink

FEATURES = 20
ROUND = 50
PATH = "/v2/models/bench/infer"
SERVER = """
import json, sys, uvicorn
from tocsin.gateway.serve import listen
BODY = json.dumps({"model_name": "bench", "outputs": [
    {"name": "score", "datatype": "FP32", "shape": [1, 1], "data": [0.7]},
    {"name": "decision", "datatype": "BYTES", "shape": [1, 1], "data": ["yes"]}]}).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
async def server(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
config = uvicorn.Config(server, log_level="critical", access_log=False, lifespan="off")
uvicorn.Server(config).run(sockets=[listen("127.0.0.1", int(sys.argv[1]))])
"""
PLAIN = """
import httpx, sys, uvicorn
from tocsin.gateway.serve import listen
HOP = {b"connection", b"transfer-encoding"}
LEFT = HOP | {b"host", b"content-length"}
client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_keepalive_connections=1000))
async def proxy(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = [(n, v) for n, v in scope["headers"] if n not in LEFT]
    url = sys.argv[2] + scope["raw_path"].decode()
    request = client.build_request(scope["method"], url, headers=headers, content=body)
    answer = await client.send(request, stream=True)
    whole = b"".join([piece async for piece in answer.aiter_raw()])
    await answer.aclose()
    back = [(n, v) for n, v in answer.headers.raw if n.lower() not in HOP]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": back})
    await send({"type": "http.response.body", "body": whole})
config = uvicorn.Config(proxy, log_level="critical", access_log=False, lifespan="off",
                        server_header=False, date_header=False)
uvicorn.Server(config).run(sockets=[listen("127.0.0.1", int(sys.argv[1]))])
"""
CONFIG = """
version: 1
server: {server}
spool_dir: {folder}/spool
systems:
  bench:
    upstream: {upstream}
    version: v2
    versions: {{v3: "{upstream}"}}
    fallback: [{{answer: {{score: 0.1, decision: "no"}}}}]
"""


def call_body(rows: int) -> bytes:
    """Return a call of `rows` rows."""
    inputs: list[dict[str, Any]] = [
        {"name": f"f{k}", "datatype": "FP64", "shape": [rows, 1], "data": [k * 0.1] * rows}
        for k in range(FEATURES)
    ]
    regions = ["north"] * rows
    inputs.append({"name": "region", "datatype": "BYTES", "shape": [rows, 1], "data": regions})
    return json.dumps({"inputs": inputs}).encode()


@contextmanager
def process(*arguments: str, port: int) -> Generator[tuple[int, int]]:
    """Run one process until the end; yield its id and port once it answers."""
    environment = os.environ | {"TOCSIN_TOKEN": "t"}
    quiet = subprocess.DEVNULL
    running = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=quiet)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:  # it starts up; asked again until it listens
                time.sleep(0.1)
        yield running.pid, port
    finally:
        running.terminate()
        running.wait(timeout=60)


def free() -> int:
    """Return a port that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def script(text: str, *arguments: str) -> AbstractContextManager[tuple[int, int]]:
    """Run a script that listens on the port which is its first argument."""
    port = free()
    return process("-c", text, str(port), *arguments, port=port)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def called(port: int, body: bytes) -> list[float]:
    """Return the milliseconds of `ROUND` calls over one connection, the first left out."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.connect()
    assert link.sock is not None
    link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    taken: list[float] = []
    for _ in range(ROUND + 1):
        start_s = time.perf_counter()
        link.request("POST", PATH, body, {"Content-Type": "application/json"})
        answer = link.getresponse()
        answer.read()
        assert answer.status == 200
        taken.append((time.perf_counter() - start_s) * 1000)
    link.close()
    return taken[1:]


def compared(ports: dict[str, tuple[int, int]], body: bytes, calls: int) -> None:
    """Call each in turn, `ROUND` calls at a time, and print what it took."""
    for _, port in ports.values():
        called(port, body)
    before = {name: cpu_of(pid) for name, (pid, _) in ports.items()}
    taken: dict[str, list[float]] = {name: [] for name in ports}
    rounds = calls // ROUND
    for _ in range(rounds):
        for name, (_, port) in ports.items():
            taken[name] += called(port, body)
    base = median(taken["plain proxy"])
    count = rounds * (ROUND + 1)
    cpu = {name: (cpu_of(pid) - before[name]) / count * 1000 for name, (pid, _) in ports.items()}
    cpu["direct"] /= len(ports)  # it is also behind the two others
    for name, ms in taken.items():
        cuts = quantiles(ms, n=100)
        ratio = ""
        if name != "direct":
            of_cpu = cpu[name] / cpu["plain proxy"]
            ratio = f"  of a plain proxy: x{cuts[49] / base:.2f}, CPU x{of_cpu:.2f}"
        print(
            f"  {name:<12} median {cuts[49]:6.2f} ms  p99 {cuts[98]:7.2f} ms  "
            f"CPU {cpu[name]:5.2f} ms a call{ratio}"
        )


def main(calls: int) -> None:
    """Print latency and CPU of a direct call, a plain proxy and the gateway."""
    sink = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    told = f"http://127.0.0.1:{sink.server_address[1]}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        direct = stack.enter_context(script(SERVER))
        upstream = f"http://127.0.0.1:{direct[1]}"
        plain = stack.enter_context(script(PLAIN, upstream))
        config = folder / "gateway.yaml"
        config.write_text(CONFIG.format(server=told, folder=folder, upstream=upstream))
        port = free()
        arguments = ["gateway", "--config", str(config), "--port", str(port)]
        gateway = stack.enter_context(process("-m", "tocsin.app", *arguments, port=port))
        ports = {"direct": direct, "plain proxy": plain, "gateway": gateway}
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {calls} calls each")
        for rows, count in ((1, 0), (1, 50), (100, 0)):
            Sink.count = count
            time.sleep(1.5)  # the gateway asks every second where there is no stream
            print(f"{rows} rows of {FEATURES + 1} inputs, {count} directives in force")
            compared(ports, call_body(rows), calls if rows == 1 else calls // 4)
    sink.shutdown()
    sink.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
