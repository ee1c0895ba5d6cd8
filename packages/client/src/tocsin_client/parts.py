"""The parts of a client, wired: everything that holds a thread, a lock, a connection or a file.

guarded call -> Case -> Outbox -> Delivery -> server        rows, see outbox.py and delivery.py
guarded call <- Board <- Control <- server, disk            directives, see control.py
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from tocsin_client.budget import Runner
from tocsin_client.control import Control
from tocsin_client.counters import Counters
from tocsin_client.delivery import Delivery
from tocsin_client.directives import Board
from tocsin_client.outbox import Outbox
from tocsin_client.server import Server
from tocsin_client.spool import Spool

log = logging.getLogger("tocsin_client")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The arguments of a `Tocsin`, checked; see there."""

    url: str
    token: str
    system: str
    spool_dir: Path | None
    on_control_loss: str
    control_grace_s: float
    flush_s: float
    buffer_rows: int
    spool_max_bytes: int
    poll_s: float
    timeout_s: float
    compress: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what could only fail later.

        Raises:
            ValueError: names the argument and what it must be; never quotes the token.
        """
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise ValueError("url must be the address of a Tocsin server, http:// or https://")
        if not self.token.isascii() or not self.token.isprintable() or not self.token:
            raise ValueError("token must be the text of a token with scope `ingest`")
        if not self.system:
            raise ValueError("system must be the name the system has in tocsin.yaml")
        if self.on_control_loss not in ("open", "closed"):
            raise ValueError('on_control_loss must be "open" or "closed"')
        for name in (
            "control_grace_s",
            "flush_s",
            "buffer_rows",
            "spool_max_bytes",
            "poll_s",
            "timeout_s",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be greater than 0")


class Parts:
    """Everything that holds a thread, a lock or a connection; made anew in a forked child."""

    def __init__(
        self, settings: Settings, clock: Callable[[], datetime], board: Board | None
    ) -> None:
        self.counters = Counters()
        self.server = Server(
            settings.url,
            settings.token,
            timeout_s=settings.timeout_s,
            compress=settings.compress,
        )
        self.runner = Runner()
        folder = _folder(settings)

        def outbox(kind: str, path: str) -> Outbox:
            return Outbox(
                path,
                spool=_spool(folder, kind, settings.spool_max_bytes),
                buffer_rows=settings.buffer_rows,
                counters=self.counters,
                clock_ns=lambda: int(clock().timestamp() * 1e9),
            )

        own = f"/v1/systems/{quote(settings.system, safe='')}"
        self.predictions = outbox("predictions", "/v1/predictions")
        self.outcomes = outbox("outcomes", "/v1/outcomes")
        self.referrals = outbox("referrals", f"{own}/referrals")
        self.outboxes = (self.predictions, self.outcomes, self.referrals)
        self.delivery = Delivery(
            self.server, settings.system, self.outboxes, self.counters, flush_s=settings.flush_s
        )
        self.control = Control(
            self.server,
            settings.system,
            file=None if folder is None else folder / "directives.json",
            poll_s=settings.poll_s,
            grace_s=settings.control_grace_s,
        )
        if board is not None:
            self.control.board = board
        self.delivery.start()
        self.control.start()

    def close(self, timeout_s: float) -> None:
        """Send or spool what is left and end every thread."""
        self.runner.close()
        self.delivery.close(timeout_s)
        self.control.close(timeout_s)
        self.server.close()


def _folder(settings: Settings) -> Path | None:
    """Return this system's own folder; None where there is none or it cannot be made."""
    if settings.spool_dir is None:
        return None
    folder = settings.spool_dir / quote(settings.system, safe="")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:  # a full disk must not keep the service from starting
        log.warning("spool_dir cannot be used (%s); rows stay in memory", type(error).__name__)
        return None
    return folder


def _spool(folder: Path | None, kind: str, max_bytes: int) -> Spool | None:
    if folder is None:
        return None
    try:
        return Spool(folder / kind, max_bytes=max_bytes)
    except OSError as error:
        log.warning("the %s spool cannot be used (%s)", kind, type(error).__name__)
        return None
