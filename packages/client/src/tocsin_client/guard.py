"""The guard: one decision, made by whom the directives in force say, and written down.

    in force for this person      who decides           decided_by  version  error
    nothing                       the guarded function  system      ours
    rollback, registered          that version          rollback    earlier
    rollback, unregistered        the fallback          fallback    ours     VersionNotRegistered
    fallback, or one unknown      the fallback          fallback    ours
    review                        nobody yet: `Pending` review      ours
    block, kill                   nobody: `Contained`, block       ours
                                  or `blocked` answers
    canary, registered            that version          system      that one
    the same, when it fails       the guarded function, fallback    that one  the error's type
                                  (the fallback where that
                                  is contained)
    canary, unregistered          the guarded function  system      ours      VersionNotRegistered
    control lost, fail closed     the fallback          fallback    ours     ControlLost

A directive of a version holds where that version would decide: the service's own where nothing is
in force, or the registered one of a rollback or a canary.  It is obeyed as above, and the row names
the version whose decision it would have been, unless a rollback names the one that decides.

Whoever of the first two raises or overruns the time budget is replaced by the fallback (decided_by
fallback, `error` the type's name).  Nothing of ours is ever raised into the service, with two
exceptions that it chose itself: without a fallback (or when that raises too) the function's own
error comes through, and where a directive forbids anybody to decide (or the system, and there is no
fallback), `Contained` is raised.  What the service's functions return is returned untouched.

Only `Exception` counts as failing: cancellation, interrupts and exits pass through unlogged.
"""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Generic, ParamSpec, TypeVar, cast, overload

from tocsin_client.case import Anything, Case, Contained, Desk, Registered
from tocsin_client.directives import Action

P = ParamSpec("P")
R = TypeVar("R")
W_co = TypeVar("W_co", covariant=True)


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
        for other in (own.fallback, own.pending, own.blocked, *own.versions.values()):
            if other is not None and _is_async(other):
                raise TypeError(
                    "an async fallback, pending, blocked or version needs an async function"
                )
        return self._sync(function)

    def _sync(self, function: Anything) -> Anything:
        desk, own = self._desk, self._own

        @functools.wraps(function)
        def guarded(*args: object, **kwargs: object) -> object:
            case = Case(desk, own, args, kwargs)
            failure: Exception | None = None
            for decider in case.deciders(function):
                if failure is not None and not case.second():
                    break
                try:
                    if own.timeout_s is None:
                        result = decider(*args, **kwargs)
                    else:
                        bound = functools.partial(decider, *args, **kwargs)
                        result = desk.runner.call(bound, own.timeout_s)
                except Exception as error:  # noqa: BLE001 - whatever it is, the next takes over
                    case.failed(error)
                    failure = error
                else:
                    case.decided(result)
                    return result
            return _otherwise((desk, own, function), case, args, kwargs, failure)

        return guarded

    def _async(self, function: Callable[..., Awaitable[object]]) -> Anything:
        own, desk = self._own, self._desk

        @functools.wraps(function)
        async def guarded(*args: object, **kwargs: object) -> object:
            case = Case(desk, own, args, kwargs)
            failure: Exception | None = None
            for decider in case.deciders(function):
                if failure is not None and not case.second():
                    break
                try:
                    if own.timeout_s is None:
                        result = await _settled(decider(*args, **kwargs))
                    else:
                        async with asyncio.timeout(own.timeout_s):
                            result = await _settled(decider(*args, **kwargs))
                except Exception as error:  # noqa: BLE001 - whatever it is, the next takes over
                    case.failed(error)
                    failure = error
                else:
                    case.decided(result)
                    return result
            return await _otherwise_async((desk, own, function), case, args, kwargs, failure)

        return guarded


def _otherwise(
    guard: tuple[Desk, Registered, Anything],
    case: Case,
    args: tuple[object, ...],
    kwargs: dict[str, object],
    failure: Exception | None,
) -> object:
    """Return the answer where the system may not decide or has failed."""
    desk, own, function = guard
    if case.refused:
        return _refusal(case, own)(*args, **kwargs)
    if _is_review(case, failure):
        pending = case.wait(_advice((desk, own, case.adviser(function)), args, kwargs))
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


async def _otherwise_async(
    guard: tuple[Desk, Registered, Anything],
    case: Case,
    args: tuple[object, ...],
    kwargs: dict[str, object],
    failure: Exception | None,
) -> object:
    """Return the answer where the system may not decide or has failed."""
    desk, own, function = guard
    if case.refused:
        return await _settled(_refusal(case, own)(*args, **kwargs))
    if _is_review(case, failure):
        pending = case.wait(await _advice_async((desk, own, case.adviser(function)), args, kwargs))
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


def _advice(
    guard: tuple[Desk, Registered, Anything], args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[object, ...]:
    """Return what the function would have answered, for the person who decides; () if nothing."""
    desk, own, function = guard
    if not own.advises:
        return ()
    try:
        if own.timeout_s is None:
            return (function(*args, **kwargs),)
        return (desk.runner.call(functools.partial(function, *args, **kwargs), own.timeout_s),)
    except Exception as error:  # noqa: BLE001 - a person decides without it
        desk.extraction_failed("advice", error)
        return ()


async def _advice_async(
    guard: tuple[Desk, Registered, Anything], args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[object, ...]:
    """Return what the function would have answered, for the person who decides; () if nothing."""
    desk, own, function = guard
    if not own.advises:
        return ()
    try:
        async with asyncio.timeout(own.timeout_s):
            return (await _settled(function(*args, **kwargs)),)
    except Exception as error:  # noqa: BLE001 - a person decides without it
        desk.extraction_failed("advice", error)
        return ()


def _refusal(case: Case, own: Registered) -> Anything:
    """Return who answers that nobody decides, or raise what the service must see without one."""
    why = case.refused
    case.refuse()
    if own.blocked is None:
        raise Contained(f"nobody may decide: {why}")
    return own.blocked


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
