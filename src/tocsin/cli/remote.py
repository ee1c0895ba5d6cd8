"""The server as commands see it: one JSON call at a time, every fault as one clear sentence."""

from __future__ import annotations

import json
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, cast

import typer

from tocsin.base.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    TocsinError,
    Unavailable,
)

if TYPE_CHECKING:
    import httpx

Json: TypeAlias = Any
"""An answer of the API; commands read the few keys they print."""
Url = Annotated[str, typer.Option("--url", envvar="TOCSIN_URL", help="Where the server is.")]
Token = Annotated[
    str, typer.Option("--token", envvar="TOCSIN_TOKEN", help="API token; better in TOCSIN_TOKEN.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the server's JSON answer.")]
LOCAL = "http://127.0.0.1:8470"
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Remote:
    """A server; the client that is handed in knows its address and carries the token."""

    client: httpx.Client

    def get(self, path: str, **query: str | int) -> Json:
        """Return the JSON answer of a GET."""
        return self._ask("GET", path, None, query)

    def text(self, path: str) -> str:
        """Return the text of a GET."""
        return self._send("GET", path, None, {}).text

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Json:
        """Return the JSON answer of a POST, which a repeated send would not do twice."""
        return self._ask("POST", path, body or {}, {})

    def delete(self, path: str) -> None:
        """Delete."""
        self._send("DELETE", path, None, {})

    def _ask(self, method: str, path: str, body: object, query: Mapping[str, str | int]) -> Json:
        answer = self._send(method, path, body, query)
        try:
            return answer.json()
        except json.JSONDecodeError:
            raise Unavailable(
                f"{self.client.base_url} did not answer as Tocsin does; check --url"
            ) from None

    def _send(
        self, method: str, path: str, body: object, query: Mapping[str, str | int]
    ) -> httpx.Response:
        import httpx  # noqa: PLC0415 - heavy; the menu must not pay for it

        headers = {} if method == "GET" else {"Idempotency-Key": secrets.token_hex(16)}
        try:
            answer = self.client.request(
                method, path, json=body, params=dict(query), headers=headers
            )
        except httpx.TimeoutException:
            raise Unavailable(
                f"{self.client.base_url} did not answer within {TIMEOUT_S:.0f} s; try again"
            ) from None
        except (httpx.TransportError, httpx.InvalidURL):
            raise Unavailable(
                f"cannot reach {self.client.base_url}; is `tocsin up` running, is --url right?"
            ) from None
        if answer.is_success:
            return answer
        raise refusal(answer)


def refusal(answer: httpx.Response) -> TocsinError:
    """Return the server's refusal as one of our own errors."""
    fault = _fault(answer)
    what, where, do = (fault.get(part, "") for part in ("what", "where", "do"))
    match answer.status_code:
        case 400 | 413 | 415 | 422:
            return BadInput(what, where=where, do=do)
        case 401:
            return Forbidden(f"{what}; give --token or set TOCSIN_TOKEN")
        case 403:
            return Forbidden(f"{what}; {do}")
        case 404:
            return NotFound(what)
        case 409:
            return Conflict(f"{what}; {do}")
        case status:
            return Unavailable(f"the server answered {status}: {what}; {do}".rstrip("; "))


def _fault(answer: httpx.Response) -> dict[str, str]:
    try:
        fault = cast("dict[str, dict[str, str]]", answer.json())["error"]
        return {name: str(value) for name, value in fault.items()}
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        return {"what": f"an answer without a reason ({answer.status_code})"}


@contextmanager
def remote(url: str, token: str) -> Generator[Remote]:
    """Yield the server at `url`.

    Raises:
        BadInput: the address or the token is not one.
    """
    import httpx  # noqa: PLC0415 - heavy; the menu must not pay for it

    if not url.startswith(("http://", "https://")):
        raise BadInput(f"{url!r} is not an address", where="--url", do="write http://host:port")
    if not token.isascii() or (token and not token.isprintable()):
        raise BadInput("the token has signs that no token has", where="--token", do="copy it anew")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        client = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S)
    except httpx.InvalidURL:
        raise BadInput(
            f"{url!r} is not an address", where="--url", do="write http://host:port"
        ) from None
    with client:
        yield Remote(client)


def columns(rows: list[tuple[str, ...]]) -> str:
    """Return rows in columns, the last one as long as it is.

    >>> print(columns([("INC-1", "open", "a"), ("INC-22", "open", "b")]))
    INC-1   open  a
    INC-22  open  b
    """
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))] if rows else []
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def printed(answer: Json) -> str:
    """Return JSON for a terminal or a pipe."""
    return json.dumps(answer, indent=2, ensure_ascii=False)
