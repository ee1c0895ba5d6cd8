"""`tocsin gate`: may a release go out, by two files of decisions; no server, made for CI."""

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin import __version__
from tocsin.base.phrases import count, percent
from tocsin.cli.bar import bar
from tocsin.cli.decisions import read, told_of, usable, written
from tocsin.cli.declaration import declaration
from tocsin.cli.remote import columns
from tocsin.cli.report import visible

if TYPE_CHECKING:
    import pyarrow as pa

    from tocsin.contain.canary import Compared
    from tocsin.contain.gate import Gate
    from tocsin.ingest.system import System
    from tocsin.profile.spec import Spec


class Format(StrEnum):
    """How to report."""

    TEXT = "text"
    JSON = "json"


def gate(  # noqa: PLR0917 - one parameter per option
    candidate: Annotated[
        Path, typer.Option(help="Decisions of the version to release: Parquet or CSV.")
    ],
    champion: Annotated[Path, typer.Option(help="Decisions of the version that serves.")],
    system: Annotated[str, typer.Option(help="Name of the system in the configuration.")],
    config: Annotated[Path, typer.Option(help="Configuration file.")] = Path("tocsin.yaml"),
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Set times aside: compare the files as wholes."),
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Safe comparisons too.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="How to report.")] = Format.TEXT,
    out: Annotated[Path | None, typer.Option(help="File to write; default: print.")] = None,
) -> None:
    """Compare a release with what serves, per slice; exit 0 passed, 1 refused, 2 bad input."""
    from tocsin.contain import gate as room  # noqa: PLC0415 - heavy
    from tocsin.lake.files import sha256_of  # noqa: PLC0415 - heavy
    from tocsin.profile.learn import learn  # noqa: PLC0415 - heavy

    declared = declaration(config, system)
    reference = config.parent / declared.reference
    with bar("comparing", 4.0) as advance:
        healthy = read(reference, declared)
        with told_of(reference):
            spec = learn(healthy, declared)
        advance(1)
        new = _rows(candidate, spec, declared)
        advance(1)
        old = _rows(champion, spec, declared)
        advance(1)
        said = room.gate(new, old, spec, declared, now=datetime.now(UTC), whole=whole)
        advance(1)
    if format_ is Format.JSON:
        facts = room.facts(said, system)
        for name, path in (("candidate", candidate), ("champion", champion)):
            facts[name]["sha256"] = sha256_of(path)
        facts["reference"] = {"rows": healthy.num_rows, "sha256": sha256_of(reference)}
        written(_as_json(facts), out)
    else:
        written(as_text(said, system, every=every), out)
    if not said.passes:
        raise typer.Exit(1)


def _rows(path: Path, spec: "Spec", system: "System") -> "pa.Table":
    rows, left_out = usable(read(path, system), spec, system, path)
    if left_out:
        sys.stderr.write(f"{left_out}\n")
    return rows


def as_text(said: "Gate", system: str, *, every: bool) -> str:
    """Return the verdict first, then why, then what was compared; `every`: what is safe as well."""
    told = said.told
    word = "PASSED" if said.passes else "REFUSED"
    lines = [
        f"{word} ({told.call})  {system}: {told.candidate} beside {told.champion}",
        told.why,
        *filter(None, [_advice(said)]),
        "",
    ]
    shown = [one for one in told.compared if every or one.answer.value != "safe"]
    if shown:
        lines += [*columns([_row(one) for one in shown]).splitlines(), ""]
    safe = sum(one.answer.value == "safe" for one in told.compared)
    if safe and not every:
        lines.append(f"{count(safe, 'comparison')} safe; --all shows them")
    lines += [_paired(said), _terms(said)]
    return "\n".join(map(visible, lines)) + "\n"


def _advice(said: "Gate") -> str:
    """Return what would make a refused release pass, as far as data can tell; "" for nothing."""
    if said.told.span is None:
        return "Give decisions of the same time, or set times aside with --whole."
    if said.needs is not None:
        first, second = said.needs
        n, beside = said.counted
        return (
            f"Too little data: needs about {first:,} rows of the candidate and {second:,} of the"
            f" champion, if they go on like these {n:,} and {beside:,}."
        )
    if not said.hopeless:
        return ""
    one = max(said.hopeless, key=lambda c: (not c.candidate.n, c.harm - c.borne))
    what = f"{one.measure.replace('_', ' ')} of {one.slice.label}"
    if not one.candidate.n or not one.champion.n:
        return f"More rows alone will not do: nothing tells the {what}. Are outcomes missing?"
    return (
        f"More rows alone will not do: the likeliest harm by {what} is {100 * one.harm:.1f} points,"
        f" {100 * one.borne:.1f} are borne."
    )


def _paired(said: "Gate") -> str:
    n, beside = said.counted
    span = said.told.span
    of = f"{n:,} of {said.rows[0]:,} rows beside {beside:,} of {said.rows[1]:,}"
    if said.whole:
        return f"compared as wholes: {of}"
    if span is None:
        return f"compared by time: {of}"
    return f"compared by time, {span.start:%Y-%m-%d %H:%M} to {span.end:%Y-%m-%d %H:%M} UTC: {of}"


def _terms(said: "Gate") -> str:
    trial = said.trial
    return (
        f"terms: least {percent(trial.least)}, most {percent(trial.most)}, in a slice"
        f" {percent(max(trial.most, trial.in_slice))}, slices from {percent(trial.share)} on;"
        f" intervals hold at {percent(1 - trial.error)}"
    )


def _row(one: "Compared") -> tuple[str, ...]:
    return (one.answer.value.upper(), "" if one.must else "small", one.text)


def _as_json(facts: dict[str, Any]) -> str:
    told = {"tocsin": __version__, **facts}
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
