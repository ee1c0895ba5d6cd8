"""From an answer to prediction rows, as the SDK sends them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tocsin.gateway.ask import Ask
from tocsin.gateway.verdict import Verdict, Way

Row = dict[str, object]


def ids(call_id: str, count: int) -> list[str]:
    """Return the ids of a call's rows: the call's own, numbered where it has several.

    >>> ids("a", 1), ids("a", 2)
    (['a'], ['a-0', 'a-1'])
    """
    return [call_id] if count == 1 else [f"{call_id}-{k}" for k in range(count)]


def rows_of(
    ask: Ask,
    verdicts: Sequence[Verdict],
    facts: Sequence[Mapping[str, object]],
    *,
    call_id: str,
    at: datetime,
    latency_ms: float,
) -> list[Row]:
    """Return one row for each row of the call.

    Args:
        ask: the call.
        verdicts: who answered each row.
        facts: what the answer says of each; empty where nothing could be read.
        call_id: names the call.
        at: when it came.
        latency_ms: how long the answer took.
    """
    nothing: list[Mapping[str, object]] = [{}] * len(ask.rows)
    told = facts if len(facts) == len(ask.rows) else nothing
    named = ids(call_id, len(ask.rows))
    return [
        _row(name, at, latency_ms, asked.features, asked.attributes, one, fact)
        for name, asked, one, fact in zip(named, ask.rows, verdicts, told, strict=True)
    ]


def referred(row: Row) -> Row:
    """Return what a person is asked where nobody has decided yet.

    >>> referred({"id": "a", "features": {}, "decided_by": "review", "latency_ms": 1.0})
    {'id': 'a', 'features': {}}
    """
    names = ("id", "at", "version", "features", "attributes", "directive")
    return {name: row[name] for name in names if name in row}


def _row(  # noqa: PLR0917 - one line per part of a row
    id_: str,
    at: datetime,
    latency_ms: float,
    features: Mapping[str, object],
    attributes: Mapping[str, object],
    verdict: Verdict,
    fact: Mapping[str, object],
) -> Row:
    more = fact.get("features")
    decided = verdict.way in (Way.RELAY, Way.RULES)
    return {
        "id": id_,
        "at": at,
        "version": verdict.version,
        "features": {**features, **more} if isinstance(more, Mapping) else features,
        "attributes": attributes,
        "score": fact.get("score") if decided else None,
        "prediction": fact.get("prediction") if decided else None,
        "latency_ms": latency_ms,
        "decided_by": verdict.decided_by,
        "directive": verdict.directive.id or None if verdict.directive is not None else None,
        "error": verdict.error,
    }
