"""A profile as bytes: what a profile file holds and what executors send back.

    rows of (version, bucket, body), in order; in the metadata the spec's hash, and in a
    file the spec itself

Equal profiles give equal bytes, whatever the order in which they were merged.  Counts of different
specs mean different things and are never added.  Format: an Arrow IPC stream.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

import pyarrow as pa

from tocsin.base.errors import BadInput, Conflict
from tocsin.ingest.rows import INSTANT
from tocsin.profile.cell import Moment, Profile, Tally
from tocsin.profile.codec import pack_tally, spec_from_json, spec_to_json, unpack_tally
from tocsin.profile.merge import merge
from tocsin.profile.spec import Spec

_HASH, _SPEC = b"tocsin.spec_hash", b"tocsin.spec"
_ROWS = pa.schema(
    [
        pa.field("version", pa.string(), nullable=False),
        pa.field("bucket", INSTANT, nullable=False),
        pa.field("body", pa.binary(), nullable=False),
    ]
)


def to_bytes(profile: Profile, spec: Spec, *, with_spec: bool = True) -> bytes:
    """Return the canonical bytes of `profile`.

    Args:
        profile: counts under `spec`.
        spec: what gave them their meaning; its hash is always written.
        with_spec: write the whole spec as well, so that the bytes explain themselves.
    """
    facts = {_HASH: spec.hash.encode()} | (
        {_SPEC: spec_to_json(spec).encode()} if with_spec else {}
    )
    moments = sorted(profile)
    rows = pa.table(
        [
            pa.array([moment.version for moment in moments], pa.string()),
            pa.array([moment.bucket for moment in moments], INSTANT),
            pa.array([pack_tally(profile[moment]) for moment in moments], pa.binary()),
        ],
        schema=_ROWS.with_metadata(facts),
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue().to_pybytes()


def from_bytes(body: bytes, spec: Spec, *, where: str = "") -> Profile:
    """Return the profile that `to_bytes` wrote under the same spec.

    Raises:
        BadInput: the bytes are damaged or no profile.
        Conflict: they were counted under another spec.
    """
    rows, facts = _opened(body, where)
    _require(spec, facts[_HASH].decode(), where)
    versions, buckets, packed = (
        cast("list[Any]", rows[name].to_pylist()) for name in ("version", "bucket", "body")
    )
    return {
        Moment(version, bucket): unpack_tally(one, spec)
        for version, bucket, one in zip(versions, buckets, packed, strict=True)
    }


def spec_in(body: bytes, *, where: str = "") -> Spec:
    """Return the spec that was written beside the counts.

    Raises:
        BadInput: the bytes are no profile, or hold no spec.
    """
    _, facts = _opened(body, where)
    if _SPEC not in facts:
        raise BadInput("holds counts without their spec", where=where, do="give a profile file")
    return spec_from_json(facts[_SPEC].decode())


def together(bodies: Iterable[tuple[str, bytes]], spec: Spec) -> Profile:
    """Return the sum of several profiles of one spec.

    Args:
        bodies: the name and the bytes of each.
        spec: what all of them must have been counted under.

    Raises:
        BadInput: one of them is damaged or no profile.
        Conflict: one was counted under another spec.
    """
    total: Profile = {}
    for where, body in bodies:
        total = merge(total, from_bytes(body, spec, where=where))
    return total


def by_bucket(profile: Profile) -> dict[datetime, Profile]:
    """Return the parts of `profile` that can be merged apart: one for each bucket."""
    parts: dict[datetime, dict[Moment, Tally]] = {}
    for moment, tally in profile.items():
        parts.setdefault(moment.bucket, {})[moment] = tally
    return dict(parts)


def weight(profile: Profile) -> int:
    """Return about how many bytes of memory the counts take."""
    return sum(
        tally.features.counts.nbytes + tally.outcomes.counts.nbytes + tally.marks.registers.nbytes
        for tally in profile.values()
    )


def _opened(body: bytes, where: str) -> tuple[pa.Table, dict[bytes, bytes]]:
    try:
        with pa.ipc.open_stream(body) as stream:
            rows = stream.read_all()
    except (pa.ArrowException, OSError):
        raise BadInput(
            "is no profile, or damaged", where=where, do="count the rows again"
        ) from None
    facts = rows.schema.metadata or {}
    if _HASH not in facts or rows.schema.names != _ROWS.names:
        raise BadInput("is not a profile", where=where, do="give what `tocsin profile` wrote")
    return rows, facts


def _require(spec: Spec, found: str, where: str) -> None:
    if found != spec.hash:
        raise Conflict(
            (f"{where}: " if where else "")
            + f"counted under spec {found}, but {spec.system} is counted under {spec.hash} now;"
            " profiles of different specs do not add up: count the rows again"
        )
