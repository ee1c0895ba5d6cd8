"""OpenAI-compatible chat."""

import json
from typing import Any

import pytest

from tests.gateway.test_verdict import SERVED
from tocsin.base.errors import BadInput
from tocsin.gateway.ask import EVENTS
from tocsin.gateway.dialects import chat

SYSTEM = {"role": "system", "content": "be kind"}


def read(*messages: object, **more: Any) -> Any:
    fields = {"model": "m", "messages": [SYSTEM, *messages], **more}
    return chat.read(json.dumps(fields).encode(), {}, SERVED)


def user(content: object) -> dict[str, object]:
    return {"role": "user", "content": content}


def test_a_conversation_keeps_its_key_as_it_grows_and_others_have_others() -> None:
    first = read(user("hello")).rows[0].key(None)
    grown = read(user("hello"), {"role": "assistant", "content": "hi"}, user("more"))
    assert grown.rows[0].key(None) == first
    assert read(user("good day")).rows[0].key(None) != first
    named = [read(user(text), user="u1").rows[0].key(None) for text in ("a", "b")]
    assert named[0] == named[1]


def test_texts_are_counted_in_either_form() -> None:
    parts = [{"type": "text", "text": "abc"}, {"type": "image_url", "image_url": {"url": "x"}}]
    assert read(user(parts)).rows[0].features == {"input_chars": 10, "llm": "m"}


def test_a_stream_is_counted_even_when_it_was_cut() -> None:
    def event(delta: object, finish: str | None = None, **more: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + json.dumps({"model": "m-1", "choices": [choice], **more}).encode()

    calls = {"tool_calls": [{"index": 0, "function": {"name": "f"}}]}
    usage = {"usage": {"prompt_tokens": 5, "completion_tokens": 2}}
    whole = [event({"content": "ab"}), event(calls), event(calls), event({}, "tool_calls", **usage)]
    body = b"\n\n".join([*whole, b"data: [DONE]", b'data: {"cut'])
    (fact,) = chat.told(read(user("x")), body, SERVED)
    assert fact["features"] == {
        "llm": "m-1",
        "tokens_in": 5,
        "tokens_out": 2,
        "output_chars": 2,
        "tool_calls": 1,
        "finish_reason": "tool_calls",
    }


def test_a_made_answer_is_a_completion_or_a_stream_of_the_same_text() -> None:
    piece = chat.made({"a": 1}, SERVED)
    ask = read(user("x"))
    said = json.loads(chat.joined(ask, [piece], SERVED).body)
    assert said["choices"][0]["message"]["content"] == '{"a": 1}'
    assert (said["object"], said["model"]) == ("chat.completion", "m")
    stream = chat.joined(read(user("x"), stream=True), ["hello"], SERVED)
    assert stream.content_type == EVENTS
    (fact,) = chat.told(ask, stream.body, SERVED)
    assert fact["features"] == {
        "llm": "m",
        "output_chars": 5,
        "tool_calls": 0,
        "finish_reason": "stop",
    }


def test_pieces_and_parts_are_the_whole_call() -> None:
    ask = read(user("x"), temperature=0)
    assert json.loads(chat.part(ask, [0])) == ask.fields
    answer = {"choices": [{"message": {"content": "yes"}}]}
    assert chat.pieces(json.dumps(answer).encode(), 1) == ["yes"]


def test_what_is_no_chat_is_bad_input() -> None:
    with pytest.raises(BadInput):
        chat.read(b'{"model": "m"}', {}, SERVED)
    with pytest.raises(BadInput):
        chat.told(read(user("x")), b'{"object": "error"}', SERVED)
