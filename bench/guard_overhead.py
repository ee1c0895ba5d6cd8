"""What a guard adds to a decision: microseconds per call, against a real local server.

    python bench/guard_overhead.py [CALLS]

Prints median, p99 and mean of the bare function, of the guarded one in each situation, and the
difference.  "steady" paces the calls (some 900 a second), so that each finds cold caches and the
background threads work in between, as in a service; "flat out" is a tight loop.  The rate flat out
is above what one client can send, so there rows may be counted as lost.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import fmean, quantiles
from typing import Any

from tocsin_client import Tocsin

INPUTS: dict[str, object] = {"region": "north", "sex": "f", **{f"f{k}": k * 0.1 for k in range(18)}}
PACE_S = 0.001
Decide = Callable[[dict[str, object]], object]


class Sink(BaseHTTPRequestHandler):
    """Takes every row; tells as many directives as `count`, none of which matches the inputs."""

    protocol_version = "HTTP/1.1"
    count = 0

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client closes while we wait for its next request
            super().handle()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, b"{}")

    def do_GET(self) -> None:
        expires_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        slices = [{"region": f"other{k}", "sex": "f"} for k in range(self.count)]
        told = [
            {"id": f"d{k}", "action": "fallback", "slice": s, "expires_at": expires_at}
            for k, s in enumerate(slices)
        ]
        body = json.dumps({"version": 1, "directives": told}).encode()
        if "stream" in self.path:
            self._answer(404, b"{}")
        else:
            self._answer(200, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def bare(inputs: dict[str, object]) -> dict[str, object]:
    """Decide by a few operations, so that what is measured is the guard."""
    return {"score": 0.7, "prediction": inputs["region"] == "north"}


async def bare_async(inputs: dict[str, object]) -> dict[str, object]:
    return bare(inputs)


def times_us(decide: Decide, calls: int, pace_s: float) -> list[float]:
    taken: list[float] = []
    for _ in range(calls):
        start_ns = time.perf_counter_ns()
        decide(INPUTS)
        taken.append((time.perf_counter_ns() - start_ns) / 1000)
        if pace_s:
            time.sleep(pace_s)
    return taken


async def times_async_us(decide: Callable[..., Any], calls: int) -> list[float]:
    taken: list[float] = []
    for _ in range(calls):
        start_ns = time.perf_counter_ns()
        await decide(INPUTS)
        taken.append((time.perf_counter_ns() - start_ns) / 1000)
        await asyncio.sleep(PACE_S)
    return taken


def report(name: str, taken_us: list[float], base_us: list[float]) -> None:
    cuts, base = quantiles(taken_us, n=100), quantiles(base_us, n=100)
    print(
        f"{name:<38} median {cuts[49]:7.2f}  p99 {cuts[98]:8.2f}  mean {fmean(taken_us):7.2f}  "
        f"| added: median {cuts[49] - base[49]:6.2f}  p99 {cuts[98] - base[98]:7.2f}  "
        f"x{cuts[49] / base[49]:.0f}"
    )


def main(calls: int) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    print(f"{calls} calls each, {len(INPUTS)} features, microseconds per call")
    steady = times_us(bare, calls, PACE_S)
    flat_out = times_us(bare, calls * 10, 0)
    report("bare, steady", steady, steady)
    for count in (0, 10, 50):
        Sink.count = count
        with Tocsin(url, token="t", system="bench", version="v") as client:
            assert client.ready(10)
            decide: Decide = client.guard(fallback=bare)(bare)
            report(f"guarded, steady, {count} directives", times_us(decide, calls, PACE_S), steady)
            if count:
                continue
            asynchronous = client.guard(fallback=bare)(bare_async)
            base = asyncio.run(times_async_us(bare_async, calls))
            taken = asyncio.run(times_async_us(asynchronous, calls))
            report("guarded async, steady, 0 directives", taken, base)
            budget: Decide = client.guard(fallback=bare, timeout_s=1)(bare)
            report("guarded, steady, with time budget", times_us(budget, calls, PACE_S), steady)
            client.flush(30)
            lost = client.stats.lost
            report("guarded, flat out, 0 directives", times_us(decide, calls * 10, 0), flat_out)
            client.flush(30)
            print(f"{'':<38} flat out lost {client.stats.lost - lost} of {calls * 10} rows")
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
