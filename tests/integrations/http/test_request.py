"""Bytes that go out."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tocsin.integrations.http.request import Request, cut, header_text, json_body, secret_parts

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


def test_every_part_of_a_secret_address_is_secret() -> None:
    url = "https://azalea:pass%20word@x.org/services/T0/hush%21?sig=abc%2Fdef&v=1"
    parts = secret_parts(url)
    assert {url, "services/T0/hush%21", "hush%21", "hush!", "abc%2Fdef", "abc/def"} <= set(parts)
    assert {"pass%20word", "pass word"} <= set(parts)
    assert "" not in parts
