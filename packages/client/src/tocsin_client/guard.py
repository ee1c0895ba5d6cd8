"""The guard: one decision, made by whom the directives in force say, and written down.

    in force for this person      who decides           decided_by  version  error
    nothing                       the guarded function  system      ours
    rollback, registered          that version          rollback    earlier
    rollback, unregistered        the fallback          fallback    ours     VersionNotRegistered
    fallback, or one unknown      the fallback          fallback    ours
    review                        nobody yet: `Pending` review      ours
    control lost, fail closed     the fallback          fallback    ours     ControlLost

Whoever of the first two raises or overruns the time budget is replaced by the fallback (decided_by
fallback, `error` the type's name).  Nothing of ours is ever raised into the service, with two
exceptions that it chose itself: without a fallback (or when that raises too) the function's own
error comes through, and where a directive forbids the system to decide and there is no fallback,
`Contained` is raised.  What the service's functions return is returned untouched.

Only `Exception` counts as failing: cancellation, interrupts and exits pass through unlogged.
"""

import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, ParamSpec, Protocol, TypeVar, cast, overload

from tocsin_client.budget import Runner
from tocsin_client.directives import Action, Directive
from tocsin_client.extract import inputs_of, prediction_of, score_of
from tocsin_client.ids import new_id
from tocsin_client.rows import Row

P = ParamSpec("P")
R = TypeVar("R")
W_co = TypeVar("W_co", covariant=True)
Anything = Callable[..., object]

last_id: ContextVar[str | None] = ContextVar("tocsin_last_prediction_id", default=None)
"""Id of the last guarded decision in this thread or task."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The answer under a review directive: a person decides later.

    Keep `prediction_id`, and report what the person decided with `Tocsin.outcome`.
    """

    prediction_id: str
    why: str


class Contained(RuntimeError):  # noqa: N818 - it is a state of affairs, not a fault
    """The system may not decide and the guard has no fallback that could."""


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
    timeout_s: float | None = None


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

    def choose(self, attributes: Mapping[str, object], now: datetime) -> Directive | None:
        """The directive to obey."""
        ...

    def put(self, row: Row) -> None:
        """Take a prediction row in."""
        ...

    def extraction_failed(self, what: str, error: Exception) -> None:
        """Note that a callable of the service failed."""
        ...


CONTROL_LOST = Directive("", Action.FALLBACK, (), None, datetime.max.replace(tzinfo=UTC))
"""Obeyed by everyone while the control plane is lost and the client fails closed."""


class Case:
    """One decision from its inputs to its row."""

    __slots__ = (
        "_at", "_attributes", "_desk", "_error", "_features", "_own", "_start_s",
        "decided_by", "directive", "id", "version",
    )  # fmt: skip

    def __init__(
        self, desk: Desk, own: Registered, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        """Read the inputs (copied, since the service may change its mapping) and the directive."""
        self._start_s = time.perf_counter()
        self._desk, self._own = desk, own
        self._at = desk.now()
        self._error: str | None = None
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
        self.directive = desk.choose(self._attributes, self._at)
        if self.directive is CONTROL_LOST:
            self._error = "ControlLost"
        last_id.set(self.id)

    def decider(self, function: Anything) -> Anything | None:
        """Return who decides in the first place; None when it is not the system in any version."""
        directive = self.directive
        if directive is None:
            return function
        if directive.action is not Action.ROLLBACK:
            return None
        to_version = directive.to_version
        earlier = self._own.versions.get(to_version) if to_version is not None else None
        if to_version == self._desk.version:  # this replica already runs the version wanted
            earlier = function
        if earlier is None or to_version is None:
            self._error = "VersionNotRegistered"
            return None
        self.version, self.decided_by = to_version, "rollback"
        return earlier

    def failed(self, error: Exception) -> None:
        """Note that the decider failed; the fallback is next."""
        self._error = type(error).__name__

    def fall_back(self) -> None:
        """Note that the fallback decides."""
        self.version, self.decided_by = self._desk.version, "fallback"

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

    def wait(self) -> Pending:
        """Write down that a person decides, and return the answer that says so."""
        assert self.directive is not None
        self.decided_by = "review"
        self.undecided()
        return Pending(self.id, self.directive.why)

    def _write(self, score: object, prediction: object) -> None:
        directive = self.directive
        self._desk.put(
            {
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
            }
        )
        last_id.set(self.id)  # a guarded call inside this one may have set its own

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

    def _read(self, what: str, read: Callable[..., object], result: object) -> object:
        try:
            return read(result)
        except Exception as error:  # noqa: BLE001 - as above
            self._desk.extraction_failed(what, error)
            return None


class Guard(Generic[W_co]):
    """Turns a function into a guarded one.  `W_co` is what a review directive answers."""

    def __init__(self, desk: Desk, own: Registered) -> None:
        self._desk, self._own = desk, own

    @overload
    def __call__(
        self, function: Callable[P, Coroutine[object, object, R]], /
    ) -> Callable[P, Coroutine[object, object, R | W_co]]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Callable[P, R | W_co]: ...
    def __call__(self, function: Anything, /) -> Anything:
        """Return `function` under guard; an async one stays async.

        Raises:
            TypeError: it is a generator, or it is not async while a callable of its guard is.
        """
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError("a generator cannot be guarded; guard the function that decides")
        own = self._own
        if _is_async(function):
            return self._async(cast("Callable[..., Awaitable[object]]", function))
        for other in (own.fallback, own.pending, *own.versions.values()):
            if other is not None and _is_async(other):
                raise TypeError("an async fallback, pending or version needs an async function")
        return self._sync(function)

    def _sync(self, function: Anything) -> Anything:
        desk, own = self._desk, self._own

        @functools.wraps(function)
        def guarded(*args: object, **kwargs: object) -> object:
            case = Case(desk, own, args, kwargs)
            decider = case.decider(function)
            if decider is None:
                return otherwise(case, args, kwargs, None)
            try:
                if own.timeout_s is None:
                    result = decider(*args, **kwargs)
                else:
                    bound = functools.partial(decider, *args, **kwargs)
                    result = desk.runner.call(bound, own.timeout_s)
            except Exception as error:  # noqa: BLE001 - whatever it is, the fallback takes over
                case.failed(error)
                return otherwise(case, args, kwargs, error)
            case.decided(result)
            return result

        def otherwise(
            case: Case,
            args: tuple[object, ...],
            kwargs: dict[str, object],
            failure: Exception | None,
        ) -> object:
            if _is_review(case, failure):
                pending = case.wait()
                if own.pending is None:
                    return pending
                try:
                    return own.pending(pending, *args, **kwargs)
                except Exception as error:  # noqa: BLE001 - there is an answer without it
                    desk.extraction_failed("pending", error)
                    return pending
            fallback = _fallback(case, own, failure)
            try:
                result = fallback(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - it is raised, or the one before it
                raise _unanswered(case, error, failure) from None
            case.decided(result)
            return result

        return guarded

    def _async(self, function: Callable[..., Awaitable[object]]) -> Anything:
        own, desk = self._own, self._desk

        @functools.wraps(function)
        async def guarded(*args: object, **kwargs: object) -> object:
            case = Case(desk, own, args, kwargs)
            decider = case.decider(function)
            if decider is None:
                return await otherwise(case, args, kwargs, None)
            try:
                if own.timeout_s is None:
                    result = await _settled(decider(*args, **kwargs))
                else:
                    async with asyncio.timeout(own.timeout_s):
                        result = await _settled(decider(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 - whatever it is, the fallback takes over
                case.failed(error)
                return await otherwise(case, args, kwargs, error)
            case.decided(result)
            return result

        async def otherwise(
            case: Case,
            args: tuple[object, ...],
            kwargs: dict[str, object],
            failure: Exception | None,
        ) -> object:
            if _is_review(case, failure):
                pending = case.wait()
                if own.pending is None:
                    return pending
                try:
                    return await _settled(own.pending(pending, *args, **kwargs))
                except Exception as error:  # noqa: BLE001 - there is an answer without it
                    desk.extraction_failed("pending", error)
                    return pending
            fallback = _fallback(case, own, failure)
            try:
                result = await _settled(fallback(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 - it is raised, or the one before it
                raise _unanswered(case, error, failure) from None
            case.decided(result)
            return result

        return guarded


def _is_review(case: Case, failure: Exception | None) -> bool:
    directive = case.directive
    return failure is None and directive is not None and directive.action is Action.REVIEW


def _fallback(case: Case, own: Registered, failure: Exception | None) -> Anything:
    """Return the fallback, or raise what the service must see without one."""
    if own.fallback is not None:
        case.fall_back()
        return own.fallback
    if failure is None:
        case.fall_back()
        case.undecided()
        why = case.directive.why if case.directive else ""
        raise Contained(f"the system may not decide and no fallback is registered: {why}")
    case.undecided()
    raise failure


def _unanswered(case: Case, error: Exception, failure: Exception | None) -> Exception:
    """Return what to raise when the fallback failed too: the first failure."""
    if failure is None:
        case.failed(error)
    case.undecided()
    return failure or error


def _is_async(function: Anything) -> bool:
    call = getattr(function, "__call__", None)  # noqa: B004 - an object may have an async __call__
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


async def _settled(result: object) -> object:
    """Await what is awaitable, so that sync and async callables may be mixed."""
    return await cast("Awaitable[object]", result) if inspect.isawaitable(result) else result
