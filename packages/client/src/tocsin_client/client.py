"""The client: what a service holds.  It wires the parts and starts their threads.

guarded call -> Case -> Outbox -> Delivery -> server        rows, see outbox.py and delivery.py
guarded call <- Board <- Control <- server, disk            directives, see control.py
"""

import atexit
import logging
import os
import weakref
from collections.abc import Callable, Container, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar, overload

from tocsin_client.budget import Runner
from tocsin_client.case import Anything, Pending, Registered, last_id
from tocsin_client.counters import Stats
from tocsin_client.directives import CONTROL_LOST, Directive, Key
from tocsin_client.guard import Guard
from tocsin_client.hear import Hearer
from tocsin_client.parts import Parts, Settings
from tocsin_client.rows import Row
from tocsin_client.tell import Teller

log = logging.getLogger("tocsin_client")
W = TypeVar("W")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Tocsin(Teller, Hearer):
    """A service's connection to Tocsin: guards its decisions, logs them, obeys containment.

    After the constructor nothing here raises into the service or makes a decision wait for the
    network.  Make one per system and process; it may be made before a fork.

    Args:
        url: address of the server, e.g. `http://localhost:8470`.
        token: a token with scope `ingest`.
        system: the system's name in `tocsin.yaml`.
        version: the version of the system that the guarded function is.
        spool_dir: folder for rows while the server is away and for the last known directives.
            It then holds personal data; it is made readable by its owner only.  Without it, rows
            wait in memory and a restart forgets both.
        on_control_loss: `open` goes on with the last known directives, each until its expiry;
            `closed` sends every decision to its fallback once the server was not heard of for
            `control_grace_s`.
        control_grace_s: only for `closed`; at least 10 s is wise, the server's heartbeat.
        flush_s: longest time a row waits in memory while the server is there.
        buffer_rows: most rows of each kind in memory; beyond, the oldest are lost and counted.
        spool_max_bytes: most bytes of each kind on disk; beyond, the oldest are lost and counted.
        poll_s: how often directives are asked for where the stream is not to be had.
        timeout_s: patience with one request in the background.
        compress: send bodies as gzip; by default where the server is another machine.
        clock: the time, aware; for tests and simulations.

    Raises:
        ValueError: an argument can only be a mistake.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str,
        system: str,
        version: str,
        spool_dir: str | Path | None = None,
        on_control_loss: Literal["open", "closed"] = "open",
        control_grace_s: float = 30.0,
        flush_s: float = 0.5,
        buffer_rows: int = 20_000,
        spool_max_bytes: int = 256 * 1024 * 1024,
        poll_s: float = 1.0,
        timeout_s: float = 5.0,
        compress: bool | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.version = version
        self._settings = Settings(
            url=url,
            token=token,
            system=system,
            spool_dir=None if spool_dir is None else Path(spool_dir),
            on_control_loss=on_control_loss,
            control_grace_s=control_grace_s,
            flush_s=flush_s,
            buffer_rows=buffer_rows,
            spool_max_bytes=spool_max_bytes,
            poll_s=poll_s,
            timeout_s=timeout_s,
            compress=compress,
        )
        if clock().tzinfo is None:
            raise ValueError("clock must return aware times")
        self._clock, self._fails_closed = clock, on_control_loss == "closed"
        self._extractions_warned: set[str] = set()
        self._closed = False
        self._parts = Parts(self._settings, clock, None)
        _open_clients.add(self)
        atexit.register(self.close)

    # -- deciding -----------------------------------------------------------------------------

    @overload
    def guard(
        self,
        *,
        fallback: Anything | None = None,
        versions: Mapping[str, Anything] | None = None,
        features: Callable[..., Mapping[str, object]] | None = None,
        attributes: Callable[..., Mapping[str, object]] | None = None,
        score: Callable[..., object] | None = None,
        prediction: Callable[..., object] | None = None,
        id: Callable[..., str] | None = None,
        sticky: Callable[..., object] | None = None,
        blocked: Anything | None = None,
        pending: None = None,
        timeout_s: float | None = None,
        advises: bool = False,
        capacity_used: Callable[[], float] | None = None,
    ) -> Guard[Pending]: ...
    @overload
    def guard(
        self,
        *,
        fallback: Anything | None = None,
        versions: Mapping[str, Anything] | None = None,
        features: Callable[..., Mapping[str, object]] | None = None,
        attributes: Callable[..., Mapping[str, object]] | None = None,
        score: Callable[..., object] | None = None,
        prediction: Callable[..., object] | None = None,
        id: Callable[..., str] | None = None,
        sticky: Callable[..., object] | None = None,
        blocked: Anything | None = None,
        pending: Callable[..., W],
        timeout_s: float | None = None,
        capacity_used: Callable[[], float] | None = None,
    ) -> Guard[W]: ...
    def guard(
        self,
        *,
        fallback: Anything | None = None,
        versions: Mapping[str, Anything] | None = None,
        features: Callable[..., Mapping[str, object]] | None = None,
        attributes: Callable[..., Mapping[str, object]] | None = None,
        score: Callable[..., object] | None = None,
        prediction: Callable[..., object] | None = None,
        id: Callable[..., str] | None = None,  # noqa: A002 - the row's own word
        sticky: Callable[..., object] | None = None,
        blocked: Anything | None = None,
        pending: Anything | None = None,
        timeout_s: float | None = None,
        advises: bool = False,
        capacity_used: Callable[[], float] | None = None,
    ) -> Guard[object]:
        """Return a decorator that guards a function, sync or async; `guard.py` tells who decides.

        Args:
            fallback: decides instead of the system; takes the same arguments.
            versions: other versions of the system, for a rollback or a canary; same arguments.
            features: the inputs to log, from the arguments.  By default the first argument that
                is a Mapping, else the keyword arguments.
            attributes: what slices are matched on, from the arguments.  By default the features.
            score: the score (0-1), from the result.  By default a number, or the result's
                "score" or `.score`, or the last of two class probabilities.
            prediction: the class, from the result.  By default a bool or text, or the result's
                "prediction" or `.prediction`.
            id: the decision's id, from the arguments, unique in the system.  By default random;
                read it from `last_prediction_id`.
            sticky: what is the same whenever the same person comes, from the arguments, so that a
                canary's share holds the same people.  By default the id.
            blocked: makes the answer where a directive lets nobody decide; same arguments.  By
                default `Contained` is raised.
            pending: makes the answer under a review directive: called with the `Pending` and then
                the arguments.  By default the `Pending` itself is the answer.
            timeout_s: time budget of the function; beyond it the fallback decides.  A sync
                function then runs on another thread, which is not stopped but no longer waited for.
            advises: whether the function is asked under a review directive too; its answer goes to
                the person who decides, beside the inputs, and to nobody else.
            capacity_used: the share of the service's capacity in use now, from 0 (busy workers of
                all, or of a queue what is full; above 1: calls wait); goes with every decision.

        Raises:
            ValueError: `timeout_s` is not above 0.
        """
        if timeout_s is not None and not timeout_s > 0:
            raise ValueError("timeout_s must be greater than 0")
        own = Registered(
            fallback=fallback,
            versions=dict(versions or {}),
            features=features,
            attributes=attributes,
            score=score,
            prediction=prediction,
            id=id,
            sticky=sticky,
            blocked=blocked,
            pending=pending,
            timeout_s=timeout_s,
            advises=advises,
            capacity_used=capacity_used,
        )
        return Guard(self, own)

    def allow(self, attributes: Mapping[str, object], *, key: Key = "") -> bool:
        """Return whether the system itself may decide now for someone with these attributes.

        For code that a decorator does not fit, such as a batch job; nothing is logged.  Under a
        canary's share, told by `key`, another version should decide: see `choose`.  A directive of
        a version other than ours changes nothing.
        """
        return self.choose(attributes, self.now(), key) is None

    def threshold(
        self,
        default: float,
        attributes: Mapping[str, object] | None = None,
        *,
        version: str | None = None,
    ) -> float:
        """Return the score from which the answer is yes: a directive's, else `default`.

        Args:
            default: what holds without a directive.
            attributes: of the person.
            version: which version's score it is; None: our own.

        >>> tocsin = Tocsin("http://127.0.0.1:1", token="t", system="loans", version="v2")
        >>> tocsin.threshold(0.5, {"region": "north"})
        0.5
        >>> tocsin.close()
        """
        found = self.moved(attributes or {}, self.now(), version or self.version)
        return default if found is None or found.threshold is None else found.threshold

    @property
    def last_prediction_id(self) -> str | None:
        """Id of the last guarded decision in this thread or task, of whichever system."""
        return last_id.get()

    # -- the client itself --------------------------------------------------------------------

    @property
    def stats(self) -> Stats:
        """What became of the rows, and how the control plane is."""
        parts, get = self._parts, self._parts.counters.get
        return Stats(
            waiting=sum(outbox.waiting for outbox in parts.outboxes),
            spooled=sum(outbox.spooled for outbox in parts.outboxes),
            sent=get("sent"),
            rejected=get("rejected"),
            lost=get("lost"),
            failed_posts=get("failed_posts"),
            spool_errors=get("spool_errors"),
            extraction_failures=get("extraction_failures"),
            directives_version=parts.control.board.version,
            directives_unreadable=parts.control.board.unreadable,
            in_contact=not parts.control.lost,
        )

    def ready(self, timeout_s: float) -> bool:
        """Wait for the server's first word on directives; returns whether it came in time.

        A service that must not start without containment calls this before it takes traffic.
        """
        return self._parts.control.wait(timeout_s)

    def flush(self, timeout_s: float) -> bool:
        """Send everything now; returns whether the server has settled all of it in time."""
        return self._parts.delivery.flush(timeout_s)

    def close(self, timeout_s: float = 10.0) -> None:
        """Send or spool what is left and stop; called at interpreter exit if not before."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        _open_clients.discard(self)
        self._parts.close(timeout_s)

    def __enter__(self) -> Self:
        """Return the client, to be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    # -- what a guard needs (see `guard.Desk`) ------------------------------------------------

    @property
    def runner(self) -> Runner:
        """Where blocking calls with a time budget run."""
        return self._parts.runner

    def now(self) -> datetime:
        """The time."""
        return self._clock()

    def choose(
        self,
        attributes: Mapping[str, object],
        now: datetime,
        key: Key = "",
        versions: Container[str] | None = None,
    ) -> Directive | None:
        """Return the directive that a decision on these attributes must obey at `now`.

        `versions` are those that can be asked beside our own: a directive of a version holds only
        where that version would decide; None: whichever a rollback or a canary names.
        """
        control = self._parts.control
        if self._fails_closed and control.lost:
            return CONTROL_LOST
        board = control.board
        found = board.choose(attributes, now, key)
        if board.of_versions:
            return board.narrowed(found, attributes, now, self.version, versions)
        return found

    def shadow(
        self, attributes: Mapping[str, object], now: datetime, key: Key = "", version: str = ""
    ) -> Directive | None:
        """Return the directive by which this decision is put to another version too, if any.

        `version` is the one that decides; "": none does, and then none of a version holds.
        """
        return self._parts.control.board.shadow(attributes, now, key, version)

    def moved(
        self, attributes: Mapping[str, object], now: datetime, version: str = ""
    ) -> Directive | None:
        """Return the directive that moves the threshold where `version` decides, if any."""
        return self._parts.control.board.threshold(attributes, now, version)

    def put(self, row: Row) -> None:
        """Take a prediction row in."""
        self._parts.delivery.put(self._parts.predictions, row)

    def refer(self, row: Row) -> None:
        """Take in a decision that a person is to make."""
        self._parts.delivery.put(self._parts.referrals, row)

    def extraction_failed(self, what: str, error: Exception) -> None:
        """Count that a callable of the service failed; logged once for each."""
        self._parts.counters.add("extraction_failures")
        if what not in self._extractions_warned:
            self._extractions_warned.add(what)
            log.warning("%s of a guarded call could not be read (%s)", what, type(error).__name__)

    def _after_fork(self) -> None:
        """Give a forked child its own threads and connections; queued rows stay the parent's."""
        self._parts = Parts(self._settings, self._clock, self._parts.control.board)


_open_clients: "weakref.WeakSet[Tocsin]" = weakref.WeakSet()


def _revive() -> None:
    for client in list(_open_clients):
        client._after_fork()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - our own class


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_revive)
