"""A real HTTP server on 127.0.0.1 that plays the receiver of webhooks, with or without a fault."""

from collections.abc import Callable

from tests.contracts.notifier import Fault
from tests.integrations.http.vendor import STATUS, Call, Reply, Vendor

__all__ = ["STATUS", "Receiver"]


class Receiver(Vendor):
    """Keeps every body and its headers that it accepted."""

    def __init__(self, answer: Callable[[], int | Fault] = lambda: 200) -> None:
        self.plain = answer
        super().__init__(self._reply)

    @property
    def bodies(self) -> list[bytes]:
        return [call.body for call in self.calls]

    @property
    def headers(self) -> list[dict[str, str]]:
        return [dict(call.headers) for call in self.calls]

    def _reply(self, _call: Call) -> Reply | Fault:
        what = self.plain()
        return what if isinstance(what, Fault) else Reply(what)
