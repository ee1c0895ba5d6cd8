"""A real HTTP server that stands in for Tocsin: takes rows, tells directives, fails on demand."""

import gzip
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]

PLENTY_S = 60.0
"""Longer than anything takes that must happen, on however busy a machine."""
OK: tuple[int, Mapping[str, str], Json] = (200, {}, {})


class StandIn:
    """One server on one port of 127.0.0.1; `stop` and `start` are an outage, `close` is the end."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.posts: list[tuple[str, Mapping[str, str], list[Json]]] = []
        self.answers: deque[tuple[int, Mapping[str, str], Json]] = deque()
        """What the next POSTs are answered; 200 when empty.  Only rows answered 2xx count."""
        self.rows: dict[str, Json] = {}
        self.received = 0
        self.unpacks = True
        self.version, self.directives = 0, list[Json]()
        self.judged: dict[str, Json] = {}
        """What is answered to whoever asks what a person decided, by prediction id."""
        self.streams, self.polls, self.open_streams = True, 0, 0
        self.last_status: int | None = None
        self._open: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        # held during an outage too: no other program takes the port, nobody connects to itself
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self._port: int = self._reserved.getsockname()[1]
        self.stopping = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self.stopping = False
        stand_in = self

        class Handler(_Handler):
            owner = stand_in

        class Listening(ThreadingHTTPServer):
            daemon_threads = False

            def get_request(self) -> tuple[socket.socket, Any]:
                # before its thread starts: `stop` leaves no connection that was accepted
                connection, address = super().get_request()
                stand_in.opened(connection)
                return connection, address

            def shutdown_request(self, request: Any) -> None:
                stand_in.closed(request)
                super().shutdown_request(request)

        self._server = Listening(("127.0.0.1", self._port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        if self._server is None:
            return
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self._server.shutdown()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._server.server_close()
        self._thread.join()
        self._server = None

    def close(self) -> None:
        self.stop()
        self._reserved.close()

    def direct(self, *directives: Json) -> None:
        """Put these directives in force instead of those before."""
        with self.changed:
            self.version += 1
            self.directives = list(directives)
            self.changed.notify_all()

    def wait(self, until: Callable[[], bool], timeout_s: float = PLENTY_S) -> bool:
        with self.changed:
            return self.changed.wait_for(until, timeout_s)

    def told(self) -> bytes:
        lists: dict[bool, list[Json]] = {False: [], True: []}
        for one in self.directives:
            lists["of_version" in one].append(one)
        told = {"directives": lists[False], "of_versions": lists[True]}
        return json.dumps({"version": self.version, **told}).encode()

    def opened(self, connection: socket.socket) -> None:
        self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        self._open.discard(connection)

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Json, Json]:
        rows = [cast("Json", json.loads(line)) for line in body.splitlines()]
        with self.changed:
            self.posts.append((path, headers, rows))
            status, more, answer = self.answers.popleft() if self.answers else OK
            if 200 <= status < 300:
                self.received += len(rows)
                if not path.endswith("/referrals"):
                    self.rows |= {row["id"]: row for row in rows if "id" in row}
            self.last_status = status
            self.changed.notify_all()
        return status, dict(more), answer


class _Handler(BaseHTTPRequestHandler):
    owner: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip" and self.owner.unpacks:
            body = gzip.decompress(body)
        elif self.headers["Content-Encoding"]:
            self._answer(415, b"{}", {})
            return
        split = urlsplit(self.path)
        status, headers, answer = self.owner.take(
            split.path,
            {**dict(self.headers.items()), **{k: v[0] for k, v in parse_qs(split.query).items()}},
            body,
        )
        self._answer(status, json.dumps(answer).encode(), headers)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/v1/directives":
            with self.owner.changed:
                self.owner.polls += 1
                self.owner.changed.notify_all()
            self._answer(200, self.owner.told(), {})
        elif path.endswith("/referrals/answer"):
            (name,) = parse_qs(urlsplit(self.path).query)["prediction_id"]
            known = self.owner.judged.get(name)
            self._answer(200 if known else 404, json.dumps(known or {}).encode(), {})
        elif path == "/v1/directives/stream" and self.owner.streams:
            self._stream()
        else:
            self._answer(404, b"{}", {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        owner, told = self.owner, -1
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"retry: 1000\n\n")
        with owner.changed:
            owner.open_streams += 1
            owner.changed.notify_all()
        try:
            while not owner.stopping:
                with owner.changed:
                    if owner.version == told:
                        owner.changed.wait(0.5)
                    news = owner.version != told
                    told, body = owner.version, owner.told()
                event = b"event: directives\ndata: " + body + b"\n\n" if news else b": alive\n\n"
                self.wfile.write(event)
        finally:
            with owner.changed:
                owner.open_streams -= 1


def until(ready: Callable[[], bool], timeout_s: float = PLENTY_S) -> float:
    """Return after how many seconds `ready` came to hold; infinity if it did not in time."""
    pause, start_s = threading.Event(), time.monotonic()
    while time.monotonic() - start_s < timeout_s:
        if ready():
            return time.monotonic() - start_s
        pause.wait(0.002)
    return float("inf")


def best_of_three(seconds: Callable[[], float]) -> float:
    """Return the least time of up to three tries, the first below a second at once.

    What an idle machine does in milliseconds a busy one may do in seconds, but not three times in
    a row, while a wait that is in the code is there each time.
    """
    least_s = float("inf")
    for _ in range(3):
        least_s = min(least_s, seconds())
        if least_s < 1:
            break
    return least_s
