"""How fast an approved plan reaches the serving side, with many clients connected.

    python bench/propagation.py [CLIENTS]

The real server (`tocsin up`), as many event streams as clients, and two real SDK clients beside
them.  A plan is proposed and approved over HTTP; told is the time from sending the approval until
each stream has the directive, and until the SDK obeys it.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx
from ingest import server

from tocsin_client import Tocsin

ROUNDS = 5
OWN = 2


async def follow(port: int, token: str, arrived: "asyncio.Queue[tuple[int, float]]") -> None:
    """Read one stream for ever; tell each version of the directives and when it came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.write(
        f"GET /v1/directives/stream?system=bench HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    while line := await reader.readline():
        if line.startswith(b"data: "):
            told = json.loads(line[6:])
            arrived.put_nowait((told["version"], time.perf_counter()))


def approved(http: httpx.Client, incident: str) -> tuple[str, float]:
    """Propose and approve a plan; return its id and when the approval was sent."""
    order = {"steps": [{"action": "fallback", "slice": {"segment": "seg_01"}, "for": "1h"}]}
    said = http.post(f"/v1/incidents/{incident}/plans", json=order)
    assert said.status_code == 201, said.text
    plan = said.json()
    sent_s = time.perf_counter()
    done = http.post(f"/v1/plans/{plan['id']}/approve", json={"hash": plan["hash"]})
    assert done.status_code == 200, done.text
    return plan["id"], sent_s


async def measured(port: int, token: str, http: httpx.Client, clients: int) -> None:
    """Print how long the directives of some plans took to everyone."""
    arrived: asyncio.Queue[tuple[int, float]] = asyncio.Queue()
    streams = [asyncio.create_task(follow(port, token, arrived)) for _ in range(clients)]
    own = [
        Tocsin(f"http://127.0.0.1:{port}", token=token, system="bench", version="v")
        for _ in range(OWN)
    ]
    for _ in streams:
        await asyncio.wait_for(arrived.get(), 60)
    assert all([await asyncio.to_thread(one.ready, 30) for one in own])
    body = {"system": "bench", "title": "bench", "severity": "SEV3"}
    made = await asyncio.to_thread(http.post, "/v1/incidents", json=body)
    incident = made.json()["id"]
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {clients} streams")
    for _ in range(ROUNDS):
        plan, sent_s = await asyncio.to_thread(approved, http, incident)
        seen: list[float] = []
        while len(seen) < clients:
            _, at_s = await asyncio.wait_for(arrived.get(), 30)
            seen.append((at_s - sent_s) * 1000)
        while any(one.allow({"segment": "seg_01"}) for one in own):  # noqa: ASYNC110 - threads
            await asyncio.sleep(0.001)
        obeyed_ms = (time.perf_counter() - sent_s) * 1000
        print(
            f"  told: first {min(seen):6.0f} ms  median {median(seen):6.0f} ms  "
            f"last {max(seen):6.0f} ms;  both SDK clients obey by {obeyed_ms:6.0f} ms"
        )
        await asyncio.to_thread(http.post, f"/v1/plans/{plan}/revert", json={})
        for _ in range(clients):
            await asyncio.wait_for(arrived.get(), 30)
    for one in streams:
        one.cancel()
    for one in own:
        await asyncio.to_thread(one.close, 5)


def main(clients: int) -> None:
    """Start the server and measure."""
    with tempfile.TemporaryDirectory() as name:
        port = 8493
        with server(Path(name), port, ("ingest", "read", "respond", "approve")) as (_, token):
            headers = {"Authorization": f"Bearer {token}"}
            base = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=base, headers=headers, timeout=30) as http:
                asyncio.run(measured(port, token, http, clients))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
