"""The one file of this folder that touches the network; it decides nothing.

smtplib's own errors quote the server's words and may hold what was sent, so only the code or the
type of an error goes on.

The whole call has one limit: the look-up of the server's name has none of its own, and a server
that sends one line now and then would begin each wait anew.
"""

import smtplib
import socket
import ssl
import time
from collections.abc import Callable

from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.incident.letter import Letter
from tocsin.integrations.http.bounded import within
from tocsin.integrations.smtp import letters, wire
from tocsin.integrations.smtp.settings import Security, Settings


class Smtp:
    """A `Notifier` and a `Mailer`.  One connection per mail: idle ones go stale."""

    def __init__(self, settings: Settings, context: ssl.SSLContext | None = None) -> None:
        """Hold the settings; `context` says whom to trust, the system's authorities by default."""
        self._settings = settings
        self._context = context or ssl.create_default_context()

    def send(self, notice: Notice) -> Receipt:
        """Hand `notice` to the mail server once; no retry here, the delivery duty owns that."""
        sender = self._settings.sender
        return self._hand_over(notice.address, notice.key, lambda: wire.to_mail(notice, sender))

    def mail(self, letter: Letter) -> Receipt:
        """Hand `letter` to the mail server once."""
        sender = self._settings.sender
        return self._hand_over(letter.address, letter.key, lambda: letters.to_mail(letter, sender))

    def _hand_over(self, address: str, key: str, write: Callable[[], bytes]) -> Receipt:
        try:
            mail = write()
        except ValueError:
            raise _error("the address is no mail address", Reason.CONFIGURATION) from None
        if not address.isascii() or "@" not in address:
            raise _error("the address is no mail address", Reason.CONFIGURATION)
        try:
            within(self._settings.timeout_s, lambda: self._converse(address, mail))
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise _error("the server offers no STARTTLS or login", Reason.CONFIGURATION) from None
        except ssl.SSLCertVerificationError:
            raise _error("the server's certificate is not trusted", Reason.CONFIGURATION) from None
        except (smtplib.SMTPException, OSError) as error:
            raise _error(
                f"unreachable: {type(error).__name__}", Reason.NETWORK, retryable=True
            ) from None
        return Receipt(channel="smtp", external_id=wire.message_id(key, self._settings.sender))

    def _converse(self, address: str, mail: bytes) -> None:
        settings = self._settings
        ends_s = time.monotonic() + settings.timeout_s
        client = self._connect()
        try:
            steps: list[Callable[[], tuple[int, bytes]]] = [client.ehlo]
            if settings.security == Security.STARTTLS:
                steps += [lambda: client.starttls(context=self._context), client.ehlo]
            if settings.username is not None and settings.password is not None:
                username, password = settings.username, settings.password
                steps.append(lambda: client.login(username, password))
            steps += [
                lambda: client.mail(settings.sender),
                lambda: client.rcpt(address),
                lambda: client.data(mail),
            ]
            for step in steps:
                _limit(client, ends_s)
                code, words = step()
                if not 200 <= code <= 299:
                    raise smtplib.SMTPResponseException(code, words)
        finally:
            client.close()  # accepted is accepted: a lost QUIT must not turn it into a failure

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        # smtplib would look its own name up in DNS, which may take longer than the mail
        name = socket.gethostname()
        if settings.security == Security.TLS:
            return smtplib.SMTP_SSL(
                settings.host,
                settings.port,
                local_hostname=name,
                timeout=settings.timeout_s,
                context=self._context,
            )
        return smtplib.SMTP(
            settings.host, settings.port, local_hostname=name, timeout=settings.timeout_s
        )


def _limit(client: smtplib.SMTP, ends_s: float) -> None:
    left_s = ends_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    if client.sock is not None:
        client.sock.settimeout(left_s)


def _refused(code: int) -> DeliveryError:
    retryable, reason = wire.failure(code)
    return _error(f"answered {code}", reason, retryable=retryable)


def _error(what: str, reason: Reason, *, retryable: bool = False) -> DeliveryError:
    return DeliveryError(f"mail server: {what}", retryable=retryable, reason=reason)
