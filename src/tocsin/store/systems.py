"""The systems under watch and the reference counts that their windows are compared with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import sqlalchemy as sa

from tocsin.base.errors import NotFound
from tocsin.base.slices import Slice
from tocsin.ingest.system import System
from tocsin.profile.cell import Counts, Marks, Tally
from tocsin.profile.cells import combination as combined
from tocsin.profile.cells import vectors, without_features
from tocsin.profile.codec import (
    pack,
    pack_tally,
    spec_from_json,
    spec_to_json,
    unpack_tally,
    unpacker,
)
from tocsin.profile.leaves import Leaves
from tocsin.profile.leaves import leaves as leaves_of
from tocsin.profile.spec import Spec
from tocsin.store import tables
from tocsin.store.codec import encode, read
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert

_NAME, _BODY = tables.system.c.name, sa.cast(tables.system.c.body, sa.Text)
_STORED = sa.select(
    _BODY,
    tables.system.c.spec,
    tables.system.c.reference_rows,
    tables.system.c.reference_sha256,
).where(sa.bindparam("called") == _NAME)


@dataclass(frozen=True, slots=True)
class StoredSystem:
    """A system as declared, the spec learnt from its reference, and the reference's identity."""

    system: System
    spec: Spec
    rows: int
    sha256: str


def save(  # noqa: PLR0917 - the facts of one record
    unit: Unit,
    system: System,
    spec: Spec,
    baseline: Sequence[Tally],
    rows: int,
    sha256: str,
    *,
    stretches: Sequence[Tally] = (),
) -> None:
    """Declare `system` or replace its declaration.

    A new spec gives counts a new meaning: profiles and watermarks are kept per spec, so that the
    lake is then counted anew from its beginning.

    Args:
        unit: where to write.
        system: the declaration.
        spec: what is counted.
        baseline: the reference's counts, one tally per block.
        rows: rows of the reference.
        sha256: hash of the reference file.
        stretches: the counts of a short part of each block, kept as block -1, -2, ...
    """
    table, spec_hash = tables.system, spec.hash
    facts = {
        "name": system.name,
        "body": encode(system),
        "spec_hash": spec_hash,
        "spec": spec_to_json(spec),
        "reference_rows": rows,
        "reference_sha256": sha256,
        "saved_at": unit.now,
        "saved_by": unit.actor,
    }
    upsert(unit.conn, table, [facts])
    for blocks in (tables.baseline, tables.baseline_tally):
        unit.conn.execute(sa.delete(blocks).where(blocks.c.system == system.name))
    of = {"system": system.name, "spec_hash": spec_hash}
    parts = dict(enumerate(baseline)) | {-1 - k: tally for k, tally in enumerate(stretches)}
    cells = [
        {**of, "block": number, "slice": key, "body": pack(counts)}
        for number, tally in parts.items()
        for key, counts in vectors(tally, spec).items()
    ]
    if cells:
        unit.conn.execute(sa.insert(tables.baseline), cells)
    tallies = [
        {**of, "block": number, "body": pack_tally(without_features(tally))}
        for number, tally in parts.items()
    ]
    if tallies:
        unit.conn.execute(sa.insert(tables.baseline_tally), tallies)
    unit.audit("system.saved", system.name, spec=spec_hash, reference=sha256)


def names(conn: sa.Connection) -> list[str]:
    """Return the names of all systems, sorted."""
    return list(conn.execute(sa.select(tables.system.c.name).order_by("name")).scalars())


def declared(conn: sa.Connection) -> list[System]:
    """Return what every system is declared to be, by name."""
    rows = conn.execute(sa.select(_NAME, _BODY).order_by(_NAME))
    return [_system(name, body) for name, body in rows]


def buckets(conn: sa.Connection) -> dict[str, timedelta]:
    """Return every system's name and the length of its buckets."""
    return {one.name: timedelta(seconds=one.bucket_s) for one in declared(conn)}


def get(conn: sa.Connection, name: str) -> StoredSystem:
    """Return the system called `name`.

    Raises:
        NotFound: there is none.
    """
    row = conn.execute(_STORED, {"called": name}).one_or_none()
    if row is None:
        known = ", ".join(names(conn)) or "none yet"
        raise NotFound(f"no system is called {name!r}; there are: {known}")
    body, spec, reference_rows, sha256 = row
    return StoredSystem(_system(name, body), _spec(spec), reference_rows, sha256)


def called(conn: sa.Connection, names_: Sequence[str]) -> StoredSystem:
    """Return the system that a serving platform calls by one of these names.

    A system's own name counts before the other ones that its declaration lists.

    Raises:
        NotFound: none is called so.
    """
    all_ = declared(conn)
    known = {system.name: [system.name] for system in all_}
    for system in all_:
        for name in system.serving.names:
            known.setdefault(name, []).append(system.name)
    for name in names_:
        if name in known:
            return get(conn, known[name][0])
    said = " or ".join(repr(name) for name in names_) or "nothing"
    raise NotFound(f"no system is called {said}; list the name under serving.names of one")


def _system(name: str, text: str) -> System:
    return read(System, text, f"system {name}")


@lru_cache(maxsize=64)
def _spec(text: str) -> Spec:
    """Every body of rows asks for its system's spec, whose text is long and seldom new."""
    return spec_from_json(text)


def blocks(
    conn: sa.Connection,
    name: str,
    spec: Spec,
    slice: str | None = None,  # noqa: A002 - the trade's word for it
) -> tuple[Mapping[str, Counts], ...]:
    """Return the reference's counts under `spec`: one mapping of slice key to counts per block.

    Args:
        conn: where to read.
        name: the system's.
        spec: what gives the counts their meaning.
        slice: only the slice with this key ("" is everyone); None: all.
    """
    table = tables.baseline
    return _parts(conn, name, spec, table.c.block >= 0, slice)


def stretches(conn: sa.Connection, name: str, spec: Spec) -> tuple[Mapping[str, Counts], ...]:
    """Return the counts of a short part of each block, in the order of `blocks`."""
    return _parts(conn, name, spec, tables.baseline.c.block < 0)


def people(
    conn: sa.Connection, name: str, spec: Spec, *, short: bool = False
) -> tuple[tuple[Leaves | None, Marks], ...]:
    """Return the leaves and the marks of each block of the reference, as of `blocks`.

    There are leaves where the system classifies; `short` asks for its stretches.
    """
    block, crossed = tables.baseline_tally.c.block, spec.kind.classifies
    found = _tallies(conn, name, spec, block < 0 if short else block >= 0)
    return tuple(
        (leaves_of(tally.outcomes, spec) if crossed else None, tally.marks) for tally in found
    )


def combination(conn: sa.Connection, name: str, spec: Spec, who: Slice) -> tuple[Counts, ...]:
    """Return the outcomes of the people in `who` in each block of the reference.

    Args:
        conn: where to read.
        name: the system's.
        spec: what gives the counts their meaning.
        who: what `profile.cells.in_cube` tells.

    Returns:
        Vectors of shape (outcomes,), in the order of `blocks`.

    Raises:
        BadInput: `who` is not in the cube.
    """
    found = _tallies(conn, name, spec, tables.baseline_tally.c.block >= 0)
    return tuple(combined(tally.outcomes, spec, who) for tally in found)


def _parts(
    conn: sa.Connection,
    name: str,
    spec: Spec,
    which: sa.ColumnElement[bool],
    slice: str | None = None,  # noqa: A002 - the trade's word for it
) -> tuple[Mapping[str, Counts], ...]:
    table = tables.baseline
    query = (
        sa.select(table.c.block, table.c.slice, table.c.body)
        .where(table.c.system == name, table.c.spec_hash == spec.hash, which)
        .order_by(sa.func.abs(table.c.block))
    )
    if slice is not None:
        query = query.where(table.c.slice == slice)
    unpacked = unpacker(spec)
    found: dict[int, dict[str, Counts]] = {}
    for block, key, body in conn.execute(query):
        found.setdefault(block, {})[key] = unpacked(body)
    return tuple(found.values())


def _tallies(
    conn: sa.Connection, name: str, spec: Spec, which: sa.ColumnElement[bool]
) -> Iterator[Tally]:
    table = tables.baseline_tally
    query = (
        sa.select(table.c.body)
        .where(table.c.system == name, table.c.spec_hash == spec.hash, which)
        .order_by(sa.func.abs(table.c.block))
    )
    for body in conn.execute(query).scalars():
        yield unpack_tally(body, spec)
