"""Keeps libraries from logging what they send: an address is often a secret, and headers hold more.

A filter on their loggers, not a level: whatever an operator sets, the rest of the process may log
as it likes, and only the thread that is sending is silent.
"""

import logging
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar

from typing_extensions import override

HTTPX = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)
"""Loggers beneath our client: the first tells every address, the others headers of answers."""

_sending: ContextVar[bool] = ContextVar("sending", default=False)


class _Hush(logging.Filter):
    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not _sending.get()


_HUSH = _Hush()


@contextmanager
def quiet(loggers: Iterable[str]) -> Generator[None]:
    """Drop what `loggers` (exact names) log in this thread meanwhile."""
    for name in loggers:
        logging.getLogger(name).addFilter(_HUSH)  # a second time is nothing
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)
