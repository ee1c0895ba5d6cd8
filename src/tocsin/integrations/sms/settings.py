"""What an operator must supply: the provider's request, as its manual writes it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.base.errors import BadInput
from tocsin.integrations.http import Fields
from tocsin.integrations.sms.template import WORDS, Form, unknown

_KNOWN = frozenset(
    (
        *("url", "method", "headers", "form", "body", "username", "password"),
        *("receipt", "most_chars", "timeout_s"),
    )
)
_METHODS = ("POST", "PUT", "GET")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_CHARS = range(60, 1601)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one provider; all that may hold a key is kept out of repr and errors."""

    url: str = field(repr=False)
    body: str = field(default="", repr=False)
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    form: Form = Form.FORM
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    receipt: str = ""
    most_chars: int = 300
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> "Settings":
        """Return the settings that the configuration's texts say.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("sms", settings, _KNOWN)
        method = fields.text("method").upper() or "POST"
        if method not in _METHODS:
            raise fields.bad("method is unknown", f"write one of {', '.join(_METHODS)}")
        form, body, url = fields.text("form") or Form.FORM, fields.text("body"), fields.address()
        if form not in list(Form):
            raise fields.bad(f"form {form!r} is unknown", "write form or json")
        username, password = fields.text("username"), fields.text("password")
        if bool(username) != bool(password):
            raise fields.bad("username and password go together", "set both or neither")
        read = cls(
            url=url,
            body=body,
            method=method,
            headers=_headers(fields),
            form=Form(form),
            username=username,
            password=password,
            receipt=fields.text("receipt"),
            most_chars=_chars(fields),
            timeout_s=fields.timeout_s(),
        )
        _check(read, fields)
        return read


def _check(read: Settings, fields: Fields) -> None:
    """Check what would otherwise show when somebody must be woken."""
    known = ", ".join(f"{{{word}}}" for word in WORDS)
    for name, text in (("url", read.url), ("body", read.body), *read.headers.items()):
        if slips := unknown(text):
            raise fields.bad(f"{name} has an unknown word {{{slips[0]}}}", f"known are {known}")
    if read.method == "GET" and read.body:
        raise fields.bad("a body does not go with GET", "write its fields into url")
    said = read.url + read.body
    if "{address}" not in said:
        raise fields.bad("neither url nor body says {address}", "write where the number goes")
    if not any(word in said for word in ("{text}", "{spoken}", "{acknowledge_url}")):
        raise fields.bad("neither url nor body says {text}", "write where the words go")
    if "{" in read.url.partition("://")[2].partition("/")[0]:
        raise fields.bad("url fills in a host", "write the provider's host")
    if read.form is Form.JSON and read.body:
        try:
            json.loads(read.body)
        except ValueError:
            raise fields.bad(
                "body is no JSON", 'write words in quotes, e.g. {"to": "{address}"}'
            ) from None


def _headers(fields: Fields) -> dict[str, str]:
    """Return the headers, written one a line."""
    headers: dict[str, str] = {}
    for line in fields.text("headers").splitlines():
        name, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon or not _HEADER.fullmatch(name.strip()):
            raise _header(fields, len(headers))
        if not value.strip().isascii() or not value.strip().isprintable():
            raise _header(fields, len(headers))
        headers[name.strip()] = value.strip()
    return headers


def _header(fields: Fields, before: int) -> BadInput:
    return fields.bad(f"header {before + 1} is none", "write one a line, Name: value")


def _chars(fields: Fields) -> int:
    text = fields.text("most_chars") or "300"
    if not text.isdecimal() or int(text) not in _CHARS:
        raise fields.bad(
            f"most_chars is no number from {_CHARS[0]} to {_CHARS[-1]}", "write e.g. 300"
        )
    return int(text)
