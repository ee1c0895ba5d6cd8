"""`tocsin replay`: history through the live pipeline, in event-time order.

The rows of a file are posted to a running server as any service would post them, at their own
pace times a factor or as fast as the server acknowledges.  Every row has an id, so that a replay
that was cut off can simply be run again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin.base.errors import BadInput, Unavailable
from tocsin.base.phrases import count
from tocsin.cli.bar import bar
from tocsin.cli.declaration import declaration
from tocsin.cli.remote import LOCAL, Json, Remote, Token, Url, refusal, remote

if TYPE_CHECKING:
    import httpx
    import pyarrow as pa

    from tocsin.ingest.system import System

ROWS_AT_ONCE = 20_000
BODY_BYTES = 24 << 20
"""Longest body that is sent; the server takes 32 MiB."""
_TICK_S = 0.5
_PATIENCE_S = 60.0
_REASONS_SHOWN = 5
Pause = Callable[[float], None]


@dataclass(slots=True)
class Tally:
    """What became of the rows that were sent."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    outcomes: int = 0
    ignored: set[str] = field(default_factory=set[str])
    reasons: list[str] = field(default_factory=list[str])


def replay(  # noqa: PLR0917 - one parameter per option
    file: Annotated[Path, typer.Argument(metavar="DATA", help="Parquet or CSV file of decisions.")],
    system: Annotated[str, typer.Option(help="Name of the system in the configuration.")],
    config: Annotated[Path, typer.Option(help="Configuration file.")] = Path("tocsin.yaml"),
    speed: Annotated[str, typer.Option(help="Times real time, or max.")] = "max",
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Feed a file of history through the live pipeline."""
    from tocsin.ingest.requests import requests  # noqa: PLC0415 - heavy
    from tocsin.ingest.tabular import to_wire  # noqa: PLC0415 - heavy
    from tocsin.lake.files import read_table, sha256_of  # noqa: PLC0415 - heavy

    factor = factor_of(speed)
    declared = declaration(config, system)
    try:
        table = requests(read_table(file), declared)
        rows = to_wire(table, declared, f"{sha256_of(file)[:8]}-")
    except BadInput as fault:
        where = fault.where if str(file) in fault.where else f"{file} {fault.where}".strip()
        raise BadInput(fault.what, where=where, do=fault.do) from None
    started_s = time.monotonic()
    with remote(url, token) as server, bar("replaying", rows.num_rows) as advance:
        tally = send(server, system, paced(rows, factor, time.monotonic, time.sleep), advance)
    _report(tally, declared, time.monotonic() - started_s)
    if not tally.accepted and not tally.duplicates:
        raise BadInput("no row was accepted", where=str(file), do="see the reasons above")


def factor_of(speed: str) -> float | None:
    """Return how many times real time; None for as fast as acknowledged.

    >>> factor_of("max"), factor_of("60"), factor_of("2.5x")
    (None, 60.0, 2.5)
    """
    if speed == "max":
        return None
    try:
        factor = float(speed.removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise BadInput(f"{speed!r} is no speed", where="--speed", do="write 60 or max")
    return factor


def paced(
    rows: pa.Table, factor: float | None, seconds: Callable[[], float], pause: Pause
) -> Iterator[pa.Table]:
    """Yield the rows in portions, each when its time has come.

    Args:
        rows: in order of `at`.
        factor: times real time; None: at once.
        seconds: a clock that only goes forward.
        pause: waits for so many seconds.
    """
    if factor is None:
        for start in range(0, rows.num_rows, ROWS_AT_ONCE):
            yield rows.slice(start, ROWS_AT_ONCE)
        return
    import numpy as np  # noqa: PLC0415 - heavy
    import pyarrow as pa  # noqa: PLC0415 - heavy

    at: Any = rows["at"].cast(pa.int64()).to_numpy()
    due_s = (at - at[0]) / 1e6 / factor
    began_s, sent = seconds(), 0
    while sent < rows.num_rows:
        due = int(np.searchsorted(due_s, seconds() - began_s, side="right"))
        for start in range(sent, due, ROWS_AT_ONCE):
            yield rows.slice(start, min(ROWS_AT_ONCE, due - start))
        sent = max(sent, due)
        if sent < rows.num_rows:
            pause(max(_TICK_S, due_s[sent] - (seconds() - began_s)))


def send(
    server: Remote,
    system: str,
    portions: Iterator[pa.Table],
    advance: Callable[[int], None],
    pause: Pause = time.sleep,
) -> Tally:
    """Post every portion, its predictions first and then the labels that it has.

    Raises:
        BadInput: the server does not understand the rows or does not know the system.
        Unavailable: the server was away or overloaded for a minute.
    """
    tally = Tally()
    for rows in portions:
        predictions = rows.drop_columns(["label"]) if "label" in rows.column_names else rows
        _post(server, "/v1/predictions", system, predictions, tally, pause)
        if predictions is not rows:
            labels = rows.select(["id", "at", "label"])
            known = labels.filter(labels["label"].is_valid())
            if known.num_rows:
                _post(server, "/v1/outcomes", system, known, tally, pause)
        advance(rows.num_rows)
    return tally


def _post(  # noqa: PLR0917 - the facts of one request
    server: Remote, path: str, system: str, rows: pa.Table, tally: Tally, pause: Pause
) -> None:
    body = _packed(rows)
    if len(body) > BODY_BYTES and rows.num_rows > 1:
        half = rows.num_rows // 2
        _post(server, path, system, rows.slice(0, half), tally, pause)
        _post(server, path, system, rows.slice(half), tally, pause)
        return
    answer = _patiently(server, path, system, body, pause)
    if path == "/v1/outcomes":
        tally.outcomes += answer["accepted"]
    else:
        tally.accepted += answer["accepted"]
        tally.duplicates += answer["duplicates"]
        tally.ignored |= set(answer["ignored_fields"])
    tally.rejected += answer["rejected_total"]
    kind = path.rpartition("/")[2].removesuffix("s")
    for one in answer["rejected"][: _REASONS_SHOWN - len(tally.reasons)]:
        tally.reasons.append(f"{kind} {one['id']}: {one['field']}: {one['reason']}")


def _patiently(server: Remote, path: str, system: str, body: bytes, pause: Pause) -> Json:
    """Post one body, again and again while the server is away or asks us to wait."""
    import httpx  # noqa: PLC0415 - heavy

    from tocsin.ingest.parse import ARROW_STREAM  # noqa: PLC0415 - heavy

    waited_s, wait_s = 0.0, 0.5
    while True:
        trouble: Exception
        try:
            answer = server.client.post(
                path,
                params={"system": system},
                content=body,
                headers={"Content-Type": ARROW_STREAM},
            )
        except httpx.TransportError:
            trouble = Unavailable(
                f"cannot reach {server.client.base_url}; is `tocsin up` running, is --url right?"
            )
        else:
            if answer.is_success or _tells_of_rows(answer):
                return answer.json()
            trouble = refusal(answer)
            if not isinstance(trouble, Unavailable):
                raise trouble
            wait_s = max(wait_s, float(answer.headers.get("Retry-After", 0)))
        if waited_s >= _PATIENCE_S:
            raise trouble
        pause(wait_s)
        waited_s, wait_s = waited_s + wait_s, min(wait_s * 2, 8.0)


def _tells_of_rows(answer: httpx.Response) -> bool:
    """A refusal of every single row still says what is wrong with each."""
    return answer.status_code == 422 and "rejected_total" in answer.text


def _packed(rows: pa.Table) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - heavy

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue().to_pybytes()


def _report(tally: Tally, system: System, took_s: float) -> None:
    print(
        f"{count(tally.accepted, 'prediction')} and {count(tally.outcomes, 'outcome')} stored"
        f" in {took_s:.1f} s"
    )
    if tally.duplicates:
        print(f"{count(tally.duplicates, 'duplicate id')} left out")
    expected = {f"features.{name}" for name in system.attributes}
    if tally.ignored - expected:
        names = ", ".join(sorted(tally.ignored - expected))
        print(f"the system has no place for {names}")
    if tally.rejected:
        words = [f"{count(tally.rejected, 'row')} refused, such as", *tally.reasons]
        sys.stderr.write(os.linesep.join(words) + os.linesep)
