"""The card, by value."""

from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.notifier import NOTICE, OTHER
from tocsin.integrations.http import Answer
from tocsin.integrations.teams.wire import card, card_id, judge


def body(**changes: str) -> list[dict[str, Any]]:
    return card(replace(NOTICE, **changes))["body"]  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize(
    ("severity", "colour"), [("SEV1", "attention"), ("SEV3", "warning"), ("SEV4", "default")]
)
def test_colour_is_for_state(severity: str, colour: str) -> None:
    assert body(severity=severity)[0]["inlines"][0]["color"] == colour


def test_the_contact_is_mentioned_if_it_is_a_person() -> None:
    told = card(NOTICE)
    assert told["msteams"] == {
        "entities": [
            {
                "type": "mention",
                "text": "<at>lending@example.org</at>",
                "mentioned": {"id": "lending@example.org", "name": "lending@example.org"},
            }
        ]
    }
    assert body()[-1]["text"] == "<at>lending@example.org</at>"
    for address in ("", "lending", "a@b</at><at>c@d", "x" * 200 + "@example.org"):
        assert "msteams" not in card(replace(NOTICE, address=address))


def test_nobodys_words_are_obeyed() -> None:
    blocks = body(subject="[a](http://x) **b**", text="<at>all</at>\n\n# c", address="")
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    words = [block["inlines"][0]["text"] for block in blocks]
    assert words == ["[a](http://x) **b**", "<at>all</at>", "# c"]


def test_a_repeat_is_known_by_its_card() -> None:
    assert card_id(NOTICE.key) == card_id(NOTICE.key)
    assert card_id(NOTICE.key) != card_id(OTHER.key)


def test_only_its_own_acceptance_counts() -> None:
    for answer in (Answer(202), Answer(200, b"1"), Answer(200, b'{"status":"ok"}')):
        assert judge(answer) is None
    for answer in (Answer(204), Answer(200, b" <!DOCTYPE html>")):
        refused = judge(answer)
        assert refused is not None
        assert refused.retryable
