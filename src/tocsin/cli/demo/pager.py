"""A pager on this machine: takes signed webhooks, refuses unsigned ones, keeps the pages."""

import hmac
import json
import queue
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Received:
    """One page as it arrived."""

    at: datetime
    incident: str
    subject: str
    text: str


class Pager:
    """A webhook receiver on a free port of localhost; use it as a context manager."""

    def __init__(self, secret: str) -> None:
        self._pages: queue.SimpleQueue[Received] = queue.SimpleQueue()
        self._secret = secret
        pager = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                signed = pager.signed(body, self.headers.get("Tocsin-Signature", ""))
                if signed:
                    page = json.loads(body)
                    pager.keep(
                        Received(datetime.now(UTC), page["incident"], page["subject"], page["text"])
                    )
                self.send_response(204 if signed else 401)
                self.end_headers()

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet: the demo's own output is the story."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where pages are to be posted."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/page"

    def keep(self, page: Received) -> None:
        """Put a page where `received` finds it."""
        self._pages.put(page)

    def received(self) -> list[Received]:
        """Return the pages that came since the last call."""
        return [self._pages.get_nowait() for _ in range(self._pages.qsize())]

    def signed(self, body: bytes, signature: str) -> bool:
        """Return whether `signature` (`t=…,v1=…`) was made with our secret over this body."""
        at, _, given = signature.removeprefix("t=").partition(",v1=")
        expected = hmac.digest(self._secret.encode(), f"{at}.".encode() + body, "sha256").hex()
        return hmac.compare_digest(expected.encode(), given.encode())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
