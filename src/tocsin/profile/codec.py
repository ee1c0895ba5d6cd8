"""Bytes and JSON of profiles and specs.

Most places of most cells are small, a few are sums and large.  A vector is stored as narrow signed
integers, of the width that makes it shortest, with zeros where a number does not fit, followed by
the places and values of those numbers; all of it compressed by LZ4, since months of cells are read
at every look and reading is what costs:

    width of a number in bytes + 16, size, how many do not fit  ·  compressed  ·  CRC-32 of all

Vectors of earlier releases begin with the width alone and are deflated; they are still read.
"""

import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.base.errors import BadInput
from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.ingest.rule import Apart, Demand, Rule, Sort
from tocsin.ingest.system import Kind
from tocsin.profile.cell import NO_PAIRS, NO_SAMPLE, Counts, Marks, Sample, Sheet, Tally
from tocsin.profile.layout import Layout, distinct_columns, layout_of
from tocsin.profile.loops import add_packed
from tocsin.profile.repeats import ToldBy
from tocsin.profile.sketch import REGISTERS
from tocsin.profile.spec import Categories, Embedding, NumericBins, Spec

_WIDTHS = {1: "<i1", 2: "<i2", 4: "<i4", 8: "<i8"}
_WIDE = np.dtype([("place", "<u4"), ("value", "<i8")])
_HEAD, _SUM = struct.Struct("<BII"), struct.Struct("<I")
_NEW = 16
_LZ4 = pa.Codec("lz4_raw")
_DAMAGE = (zlib.error, struct.error, OSError, KeyError, IndexError, ValueError)
_LEVEL = 1  # of deflate: level 6 is three times slower for a twentieth fewer bytes


def pack(counts: Counts) -> bytes:
    """Return the bytes of one cell; `unpack` gives the identical vector back."""
    width, places = _narrowest(counts)
    narrow = counts.astype(_WIDTHS[width])
    narrow[places] = 0
    wide = np.empty(len(places), _WIDE)
    wide["place"], wide["value"] = places, counts[places]
    packed = _LZ4.compress(narrow.tobytes() + wide.tobytes(), asbytes=True)
    body = _HEAD.pack(width + _NEW, counts.size, len(places)) + packed
    return body + _SUM.pack(zlib.crc32(body))


def unpack(body: bytes, spec: Spec) -> Counts:
    """Return the vector that was packed.

    Raises:
        BadInput: the bytes are damaged or belong to another spec.
    """
    return unpacker(spec)(body)


def unpacker(spec: Spec) -> Callable[[bytes], Counts]:
    """Return `unpack` for many cells of one spec, whose layout is then looked up once."""
    zero, added = layout_of(spec).zero, adder(spec)

    def unpacked(body: bytes) -> Counts:
        counts = zero()
        added(body, counts)
        return counts

    return unpacked


def adder(spec: Spec) -> Callable[[bytes, Counts], None]:
    """Return what adds a packed vector to one of shape (width,), in place; errors as `unpack`."""
    width, where = layout_of(spec).width, f"profile of {spec.system}"

    def damaged() -> BadInput:
        return BadInput("damaged cell", where=where, do="restore it from a backup")

    def added(body: bytes, to: Counts) -> None:
        try:
            narrow, wide = _parts(body)
        except _DAMAGE:
            raise damaged() from None
        if narrow.size != width:
            raise BadInput(
                f"a cell holds {narrow.size} numbers, the spec {width}",
                where=where,
                do="it was counted under another spec; profile the rows again",
            )
        if not add_packed(narrow, wide, to):  # half the time of NumPy, which casts piece by piece
            raise damaged()

    return added


def pack_tally(tally: Tally) -> bytes:
    """Return the bytes of one tally; equal tallies have equal bytes."""
    parts: list[bytes] = []
    for sheet in (tally.features, tally.outcomes):
        parts += [pack(sheet.codes), pack(sheet.counts.ravel())]
    marks = tally.marks
    parts.append(zlib.compress(marks.registers.tobytes(), _LEVEL))
    parts += [np.ascontiguousarray(ends, "<f8").tobytes() for ends in (marks.lowest, marks.highest)]
    if len(marks.sample.hashes):  # what earlier releases did not know is left out where it is none
        parts += [marks.sample.hashes.astype("<u8").tobytes(), pack(marks.sample.times)]
    if len(marks.pairs):
        parts.append(pack(marks.pairs))
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def unpack_tally(body: bytes, spec: Spec) -> Tally:
    """Return the tally that was packed.

    Raises:
        BadInput: the bytes are damaged or belong to another spec.
    """
    try:
        features, outcomes, marks = _sheets(body, layout_of(spec))
        return Tally(features, outcomes, _marks(marks, spec))
    except _DAMAGE:
        raise _damaged(spec) from None


def unpack_sizes(body: bytes, spec: Spec) -> tuple[Counts, Counts]:
    """Return each leaf of the tally that was packed and its rows, shape (leaves,) both.

    For who reads weeks of them: nothing else is widened.

    Raises:
        BadInput: as of `unpack_tally`.
    """
    layout = layout_of(spec)
    place = layout.places["n"].start
    try:
        parts = _split(body)
        codes, (narrow, wide) = _numbers(parts[2]), _parts(parts[3])
        n = narrow.reshape(len(codes), layout.outcomes)[:, place].astype(np.int64)
        row, column = np.divmod(wide["place"], layout.outcomes)
        n[row[column == place]] = wide["value"][column == place]
    except _DAMAGE:
        raise _damaged(spec) from None
    return codes, n


def _damaged(spec: Spec) -> BadInput:
    return BadInput(
        "damaged tally, or one that was counted under another spec",
        where=f"profile of {spec.system}",
        do="restore it from a backup, or profile the rows again",
    )


def _marks(parts: Sequence[bytes], spec: Spec) -> Marks:
    numeric = len(spec.numeric)
    registers = np.frombuffer(zlib.decompress(parts[0]), np.uint8)
    registers = registers.reshape(len(distinct_columns(spec)), REGISTERS)
    lowest, highest = (np.frombuffer(part, "<f8").reshape(numeric) for part in parts[1:3])
    rest, sample = list(parts[3:]), NO_SAMPLE
    if len(rest) > 1:
        times = _numbers(rest[1])
        sample = Sample(np.frombuffer(rest[0], "<u8").reshape(len(times)), times)
        rest = rest[2:]
    return Marks(registers, lowest, highest, sample, _numbers(rest[0]) if rest else NO_PAIRS)


def _split(body: bytes) -> list[bytes]:
    """Return the parts of a packed tally, each of which its length precedes."""
    parts: list[bytes] = []
    start = 0
    while start < len(body):
        (size,) = struct.unpack_from("<I", body, start)
        parts.append(body[start + 4 : start + 4 + size])
        start += 4 + size
    return parts


def _sheets(body: bytes, layout: Layout) -> tuple[Sheet, Sheet, list[bytes]]:
    parts = _split(body)
    widths = (layout.width - layout.outcomes, layout.outcomes)
    features, outcomes = (
        _sheet(_numbers(parts[2 * k]), _numbers(parts[2 * k + 1]), width)
        for k, width in enumerate(widths)
    )
    return features, outcomes, parts[4:]


def _sheet(codes: Counts, counts: Counts, width: int) -> Sheet:
    # a system without features has rows of no width, whose number the codes alone tell
    return Sheet(codes, counts.reshape(len(codes), width))


def _numbers(body: bytes) -> Counts:
    narrow, wide = _parts(body)
    counts = narrow.astype(np.int64)
    counts[wide["place"]] = wide["value"]
    return counts


def _narrowest(counts: Counts) -> tuple[int, NDArray[np.intp]]:
    """Return the width that makes a vector shortest, and the places of what does not fit."""
    best, least = 8, 8 * counts.size
    for width in (4, 2, 1):
        most = 1 << (8 * width - 1)
        over = int(np.count_nonzero((counts < -most) | (counts >= most)))
        if width * counts.size + _WIDE.itemsize * over < least:
            best, least = width, width * counts.size + _WIDE.itemsize * over
    most = (1 << (8 * best - 1)) - 1
    return best, np.flatnonzero((counts < -most - 1) | (counts > most))


def _parts(body: bytes) -> tuple[NDArray[np.signedinteger], NDArray[np.void]]:
    """Return the narrow integers and the wide ones with their places."""
    if body[0] in _WIDTHS:
        return np.frombuffer(zlib.decompress(body[1:]), _WIDTHS[body[0]]), np.empty(0, _WIDE)
    checked, (crc,) = memoryview(body)[: -_SUM.size], _SUM.unpack(body[-_SUM.size :])
    if zlib.crc32(checked) != crc:
        raise ValueError("the sum does not match")
    tag, size, over = _HEAD.unpack_from(checked)
    width = tag - _NEW
    length = width * size + _WIDE.itemsize * over
    whole = memoryview(_LZ4.decompress(checked[_HEAD.size :], length))
    narrow = np.frombuffer(whole, _WIDTHS[width], size)
    return narrow, np.frombuffer(whole, _WIDE, over, width * size)


def spec_to_json(spec: Spec) -> str:
    """Return `spec` as JSON; floats keep every digit."""
    return json.dumps(asdict(spec), separators=(",", ":"), ensure_ascii=False)


def spec_from_json(text: str) -> Spec:
    """Return the spec that `spec_to_json` wrote.

    Raises:
        BadInput: the text is not such a spec.
    """
    try:
        facts = cast("dict[str, object]", json.loads(text))
        schema = cast("dict[str, list[dict[str, object]]]", facts["schema"])
        return Spec(
            system=str(facts["system"]),
            schema=Schema(
                tuple(Field(str(f["name"]), FieldKind(str(f["kind"]))) for f in schema["features"]),
                tuple(Attribute(str(a["name"]), _floats(a["edges"])) for a in schema["attributes"]),
            ),
            numeric=tuple(_bins(b) for b in cast("list[Mapping[str, object]]", facts["numeric"])),
            categorical=tuple(
                Categories(str(c["name"]), _texts(c["values"]), _texts(c["others"]))
                for c in cast("list[Mapping[str, object]]", facts["categorical"])
            ),
            slices=_texts(facts["slices"]),
            positive=str(facts["positive"]),
            threshold=float(cast("float", facts["threshold"])),
            bucket_s=int(cast("int", facts["bucket_s"])),
            kind=Kind(str(facts["kind"])),
            embeddings=tuple(
                Embedding(
                    str(e["name"]),
                    _floats(e["mean"]),
                    tuple(_floats(axis) for axis in cast("list[object]", e["axes"])),
                )
                for e in cast("list[Mapping[str, object]]", facts["embeddings"])
            ),
            estimate=_optional(facts["estimate"]),
            error=_optional(facts["error"]),
            classes=_texts(facts.get("classes", ())),
            top=int(cast("int", facts.get("top", 0))),
            texts=_texts(facts.get("texts", ())),
            rules=tuple(_rule(r) for r in cast("list[dict[str, Any]]", facts.get("rules", []))),
            told_by=ToldBy(str(facts.get("told_by", ""))),
            timeouts=bool(facts.get("timeouts", False)),
            capacity=bool(facts.get("capacity", False)),
            paired=_texts(facts.get("paired", ())),
            paired_every=int(cast("int", facts.get("paired_every", 0))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"not a profile spec ({type(error).__name__})", do="learn it from the reference again"
        ) from None


def _bins(facts: Mapping[str, object]) -> NumericBins:
    return NumericBins(
        str(facts["name"]),
        _floats(facts["edges"]),
        float(cast("float", facts["unit"])),
        float(cast("float", facts["centre"])),
    )


def _rule(facts: Mapping[str, Any]) -> Rule:
    told: dict[str, Any] = {
        **facts,
        "demand": Demand(facts["demand"]),
        "sort": Sort(facts["sort"]),
        "apart": Apart(facts["apart"]),
        "values": _texts(facts["values"]),
    }
    return Rule(**told)


def _optional(facts: object) -> NumericBins | None:
    return None if facts is None else _bins(cast("Mapping[str, object]", facts))


def _floats(values: object) -> tuple[float, ...]:
    return tuple(float(v) for v in cast("list[float]", values))


def _texts(values: object) -> tuple[str, ...]:
    return tuple(str(v) for v in cast("list[object]", values))
