"""Deciding one call: a verdict for each row, the servers asked, the parts put together."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Protocol

import httpx

from tocsin.base.errors import BadInput
from tocsin.gateway.ask import JSON, Ask, Asked, Dialect, Unjoinable
from tocsin.gateway.counts import Counts
from tocsin.gateway.relay import Failed, Relay
from tocsin.gateway.served import Served
from tocsin.gateway.verdict import Verdict, Way, named, replaced, verdict
from tocsin.gateway.wire import Call, Reply, written
from tocsin_client.directives import Action, Directive, Key
from tocsin_client.hear import Judged
from tocsin_client.rows import Row

PART_BYTES = 16 * 1024 * 1024
"""An answer to some rows of a call is read up to this size; a whole call's is passed through."""


class Control(Protocol):
    """What the gateway needs from the client of one system: `tocsin_client.Tocsin`."""

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

    def shadow(
        self, attributes: Mapping[str, object], now: datetime, key: Key = "", version: str = ""
    ) -> Directive | None:
        """The directive by which a copy goes to another version than `version`, which answered."""
        ...

    def moved(
        self, attributes: Mapping[str, object], now: datetime, version: str = ""
    ) -> Directive | None:
        """The directive that moves the threshold where `version` answers."""
        ...

    def put(self, row: Row) -> None:
        """Take a prediction row in."""
        ...

    def refer(self, row: Row) -> None:
        """Take in a decision that a person is to make."""
        ...

    def answer(self, prediction_id: str, *, wait_s: float = 0.0) -> Judged | None:
        """What a person decided; it asks the server."""
        ...


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer to a call, and who in the end decided each row."""

    reply: Reply
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One call for predictions of one system, read."""

    served: Served
    dialect: Dialect
    call: Call
    ask: Ask
    id: str


def judged(case: Case, control: Control, now: datetime) -> tuple[Verdict, ...]:
    """Return who is to answer each row."""
    return tuple(_judged(case.served, row, control, now) for row in case.ask.rows)


def _judged(served: Served, row: Asked, control: Control, now: datetime) -> Verdict:
    key = partial(row.key, served.sticky)
    found = verdict(control.choose(row.attributes, now, key, served.versions), served)
    directive = found.directive
    if directive is None or directive.action is not Action.CANARY or found.asks == served.version:
        return found
    # who would answer if the canary could not
    without = control.choose(row.attributes, now, key, ())
    return replace(found, barred=without is not None and without.of_version is not None)


def moved(
    case: Case, verdicts: Sequence[Verdict], control: Control, now: datetime
) -> tuple[Verdict, ...]:
    """Return who answered each row with the directive that moves its threshold, if any."""
    found = (
        control.moved(row.attributes, now, one.answers)
        for row, one in zip(case.ask.rows, verdicts, strict=True)
    )
    return tuple(replace(one, moved=by) for one, by in zip(verdicts, found, strict=True))


def refused(case: Case, verdicts: Sequence[Verdict]) -> Reply | None:
    """Return the answer where one row may not be decided and nothing declared stands in for it."""
    served = case.served
    by_way = {way: [k for k, v in enumerate(verdicts) if v.way is way] for way in Way}
    if by_way[Way.BLOCKED] and served.blocked is None:
        return _refusal(case, verdicts, by_way[Way.BLOCKED], 403, "blocked")
    if by_way[Way.PENDING] and served.pending is None:
        return _refusal(case, verdicts, by_way[Way.PENDING], 202, "pending")
    if by_way[Way.RULES] and served.fallback is None:
        return _refusal(case, verdicts, by_way[Way.RULES], 503, "contained")
    return None


async def decide(case: Case, verdicts: Sequence[Verdict], relay: Relay, counts: Counts) -> Decided:
    """Return the answer to a call that may be answered, and who decided each row in the end.

    A call whose rows all go to one server travels as it came, and so does its answer.  Otherwise
    each server is asked for its rows at once, and the parts become one body.
    """
    now = list(verdicts)
    pieces: dict[int, object] = {}
    while True:
        if not pieces and _whole(now):
            try:
                reply = await relay.ask(*_asked(case, now[0], case.call.body), guarded=True)
                return Decided(reply, tuple(now))
            except Failed as failure:
                _replace(case, now, range(len(now)), failure, counts)
                if _failed(now):
                    return Decided(failure.reply or _gone(case, failure), tuple(now))
                continue
        left = [k for k, one in enumerate(now) if one.way is Way.RELAY and k not in pieces]
        if not left:
            break
        groups = [
            list(rows)
            for _, rows in groupby(sorted(left, key=lambda k: now[k].asks), lambda k: now[k].asks)
        ]
        found = await asyncio.gather(*(_part(case, now, rows, relay) for rows in groups))
        for rows, answer in zip(groups, found, strict=True):
            if isinstance(answer, Reply):
                return Decided(answer, tuple(now))
            if isinstance(answer, Failed):
                _replace(case, now, rows, answer, counts)
                if _failed(now):
                    return Decided(_gone(case, answer), tuple(now))
            else:
                pieces |= dict(zip(rows, answer, strict=True))
    return _joined(case, now, pieces)


async def _part(
    case: Case, verdicts: Sequence[Verdict], rows: Sequence[int], relay: Relay
) -> list[object] | Reply | Failed:
    """Return the pieces of some rows; a reply that refuses them is the caller's to read."""
    body = case.dialect.part(case.ask, rows)
    try:
        reply = await relay.ask(*_asked(case, verdicts[rows[0]], body), guarded=True)
        if reply.status >= 400:
            return reply
        body = await _read(reply, case.served.timeout_s)
        return case.dialect.pieces(body, len(rows))
    except Failed as failure:
        return failure
    except (BadInput, Unjoinable) as fault:
        return Failed(type(fault).__name__)


async def _read(reply: Reply, timeout_s: float) -> bytes:
    """Return the body of a part, which is to become a piece of another.

    Raises:
        Failed: it broke off, is longer than `PART_BYTES`, or does not end within `timeout_s`.
    """
    whole = bytearray(reply.body)
    if reply.rest is None:
        return bytes(whole)
    try:
        async with asyncio.timeout(timeout_s):
            async for piece in reply.rest:
                whole += piece
                if len(whole) > PART_BYTES:
                    raise Failed("TooLong")
    except (httpx.HTTPError, OSError) as error:
        raise Failed(type(error).__name__) from None
    finally:
        await reply.rest.aclose()
    return bytes(whole)


def _joined(case: Case, verdicts: list[Verdict], pieces: dict[int, object]) -> Decided:
    served, dialect = case.served, case.dialect
    for k, one in enumerate(verdicts):
        if k not in pieces:
            pieces[k] = dialect.made(_declared(case, k, one), served)
    ordered = [pieces[k] for k in range(len(verdicts))]
    try:
        answer = dialect.joined(case.ask, ordered, served)
    except Unjoinable as fault:
        # one body cannot hold both forms: the more careful of the two answers all
        failed = Failed(type(fault).__name__)
        if served.fallback is None:
            return Decided(_gone(case, failed), tuple(verdicts))
        relayed = [k for k, one in enumerate(verdicts) if one.way is Way.RELAY]
        for k in relayed:
            by = verdicts[k].directive
            verdicts[k] = Verdict(Way.RULES, named(by, served), "fallback", by, error="Unjoinable")
        rest = {k: piece for k, piece in pieces.items() if k not in relayed}
        if relayed:
            return _joined(case, verdicts, rest)
        return Decided(_gone(case, failed), tuple(verdicts))
    return Decided(written(200, answer.body, answer.content_type), tuple(verdicts))


def _declared(case: Case, k: int, one: Verdict) -> object:
    served = case.served
    if one.way is Way.PENDING:
        return served.pending
    if one.way is Way.BLOCKED:
        return served.blocked
    assert served.fallback is not None
    return served.fallback.answer({**case.ask.rows[k].features, **case.ask.rows[k].attributes})


def _whole(verdicts: Sequence[Verdict]) -> bool:
    first = verdicts[0]
    return first.way is Way.RELAY and all(
        one.way is Way.RELAY and one.asks == first.asks for one in verdicts
    )


def _failed(verdicts: Sequence[Verdict]) -> bool:
    """Return whether nobody can answer a row: of those that one server failed, others may."""
    return any(one.way is Way.FAILED for one in verdicts)


def _asked(case: Case, one: Verdict, body: bytes) -> tuple[str, Call, bytes, float]:
    address = case.served.address(one.asks)
    assert address is not None
    return address, case.call, body, case.served.timeout_s


def _replace(
    case: Case, verdicts: list[Verdict], rows: Sequence[int], failure: Failed, counts: Counts
) -> None:
    asks = verdicts[rows[0]].asks
    counts.add("failures", system=case.served.system.name, version=asks, why=failure.why)
    for k in rows:
        verdicts[k] = replaced(verdicts[k], failure.why, case.served)


def _gone(case: Case, failure: Failed) -> Reply:
    late = "Timeout" in failure.why
    why = f"the server behind the gateway gave no answer ({failure.why})"
    return written(504 if late else 502, case.dialect.refusal(why, "upstream"), JSON)


def _refusal(
    case: Case, verdicts: Sequence[Verdict], rows: Sequence[int], status: int, code: str
) -> Reply:
    directive = verdicts[rows[0]].directive
    whom = "" if len(verdicts) == 1 else f" (rows {', '.join(map(str, rows[:20]))})"
    said = {
        "blocked": "nobody may decide this now",
        "pending": "a person decides this",
        "contained": "the system may not decide this now, and the gateway has no fallback for it",
    }[code]
    why = f"{said}{whom}: {directive.why if directive else ''}"
    return written(status, case.dialect.refusal(why, code), JSON)
