"""The one retry table, and what is told of a refusal."""

import pytest

from tests.contracts.http import RETRIED
from tocsin.alert.ports import Reason
from tocsin.integrations.http.answers import Answer, broken, failure, quote, refusal


@pytest.mark.parametrize(("status", "expected"), RETRIED.items())
def test_the_table_the_contract_promises(status: int, expected: tuple[bool, Reason]) -> None:
    assert failure(status) == expected


def test_nothing_but_these_is_tried_again() -> None:
    retried = [status for status in range(100, 600) if failure(status)[0]]
    assert retried == [408, 425, 429, *range(500, 600)]


def test_every_2xx_is_acceptance_by_status() -> None:
    accepted = [status for status in range(100, 600) if refusal(Answer(status)) is None]
    assert accepted == list(range(200, 300))


def test_a_vendors_words_are_told_on_one_line() -> None:
    refused = refusal(Answer(400), "bad\n\x1b[2J  key")
    assert refused is not None
    assert refused.words == "answered 400: bad [2J key"
    assert quote(["not", "text"]) == ""


def test_a_false_acceptance_is_tried_again() -> None:
    refused = broken(Answer(200), "not in its words")
    assert (refused.retryable, refused.reason) == (True, Reason.SERVER)
    assert refused.words == "answered 200, but not in its words"


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff", b"[" * 100_000, b'"text"'])
def test_a_body_that_is_no_object_has_no_fields(body: bytes) -> None:
    assert Answer(200, body).fields == {}
    assert isinstance(Answer(200, body).text, str)
