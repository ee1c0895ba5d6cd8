"""The one file that touches the network: our requests, and what each answer means for the sender.

    Taken    2xx: the server has the rows; it may still have refused some of them
    Refused  4xx that blames the body: sending it again cannot help
    Later    no network, 5xx, 408, 425, 429, redirects; and 401, 403, 404, where not the rows are
             at fault but the token, the address or a system not declared yet

No log line or error made here holds the token, the address or a row.
"""

import codecs
import gzip
import json
import socket
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeAlias, cast
from urllib.parse import urlsplit

import httpx

codecs.lookup("idna")
"""Loaded at the first connection otherwise; a fork at that moment would leave the child without."""

NDJSON, JSON = "application/x-ndjson", "application/json"
SILENCE_S = 25.0
"""A stream without even a heartbeat (the server beats every 10 s) for so long is dead."""
CONNECT_S = 2.0
RETRY_AFTER_MAX_S = 3600.0
COMPRESSED_FROM_BYTES = 1500
"""Shorter bodies fit one packet as they are."""
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_UNSUPPORTED = 415
_NOT_THE_ROWS = frozenset({401, 403, 404, 408, 425, 429})


class Unreachable(Exception):  # noqa: N818 - named for the fault, not for the machinery
    """The server did not answer as agreed; the message is a status or an error's type."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has the rows, but for `rejected` of them; `fields` says what was wrong there."""

    rejected: int = 0
    fields: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server will never take this body."""

    status: int


@dataclass(frozen=True, slots=True)
class Later:
    """Try again; not before `after_s` seconds where the server asked for that."""

    reason: str
    after_s: float = 0.0


Answer: TypeAlias = Taken | Refused | Later


class Server:
    """A connection pool to one Tocsin server with one token.  Safe to use from any thread.

    Args:
        url: address of the server.
        token: with scope `ingest`.
        timeout_s: patience with one request.
        compress: whether bodies travel as gzip; None: where the server is another machine.
    """

    def __init__(
        self, url: str, token: str, *, timeout_s: float, compress: bool | None = None
    ) -> None:
        self._timeout_s = timeout_s
        self._compress = urlsplit(url).hostname not in _LOCAL if compress is None else compress
        self._closed = False
        self._stream_socket: socket.socket | None = None
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "User-Agent": "tocsin-client"},
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
        )

    def post(  # noqa: D417 - the rest are plain
        self,
        path: str,
        body: bytes,
        *,
        content_type: str,
        params: Mapping[str, str] | None = None,
        key: str | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """Send one body.  Never raises.

        Args:
            key: idempotency key, for writes whose rows carry no ids.
        """
        headers = {"Content-Type": content_type}
        if key is not None:
            headers["Idempotency-Key"] = key
        if self._compress and len(body) >= COMPRESSED_FROM_BYTES:
            squeezed = gzip.compress(body, 1)  # level 6 takes four times as long to save a sixth
            answer = self._post(
                path, squeezed, {**headers, "Content-Encoding": "gzip"}, params, timeout_s
            )
            if answer != Refused(_UNSUPPORTED):
                return answer
            self._compress = False  # a server of an earlier release
        return self._post(path, body, headers, params, timeout_s)

    def _post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None,
        timeout_s: float | None,
    ) -> Answer:
        patience_s = self._timeout_s if timeout_s is None else min(timeout_s, self._timeout_s)
        try:
            answer = self._http.post(
                path,
                content=body,
                params=params,
                headers=headers,
                timeout=httpx.Timeout(patience_s, connect=min(CONNECT_S, patience_s)),
            )
        except Exception as error:  # noqa: BLE001 - httpx, ssl and closed-pool errors share no root
            return Later(type(error).__name__)
        status = answer.status_code
        if 200 <= status < 300:
            return _taken(answer.content)
        if 400 <= status < 500 and status not in _NOT_THE_ROWS:
            return Refused(status)
        return Later(str(status), _retry_after_s(answer.headers.get("Retry-After")))

    def get(self, path: str, params: Mapping[str, str]) -> object:
        """Return the JSON answer.

        Raises:
            Unreachable: no network, not 200, or not JSON.
        """
        try:
            answer = self._http.get(path, params=params)
            if answer.status_code == 200:
                return cast("object", answer.json())
        except Exception as error:  # noqa: BLE001 - httpx, ssl and json errors share no root
            raise Unreachable(type(error).__name__) from None  # a cause may quote the address
        raise Unreachable(str(answer.status_code))

    @contextmanager
    def stream(self, path: str, params: Mapping[str, str]) -> Generator[Iterator[str]]:
        """Open a server-sent event stream and hand out its lines; `close` ends it from any thread.

        Raises:
            Unreachable: the stream could not be opened, or broke.
        """
        patience = httpx.Timeout(self._timeout_s, connect=CONNECT_S, read=SILENCE_S)
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        try:
            with self._http.stream(
                "GET", path, params=params, headers=headers, timeout=patience
            ) as answer:
                if answer.status_code != 200:
                    raise Unreachable(str(answer.status_code))  # noqa: TRY301 - one way out for all
                network = answer.extensions["network_stream"]
                self._stream_socket = cast("socket.socket", network.get_extra_info("socket"))
                if self._closed:  # `close` may have come before there was a socket to shut
                    raise Unreachable("closed")  # noqa: TRY301
                yield answer.iter_lines()
        except Unreachable:
            raise
        except Exception as error:  # noqa: BLE001 - as in `get`
            raise Unreachable(type(error).__name__) from None
        finally:
            self._stream_socket = None

    def close(self) -> None:
        """End the stream and every connection."""
        self.hang_up()
        self._http.close()

    def hang_up(self) -> None:
        """End the stream; the thread that reads it wakes at once."""
        self._closed = True
        if self._stream_socket is not None:
            with suppress(OSError):  # closing a file does not wake its reader, shutting down does
                socket.socket.shutdown(self._stream_socket, socket.SHUT_RDWR)


def _taken(body: bytes) -> Taken:
    """Read how many rows were refused; reasons may quote a row, so only field names are kept."""
    try:
        answer: object = json.loads(body)
    except ValueError:
        return Taken()
    if not isinstance(answer, dict):
        return Taken()
    said = cast("dict[str, object]", answer)
    rejected, total = said.get("rejected"), said.get("rejected_total")  # a long list is cut short
    if isinstance(rejected, int):
        return Taken(rejected)
    if not isinstance(rejected, list):
        return Taken()
    rows = cast("list[object]", rejected)
    named = [cast("dict[str, object]", row).get("field") for row in rows if isinstance(row, dict)]
    fields = sorted({name[:60] for name in named if isinstance(name, str)})
    return Taken(total if isinstance(total, int) else len(rows), ", ".join(fields[:5]))


def _retry_after_s(header: str | None) -> float:
    """Read seconds or an HTTP date; 0 where there is none or it is nonsense."""
    if not header:
        return 0.0
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except ValueError:
            return 0.0
    return min(max(seconds, 0.0), RETRY_AFTER_MAX_S) if seconds == seconds else 0.0  # noqa: PLR0124 - NaN test
