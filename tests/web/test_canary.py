from urllib.parse import urlencode

import pytest

from tests.web import story
from tests.web.cast import Stage

CANARY = "/v1/systems/loans/canary"


def test_the_newest_is_set_beside_who_decides_most(stage: Stage) -> None:
    story.trial(stage, hours=30, wrong_for_women=0.1)
    told = stage.ask("reader", "GET", CANARY).json()
    assert (told["candidate"], told["champion"], told["call"]) == ("2", "1", "promote")
    assert told["span"]["end"] == "2026-11-20T14:00:00Z"
    assert {one["answer"] for one in told["compared"] if one["must"]} == {"safe"}


def test_harm_to_women_is_found_and_said_first(stage: Stage) -> None:
    story.trial(stage, hours=6, wrong_for_women=0.14)
    told = stage.ask("reader", "GET", CANARY).json()
    assert told["call"] == "abort"
    worst = told["compared"][0]
    assert worst["slice"] == {"sex": "f"}
    assert worst["answer"] == "harmed"
    assert worst["candidate"]["n"] == 24_000
    assert told["why"].startswith(worst["text"][0].upper())


def test_terms_are_those_of_the_system(stage: Stage) -> None:
    story.trial(stage, hours=30, wrong_for_women=0.1)
    asked = {"candidate": "2", "champion": "1", "since": "2026-11-20T10:00:00Z"}
    told = stage.ask("reader", "GET", CANARY + "?" + urlencode(asked)).json()
    assert told["call"] == "hold"
    assert "still to be seen" in told["why"] or "still open" in told["why"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"candidate": "7"}, "version '7' decided nothing"),
        ({"candidate": "2", "champion": "2"}, "cannot be compared with itself"),
        ({"since": "2026-11-20T15:00:00Z"}, "no two versions"),
    ],
)
def test_what_cannot_be_compared_is_refused(stage: Stage, asked: dict[str, str], says: str) -> None:
    story.trial(stage, hours=3, wrong_for_women=0.1)
    answer = stage.ask("reader", "GET", CANARY + "?" + urlencode(asked))
    assert answer.status_code == 400
    assert says in answer.text


def test_an_unknown_system_is_not_found(stage: Stage) -> None:
    assert stage.ask("reader", "GET", "/v1/systems/nobody/canary").status_code == 404
