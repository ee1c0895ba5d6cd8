"""A client that calls outside only: names are looked up here, and what lies inside is refused.

The connection goes to the very address that was looked at, under the name's certificate.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import httpx
from typing_extensions import override

from tocsin.incident.subscriber import Address, Network, inside

Resolve = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host."""


class Inside(httpx.UnsupportedProtocol):
    """The address lies inside the house, or nowhere that we may call."""


def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of `host`, as the system's resolver knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Outward(httpx.BaseTransport):
    """Passes requests on to public addresses, or to those of networks that were opened."""

    def __init__(
        self, under: httpx.BaseTransport, allowed: Sequence[Network], resolve: Resolve
    ) -> None:
        """Hold what connects, what may be called, and who knows addresses."""
        self._under, self._allowed, self._resolve = under, allowed, resolve

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` to the first address of its host, if all of them lie outside.

        Raises:
            Inside: one of them does not.
            httpx.ConnectError: the name has no address.
        """
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            found = [_address(text) for text in self._resolve(host, port)]
        except OSError:
            raise httpx.ConnectError("no address") from None
        if not found:
            raise httpx.ConnectError("no address")
        if any(inside(one, self._allowed) for one in found):
            raise Inside("an address inside")
        request.headers["Host"] = request.url.netloc.decode("ascii")
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=str(found[0]))
        return self._under.handle_request(request)

    @override
    def close(self) -> None:
        """Close what connects."""
        self._under.close()


def outward(
    allowed: Sequence[Network],
    timeout_s: float,
    *,
    under: httpx.BaseTransport | None = None,
    resolve: Resolve = addresses,
) -> httpx.Client:
    """Return a client that calls outside only."""
    transport = Outward(under or httpx.HTTPTransport(), allowed, resolve)
    return httpx.Client(
        transport=transport, timeout=timeout_s, follow_redirects=False, trust_env=False
    )


def _address(text: str) -> Address:
    return ip_address(text.partition("%")[0])
