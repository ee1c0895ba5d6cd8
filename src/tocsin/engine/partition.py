"""What a Spark executor does: count the shares of its partition, merge what others counted.

Everything between executors travels as **pieces**, rows of

    part    which share made it, the branch of the merge tree
    bucket  microseconds since 1970; null: a report on the rows, or a fault
    body    `profile.bundle` bytes of that bucket; JSON for the report or fault

A fault of the caller's (a missing column, a file that is not there) is a piece as well: Spark would
otherwise try it four times and then show a Java stack.  This module is imported on executors, so it
needs nothing but NumPy, Numba and Arrow.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pyarrow as pa

from tocsin.base.errors import BadInput, TocsinError
from tocsin.profile import bundle
from tocsin.profile.spec import Spec
from tocsin.profile.task import NOTHING, Counted, Portion, Task, add

PIECES = "part long, bucket long, body binary"
"""The columns of pieces in Spark's words."""
HEAVIEST_BYTES = 256 << 20
"""A partition hands on what it has counted when it weighs so much."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)

Stage = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def counting(shares: Sequence[Sequence[Portion]], task: Task) -> Stage:
    """Return the stage that counts: share numbers in (column `id`), pieces out."""

    def stage(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in cast("list[int]", batch.column(0).to_pylist()):
                yield from _counted(number, shares[number], task)

    return stage


def merging(spec: Spec, fan_in: int) -> Stage:
    """Return the stage that merges all pieces of a partition: pieces in, one a bucket out.

    Args:
        spec: of all the pieces.
        fan_in: how many branches of the tree become one.
    """

    def stage(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        total, part, seen = NOTHING, 0, False
        for batch in batches:
            for piece in batch.to_pylist():
                mine = int(piece["part"]) // fan_in
                part, seen = min(part, mine) if seen else mine, True
                if _is_fault(piece):
                    yield _batch([(mine, None, piece["body"])])
                else:
                    total = add(total, _opened(piece, spec))
        if seen:
            yield from _pieces(total, part, spec)

    return stage


def whole(pieces: Iterable[Any], spec: Spec) -> Counted:
    """Return what the last pieces say together.

    Args:
        pieces: rows with `bucket` and `body`, each bucket once.
        spec: of all of them.

    Raises:
        BadInput: a fault is among them.
    """
    total = NOTHING
    for piece in pieces:
        if _is_fault(piece):
            fault = json.loads(bytes(piece["body"]))["fault"]
            raise BadInput(fault["what"], where=fault["where"], do=fault["do"])
        total = add(total, _opened(piece, spec))
    return total


def _counted(number: int, portions: Sequence[Portion], task: Task) -> Iterator[pa.RecordBatch]:
    total = NOTHING
    try:
        for portion in portions:
            for table in portion.read(task.columns):
                total = add(total, task(table))
                if bundle.weight(total.profile) > HEAVIEST_BYTES:
                    yield from _pieces(total, number, task.spec)
                    total = NOTHING
    except TocsinError as error:
        yield _batch([(number, None, _fault(error))])
        return
    yield from _pieces(total, number, task.spec)


def _pieces(counted: Counted, part: int, spec: Spec) -> Iterator[pa.RecordBatch]:
    for bucket, profile in sorted(bundle.by_bucket(counted.profile).items()):
        body = bundle.to_bytes(profile, spec, with_spec=False)
        yield _batch([(part, (bucket - _EPOCH) // _US, body)])
    report = {"rows": counted.rows, "refused": counted.refused, "reason": counted.reason}
    yield _batch([(part, None, json.dumps(report).encode())])


def _opened(piece: Any, spec: Spec) -> Counted:  # noqa: ANN401 - a row of Spark's or a dict
    body = bytes(piece["body"])
    if piece["bucket"] is None:
        report = json.loads(body)
        return Counted({}, report["rows"], report["refused"], report["reason"])
    return Counted(bundle.from_bytes(body, spec))


def _is_fault(piece: Any) -> bool:  # noqa: ANN401 - a row of Spark's or a dict
    return piece["bucket"] is None and bytes(piece["body"]).startswith(b'{"fault"')


def _fault(error: TocsinError) -> bytes:
    fault = {"what": str(error), "where": "", "do": ""}
    if isinstance(error, BadInput):
        fault = {"what": error.what, "where": error.where, "do": error.do}
    return json.dumps({"fault": fault}).encode()


def _batch(rows: list[tuple[int, int | None, bytes]]) -> pa.RecordBatch:
    parts, buckets, bodies = zip(*rows, strict=True)
    return pa.record_batch(
        [pa.array(parts, pa.int64()), pa.array(buckets, pa.int64()), pa.array(bodies, pa.binary())],
        names=["part", "bucket", "body"],
    )
