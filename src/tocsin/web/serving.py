"""Listening: the socket, and uvicorn around the application."""

import errno
import socket
from collections.abc import Sequence
from types import FrameType

import uvicorn
from typing_extensions import override

from tocsin.base.errors import BadInput
from tocsin.web.asgi import build
from tocsin.web.site import Site

LOCAL = ("127.0.0.1", "::1")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host` and `port`, taken before anything else is touched.

    Raises:
        BadInput: another program has the port, or this machine does not have the address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol must be named: asyncio sends answers at once (TCP_NODELAY) only where it is, and
    # otherwise each waits some 40 ms for the other side's delayed acknowledgement
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise BadInput(
                f"port {port} is in use", where="--port", do="stop that program or choose another"
            ) from None
        raise BadInput(
            f"cannot listen on {host}:{port}: {error.strerror}",
            where="--host",
            do="give an address of this machine, e.g. 127.0.0.1",
        ) from None
    return bound


def run(site: Site, listener: socket.socket, trusted_proxies: Sequence[str] = ()) -> None:
    """Serve until a signal or `site.closing` says to stop; event streams end first.

    `trusted_proxies`, and those on this machine, tell by `X-Forwarded-For` who asks; of all others
    that header is ignored, since it would let anybody ask as often as they invent addresses.
    """

    class Server(uvicorn.Server):
        @override
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            site.closing.set()
            super().handle_exit(sig, frame)

        @override
        async def on_tick(self, counter: int) -> bool:
            # whoever runs the server in a thread, where no signal arrives, sets `closing` instead
            return await super().on_tick(counter) or site.closing.is_set()

    Server(
        uvicorn.Config(
            build(site),
            log_level="warning",
            access_log=False,
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=5,
            forwarded_allow_ips=[*LOCAL, *trusted_proxies],
        )
    ).run(sockets=[listener])
