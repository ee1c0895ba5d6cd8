"""The gateway as an ASGI application: reads calls, answers them, writes decisions down.

a call for predictions of a system (`dialects`)    guarded: see `desk`
GET, HEAD, OPTIONS                                 passed on
anything else, one system served                   passed on while nothing holds for everyone
anything else, several served                      404: it may be a way round the directives
a path with `..` or `//`                           400: for the same reason
/-/healthz, /-/metrics, /-/answer                  the gateway's own
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import cast

from tocsin.base.errors import BadInput
from tocsin.gateway import answers
from tocsin.gateway.asgi import Gone, Receive, Scope, Send, Sent, TooLong, read, said, sent
from tocsin.gateway.ask import Ask, Dialect
from tocsin.gateway.counts import Counts
from tocsin.gateway.desk import Case, Control, Decided, decide, judged, moved, refused
from tocsin.gateway.dialects import chat, v1, v2
from tocsin.gateway.relay import Failed, Relay, trusting
from tocsin.gateway.rows import referred, rows_of
from tocsin.gateway.served import Served, Settings
from tocsin.gateway.shadow import Copy, Shadow
from tocsin.gateway.threshold import Measured, measured
from tocsin.gateway.verdict import Verdict, Way, verdict
from tocsin.gateway.wire import Call, Headers, Reply, written
from tocsin.ingest.parse import read_json
from tocsin_client.ids import new_id

_ID_CHARS = 120
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BY_PATH: tuple[tuple[re.Pattern[str], Dialect], ...] = ((v2.PATH, v2), (v1.PATH, v1))


@dataclass(frozen=True, slots=True)
class _Took:
    """When a call came, how long its answer took, and the share of capacity in use then."""

    at: datetime
    latency_ms: float
    capacity_used: float | None


class Gateway:
    """One gateway in front of the servers of its systems."""

    def __init__(self, settings: Settings, controls: Mapping[str, Control]) -> None:
        """Take the control of each system by its name; each is a `tocsin_client.Tocsin`.

        Raises:
            BadInput: the file of the authority to trust cannot be used.
        """
        self._trust = trusting(settings.ca_file)
        self._settings, self._controls = settings, controls
        self._by_model = {name: one for one in settings.systems for name in one.models}
        self._only = settings.systems[0] if len(settings.systems) == 1 else None
        self.counts = Counts()
        self._busy: Counter[str] = Counter()
        """Calls that are being answered, by system."""
        self._relay: Relay | None = None
        self.shadow: Shadow | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live from start to end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        at_once = self._settings.shadow.at_once
        async with (
            Relay(trust=self._trust) as relay,
            Relay(trust=self._trust, connections=at_once) as aside,
        ):
            self._relay = relay
            self.shadow = Shadow(aside, self._settings.shadow, self.counts)
            copying = asyncio.create_task(self.shadow.run())
            await send({"type": "lifespan.startup.complete"})
            await receive()
            copying.cancel()
            with suppress(asyncio.CancelledError):
                await copying
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        start_s = time.perf_counter()
        path = str(scope["path"])
        if path.startswith("/-/"):
            asks = path == answers.PATH and scope["method"] == "GET"
            query = cast("bytes", scope.get("query_string", b""))
            own = await answers.answer(query, self._controls) if asks else self._own(path)
            await sent(own, receive, send)
            return
        try:
            call = await read(scope, receive, self._settings.max_body_bytes)
        except TooLong:
            limit = self._settings.max_body_bytes
            await sent(said(413, f"the body is longer than {limit:,} bytes"), receive, send)
            return
        except Gone:
            return
        if _winding(call.path):
            await sent(said(400, "the path has empty, `.` or `..` segments"), receive, send)
            return
        found = None if call.method in _SAFE else self._found(call)
        if found is None:
            await sent(await self._passed(call), receive, send)
            return
        await self._guarded(found, call, start_s, (receive, send))

    def _own(self, path: str) -> Reply:
        if path == "/-/healthz":
            return said(200, "alive")
        if path == "/-/metrics":
            lost = {
                name: float(not getattr(getattr(one, "stats", None), "in_contact", True))
                for name, one in self._controls.items()
            }
            text = self.counts.text({"tocsin_gateway_control_lost": lost})
            return written(200, text.encode(), "text/plain; version=0.0.4")
        return said(404, "the gateway has no such page")

    # -- which system -------------------------------------------------------------------------
    def _found(self, call: Call) -> tuple[Dialect, Served] | None:
        for pattern, dialect in _BY_PATH:
            if match := pattern.fullmatch(call.path):
                served = self._by_model.get(match["name"])
                return (dialect, served) if served else None
        if chat.PATH.fullmatch(call.path):
            with suppress(BadInput):
                fields = read_json(call.unpacked(self._settings.max_body_bytes))
                known = cast("dict[str, object]", fields) if isinstance(fields, dict) else {}
                name = known.get("model")
                served = self._by_model.get(str(name)) or self._only
                return (chat, served) if served else None
        return None

    async def _passed(self, call: Call) -> Reply:
        """Pass on what asks for no prediction that can be read."""
        served = self._only
        if call.method in _SAFE:
            parts = set(call.path.replace(":", "/").split("/"))
            named = next((one for name, one in self._by_model.items() if name in parts), None)
            served = named or self._settings.systems[0]
        if served is None:
            return said(404, f"no system of this gateway takes {call.method} {call.path}")
        if call.method in _SAFE:
            return await self._relayed(served, served.version, call)
        return await self._unread(served, call)

    async def _unread(self, served: Served, call: Call) -> Reply:
        """Answer a call that cannot be read: only what holds for everyone is known to hold."""
        control = self._controls[served.system.name]
        self.counts.add("unread", system=served.system.name, what="call")
        found = verdict(control.choose({}, control.now(), "", served.versions), served)
        if found.way is Way.RELAY:
            return await self._relayed(served, found.asks, call)
        why = found.directive.why if found.directive else ""
        return said(503, f"the call cannot be read, and everyone is contained: {why}")

    async def _relayed(self, served: Served, version: str, call: Call) -> Reply:
        assert self._relay is not None
        address = served.address(version)
        assert address is not None
        try:
            return await self._relay.ask(address, call, call.body, served.timeout_s, guarded=False)
        except Failed as failure:
            return said(502, f"the server behind the gateway gave no answer ({failure.why})")

    # -- a call for predictions ----------------------------------------------------------------
    async def _guarded(
        self, system: tuple[Dialect, Served], call: Call, start_s: float, wire: tuple[Receive, Send]
    ) -> None:
        dialect, served = system
        control = self._controls[served.system.name]
        at = control.now()
        try:
            body = call.unpacked(self._settings.max_body_bytes)
            ask = dialect.read(body, _about(call, served), served)
        except BadInput:
            await sent(await self._unread(served, call), *wire)
            return
        case = Case(served, dialect, call, ask, _id(ask, served))
        verdicts = judged(case, control, at)
        refusal = refused(case, verdicts)
        with self._in_use(served) as capacity_used:
            if refusal is None:
                assert self._relay is not None
                decided = await decide(case, verdicts, self._relay, self.counts)
                found = self._measured(case, decided, at)
            else:
                found = Measured(refusal, verdicts)
            reply = found.reply
            reply.headers += _signed(case, found.verdicts)
            ready_s = time.perf_counter()
            done = await sent(reply, *wire)
        until_s = time.perf_counter() if reply.rest is not None else ready_s
        took = _Took(at, (until_s - start_s) * 1000, capacity_used)
        self._write(case, found, done, took)

    def _measured(self, case: Case, decided: Decided, at: datetime) -> Measured:
        """Return the answer as a moved threshold has it; what it cannot reach is counted."""
        verdicts = moved(case, decided.verdicts, self._controls[case.served.system.name], at)
        found = measured(decided.reply, verdicts, case.ask, case.dialect, case.served)
        for why, n in Counter(found.unmoved.values()).items():
            self.counts.add("unmoved", n, system=case.served.system.name, why=why)
        return found

    @contextmanager
    def _in_use(self, served: Served) -> Generator[float | None]:
        """Count a call as being answered; yields the share of capacity in use, it included."""
        name = served.system.name
        self._busy[name] += 1
        try:
            yield None if served.capacity is None else self._busy[name] / served.capacity
        finally:
            self._busy[name] -= 1

    def _write(self, case: Case, found: Measured, done: Sent, took: "_Took") -> None:
        """Write the rows of an answered call, and put it to other versions where one is asked to.

        A refusal of the server's (4xx) is about the call and decides nothing, so it is no row.
        Other versions know nothing of a moved threshold: they are compared with what was predicted
        before it.
        """
        reply, verdicts = found.reply, found.verdicts
        control, name = self._controls[case.served.system.name], case.served.system.name
        failed = any(one.way is Way.FAILED for one in verdicts)
        if not reply.own and 400 <= reply.status < 500:
            return
        facts: list[dict[str, object]] = []
        if reply.status == 200 and not failed:
            try:
                facts = case.dialect.told(case.ask, done.kept, case.served)
            except BadInput:
                self.counts.add("unread", system=name, what="answer")
        rows = rows_of(
            case.ask,
            verdicts,
            facts,
            call_id=case.id,
            at=took.at,
            latency_ms=took.latency_ms,
            capacity_used=took.capacity_used,
        )
        for row, one in zip(rows, verdicts, strict=True):
            if reply.own and reply.status != 200 and one.way is Way.RELAY:
                continue  # refused whole for another row's sake: nobody decided this one
            if done.error is not None and row["error"] is None:
                row["error"] = done.error
            control.put(row)
            if one.way is Way.PENDING:
                control.refer(referred(row))
            self.counts.add("rows", system=name, decided_by=one.decided_by)
        if facts:
            was = [
                {**fact, "prediction": found.before[k]} if k in found.before else fact
                for k, fact in enumerate(facts)
            ]
            self._copies(case, verdicts, was, took.at)

    def _copies(
        self,
        case: Case,
        verdicts: Sequence[Verdict],
        facts: Sequence[dict[str, object]],
        at: datetime,
    ) -> None:
        control, sticky = self._controls[case.served.system.name], case.served.sticky
        wanted: dict[str, list[int]] = {}
        for k, (row, one) in enumerate(zip(case.ask.rows, verdicts, strict=True)):
            directive = control.shadow(row.attributes, at, partial(row.key, sticky), one.answers)
            if directive is not None and directive.to_version is not None:
                wanted.setdefault(directive.to_version, []).append(k)
        for version, rows in wanted.items():
            if self.shadow is not None and len(facts) == len(case.ask.rows):
                self.shadow.offer(
                    Copy(
                        served=case.served,
                        version=version,
                        dialect=case.dialect,
                        call=case.call,
                        ask=case.ask,
                        rows=tuple(rows),
                        facts=[facts[k] for k in rows],
                    )
                )


def _winding(path: str) -> bool:
    """Return whether servers may take a path for another one than it looks like."""
    return path != "/" and not {"", ".", ".."}.isdisjoint(path[1:].removesuffix("/").split("/"))


def _id(ask: Ask, served: Served) -> str:
    """Return what the call's rows are called; an id that is no word for a header is none."""
    named = ask.id if served.caller_ids else ""
    fits = named.isascii() and named.isprintable() and len(named) <= _ID_CHARS
    return named if named and fits else new_id()


def _about(call: Call, served: Served) -> dict[str, str]:
    """Return the attributes that request headers hold."""
    return {
        served.headers[name]: value.decode("latin-1")
        for raw, value in call.headers
        if (name := raw.decode("latin-1")) in served.headers
    }


def _signed(case: Case, verdicts: Sequence[Verdict]) -> Headers:
    deciders = {one.decided_by for one in verdicts}
    decider = deciders.pop() if len(deciders) == 1 else "mixed"
    return [
        (b"tocsin-prediction-id", case.id.encode("latin-1", "replace")),
        (b"tocsin-decided-by", decider.encode()),
    ]
