"""`tocsin init`: a first `tocsin.yaml`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.errors import BadInput


def init(
    reference: Annotated[Path, typer.Option(help="Parquet or CSV file of healthy decisions.")],
    system: Annotated[str, typer.Option(help="Name of the system.")] = "my-system",
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("tocsin.yaml"),
) -> None:
    """Write a first tocsin.yaml from a file of healthy decisions."""
    from tocsin.config.guess import guess, to_yaml  # noqa: PLC0415 - heavy
    from tocsin.config.load import load  # noqa: PLC0415 - heavy
    from tocsin.lake.files import read_table  # noqa: PLC0415 - heavy

    if out.exists():
        raise BadInput("exists already", where=str(out), do="move it away or give another --out")
    guessed = guess(read_table(reference))
    path = os.path.relpath(reference, out.parent)
    text = to_yaml(guessed, system=system, reference=path)
    load(text, str(out))  # a name that the file cannot carry is found now, not on the first run
    out.write_text(text, encoding="utf-8")
    print(f"wrote {out}: {len(guessed.slices)} slices, {len(guessed.protected)} protected")
    print(
        "read it, correct it, then run: tocsin up"
        + ("" if out.name == "tocsin.yaml" else " --config " + str(out))
    )
