"""How fast predictions become durable, against what the disk alone would allow.

    python bench/ingest.py [--features N] [--folder DIR]

The bound writes the very Parquet bytes that the lake wrote, one file per commit, with one flush
each and nothing else: no log entry, no folders flushed, no validation, no dedupe.
"""

import argparse
import json
import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tocsin.ingest.parse import ARROW_STREAM, JSON, parse
from tocsin.ingest.predictions import validate
from tocsin.ingest.rows import INSTANT, Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import System
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake

START = datetime(2026, 11, 20, tzinfo=UTC)
SYSTEM = System(name="bench")


@dataclass(frozen=True)
class Load:
    """Bodies of `rows` rows each, sent by `clients` at once."""

    name: str
    clients: int
    bodies: int
    rows: int
    kind: str = ARROW_STREAM


LOADS = (
    Load("one client, large Arrow bodies", 1, 20, 20_000),
    Load("eight clients, Arrow bodies of 500", 8, 400, 500),
    Load("eight clients, JSON bodies of 500", 8, 200, 500, JSON),
    Load("thirty-two clients, JSON bodies of 1", 32, 1000, 1, JSON),
)


def schema_of(features: int) -> Schema:
    numeric = tuple(Field(f"x{k}", FieldKind.NUMERIC) for k in range(features))
    return Schema(numeric, (Attribute("region"), Attribute("sex")))


def table(rows: int, features: int, seed: int) -> pa.Table:
    """Return wire rows as a service would send them."""
    r = np.random.default_rng(seed)
    at = [START + timedelta(milliseconds=k) for k in range(rows)]
    columns: dict[str, Any]
    columns = {
        "id": [f"{seed}-{k}" for k in range(rows)],
        "at": pa.array(at, INSTANT),
        "version": ["2026-11-20"] * rows,
        "score": r.random(rows),
        "prediction": r.random(rows) < 0.5,
        "latency_ms": r.lognormal(1, 1, rows),
    }
    columns |= {f"features.x{k}": r.normal(size=rows).round(4) for k in range(features)}
    columns |= {"attributes.region": r.choice(["n", "s", "e", "w"], rows)}
    columns |= {"attributes.sex": r.choice(["f", "m"], rows)}
    return pa.table(columns)


def body_of(load: Load, features: int, seed: int) -> bytes:
    rows = table(load.rows, features, seed)
    if load.kind == JSON:
        return json.dumps([nested(one) for one in rows.to_pylist()]).encode()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue().to_pybytes()


def nested(row: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    groups: dict[str, dict[str, object]] = {"features": {}, "attributes": {}}
    for name, value in row.items():
        group, dot, inner = name.partition(".")
        if dot:
            groups[group][inner] = value
        else:
            found[name] = value.isoformat() if isinstance(value, datetime) else value
    return found | groups


def ingest(load: Load, schema: Schema, bodies: list[bytes], folder: Path) -> float:
    """Return the seconds from the first body sent to the last row durable."""
    committer = Committer(Lake(str(folder)))
    now = START + timedelta(days=1)

    def send(body: bytes) -> None:
        accepted = validate(parse(body, load.kind), schema, SYSTEM, now)
        committer.submit("bench", "predictions", accepted.table).result()

    began_s = time.perf_counter()
    with ThreadPoolExecutor(load.clients) as clients:
        list(clients.map(send, bodies))
    took_s = time.perf_counter() - began_s
    committer.close()
    return took_s


def bound(folder: Path, target: Path) -> tuple[float, int, int]:
    """Write and flush the same bytes in the same pieces; return seconds, bytes and files."""
    contents = [path.read_bytes() for path in sorted(folder.rglob("*.parquet"))]
    target.mkdir()
    began_s = time.perf_counter()
    for k, content in enumerate(contents):
        with (target / str(k)).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    return time.perf_counter() - began_s, sum(map(len, contents)), len(contents)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--features", type=int, default=20)
    options.add_argument("--folder", default=None, help="on the disk to be measured")
    asked = options.parse_args()
    features: int = asked.features
    parent: str | None = asked.folder
    schema = schema_of(features)
    print(f"{features} numeric features, 2 attributes; one process")
    for load in LOADS:
        bodies = [body_of(load, features, k) for k in range(load.bodies)]
        root = Path(tempfile.mkdtemp(dir=parent))
        cpu_s = time.process_time()
        took_s = ingest(load, schema, bodies, root / "lake")
        cpu_s = time.process_time() - cpu_s
        bound_s, size, files = bound(root / "lake", root / "bound")
        shutil.rmtree(root)
        rows = load.rows * load.bodies
        print(
            f"{load.name:38s} {rows / took_s:>10,.0f} rows/s durable, {files} commits,"
            f" {size / 1e6:.1f} MB, {cpu_s / rows * 1e6:.1f} us of CPU a row;"
            f" bound {rows / bound_s:>12,.0f} rows/s; ratio {took_s / bound_s:.1f}"
        )


if __name__ == "__main__":
    main()
