"""An error says what, where and what to do."""

import pytest

from tocsin.base.errors import BadInput, TocsinError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (BadInput("wrong"), "wrong"),
        (BadInput("wrong", where="f:1"), "f:1: wrong"),
        (BadInput("wrong", where="f:1", do="mend it"), "f:1: wrong; mend it"),
    ],
)
def test_the_message_joins_the_facts(error: BadInput, text: str) -> None:
    assert str(error) == text
    assert isinstance(error, TocsinError)
