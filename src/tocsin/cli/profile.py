"""`tocsin profile`: count a file, a folder of files or a Delta table, here or on Spark.

The spec is learnt from the system's reference, as the server does, so that equal references give
profiles that add up.  What is written is described in `profile.bundle`.
"""

import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.base.errors import BadInput, Unavailable
from tocsin.base.phrases import count
from tocsin.base.phrases import listing as prose
from tocsin.cli.bar import bar
from tocsin.cli.declaration import declaration
from tocsin.cli.wiring import CountOptions, Engine, require_spark, wiring_of

if TYPE_CHECKING:
    from tocsin.profile.cell import Profile
    from tocsin.profile.spec import Spec


def profile(  # noqa: PLR0917 - one parameter per option
    context: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="Parquet or CSV file, folder of Parquet files, or Delta table."
        ),
    ],
    system: Annotated[str, typer.Option(help="Name of the system in the configuration.")],
    out: Annotated[Path, typer.Option(help="Profile file to write.")],
    config: Annotated[Path, typer.Option(help="Configuration file.")] = Path("tocsin.yaml"),
    engine: Annotated[Engine, typer.Option(help="Where to count.")] = Engine.LOCAL,
    master: Annotated[
        str | None, typer.Option(help="Spark's master URL; default: Spark's own settings.")
    ] = None,
    add: Annotated[
        list[Path] | None, typer.Option(help="Profile file to add up with; repeatable.")
    ] = None,
) -> None:
    """Count decisions into a profile file; exit 2 on bad input."""
    from tocsin.ingest.requests import requests  # noqa: PLC0415 - heavy
    from tocsin.lake.files import read_table  # noqa: PLC0415 - heavy
    from tocsin.lake.listing import listing  # noqa: PLC0415 - heavy
    from tocsin.profile import bundle  # noqa: PLC0415 - heavy
    from tocsin.profile.learn import learn  # noqa: PLC0415 - heavy
    from tocsin.profile.merge import merge  # noqa: PLC0415 - heavy

    require_spark(engine, master)
    _require_folder(out)
    began_s = time.monotonic()
    declared = declaration(config, system)
    reference = requests(read_table(config.parent / declared.reference), declared)
    spec = learn(reference, declared)
    earlier = bundle.together([(str(file), _bytes(file)) for file in add or ()], spec)
    found = listing(path)
    options = CountOptions(
        listing=found,
        spec=spec,
        system=declared,
        now=datetime.now(UTC),
        engine=engine,
        master=master,
    )
    with bar("counting", 1.0) as advance:
        counted = wiring_of(context).count(options, advance)
    if counted.rows == 0:
        raise BadInput("there are no rows", where=str(path), do="give at least one row")
    if counted.refused == counted.rows:
        raise BadInput("no row can be used", where=str(path), do=f"mend them: {counted.reason}")
    total = merge(earlier, counted.profile)
    _write(out, bundle.to_bytes(total, spec))
    if counted.refused:
        sys.stderr.write(
            f"{path}: {count(counted.refused, 'row')} left out, such as: {counted.reason}\n"
        )
    took = f"{engine} engine, {time.monotonic() - began_s:.1f} s"
    print(f"{count(counted.rows - counted.refused, 'row')} counted: {took}")
    print(_told(total, spec))


def _told(total: "Profile", spec: "Spec") -> str:
    versions = sorted({key.version for key in total})
    buckets = {key.bucket for key in total}
    named = ", ".join(version or "(unknown)" for version in versions[:5])
    more = ", …" if len(versions) > 5 else ""
    length = "hour" if spec.bucket_s == 3600 else f"{spec.bucket_s}-second bucket"
    attributes = prose([attribute.name for attribute in spec.schema.attributes])
    first, last = (f"{bucket:%Y-%m-%d %H:%M}" for bucket in (min(buckets), max(buckets)))
    lines = (
        f"{count(len(versions), 'version')}: {named}{more}",
        f"{count(len(buckets), length)} from {first} to {last} UTC",
        count(len(spec.slices), "slice") + (f" by {attributes}" if attributes else ""),
        f"spec {spec.hash}",
    )
    return "\n".join(lines)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot be read ({error.strerror})", where=str(path), do="check --add"
        ) from None


def _require_folder(out: Path) -> None:
    """Refuse before the long work what could not be written after it."""
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise BadInput("cannot be written there", where=str(out), do="give --out a file to write")


def _write(out: Path, body: bytes) -> None:
    """Write the whole file or leave what was there."""
    draft = out.with_name(f".{out.name}-{uuid.uuid4().hex}")
    try:
        draft.write_bytes(body)
        draft.replace(out)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Unavailable(
            f"{out} cannot be written ({error.strerror}); free space, or give --out another place"
        ) from None
