"""One guarded decision, from its inputs to its row: who decides, in which order, what is written.

See `guard.py` for the table; this half knows no asyncio and calls nobody who decides.
"""

import functools
import math
import time
from collections.abc import Callable, Container, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, cast

from tocsin_client.budget import Runner
from tocsin_client.directives import CONTROL_LOST, REFUSED, Action, Directive, Key
from tocsin_client.extract import inputs_of, prediction_of, score_of
from tocsin_client.ids import new_id
from tocsin_client.rows import Row

Anything = Callable[..., object]

_REFERRED = ("id", "at", "version", "features", "attributes", "directive")
last_id: ContextVar[str | None] = ContextVar("tocsin_last_prediction_id", default=None)
"""Id of the last guarded decision in this thread or task."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The answer under a review directive: a person decides later, in Tocsin's queue.

    Keep `prediction_id` and ask `Tocsin.answer` for what the person decided; where the service has
    people of its own, report that with `Tocsin.outcome`.
    """

    prediction_id: str
    why: str


class Contained(RuntimeError):  # noqa: N818 - it is a state of affairs, not a fault
    """Nobody may decide, or the system may not and the guard has no fallback that could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What the service registered with one guard; see `Tocsin.guard`."""

    fallback: Anything | None = None
    versions: Mapping[str, Anything] = field(default_factory=dict[str, Anything])
    features: Callable[..., Mapping[str, object]] | None = None
    attributes: Callable[..., Mapping[str, object]] | None = None
    score: Callable[..., object] | None = None
    prediction: Callable[..., object] | None = None
    id: Callable[..., str] | None = None
    pending: Anything | None = None
    blocked: Anything | None = None
    sticky: Callable[..., object] | None = None
    timeout_s: float | None = None
    advises: bool = False
    capacity_used: Callable[[], float] | None = None


class Desk(Protocol):
    """What a guard needs from the client."""

    @property
    def version(self) -> str:
        """The version of the system that the guarded function is."""
        ...

    @property
    def runner(self) -> Runner:
        """Where blocking calls with a time budget run."""
        ...

    def now(self) -> datetime:
        """The time."""
        ...

    def choose(
        self,
        attributes: Mapping[str, object],
        now: datetime,
        key: Key = "",
        versions: Container[str] | None = None,
    ) -> Directive | None:
        """The directive to obey; `versions` can be asked beside our own."""
        ...

    def put(self, row: Row) -> None:
        """Take a prediction row in."""
        ...

    def refer(self, row: Row) -> None:
        """Take in a decision that a person is to make."""
        ...

    def extraction_failed(self, what: str, error: Exception) -> None:
        """Note that a callable of the service failed."""
        ...


class Case:
    """One decision from its inputs to its row."""

    __slots__ = (
        "_at", "_attributes", "_desk", "_error", "_features", "_load", "_own", "_start_s",
        "_whose", "decided_by", "directive", "id", "version",
    )  # fmt: skip

    def __init__(
        self, desk: Desk, own: Registered, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        """Read the inputs (copied, since the service may change its mapping) and the directive."""
        self._start_s = time.perf_counter()
        self._desk, self._own = desk, own
        self._at = desk.now()
        self._error: str | None = None
        self._load = None if own.capacity_used is None else self._used(own.capacity_used)
        self._features = (
            self._inputs(args, kwargs)
            if own.features is None
            else self._mapping("features", own.features, args, kwargs)
        )
        self._attributes = (
            self._features
            if own.attributes is None
            else self._mapping("attributes", own.attributes, args, kwargs)
        )
        self.id = self._named(args, kwargs)
        self.version = desk.version
        self.decided_by = "system"
        self._whose: Key = (
            self.id
            if own.sticky is None
            else functools.partial(self._key, own.sticky, args, kwargs)
        )
        self.directive = desk.choose(self._attributes, self._at, self._whose, own.versions)
        if self.directive is not None:
            self._under(self.directive)
        last_id.set(self.id)

    def _under(self, directive: Directive) -> None:
        """Note what a directive says of the row before anybody decides.

        What is decided instead of a version stays in that version's row: so it can be counted
        beside what the version decided before.
        """
        if directive is CONTROL_LOST:
            self._error = "ControlLost"
        if directive.of_version is not None:
            self.version = directive.of_version

    def deciders(self, function: Anything) -> tuple[Anything, ...]:
        """Return who decides, and who when that fails; none when it is not the system at all."""
        directive = self.directive
        if directive is None:
            return (function,)
        if directive.action not in (Action.ROLLBACK, Action.CANARY):
            return ()
        to_version = directive.to_version
        wanted = self._own.versions.get(to_version) if to_version is not None else None
        if to_version == self._desk.version:  # this replica already runs the version wanted
            wanted = function
        if directive.action is Action.CANARY:
            if wanted is None or to_version is None:
                self._error = "VersionNotRegistered"
                return (function,)
            self.version = to_version
            return (function,) if wanted is function else (wanted, function)
        if wanted is None or to_version is None:
            self._error = "VersionNotRegistered"
            return ()
        self.version, self.decided_by = to_version, "rollback"
        return (wanted,)

    def failed(self, error: Exception) -> None:
        """Note that the decider failed; another is next."""
        self._error = type(error).__name__

    def second(self) -> bool:
        """Return whether the guarded function may stand in for a canary that failed.

        It may not where a directive of its own version holds for the person.  The row stays the
        canary's.
        """
        without = self._desk.choose(self._attributes, self._at, self._whose, ())
        if without is not None and without.of_version is not None:
            return False
        self.decided_by = "fallback"
        return True

    def fall_back(self) -> None:
        """Note that the fallback decides; a canary that nobody stood in for keeps the row."""
        directive = self.directive
        canary = directive is not None and directive.action is Action.CANARY
        if not canary or self.decided_by == "fallback":
            of_version = None if directive is None else directive.of_version
            self.version = self._desk.version if of_version is None else of_version
        self.decided_by = "fallback"

    def adviser(self, function: Anything) -> Anything:
        """Return who tells the person that decides what the system would have answered."""
        directive = self.directive
        of_version = None if directive is None else directive.of_version
        if of_version is None or of_version == self._desk.version:
            return function
        return self._own.versions.get(of_version, function)

    def decided(self, result: object) -> None:
        """Write the decision down."""
        own = self._own
        self._write(
            self._read("score", own.score or score_of, result),
            self._read("prediction", own.prediction or prediction_of, result),
        )

    def undecided(self) -> None:
        """Write down that no decision was made."""
        self._write(None, None)

    @property
    def refused(self) -> str:
        """Why nobody may decide; empty where somebody may."""
        directive = self.directive
        return directive.why if directive is not None and directive.action in REFUSED else ""

    def refuse(self) -> None:
        """Write down that nobody decides."""
        self.decided_by = "block"
        self.undecided()

    def wait(self, advice: tuple[object, ...] = ()) -> Pending:
        """Write down that a person decides, and return the answer that says so.

        Args:
            advice: the function's own result, where it was asked, for the person to see.
        """
        assert self.directive is not None
        own, self.decided_by = self._own, "review"
        row = self._write(None, None)
        score = [self._read("score", own.score or score_of, one) for one in advice]
        told = [self._read("prediction", own.prediction or prediction_of, one) for one in advice]
        asked = {name: row[name] for name in _REFERRED}
        self._desk.refer(
            {**asked, "score": next(iter(score), None), "prediction": next(iter(told), None)}
        )
        return Pending(self.id, self.directive.why)

    def _write(self, score: object, prediction: object) -> Row:
        directive = self.directive
        load: Row = {} if self._load is None else {"capacity_used": self._load}
        row: Row = {
            "id": self.id,
            "at": self._at,
            "version": self.version,
            "features": self._features,
            "attributes": self._attributes,
            "score": score,
            "prediction": prediction,
            "latency_ms": (time.perf_counter() - self._start_s) * 1000,
            "decided_by": self.decided_by,
            "directive": directive.id or None if directive is not None else None,
            "error": self._error,
            **load,
        }
        self._desk.put(row)
        last_id.set(self.id)  # a guarded call inside this one may have set its own
        return row

    def _used(self, ask: Callable[[], float]) -> float | None:
        """Return the share of capacity in use, from 0; None where the service cannot tell."""
        try:
            used = float(ask())
            if not (math.isfinite(used) and used >= 0):
                raise ValueError("capacity_used is a share of 0 or more")  # noqa: TRY301 - as any other fault
        except Exception as error:  # noqa: BLE001 - a callable of the service may raise anything
            self._desk.extraction_failed("capacity_used", error)
            return None
        return used

    def _inputs(self, args: Sequence[object], kwargs: Mapping[str, object]) -> dict[str, object]:
        try:
            return dict(inputs_of(args, kwargs))
        except Exception as error:  # noqa: BLE001 - a Mapping of the service may raise anything
            self._desk.extraction_failed("features", error)
            return {}

    def _mapping(
        self,
        what: str,
        read: Callable[..., Mapping[str, object]],
        args: Sequence[object],
        kwargs: Mapping[str, object],
    ) -> dict[str, object]:
        try:
            return dict(read(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - logging must not cost the service its decision
            self._desk.extraction_failed(what, error)
            return {}

    def _named(self, args: Sequence[object], kwargs: Mapping[str, object]) -> str:
        if self._own.id is not None:
            try:
                name = cast("object", self._own.id(*args, **kwargs))
                if isinstance(name, (str, int)) and name != "":
                    return str(name)
                raise TypeError("an id must be a non-empty string")  # noqa: TRY301 - same remedy
            except Exception as error:  # noqa: BLE001 - as above
                self._desk.extraction_failed("id", error)
        return new_id()

    def _key(
        self, read: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> str:
        try:
            return str(read(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as above
            self._desk.extraction_failed("sticky", error)
            return self.id

    def _read(self, what: str, read: Callable[..., object], result: object) -> object:
        try:
            return read(result)
        except Exception as error:  # noqa: BLE001 - as above
            self._desk.extraction_failed(what, error)
            return None
