"""Bytes and JSON of profiles and specs.

A vector is stored in the narrowest signed integers that hold it, deflated; most places of most
cells are zero or small.  The first byte is the width of one number in bytes.
"""

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import cast

import numpy as np

from tocsin.base.errors import BadInput
from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import Kind
from tocsin.profile.cell import Counts, Marks, Sheet, Tally
from tocsin.profile.layout import Layout, layout_of
from tocsin.profile.sketch import REGISTERS
from tocsin.profile.spec import Categories, Embedding, NumericBins, Spec

_WIDTHS = {1: "<i1", 2: "<i2", 4: "<i4", 8: "<i8"}
_LEVEL = 1  # level 6 is three times slower for a twentieth fewer bytes


def pack(counts: Counts) -> bytes:
    """Return the bytes of one cell; `unpack` gives the identical vector back."""
    low, high = (int(counts.min()), int(counts.max())) if counts.size else (0, 0)
    width = next(w for w in _WIDTHS if -(1 << (8 * w - 1)) <= low and high < 1 << (8 * w - 1))
    return bytes([width]) + zlib.compress(counts.astype(_WIDTHS[width]).tobytes(), _LEVEL)


def unpack(body: bytes, spec: Spec) -> Counts:
    """Return the vector that was packed.

    Raises:
        BadInput: the bytes are damaged or belong to another spec.
    """
    return unpacker(spec)(body)


def unpacker(spec: Spec) -> Callable[[bytes], Counts]:
    """Return `unpack` for many cells of one spec, whose layout is then looked up once."""
    width, where = layout_of(spec).width, f"profile of {spec.system}"

    def unpacked(body: bytes) -> Counts:
        try:
            counts = _numbers(body)
        except (zlib.error, KeyError, IndexError, ValueError):
            raise BadInput("damaged cell", where=where, do="restore it from a backup") from None
        if counts.size != width:
            raise BadInput(
                f"a cell holds {counts.size} numbers, the spec {width}",
                where=where,
                do="it was counted under another spec; profile the rows again",
            )
        return counts

    return unpacked


def pack_tally(tally: Tally) -> bytes:
    """Return the bytes of one tally; equal tallies have equal bytes."""
    parts: list[bytes] = []
    for sheet in (tally.features, tally.outcomes):
        parts += [pack(sheet.codes), pack(sheet.counts.ravel())]
    marks = tally.marks
    parts.append(zlib.compress(marks.registers.tobytes(), _LEVEL))
    parts += [np.ascontiguousarray(ends, "<f8").tobytes() for ends in (marks.lowest, marks.highest)]
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def unpack_tally(body: bytes, spec: Spec) -> Tally:
    """Return the tally that was packed.

    Raises:
        BadInput: the bytes are damaged or belong to another spec.
    """
    layout, where = layout_of(spec), f"profile of {spec.system}"
    numeric = len(spec.numeric)
    try:
        features, outcomes, *marks = _sheets(body, layout)
        registers = np.frombuffer(zlib.decompress(marks[0]), np.uint8)
        registers = registers.reshape(numeric + len(spec.categorical), REGISTERS)
        lowest, highest = (np.frombuffer(part, "<f8") for part in marks[1:])
        lowest, highest = lowest.reshape(numeric), highest.reshape(numeric)
        return Tally(features, outcomes, Marks(registers, lowest, highest))
    except (zlib.error, struct.error, KeyError, IndexError, ValueError):
        raise BadInput(
            "damaged tally, or one that was counted under another spec",
            where=where,
            do="restore it from a backup, or profile the rows again",
        ) from None


def _sheets(body: bytes, layout: Layout) -> tuple[Sheet, Sheet, bytes, bytes, bytes]:
    parts: list[bytes] = []
    start = 0
    while start < len(body):
        (size,) = struct.unpack_from("<I", body, start)
        parts.append(body[start + 4 : start + 4 + size])
        start += 4 + size
    widths = (layout.width - layout.outcomes, layout.outcomes)
    features, outcomes = (
        _sheet(_numbers(parts[2 * k]), _numbers(parts[2 * k + 1]), width)
        for k, width in enumerate(widths)
    )
    return features, outcomes, parts[4], parts[5], parts[6]


def _sheet(codes: Counts, counts: Counts, width: int) -> Sheet:
    # a system without features has rows of no width, whose number the codes alone tell
    return Sheet(codes, counts.reshape(len(codes), width))


def _numbers(body: bytes) -> Counts:
    return np.frombuffer(zlib.decompress(body[1:]), _WIDTHS[body[0]]).astype(np.int64)


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


def _optional(facts: object) -> NumericBins | None:
    return None if facts is None else _bins(cast("Mapping[str, object]", facts))


def _floats(values: object) -> tuple[float, ...]:
    return tuple(float(v) for v in cast("list[float]", values))


def _texts(values: object) -> tuple[str, ...]:
    return tuple(str(v) for v in cast("list[object]", values))
