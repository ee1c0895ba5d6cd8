"""Writes to the stream it is given; decides nothing."""

from typing import TextIO

from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.integrations.console import wire
from tocsin.integrations.console.settings import Settings


class Console:
    """A `Notifier` on a text stream."""

    def __init__(self, settings: Settings, stream: TextIO) -> None:
        """Hold the stream; the caller owns it."""
        self._settings, self._stream = settings, stream

    def send(self, notice: Notice) -> Receipt:
        """Print `notice` in one write, so that two threads do not mix their lines."""
        try:
            self._stream.write(wire.to_lines(notice))
            self._stream.flush()
        except (OSError, ValueError) as error:  # a closed stream is a ValueError
            raise DeliveryError(
                f"console cannot be written: {type(error).__name__}",
                retryable=True,
                reason=Reason.SERVER,
            ) from None
        return Receipt(channel="console", external_id=notice.key)
