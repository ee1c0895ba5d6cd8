"""`tocsin import`: read what a peer has saved, and show that we say the same of the same files."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.base.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.detect.imported import Score

imports = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@imports.callback()
def main() -> None:
    """Read a peer's report or profile and say it again beside ours."""


@imports.command()
def evidently(
    report: Annotated[Path, typer.Argument(help="Evidently's report, saved as JSON.")],
    reference: Annotated[
        Path | None, typer.Option(help="The report's reference: Parquet or CSV.")
    ] = None,
    current: Annotated[Path | None, typer.Option(help="The report's current data.")] = None,
) -> None:
    """Print each column's drift score and, given the report's files, ours beside it."""
    from tocsin.detect import imported  # noqa: PLC0415 - heavy

    if (reference is None) != (current is None):
        raise BadInput(
            "one file of two", where="tocsin import", do="give --reference and --current, or none"
        )
    found = imported.scores(_parsed(report), where=str(report))
    ours: list[float | None] = [None] * len(found)
    if reference is not None and current is not None:
        ours = _ours(found, reference, current)
    print(f"{'column':24} {'method':28} {'theirs':>14} {'limit':>8} {'drift':>5} {'ours':>14}")
    for one, said in zip(found, ours, strict=True):
        method = f"evidently:{one.method}" if one.method else f"({one.called})"
        beside = "–" if said is None else f"{said:.8g}"
        verdict = "yes" if one.drifted else "no"
        print(
            f"{one.column:24} {method:28} {one.value:14.8g} {one.limit:8.4g} {verdict:>5}"
            f" {beside:>14}"
        )
    asked = " ".join(f"--method {name}" for name in imported.methods(found))
    files = [str(path) if path else word for path, word in ((reference, "REF"), (current, "CUR"))]
    if asked:
        print(
            f"\nto have them said beside our own findings:\n  tocsin check --reference"
            f" {shlex.quote(files[0])} --current {shlex.quote(files[1])} {asked}"
        )


@imports.command()
def whylogs(
    profile: Annotated[
        Path, typer.Argument(help="whylogs' profile, exported by to_pandas() as CSV or JSON.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="The rows that were profiled: Parquet or CSV.")
    ] = None,
) -> None:
    """Print each column's figures and, given the rows, ours beside them."""
    from tocsin.profile import whylogs as room  # noqa: PLC0415 - heavy

    try:
        theirs = room.theirs(profile.read_bytes(), where=str(profile))
    except OSError as error:
        raise _unreadable(profile, error) from None
    ours: Mapping[str, Mapping[str, float]] = {}
    if data is not None:
        from tocsin.lake.files import read_table  # noqa: PLC0415 - heavy

        ours = room.ours(read_table(data), theirs)
    print(f"{'column':24} {'figure':9} {'theirs':>14} {'ours':>14}")
    for column, figures in theirs.items():
        beside = ours.get(column, {})
        for name in room.NAMES:
            if name in figures:
                said = f"{beside[name]:.8g}" if name in beside else "–"
                print(f"{column:24} {name:9} {figures[name]:14.8g} {said:>14}")
    files = shlex.quote(str(data)) if data is not None else "NOW"
    print(
        "\nto have what moved in them found, give the rows of healthy days as reference:\n  tocsin"
        f" check --reference HEALTHY --current {files}"
    )


def _unreadable(path: Path, error: OSError) -> BadInput:
    what = f"cannot be read ({error.strerror})"
    return BadInput(what, where=str(path), do="check the path")


def _parsed(report: Path) -> object:
    try:
        return json.loads(report.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(report, error) from None
    except ValueError:
        raise BadInput(
            "is no JSON", where=str(report), do="save the report with save_json"
        ) from None


def _ours(found: "list[Score]", reference: Path, current: Path) -> list[float | None]:
    """Return our number for each score; None where a method or column is not ours to compute."""
    from tocsin.detect.evidently import METHODS, fits  # noqa: PLC0415 - heavy
    from tocsin.detect.raw import Raw, column  # noqa: PLC0415 - heavy
    from tocsin.lake.files import read_table  # noqa: PLC0415 - heavy

    tables = [read_table(path) for path in (reference, current)]

    def one(score: "Score") -> float | None:
        if score.method is None or any(score.column not in t.column_names for t in tables):
            return None
        was, now = (column(table, score.column) for table in tables)
        if not (isinstance(was, Raw) and isinstance(now, Raw)):
            return None
        if not (was.there.any() and now.there.any() and was.numeric == now.numeric):
            return None
        return METHODS[score.method](was, now).value if fits(score.method, was, now) else None

    return [one(score) for score in found]
