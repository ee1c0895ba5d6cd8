"""OpenAI-compatible chat: one call is one decision, answered whole or as a stream of events.

Rows carry no text, only what `ingest.trace` names: lengths, tokens, why it ended, which model.
Source: OpenAI API reference, Create chat completion and its streaming events (checked 2026-11).
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from tocsin.base.errors import BadInput
from tocsin.gateway.ask import EVENTS, Answer, Ask, Asked
from tocsin.gateway.served import Served
from tocsin.ingest.parse import read_json
from tocsin_client.ids import new_id

PATH = re.compile(r"(/openai)?/v1/chat/completions/?")
_DONE = b"data: [DONE]\n\n"


def read(body: bytes, about: Mapping[str, str], served: Served) -> Ask:  # noqa: ARG001 - the protocol of dialects
    """Return the call that `body` makes; see `ask.Dialect`."""
    fields = _object(read_json(body))
    messages = fields.get("messages")
    if not isinstance(messages, list):
        raise BadInput("the body has no 'messages'", where="messages")
    features: dict[str, object] = {
        "input_chars": sum(map(_chars, cast("list[object]", messages))),
        "llm": fields.get("model"),
    }
    said = {k: v for k, v in _object(fields.get("metadata")).items() if isinstance(v, str)}
    user = fields.get("user")
    attributes = {**said, **({"user": user} if isinstance(user, str) else {})}
    seed = user or _beginning(cast("list[object]", messages))
    one = Asked(features, {**features, **attributes, **about}, seed)
    return Ask(rows=(one,), fields=fields, stream=fields.get("stream") is True)


def part(ask: Ask, rows: Sequence[int]) -> bytes:  # noqa: ARG001 - the protocol of dialects
    """Return the body of the call: it has one row."""
    return _json(ask.fields)


def pieces(body: bytes, count: int) -> list[object]:  # noqa: ARG001 - as above
    """Return the text of the first choice."""
    return [_text(_message(_object(read_json(body))).get("content"))]


def made(answer: object, served: Served) -> object:  # noqa: ARG001 - as above
    """Return the declared answer as text."""
    return answer if isinstance(answer, str) else json.dumps(answer)


def joined(ask: Ask, pieces: Sequence[object], served: Served) -> Answer:
    """Return a completion that says the text, as a stream where one was asked for."""
    text = str(pieces[0])
    common: dict[str, object] = {
        "id": f"chatcmpl-{new_id()}",
        "created": int(time.time()),
        "model": str(ask.fields.get("model") or served.models[0]),
    }
    if not ask.stream:
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        return Answer(
            _json({**common, "object": "chat.completion", "choices": [choice], "usage": usage})
        )

    def chunk(delta: object, finish: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        said = {**common, "object": "chat.completion.chunk", "choices": [choice]}
        return b"data: " + _json(said) + b"\n\n"

    first = chunk({"role": "assistant", "content": text}, None)
    return Answer(first + chunk({}, "stop") + _DONE, EVENTS)


def told(ask: Ask, body: bytes, served: Served) -> list[dict[str, object]]:  # noqa: ARG001 - as above
    """Return what an answer tells beside its text; `body` may be a stream of events."""
    if body.lstrip()[:1] == b"{":
        whole = _object(read_json(body))
        if "choices" not in whole:
            raise BadInput("the answer has no 'choices'", where="data")
        message = _message(whole)
        calls = message.get("tool_calls")
        features = _usage(whole) | {
            "output_chars": len(_text(message.get("content"))),
            "finish_reason": _choice(whole).get("finish_reason"),
            "tool_calls": len(cast("list[object]", calls)) if isinstance(calls, list) else 0,
        }
    else:
        features = _of_events(body)
    return [{"features": {k: v for k, v in features.items() if v is not None}}]


def rewritten(body: bytes, predictions: Mapping[int, object], served: Served) -> bytes:  # noqa: ARG001 - as above
    """Refuse: a text has no score by which it could say the opposite."""
    raise BadInput("a chat's answer holds no prediction", where="data")


def refusal(why: str, code: str) -> bytes:
    """Return an error as clients of this protocol read it."""
    return _json({"error": {"message": why, "type": "tocsin", "param": None, "code": code}})


def _beginning(messages: list[object]) -> list[object]:
    """Return a conversation up to its first user's message, which stays as it grows."""
    users = [k for k, one in enumerate(messages) if _object(one).get("role") == "user"]
    return messages[: users[0] + 1] if users else messages


def _of_events(body: bytes) -> dict[str, object]:
    chars, tools, features = 0, set[object](), dict[str, object]()
    for event in _events(body):
        features |= {k: v for k, v in _usage(event).items() if v is not None}
        choice = _choice(event)
        delta = _object(choice.get("delta"))
        chars += len(_text(delta.get("content")))
        calls = delta.get("tool_calls")
        for call in cast("list[object]", calls) if isinstance(calls, list) else []:
            tools.add(_object(call).get("index"))
        if choice.get("finish_reason") is not None:
            features["finish_reason"] = choice["finish_reason"]
    return features | {"output_chars": chars, "tool_calls": len(tools)}


def _events(body: bytes) -> Iterator[Mapping[str, object]]:
    for line in body.splitlines():
        if line.startswith(b"data:") and line[5:].strip() != b"[DONE]":
            try:
                yield _object(read_json(line[5:].strip()))
            except BadInput:
                continue  # the last event of a stream that broke, or that was too long to keep


def _usage(whole: Mapping[str, object]) -> dict[str, object]:
    usage = _object(whole.get("usage"))
    return {
        "llm": whole.get("model"),
        "tokens_in": usage.get("prompt_tokens"),
        "tokens_out": usage.get("completion_tokens"),
        "tokens_cached": _object(usage.get("prompt_tokens_details")).get("cached_tokens"),
        "tokens_reasoning": _object(usage.get("completion_tokens_details")).get("reasoning_tokens"),
    }


def _choice(whole: Mapping[str, object]) -> Mapping[str, object]:
    choices = whole.get("choices")
    return (
        _object(cast("list[object]", choices)[0]) if isinstance(choices, list) and choices else {}
    )


def _message(whole: Mapping[str, object]) -> Mapping[str, object]:
    return _object(_choice(whole).get("message"))


def _chars(message: object) -> int:
    return len(_text(_object(message).get("content")))


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = cast("list[object]", content) if isinstance(content, list) else []
    texts = [_object(part).get("text") for part in parts]
    return "".join(text for text in texts if isinstance(text, str))


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
