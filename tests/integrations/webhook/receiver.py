"""A real HTTP server on 127.0.0.1 that plays the receiver of webhooks, with or without a fault."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

from tests.contracts.notifier import Fault

STATUS = {Fault.BROKEN: 503, Fault.BUSY: 429, Fault.REFUSES: 404, Fault.FORBIDS: 403}


class Receiver:
    """Keeps every body and its headers that it accepted."""

    def __init__(self, answer: Callable[[], int | Fault] = lambda: 200) -> None:
        self.answer = answer
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            @override
            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                what = receiver.answer()
                if what == Fault.DROPS:
                    self.connection.close()
                    self.close_connection = True
                    return
                if what == Fault.HANGS:
                    receiver.released.wait(10)
                    return
                if what == 200:
                    receiver.bodies.append(body)
                    receiver.headers.append(dict(self.headers.items()))
                self.send_response(int(what))
                self.send_header("Content-Length", "0")
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
