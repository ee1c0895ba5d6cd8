"""Bytes that go out."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tocsin.integrations.http.request import Request, cut, header_text, json_body

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_is_plain_ascii_and_says_the_same(value: object) -> None:
    body = json_body(value)
    assert body.isascii()
    assert json.loads(body) == value


@given(st.text())
def test_a_header_is_one_printable_line(text: str) -> None:
    value = header_text(text)
    assert value.isascii()
    assert value.isprintable()


@given(st.text(), st.integers(2, 60))
def test_what_is_cut_fits_by_every_count_of_characters(text: str, limit: int) -> None:
    kept = cut(text, limit)
    assert len(kept) <= limit
    assert len(kept.encode("utf-16-le")) <= 2 * limit
    whole = text.encode("utf-16-le", "replace").decode("utf-16-le")
    assert whole == kept or (kept.endswith("…") and whole.startswith(kept[:-1]))


def test_nothing_of_a_request_shows() -> None:
    request = Request("https://example.org/token", b"token", {"A": "token"})
    assert "token" not in repr(request)
