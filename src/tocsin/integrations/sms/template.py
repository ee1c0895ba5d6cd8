"""Texts with words to fill in, e.g. `To={address}`.  Pure.

Braces around anything but a known word stand for themselves, so that JSON can be written as it is.
"""

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from urllib.parse import quote, quote_plus

WORDS = (
    *("address", "text", "spoken", "subject", "severity"),
    *("acknowledge_url", "incident_url", "key"),
)
"""What can be filled in."""

_PLACE = re.compile(r"\{([a-z_]+)\}")


class Form(StrEnum):
    """What a body is, and so how words are encoded in it."""

    FORM = "form"
    JSON = "json"


CONTENT_TYPES: Mapping[Form, str] = {
    Form.FORM: "application/x-www-form-urlencoded",
    Form.JSON: "application/json",
}


def unknown(template: str) -> list[str]:
    """Return the words in braces that nobody knows: slips of the pen.

    >>> unknown('{"to": "{adress}", "text": "{text}"}')
    ['adress']
    """
    return [word for word in _PLACE.findall(template) if word not in WORDS]


def fill(template: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    """Return the template with every word's value, encoded; a value's own braces stay.

    >>> fill("To={address}&x={}", {"address": "+1 5"}, form_value)
    'To=%2B1+5&x={}'
    """
    return _PLACE.sub(lambda place: encode(values[place[1]]), template)


def form_value(text: str) -> str:
    """Return text as a value of a form."""
    return quote_plus(text, errors="replace")


def json_inside(text: str) -> str:
    r"""Return text as the inside of a JSON string.

    >>> json_inside('say "hi"')
    'say \\"hi\\"'
    """
    return json.dumps(text)[1:-1]


def address_part(text: str) -> str:
    """Return text as a part of an address; it cannot leave its place."""
    return quote(text, safe="", errors="replace")


ENCODERS: Mapping[Form, Callable[[str], str]] = {Form.FORM: form_value, Form.JSON: json_inside}
