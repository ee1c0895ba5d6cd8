"""A real SMTP server (aiosmtpd) on 127.0.0.1 and a port of its own, with or without a fault."""

import asyncio
import ssl
import threading

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from typing_extensions import override

from tests.contracts.notifier import Fault

ANSWER = {
    Fault.BROKEN: "451 local error in processing",
    Fault.BUSY: "450 mailbox busy",
    Fault.REFUSES: "550 no such user here",
    Fault.FORBIDS: "550 not permitted",
}
USERNAME, PASSWORD = "tocsin", "correct horse battery staple"


class _Protocol(SMTP):
    """Drops the connection, or greets without end, where the fault says so."""

    fault: Fault | None = None
    dripping: list[asyncio.Transport]

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.fault == Fault.DROPS:
            transport.close()
            return
        if self.fault == Fault.DRIPS:
            assert isinstance(transport, asyncio.Transport)
            self.dripping.append(transport)
            self._drip(transport)
            return
        super().connection_made(transport)

    def _drip(self, transport: asyncio.Transport) -> None:
        if not transport.is_closing():
            transport.write(b"220-welcome\r\n")
            self.loop.call_later(0.05, self._drip, transport)

    @override
    def connection_lost(self, error: Exception | None) -> None:
        if self.fault not in {Fault.DROPS, Fault.DRIPS}:
            super().connection_lost(error)


class Server:
    """Keeps every message that it accepted."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, login: bool = False) -> None:
        self.fault: Fault | None = None
        self.messages: list[bytes] = []
        self.recipients: list[str] = []
        self.tls, self.login = tls, login
        self._dripping: list[asyncio.Transport] = []
        self._loop = asyncio.new_event_loop()
        self._released = asyncio.Event()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, "127.0.0.1", 0)
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def close(self) -> None:
        """End the conversations under way, then the server."""

        async def finish() -> None:
            self._released.set()
            self._server.close()
            for transport in self._dripping:
                transport.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(finish(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.fault == Fault.HANGS:
            await self._released.wait()
        if self.fault is not None:
            return ANSWER.get(self.fault, "421 closing")
        assert isinstance(envelope.content, bytes)
        self.messages.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def _protocol(self) -> SMTP:
        def authenticate(*facts: object) -> AuthResult:
            given = facts[-1]
            right = LoginPassword(USERNAME.encode(), PASSWORD.encode())
            return AuthResult(success=given == right, handled=False)

        one = _Protocol(
            self,
            hostname="receiver.example.org",
            loop=self._loop,
            tls_context=self.tls,
            authenticator=authenticate,
            auth_required=self.login,
            auth_require_tls=self.login,
        )
        one.fault, one.dripping = self.fault, self._dripping
        return one
