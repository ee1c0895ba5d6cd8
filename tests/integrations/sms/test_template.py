"""What is filled in cannot leave its place."""

import json
from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from tocsin.integrations.sms.template import (
    WORDS,
    address_part,
    fill,
    form_value,
    json_inside,
    unknown,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT)
def test_a_forms_values_come_back_as_they_were(one: str, two: str) -> None:
    form = fill("a={text}&b={key}", {"text": one, "key": two}, form_value)
    assert parse_qsl(form, keep_blank_values=True) == [("a", one), ("b", two)]


@given(TEXT, TEXT)
def test_strings_of_json_come_back_as_they_were(one: str, two: str) -> None:
    body = fill('{"a": "{text}", "b": ["{key}"]}', {"text": one, "key": two}, json_inside)
    assert json.loads(body) == {"a": one, "b": [two]}


@given(TEXT)
def test_an_address_stays_the_same_place(text: str) -> None:
    url = urlsplit(fill("https://x.org/a/{text}/b?c={text}", {"text": text}, address_part))
    assert url.hostname == "x.org"
    assert [unquote(step) for step in url.path.split("/")] == ["", "a", text, "b"]
    assert unquote(url.query) == f"c={text}"


def test_a_values_own_braces_are_not_filled_in() -> None:
    assert fill("{text}", {"text": "{key}", "key": "no"}, str) == "{key}"


def test_only_slips_of_the_pen_are_unknown() -> None:
    assert unknown("".join(f"{{{word}}}" for word in WORDS)) == []
    assert unknown('{"a": {}, "b": "{txt}"}') == ["txt"]
