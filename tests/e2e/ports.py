"""Ports for servers in processes of their own, which cannot tell which one they got."""

import random
import socket

_BELOW_OUTGOING = range(20_000, 32_000)
"""Where no connection begins: from 32768 on, one may take a port between our look and its use."""


def free_port(following: int = 0) -> int:
    """Return a port that is free, and so many that follow it."""
    while True:
        port = random.choice(_BELOW_OUTGOING)
        if all(_free(port + k) for k in range(following + 1)):
            return port


def _free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
