"""What the alert room needs from outside; integrations fit these shapes, never the reverse."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from tocsin.alert.notice import Notice
from tocsin.base.errors import TocsinError


class Reason(StrEnum):
    """Why a delivery failed, coarse enough to be a metric label."""

    REJECTED = "rejected"
    THROTTLED = "throttled"
    SERVER = "server"
    NETWORK = "network"
    CONFIGURATION = "configuration"


class DeliveryError(TocsinError):
    """The receiver did not take the notice.

    `retryable` tells the delivery duty whether another try can help; only the adapter knows.
    The message never holds a secret: it ends up in logs and on the incident timeline.
    """

    def __init__(self, message: str, *, retryable: bool, reason: Reason) -> None:
        """Keep the two facts the delivery duty reads beside the human message."""
        super().__init__(message)
        self.retryable = retryable
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of acceptance, kept on the timeline."""

    channel: str
    external_id: str


class Notifier(Protocol):
    """Sends one notice.  Must be safe to call twice with the same notice."""

    def send(self, notice: Notice) -> Receipt:
        """Deliver within the adapter's time limit, or raise `DeliveryError`."""
        ...


class Turn(StrEnum):
    """What became of an incident."""

    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@runtime_checkable
class Follower(Protocol):
    """A notifier whose receiver keeps the incident too, and goes on calling until it is told.

    Must be safe to call twice, and about what the receiver no longer knows.
    """

    def follow(self, receipt: Receipt, turn: Turn, by: str) -> None:
        """Tell that the incident behind `receipt` took a turn, or raise `DeliveryError`."""
        ...
