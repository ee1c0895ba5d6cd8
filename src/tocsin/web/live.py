"""Event streams: what is in force, for the serving side; what changed, for open pages.

One watcher per process waits for the store and rings a bell that every stream hears, so that a
thousand open streams cost one waiting thread.  A stream ends when its reader leaves or when the
server begins to stop (`site.closing`), and says a comment every ten seconds in between.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Annotated, cast

from fastapi import Depends, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tocsin.base.errors import TocsinError, Unavailable
from tocsin.store import audit
from tocsin.web.access import CallerDep, Scope, identify
from tocsin.web.directives import heard, read_directives
from tocsin.web.errors import Unauthenticated
from tocsin.web.site import Site, SiteDep

HEARTBEAT = b": alive\n\n"
RETRY = b"retry: 1000\n\n"
"""Tells the reader to come back after a second when the stream breaks."""
FRESH_S = 0.5
"""How long one look at the directives serves all who ask."""
TOLD_AT_ONCE = 50
"""Audit rows that one `changed` event names at most."""
CHANGES_APART_S = 0.2
"""Two `changed` events are at least so far apart: what one person writes, another sees at once."""


class Bell:
    """Rings for every waiting stream when something was committed or the server stops."""

    def __init__(self) -> None:
        self.count = 0
        self.closing = False
        self.boards: dict[str, Board] = {}
        self._rung = asyncio.Event()

    def ring(self, count: int) -> None:
        """Wake all who wait; `count` is the number of commits so far."""
        self.count = count
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    def close(self) -> None:
        """Wake all who wait for the last time."""
        self.closing = True
        self.ring(self.count)

    async def wait(self, after: int, timeout_s: float) -> int:
        """Return the count once it is above `after`, the server stops, or the time is over."""
        rung = self._rung
        if self.count <= after and not self.closing:
            with suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), timeout_s)
        return self.count

    async def pause(self, for_s: float) -> None:
        """Rest, unless the server stops."""
        until_s = asyncio.get_running_loop().time() + for_s
        while not self.closing and (left_s := until_s - asyncio.get_running_loop().time()) > 0:
            await self.wait(self.count, left_s)


@asynccontextmanager
async def watching(site: Site) -> AsyncGenerator[Bell]:
    """Yield a bell that a thread of its own rings while the application lives."""
    bell, loop = Bell(), asyncio.get_running_loop()

    def watch() -> None:
        seen = 0
        while not site.closing.is_set():
            try:
                count = site.database.wait(seen, site.poll_s)
            except TocsinError:
                # the database is away; streams live on, and hear the next commit after it is back
                site.closing.wait(site.poll_s)
                continue
            if count > seen:
                seen = count
                loop.call_soon_threadsafe(bell.ring, count)
        loop.call_soon_threadsafe(bell.close)

    with ThreadPoolExecutor(1, thread_name_prefix="tocsin-bell") as pool:
        watcher = loop.run_in_executor(pool, watch)
        try:
            yield bell
        finally:
            site.closing.set()
            await watcher


def bell_of(request: Request) -> Bell:
    """Return the bell that the lifespan hung up."""
    return cast("Bell", request.app.state.bell)


BellDep = Annotated[Bell, Depends(bell_of)]


def event(name: str, body: str) -> bytes:
    r"""Return one event of a stream; `body` is one line.

    >>> event("changed", "{}")
    b'event: changed\ndata: {}\n\n'
    """
    return f"event: {name}\ndata: {body}\n\n".encode()


def stream(parts: AsyncIterator[bytes]) -> StreamingResponse:
    """Return an answer that sends `parts` as they come, unbuffered on the way."""
    return StreamingResponse(
        parts,
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def admitted(request: Request, site: Site, scope: Scope) -> Callable[[], bool]:
    """Return a look at whether the reader of a stream may still read it."""
    shown = request.headers.get("authorization", "")
    cookies = dict(request.cookies)

    def look() -> bool:
        try:
            return identify(site, shown, cookies, public=False).may(scope)
        except Unauthenticated:
            return False

    return look


async def told(
    site: Site,
    bell: Bell,
    look: Callable[[int], str | None],
    name: str,
    *,
    welcome: Callable[[], bool],
    pause_s: float = 0.0,
) -> AsyncIterator[bytes]:
    """Yield an event whenever `look`, asked after each commit, has something to say.

    Args:
        site: for its patience.
        bell: rings after each commit.
        look: takes the count of commits; returns one line of JSON, or None for nothing new.
        name: the events' name.
        welcome: whether the reader may still read; asked at every heartbeat's time, so that a
            revoked token or an ended session ends its streams.
        pause_s: shortest time between two looks, so that a busy store does not flood its readers.
    """
    clock = asyncio.get_running_loop().time
    yield RETRY
    heard, spoke_s, asked_s = -1, clock(), clock()
    while not bell.closing:
        if clock() - asked_s >= site.heartbeat_s:
            asked_s = clock()
            with suppress(Unavailable):
                if not await run_in_threadpool(welcome):
                    return
        if heard < bell.count or clock() - spoke_s >= site.heartbeat_s:
            heard = bell.count
            try:
                said = await run_in_threadpool(look, heard)
            except Unavailable:
                said = None  # the database is away: the reader keeps what it has
            if said is not None:
                yield event(name, said)
                spoke_s = clock()
            elif clock() - spoke_s >= site.heartbeat_s:
                yield HEARTBEAT
                spoke_s = clock()
            await bell.pause(pause_s)
        await bell.wait(heard, max(0.0, site.heartbeat_s - (clock() - spoke_s)))


class Board:
    """What is in force for one system, read once for all of its streams.

    Two hundred clients hear of the same commit at the same moment; they share one look.  A look is
    good for `FRESH_S` beyond its commit, since directives also end by themselves.
    """

    def __init__(self, read: Callable[[], str], clock_s: Callable[[], float]) -> None:
        self._read, self._clock_s = read, clock_s
        self._lock = threading.Lock()
        self._known: tuple[int, float, str] | None = None

    def told(self, count: int) -> str:
        """Return what is in force after `count` commits."""
        with self._lock:
            known, now_s = self._known, self._clock_s()
            if known is not None and known[0] >= count and now_s - known[1] < FRESH_S:
                return known[2]
            body = self._read()
            self._known = (count, now_s, body)
            return body


async def stream_directives(
    request: Request,
    site: SiteDep,
    bell: BellDep,
    caller: CallerDep,
    system: Annotated[str, Query()],
) -> StreamingResponse:
    """Send what is in force for a system now, and again whenever that changes."""
    # an unknown system is refused before the stream begins
    await run_in_threadpool(read_directives, site, system)
    last: list[str] = []

    board = bell.boards.setdefault(
        system,
        Board(lambda: read_directives(site, system).model_dump_json(), time.monotonic),
    )

    def look(count: int) -> str | None:
        body = board.told(count)
        if last == [body]:
            return None
        last[:] = [body]
        return body

    async def note() -> None:
        while True:
            await run_in_threadpool(heard, site, caller, system)
            await asyncio.sleep(site.heartbeat_s)

    async def parts() -> AsyncIterator[bytes]:
        noting = asyncio.create_task(note())  # beside the stream, which waits for no write
        try:
            async for part in told(site, bell, look, "directives", welcome=welcome):
                yield part
        finally:
            noting.cancel()

    welcome = admitted(request, site, Scope.INGEST)
    return stream(parts())


async def stream_changes(request: Request, site: SiteDep, bell: BellDep) -> StreamingResponse:
    """Tell an open page that something was committed, and what the audit log says of it."""
    seen = await run_in_threadpool(_head, site)
    last = [seen]

    def look(count: int) -> str | None:
        with site.database.reading() as conn:
            rows = [row for row in audit.recent(conn, TOLD_AT_ONCE) if row.seq > last[0]]
        if rows:
            last[0] = rows[0].seq
        changed = [{"action": r.act.action, "subject": r.act.subject} for r in reversed(rows)]
        return json.dumps({"commits": count, "changed": changed})

    welcome = admitted(request, site, Scope.READ)
    return stream(told(site, bell, look, "changed", welcome=welcome, pause_s=CHANGES_APART_S))


def _head(site: Site) -> int:
    with site.database.reading() as conn:
        return audit.head(conn)[0]
