"""The queue in `tocsin.yaml`: shares as people write them, channels that exist and are signed."""

from datetime import timedelta

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.ingest.queue import Queue

TEXT = """version: 1
systems:
  loans:
    reference: ref.csv
    columns: {score: score}
    queue: QUEUE
notifiers:
  caller: {kind: webhook, settings: {url: "https://example.org", secret: 0123456789abcdef}}
  chat: {kind: slack, settings: {}}
"""


def queue(text: str) -> Queue:
    return load(TEXT.replace("QUEUE", text), "tocsin.yaml").systems["loans"].queue


def test_what_is_left_out_is_the_default() -> None:
    assert queue("{}") == Queue()


def test_everything_can_be_said() -> None:
    said = queue(
        "{routed: false, due: 30m, lease: 5m, sample: 1%, second: 0.2, hide_answer: false,"
        " overdue: page, outcomes: false, answers_to: caller}"
    )
    assert said == Queue(
        routed=False,
        due=timedelta(minutes=30),
        lease=timedelta(minutes=5),
        sample=0.01,
        second=0.2,
        hides_answer=False,
        pages=True,
        outcomes=False,
        answers_to="caller",
    )


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{sample: 2}", "tocsin.yaml:6.*sample"),
        ("{sample: x%}", "write a share like 1%"),
        ("{due: 0s}", "due"),
        ("{overdue: never}", "overdue"),
        ("{sampel: 1%}", "did you mean 'sample'"),
        ("{answers_to: nobody}", "nobody"),
        ("{answers_to: chat}", "of kind slack.*webhook"),
    ],
)
def test_what_cannot_be_is_refused_by_line_and_key(text: str, match: str) -> None:
    with pytest.raises(BadInput, match=match):
        queue(text)
