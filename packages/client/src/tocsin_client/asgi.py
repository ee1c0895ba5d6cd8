"""The guard as ASGI middleware: whole requests are decisions, and an application decides them.

    app = Guarded(app, tocsin, paths=("/decide",), fallback=rules)

A POST to one of the paths with a JSON object is a decision on that object.  Who answers is told in
`guard.py`, with the application in place of the guarded function; its answer is passed on as it is.

    application raises or answers 5xx    the fallback; without one its own answer or error
    application answers 4xx              that answer: nothing was decided, so nothing is logged
    review                               202 {"pending": id, "why": …}
    block, kill; contained, no fallback  403 {"error": …}

Answers are read whole before they are passed on: an application that streams wants the gateway.
Every other request passes by untouched.
"""

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, cast

from tocsin_client.case import Contained, Pending
from tocsin_client.client import Tocsin
from tocsin_client.extract import prediction_of, score_of

R = TypeVar("R")
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Inputs: TypeAlias = Mapping[str, object]


@dataclass(slots=True)
class Answer:
    """One answer, whole."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    body: bytes = b""

    @property
    def said(self) -> object:
        """What it says, where it is JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class AppFailed(RuntimeError):  # noqa: N818 - a state of the application
    """The application answered 5xx, which `answer` is."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"the application answered {answer.status}")
        self.answer = answer


class _Undecided(BaseException):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class Guarded:
    """ASGI middleware that guards the decisions of an application.

    Args:
        app: the application.
        tocsin: the client.
        paths: where a POST is a decision.
        fallback: the answer instead of the application's, from the inputs: anything JSON can say.
        versions: other versions of the application, for a rollback or a canary.
        attributes: what slices are matched on, from the inputs.  By default the inputs.
        sticky: what is the same whenever the same person comes, from the inputs.
        timeout_s: time budget of the application.
        max_body_bytes: longer requests are answered 413.
    """

    def __init__(
        self,
        app: App,
        tocsin: Tocsin,
        *,
        paths: Sequence[str],
        fallback: Callable[[Inputs], object] | None = None,
        versions: Mapping[str, App] | None = None,
        attributes: Callable[[Inputs], Mapping[str, object]] | None = None,
        sticky: Callable[[Inputs], object] | None = None,
        timeout_s: float | None = None,
        max_body_bytes: int = 1024 * 1024,
    ) -> None:
        self._app, self._paths = app, frozenset(paths)
        self._max_body_bytes = max_body_bytes

        made = _of_inputs(fallback)
        self._decide = tocsin.guard(
            fallback=None if made is None else lambda *args: _written(200, made(*args)),
            versions={name: _asking(other) for name, other in (versions or {}).items()},
            attributes=_of_inputs(attributes),
            sticky=_of_inputs(sticky),
            score=_score,
            prediction=_prediction,
            pending=_pending,
            timeout_s=timeout_s,
        )(_asking(app))

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        guarded = scope["type"] == "http" and scope["method"] == "POST"
        if not guarded or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
            return
        body = await _read(receive, self._max_body_bytes)
        if body is None:
            await _send(_written(413, {"error": "the body is too long"}), send)
            return
        try:
            answer = await self._decide(_inputs(body), scope, body)
        except _Undecided as refused:
            answer = refused.answer
        except AppFailed as failed:
            answer = failed.answer
        except Contained as contained:
            answer = _written(403, {"error": str(contained)})
        await _send(answer, send)


def _of_inputs(read: Callable[[Inputs], R] | None) -> Callable[..., R] | None:
    """Return a reader of the inputs as one of a request's parts."""
    if read is None:
        return None

    def of(inputs: Inputs, *_: object) -> R:
        return read(inputs)

    return of


def _score(answer: Answer) -> object:
    return score_of(answer.said)


def _prediction(answer: Answer) -> object:
    return prediction_of(answer.said)


def _asking(app: App) -> Callable[..., Coroutine[object, object, Answer]]:
    """Return the application as a function from a request to its whole answer."""

    async def ask(_inputs: Inputs, scope: MutableMapping[str, Any], body: bytes) -> Answer:
        answer, left = Answer(), [body]

        async def receive() -> Message:
            if left:
                return {"type": "http.request", "body": left.pop(), "more_body": False}
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")

        await app(dict(scope), receive, send)
        if answer.status >= 500:
            raise AppFailed(answer)
        if answer.status >= 400:
            raise _Undecided(answer)
        return answer

    return ask


def _inputs(body: bytes) -> Inputs:
    """Return the object in a body; what cannot be read meets no condition."""
    try:
        said: object = json.loads(body)
    except ValueError:
        return {}
    return cast("Inputs", said) if isinstance(said, dict) else {}


def _pending(pending: Pending, *_: object) -> Answer:
    return _written(202, {"pending": pending.prediction_id, "why": pending.why})


def _written(status: int, said: object) -> Answer:
    body = json.dumps(said).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    return Answer(status, headers, body)


async def _read(receive: Receive, limit: int) -> bytes | None:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        more = bool(message.get("more_body", False))
    return bytes(body)


async def _send(answer: Answer, send: Send) -> None:
    start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})
