"""Shadow copies: the same call put to another version, after the caller has had its answer.

A copy can cost the caller nothing: it is made once the answer is out, waits in a queue that drops
rather than grows, and goes over connections and a time budget of its own.  What it answers is
compared and thrown away.

    waiting copies, or their bytes, at the limit    dropped
    no answer, none in time, 5xx, unreadable        failed
    says of each row what the answer said           same
    says something else                             different
    neither says anything that can be compared      answered
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.base.errors import BadInput
from tocsin.gateway.ask import Ask, Dialect
from tocsin.gateway.counts import Counts
from tocsin.gateway.relay import Failed, Relay
from tocsin.gateway.served import Served, ShadowLimits
from tocsin.gateway.wire import Call

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One call to repeat: for `rows` of it, at `version`; `facts` are what its answer said."""

    served: Served
    version: str
    dialect: Dialect
    call: Call
    ask: Ask
    rows: tuple[int, ...]
    facts: Sequence[Facts]

    @property
    def size_bytes(self) -> int:
        """What it holds in memory, about."""
        return len(self.call.body)


class Shadow:
    """The queue of copies, and the tasks that send them while `run` is on."""

    def __init__(self, relay: Relay, limits: ShadowLimits, counts: Counts) -> None:
        self._relay, self._limits, self._counts = relay, limits, counts
        self._waiting: asyncio.Queue[Copy] = asyncio.Queue(limits.waiting)
        self._bytes = 0

    def offer(self, copy: Copy) -> None:
        """Take a copy if there is room; never waits."""
        if self._bytes + copy.size_bytes > self._limits.waiting_bytes or self._waiting.full():
            self._count(copy, "dropped")
            return
        self._bytes += copy.size_bytes
        self._waiting.put_nowait(copy)

    async def run(self) -> None:
        """Send copies until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._limits.at_once):
                group.create_task(self._work())

    async def settled(self) -> None:
        """Return once every copy taken in has been dealt with."""
        await self._waiting.join()

    async def _work(self) -> None:
        while True:
            copy = await self._waiting.get()
            try:
                self._count(copy, await self._sent(copy))
            except Exception:  # noqa: BLE001 - whatever a version answers, the next copy goes out
                self._count(copy, "failed")
            finally:
                self._bytes -= copy.size_bytes
                self._waiting.task_done()

    async def _sent(self, copy: Copy) -> str:
        address = copy.served.address(copy.version)
        if address is None:
            return "failed"
        whole = len(copy.rows) == len(copy.ask.rows)
        body = copy.call.body if whole else copy.dialect.part(copy.ask, copy.rows)
        timeout_s = self._limits.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                reply = await self._relay.ask(address, copy.call, body, timeout_s, guarded=True)
                said = bytearray(reply.body)
                async for piece in reply.rest or _nothing():
                    said += piece
                    if len(said) > self._limits.waiting_bytes:
                        return "failed"
            found = copy.dialect.told(copy.ask, bytes(said), copy.served)
        except (Failed, TimeoutError, BadInput):
            return "failed"
        if len(found) != len(copy.rows):
            return "failed"
        before, now = _said(copy.facts), _said(found)
        if all(one == (None, None) for one in (*before, *now)):
            return "answered"
        return "same" if before == now else "different"

    def _count(self, copy: Copy, result: str) -> None:
        self._counts.add(
            "shadow", system=copy.served.system.name, version=copy.version, result=result
        )


def _said(facts: Sequence[Facts]) -> list[tuple[object, object]]:
    """Return what two versions can agree on: the decisions; where there are none, the scores."""
    return [
        (one.get("prediction"), None if one.get("prediction") is not None else one.get("score"))
        for one in facts
    ]


class _nothing:  # noqa: N801 - an empty iterator
    def __aiter__(self) -> "_nothing":
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration
