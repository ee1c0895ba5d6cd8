"""A real HTTP server on 127.0.0.1 that plays any vendor, with or without a fault."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

from tests.contracts.notifier import Fault

STATUS = {Fault.BROKEN: 503, Fault.BUSY: 429, Fault.REFUSES: 404, Fault.FORBIDS: 403}


@dataclass(frozen=True)
class Call:
    """What came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What goes out; `endless` sends its body on and on, `headless` never gets to it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    endless: bool = False
    headless: bool = False
    pause_s: float = 0.0


REPLY: Mapping[Fault, Reply] = {
    **{fault: Reply(status) for fault, status in STATUS.items()},
    Fault.DRIPS: Reply(500, b"x", endless=True, headless=True, pause_s=0.05),
}
"""How a vendor shows each fault that it has words for."""


class Vendor:
    """Keeps every call that it accepted in `calls`, and every one at all in `seen`."""

    def __init__(self, answer: Callable[[Call], Reply | Fault]) -> None:
        self.answer = answer
        self.calls: list[Call] = []
        self.seen: list[Call] = []
        self.told_bytes = 0
        self.released = threading.Event()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def take(self, call: Call) -> Reply | Fault:
        self.seen.append(call)
        reply = self.answer(call)
        if isinstance(reply, Reply) and 200 <= reply.status <= 299:
            self.calls.append(call)
        return reply

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    @override
    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        call = Call(self.command, self.path, dict(self.headers.items()), body)
        reply = self.server.vendor.take(call)
        if isinstance(reply, Reply):
            self._tell(reply)
            return
        if reply == Fault.HANGS:
            self.server.vendor.released.wait(60)
        self.close_connection = True

    def do_GET(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_PATCH(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def _tell(self, reply: Reply) -> None:
        vendor = self.server.vendor
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        while reply.headless and not vendor.released.wait(reply.pause_s):
            self.send_header("X-Drip", "x")
            self.flush_headers()
        if not reply.endless:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        while reply.endless and not vendor.released.wait(reply.pause_s):
            self.wfile.write(reply.body)
            vendor.told_bytes += len(reply.body)
