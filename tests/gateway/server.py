"""A server of ML models on a real port, under uvicorn: v2, v1 and chat as their specifications say.

The loan model's score is income / 1000 capped at 1, plus `bias`; yes from 0.5 on.  Faults are
switched on by `Faults`.
"""

import asyncio
import json
import struct
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from typing_extensions import override

from tocsin.gateway.serve import listen

Json = dict[str, Any]


@dataclass
class Faults:
    """What goes wrong now."""

    status: int = 200
    delay_s: float = 0.0
    waits_for: int = 0
    """How many calls must have come before any is answered."""
    garbage: bytes | None = None
    short: bool = False
    """Whether the connection ends one byte before the garbage does."""
    breaks_after: int | None = None
    """Pieces of a stream after which the connection ends."""


@dataclass
class Server:
    """One server: `seen` are the bodies that it was asked."""

    bias: float = 0.0
    faults: Faults = field(default_factory=Faults)
    seen: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    ended: int = 0
    """Streams whose reader left before their end."""
    words: tuple[str, ...] = ("The", " answer", " is", " 42")
    """What it says in a chat, in a stream one after the other."""
    pause_s: float = 0.0
    goes_on: threading.Event | None = None
    """Until it is set, a stream says no more than its first word."""
    url: str = ""

    def score(self, income: float) -> float:
        return round(min(income / 1000, 1.0) * 0.8 + self.bias, 6)

    async def __call__(self, scope: Json, receive: Callable[[], Any], send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.seen.append((scope["path"], body))
        self.headers.append({k.decode(): v.decode() for k, v in scope["headers"]})
        await asyncio.sleep(self.faults.delay_s)
        while len(self.seen) < self.faults.waits_for:  # noqa: ASYNC110 - counted in one place
            await asyncio.sleep(0.005)
        if self.faults.status != 200:
            await _answer(send, self.faults.status, {"error": "out of order"})
        elif self.faults.garbage is not None:
            whole = len(self.faults.garbage) + self.faults.short
            await _bytes(send, 200, self.faults.garbage, "application/json", whole)
        elif scope["path"].endswith("/infer"):
            await self._v2(body, send)
        elif scope["path"].endswith(":predict"):
            await self._v1(body, send)
        elif scope["path"].endswith("/chat/completions"):
            await self._chat(json.loads(body), receive, send)
        elif scope["path"] == "/v2/models/loans":
            await _answer(send, 200, {"name": "loans", "platform": "stand-in", "inputs": []})
        else:
            await _answer(send, 404, {"error": f"no {scope['path']}"})

    async def _v1(self, body: bytes, send: Any) -> None:
        try:
            instances = json.loads(body)["instances"]
        except (ValueError, KeyError):
            await _answer(send, 400, {"error": 'Expected "instances" to be a list'})
            return
        scores = [self.score(float(row["income"])) for row in instances]
        said = [{"score": s, "prediction": s >= 0.5} for s in scores]
        await _answer(send, 200, {"predictions": said})

    async def _v2(self, body: bytes, send: Any) -> None:
        text = body.decode("latin-1")
        request, end = json.JSONDecoder().raw_decode(text)
        tail, incomes = body[end:], list[float]()
        for tensor in request["inputs"]:
            size = tensor.get("parameters", {}).get("binary_data_size", 0)
            binary, tail = tail[:size], tail[size:]
            if tensor["name"] == "income":
                packed = struct.unpack(f"<{size // 4}f", binary)
                incomes = list(packed) if size else tensor["data"]
        scores = [self.score(income) for income in incomes]
        n = len(scores)
        outputs = [
            {"name": "score", "datatype": "FP32", "shape": [n, 1], "data": scores},
            {
                "name": "decision",
                "datatype": "BYTES",
                "shape": [n, 1],
                "data": ["yes" if s >= 0.5 else "no" for s in scores],
            },
        ]
        said: Json = {"model_name": "loans", "model_version": "1", "outputs": outputs}
        await _answer(send, 200, said | ({"id": request["id"]} if "id" in request else {}))

    async def _chat(self, request: Json, receive: Callable[[], Any], send: Any) -> None:
        common = {"id": "chatcmpl-1", "created": 1, "model": request["model"]}
        if not request.get("stream"):
            message = {"role": "assistant", "content": "".join(self.words)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 7, "completion_tokens": 4, "total_tokens": 11}
            whole = {**common, "object": "chat.completion", "choices": [choice], "usage": usage}
            await _answer(send, 200, whole)
            return
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        left = asyncio.ensure_future(receive())
        for k, delta in enumerate([*({"content": word} for word in self.words), {}]):
            if self.faults.breaks_after == k:
                raise ConnectionAbortedError("planted")
            finish = None if delta else "stop"
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            said = {**common, "object": "chat.completion.chunk", "choices": [choice]}
            piece = b"data: " + json.dumps(said).encode() + b"\n\n"
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(self.pause_s)
            while self.goes_on and not self.goes_on.is_set():  # noqa: ASYNC110 - set by a thread
                await asyncio.sleep(0.005)
            if left.done():
                self.ended += 1
                return
        left.cancel()
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


async def _answer(send: Any, status: int, said: Json) -> None:
    await _bytes(send, status, json.dumps(said).encode(), "application/json")


async def _bytes(send: Any, status: int, body: bytes, kind: str, whole: int | None = None) -> None:
    """Answer; where `whole` promises more bytes than `body` has, the connection ends after it."""
    length = len(body) if whole is None else whole
    headers = [(b"content-type", kind.encode()), (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": length > len(body)})
    if length > len(body):
        raise ConnectionAbortedError("planted")


@contextmanager
def running(application: Any, certificate: Path | None = None) -> Generator[str]:
    """Yield the address at which a thread serves an ASGI application; by TLS with a certificate."""
    listener = listen("127.0.0.1", 0)
    closing = threading.Event()

    class Stopping(uvicorn.Server):
        @override
        async def on_tick(self, counter: int) -> bool:
            return await super().on_tick(counter) or closing.is_set()

    config = uvicorn.Config(application, log_level="critical", lifespan="auto", ws="none")
    config.timeout_graceful_shutdown = 1
    config.ssl_certfile = certificate
    thread = threading.Thread(target=Stopping(config).run, args=([listener],))
    thread.start()
    try:
        scheme = "https" if certificate else "http"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        closing.set()
        thread.join(60)
        listener.close()
    assert not thread.is_alive()
