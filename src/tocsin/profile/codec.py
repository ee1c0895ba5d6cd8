"""Bytes and JSON of profiles and specs.

A vector is stored in the narrowest signed integers that hold it, deflated; most places of most
cells are zero or small.  The first byte is the width of one number in bytes.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import cast

import numpy as np

from tocsin.base.errors import BadInput
from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.profile.cell import Counts
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Categories, NumericBins, Spec

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
            raw = zlib.decompress(body[1:])
            counts = np.frombuffer(raw, _WIDTHS[body[0]]).astype(np.int64)
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
            numeric=tuple(
                NumericBins(str(b["name"]), _floats(b["edges"]), float(cast("float", b["unit"])))
                for b in cast("list[Mapping[str, object]]", facts["numeric"])
            ),
            categorical=tuple(
                Categories(str(c["name"]), _texts(c["values"]))
                for c in cast("list[Mapping[str, object]]", facts["categorical"])
            ),
            slices=_texts(facts["slices"]),
            positive=str(facts["positive"]),
            threshold=float(cast("float", facts["threshold"])),
            bucket_s=int(cast("int", facts["bucket_s"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"not a profile spec ({type(error).__name__})", do="learn it from the reference again"
        ) from None


def _floats(values: object) -> tuple[float, ...]:
    return tuple(float(v) for v in cast("list[float]", values))


def _texts(values: object) -> tuple[str, ...]:
    return tuple(str(v) for v in cast("list[object]", values))
