"""The message, by value."""

import json
from dataclasses import replace

import pytest

from tests.contracts.notifier import NOTICE, OTHER
from tocsin.integrations.http import Answer
from tocsin.integrations.slack.settings import Settings
from tocsin.integrations.slack.wire import (
    block_id,
    judge_api,
    judge_webhook,
    mention,
    receipt_id,
    to_request,
)

HOOK = Settings(url="https://hooks.example.org/x")


def test_the_buttons_are_links_and_the_text_does_not_repeat_them() -> None:
    message = json.loads(to_request(NOTICE, HOOK).body)
    *_, section, actions = message["blocks"]
    urls = [button["url"] for button in actions["elements"]]
    assert urls == [NOTICE.acknowledge_url, NOTICE.incident_url]
    assert section["text"] == {"type": "plain_text", "text": "approvals fell", "emoji": False}
    assert "channel" not in message


def test_nobodys_words_are_obeyed() -> None:
    notice = replace(NOTICE, subject="<!channel> & <@U1>", text="<!here>", address="<!channel>")
    message = json.loads(to_request(notice, HOOK).body)
    assert message["text"] == "&lt;!channel&gt; &amp; &lt;@U1&gt;"
    kinds = {block["text"]["type"] for block in message["blocks"] if "text" in block}
    assert kinds == {"plain_text"}


@pytest.mark.parametrize(
    ("address", "markup"),
    [
        ("@U024BE7LH", "<@U024BE7LH>"),
        ("W024BE7LH", "<@W024BE7LH>"),
        ("channel", "<!channel>"),
        ("U024BE7LH> <!channel", ""),
        ("C024BE91L", ""),
        ("", ""),
    ],
)
def test_an_address_calls_whom_it_names(address: str, markup: str) -> None:
    assert mention(address) == markup


def test_an_empty_text_is_told_by_its_subject() -> None:
    message = json.loads(to_request(replace(NOTICE, text=""), HOOK).body)
    assert message["blocks"][1]["text"]["text"] == NOTICE.subject


def test_a_repeat_is_known_by_its_block() -> None:
    assert block_id(NOTICE.key) == block_id(NOTICE.key)
    assert block_id(NOTICE.key) != block_id(OTHER.key)


def test_only_its_own_acceptance_counts() -> None:
    assert judge_webhook(Answer(200, b"ok")) is None
    assert judge_api(Answer(200, b'{"ok":true}')) is None
    for judge in (judge_webhook, judge_api):
        for body in (b"", b"okay", b'{"ok":1}', b'{"ok":false}'):
            refused = judge(Answer(200, body))
            assert refused is not None
            assert refused.retryable


def test_a_receipt_falls_back_on_the_key() -> None:
    assert receipt_id(Answer(200, b"ok"), NOTICE) == NOTICE.key
    assert receipt_id(Answer(200, b'{"channel":1,"ts":"2"}'), NOTICE) == NOTICE.key
