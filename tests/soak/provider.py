"""The receiver of pages: a real HTTP server that fails as the plan says and keeps what it saw."""

import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

from tests.soak.plan import Fault, Plan

TIMEOUT_S = 2.0
"""What the server under test waits for an answer."""
SMS = "/sms"
"""The path of the provider whose answers must hold a message's id: it can lie."""


@dataclass(frozen=True, slots=True)
class Call:
    """One page as it came in, and how it was answered."""

    key: str
    at_s: float
    fault: Fault | None

    @property
    def arrived(self) -> bool:
        """Whether somebody was told."""
        return self.fault is None or self.fault.took

    @property
    def over_s(self) -> float:
        """When the sender knew, at the latest, that this try was in vain."""
        return self.at_s + (TIMEOUT_S if self.fault is Fault.SLOW else 0)


class Provider:
    """Counts the tries of each page; `named` makes of a key what is the same in every run."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._lock = threading.Lock()
        self._tries: Counter[str] = Counter()
        self._order: dict[str, int] = {}
        self.calls: list[Call] = []
        self._server = _Server(self)
        self.url = f"http://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def know(self, incident: str) -> None:
        """Number an incident, so that faults do not depend on its random id."""
        with self._lock:
            self._order[incident] = len(self._order)

    def take(self, path: str, key: str) -> Fault | None:
        with self._lock:
            self._tries[key] += 1
            incident, _, rest = key.partition("/")
            page = f"{self._order.get(incident, incident)}/{rest}"
            fault = self._plan.fault(page, self._tries[key], can_lie=path == SMS)
            self.calls.append(Call(key, time.monotonic(), fault))
        return fault

    def seen(self) -> list[Call]:
        """Return the calls so far."""
        with self._lock:
            return list(self.calls)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        super().__init__(("127.0.0.1", 0), _Handler)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients are killed all the time."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        fault = self.server.provider.take(self.path, self.headers["Idempotency-Key"] or "")
        if fault is Fault.MUTE:
            self.close_connection = True
            return
        if fault is Fault.SLOW:
            time.sleep(TIMEOUT_S + 0.5)
        body = b'{"error": "queue full"}' if fault is Fault.LIES else b'{"sid": "SM1"}'
        self.send_response(500 if fault is Fault.REFUSES else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
