"""Keeps the directives current: a stream for speed, polling without one, disk for restarts.

While the stream lives, a change arrives with it; otherwise every `poll_s`.  A stream counts only
once its first event came, so that a proxy which holds streams back cannot hold directives back.
Even then the server is asked every `POLL_BESIDE_STREAM_S`, because a connection can die unseen.

Losing the server changes nothing by itself: the last known directives stay until they expire.
With a grace set (fail closed), no word for longer than that means: `lost`.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tocsin_client.directives import Board, read_board
from tocsin_client.server import Server, Unreachable
from tocsin_client.spool import write_durably

log = logging.getLogger("tocsin_client")

PATH, STREAM_PATH = "/v1/directives", "/v1/directives/stream"
POLL_BESIDE_STREAM_S = 10.0
STREAM_RETRY_S = 5.0


class Control:
    """The board now in force, read by decisions without a lock; two threads replace it."""

    def __init__(
        self,
        server: Server,
        system: str,
        *,
        file: Path | None,
        poll_s: float,
        grace_s: float,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server, self._params = server, {"system": system}
        self._file, self._poll_s, self._grace_s = file, poll_s, grace_s
        self._monotonic_s = monotonic_s
        self._contact_at_s = monotonic_s()
        self._told = threading.Condition()
        self._heard = self._streaming = False
        self._tellings = 0
        self._closing = threading.Event()
        self._last_fault = ""
        self.board = Board() if file is None else _from_disk(file)
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._stream, "tocsin-stream"), (self._poll, "tocsin-poll"))
        ]

    def start(self) -> None:
        """Start listening."""
        for thread in self._threads:
            thread.start()

    @property
    def lost(self) -> bool:
        """Whether the server was not heard of for longer than the grace."""
        return self._monotonic_s() - self._contact_at_s > self._grace_s

    def wait(self, timeout_s: float, until: Callable[[Board], bool] = lambda _: True) -> bool:
        """Return whether the server was heard and `until` came to hold of the board, in time."""
        with self._told:
            return self._told.wait_for(lambda: self._heard and until(self.board), timeout_s)

    def close(self, timeout_s: float) -> None:
        """Stop listening."""
        self._closing.set()
        self._server.hang_up()
        for thread in self._threads:
            thread.join(timeout_s)

    def tell(self, answer: object, *, asked_after: int | None = None) -> None:
        """Take the server's word for what is in force.

        Args:
            answer: the JSON of `GET /v1/directives`.
            asked_after: how many tellings there had been when this answer was asked for; should
                the stream have brought a newer word meanwhile, this one is stale and left.

        Raises:
            ValueError: the answer has not the agreed shape; the board stays as it was.
        """
        board = read_board(answer)
        with self._told:
            if asked_after is not None and asked_after != self._tellings:
                return
            self._tellings += 1
            news = board != self.board
            self.board, self._heard = board, True
            self._contact_at_s = self._monotonic_s()
            self._told.notify_all()
            if news and self._file is not None:
                try:
                    write_durably(self._file, json.dumps(answer).encode())
                except OSError as error:
                    log.warning("the directives could not be kept (%s)", type(error).__name__)
        if news and board.unreadable:
            log.warning("%d directives could not be read and are not obeyed", board.unreadable)

    def _poll(self) -> None:
        last_at_s = -POLL_BESIDE_STREAM_S
        while True:
            if not self._streaming or self._monotonic_s() - last_at_s >= POLL_BESIDE_STREAM_S:
                last_at_s, asked_after = self._monotonic_s(), self._tellings
                try:
                    answer = self._server.get(PATH, self._params)
                    self.tell(answer, asked_after=asked_after)
                    self._warn("")
                except Unreachable as error:
                    self._warn(f"directives cannot be asked for ({error})")
                except Exception as error:  # noqa: BLE001 - this thread must outlive any answer
                    self._warn(f"directives cannot be read ({type(error).__name__})")
            if self._closing.wait(self._poll_s):
                return

    def _stream(self) -> None:
        while not self._closing.is_set():
            with suppress(Exception):  # whatever ends the stream, polling goes on and says so
                self._follow()
            self._streaming = False
            self._closing.wait(STREAM_RETRY_S)

    def _follow(self) -> None:
        with self._server.stream(STREAM_PATH, self._params) as lines:
            for payload in events(self._beats(lines), "directives"):
                self.tell(json.loads(payload))
                self._streaming = True

    def _beats(self, lines: Iterator[str]) -> Iterator[str]:
        """Pass lines on; each one, heartbeats too, is a word from the server."""
        for line in lines:
            if self._heard:
                self._contact_at_s = self._monotonic_s()
            yield line

    def _warn(self, fault: str) -> None:
        if fault and fault != self._last_fault and not self._closing.is_set():
            log.warning("%s; the last known ones are obeyed", fault)
        self._last_fault = fault


def events(lines: Iterator[str], name: str) -> Iterator[str]:
    r"""Return the payloads of the server-sent events called `name`.

    >>> list(events(iter([": beat", "event: a", "data: 1", "data: 2", "", "data: 3", ""]), "a"))
    ['1\n2']
    """
    kind, payload = "message", list[str]()
    for line in lines:
        if not line:
            if payload and kind == name:
                yield "\n".join(payload)
            kind, payload = "message", []
            continue
        field, _, value = line.partition(":")
        if field == "event":
            kind = value.removeprefix(" ")
        elif field == "data":
            payload.append(value.removeprefix(" "))


def _from_disk(file: Path) -> Board:
    """Return the directives known before the restart; none where there is no readable file."""
    try:
        return read_board(json.loads(file.read_bytes()))
    except FileNotFoundError:
        return Board()
    except (OSError, ValueError) as error:
        log.warning("the kept directives cannot be read (%s)", type(error).__name__)
        return Board()
