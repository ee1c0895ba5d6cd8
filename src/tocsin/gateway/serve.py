"""Listening: the socket, uvicorn around the gateway, and a client for each system."""

import errno
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType

import uvicorn
from typing_extensions import override

from tocsin.base.errors import BadInput
from tocsin.gateway.proxy import Gateway
from tocsin.gateway.served import Served, Settings
from tocsin_client import Tocsin


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host` and `port`.

    Raises:
        BadInput: another program has the port, or this machine does not have the address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named so that asyncio sends answers at once (TCP_NODELAY)
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(2048)
    except OSError as error:
        bound.close()
        taken = error.errno == errno.EADDRINUSE
        raise BadInput(
            f"port {port} is in use" if taken else f"cannot listen on {host}: {error.strerror}",
            where="--port" if taken else "--host",
            do="choose another",
        ) from None
    return bound


def run(
    settings: Settings,
    listener: socket.socket,
    *,
    until: Callable[[], bool] = lambda: False,
    started: Callable[[Gateway], None] = lambda _gateway: None,
) -> None:
    """Serve until a signal, or until `until` says so; rows that are left are sent or spooled.

    Args:
        settings: what to serve.
        listener: where.
        until: asked ten times a second.
        started: told of the gateway before it takes its first call.
    """

    class Server(uvicorn.Server):
        @override
        async def on_tick(self, counter: int) -> bool:
            return await super().on_tick(counter) or until()

    if threading.current_thread() is threading.main_thread():
        # uvicorn raises the signal again once it has stopped: without this, rows would go with it
        signal.signal(signal.SIGTERM, _end)
    with ExitStack() as clients:
        controls = {
            one.system.name: clients.enter_context(_client(settings, one))
            for one in settings.systems
        }
        gateway = Gateway(settings, controls)
        started(gateway)
        Server(
            uvicorn.Config(
                gateway,
                log_level="warning",
                access_log=False,
                lifespan="on",
                ws="none",
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=5,
            )
        ).run(sockets=[listener])


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _client(settings: Settings, served: Served) -> Tocsin:
    return Tocsin(
        settings.server,
        token=settings.token,
        system=served.system.name,
        version=served.version,
        spool_dir=settings.spool_dir,
        on_control_loss=served.on_control_loss,
        control_grace_s=served.grace_s,
    )
