"""`tocsin check`: compare a file with a reference, with no server and no configuration."""

import sys
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import __version__
from tocsin.base.errors import BadInput
from tocsin.cli.decisions import read, told_of, usable, written
from tocsin.cli.wiring import wiring_of
from tocsin.ingest.system import Kind

if TYPE_CHECKING:
    import pyarrow as pa

    from tocsin.detect.baseline import Baseline
    from tocsin.detect.budget import Budget
    from tocsin.detect.check import Comparison
    from tocsin.detect.finding import Finding
    from tocsin.detect.slo import Objective
    from tocsin.ingest.system import Columns, System
    from tocsin.profile.spec import Spec
    from tocsin.profile.window import Window

_EVERY_S = 86400
"""A file is taken for one look of a monitor that looks once a day."""
_YES = "true"
_TOP = 10
_STEPS = ("reading the reference", "learning what is normal", "reading the file", "comparing")


class Format(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be compared: a file, the system it belongs to, and the reference's path."""

    current: Path
    reference: Path
    system: "System"
    false_pages_per_month: float = 1.0
    false_tickets_per_month: float = 4.0
    methods: tuple[str, ...] = ()
    """Peers' drift rules to say beside ours, see `detect.methods`."""
    refused: list[str] = field(default_factory=list[str])
    """Filled with a sentence per file some of which could not be used."""


def check(  # noqa: PLR0917 - one parameter per option
    context: typer.Context,
    current: Annotated[Path, typer.Option(help="File to check: Parquet or CSV.")],
    reference: Annotated[
        Path | None, typer.Option(help="File of healthy decisions to compare with.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="tocsin.yaml, instead of --reference.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="System in the configuration.")] = None,
    time: Annotated[str | None, typer.Option(help="Column of decision times.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="Column of decision ids.")] = None,
    score: Annotated[str | None, typer.Option(help="Column of scores, 0-1.")] = None,
    prediction: Annotated[str | None, typer.Option(help="Column of decisions.")] = None,
    label: Annotated[str | None, typer.Option(help="Column of true outcomes.")] = None,
    version: Annotated[str | None, typer.Option(help="Column of system versions.")] = None,
    item: Annotated[str | None, typer.Option(help="Column of items, a row each.")] = None,
    position: Annotated[str | None, typer.Option(help="Column of their positions.")] = None,
    top: Annotated[int, typer.Option(min=1, max=1000, help="First items that count.")] = _TOP,
    kind: Annotated[Kind, typer.Option(help="Kind of answer.")] = Kind.BINARY,
    positive: Annotated[str, typer.Option(help="Value that means yes.")] = _YES,
    slices: Annotated[
        list[str] | None, typer.Option("--slice", help="Column to slice by; repeatable.")
    ] = None,
    protected: Annotated[
        list[str] | None, typer.Option(help="Column with a fairness duty; repeatable.")
    ] = None,
    methods: Annotated[
        list[str] | None,
        typer.Option("--method", help="Peer's drift rule to say beside ours; repeatable."),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to report.")] = Format.TEXT,
    out: Annotated[Path | None, typer.Option(help="File to write; default: print.")] = None,
    explain: Annotated[
        str | None,
        typer.Option(metavar="FINDING", help="Draw one finding: its number in the report, or key."),
    ] = None,
    said: Annotated[
        Path | None, typer.Option(help="Earlier JSON report that --explain compares with.")
    ] = None,
) -> None:
    """Compare a file with a reference; exit 1 on an alarm, 2 on bad input."""
    if said is not None and explain is None:
        raise BadInput("which finding?", where="--said", do="add --explain FINDING")
    from tocsin.ingest.system import Columns, System, canonical  # noqa: PLC0415 - heavy

    if config is not None:
        named = (reference, time, id_, score, prediction, label, version, slices, protected)
        others = (item, position, positive != _YES, top != _TOP, kind is not Kind.BINARY)
        if any(named) or any(others):
            raise BadInput(
                "columns and reference come from the configuration",
                where="--config",
                do="leave them out, or leave out --config",
            )
        task = _configured(current, config, system)
    elif reference is not None:
        columns = Columns(
            id=id_,
            time=time,
            score=score,
            prediction=prediction,
            label=label,
            version=version,
            item=item,
            position=position,
            positive=canonical(positive),
        )
        _require_lists(kind, columns)
        named_system = System(
            name=system or reference.stem,
            kind=kind,
            columns=columns,
            slices=tuple(dict.fromkeys(slices or ())),
            protected=tuple(dict.fromkeys(protected or ())),
            top=top,
        )
        task = Task(current, reference, named_system)
    else:
        raise BadInput(
            "nothing to compare with", where="tocsin check", do="give --reference or --config"
        )
    task = replace(task, methods=tuple(methods or ()))
    compared = compare(task)
    for sentence in task.refused:
        print(sentence, file=sys.stderr)
    if explain is not None:
        from tocsin.cli.drawn import drawn  # noqa: PLC0415 - heavy

        text, alarms = drawn(compared, explain, said)
        written(text, out)
        raise typer.Exit(int(alarms))
    written(_report(compared, format_, context, plain=out is not None), out)
    if any(finding.verdict.value == "alarm" for finding in compared.findings):
        raise typer.Exit(1)


def _require_lists(kind: Kind, columns: "Columns") -> None:
    """Refuse items of what is no ranking, and those whose request is not named."""
    rows = columns.item or columns.position
    if rows and kind is not Kind.RANKING:
        raise BadInput("items are of a ranking", where="--item", do="add --kind ranking")
    if rows and not (columns.item and columns.id):
        do = "give --item, and --id: the request that each row belongs to"
        raise BadInput("items need the name of their request", where="--item", do=do)


def _configured(current: Path, config: Path, name: str | None) -> Task:
    from tocsin.cli.declaration import beside  # noqa: PLC0415 - heavy
    from tocsin.config.load import load  # noqa: PLC0415 - heavy

    try:
        text = config.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"cannot be read ({error.strerror})", where=str(config), do="check the path"
        ) from None
    except UnicodeDecodeError:
        raise BadInput("is not text", where=str(config), do="give a tocsin.yaml") from None
    loaded = load(text, str(config), read=beside(config))
    names = ", ".join(loaded.systems) or "none"
    if name is None and len(loaded.systems) == 1:
        (name,) = loaded.systems
    if name is None or name not in loaded.systems:
        what = "which system?" if name is None else f"no system {name!r}"
        raise BadInput(what, where=str(config), do=f"give --system with one of: {names}")
    chosen = loaded.systems[name]
    budget = loaded.alarm_budget.model_dump()
    said = list(loaded.left_out)
    return Task(current, config.parent / chosen.reference, chosen, **budget, refused=said)


def compare(task: Task) -> "Comparison":
    """Return the findings, what they are about and what they were computed from.

    Raises:
        BadInput: a file cannot be read or used.
    """
    from rich.console import Console  # noqa: PLC0415 - heavy
    from rich.progress import Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - heavy

    from tocsin.detect import methods  # noqa: PLC0415 - heavy
    from tocsin.detect.baseline import Baseline  # noqa: PLC0415 - heavy
    from tocsin.detect.budget import Budget  # noqa: PLC0415 - heavy
    from tocsin.detect.evaluate import evaluate  # noqa: PLC0415 - heavy
    from tocsin.detect.raw import columns as raw_columns  # noqa: PLC0415 - heavy
    from tocsin.profile.blocks import blocks, stretches  # noqa: PLC0415 - heavy
    from tocsin.profile.learn import learn  # noqa: PLC0415 - heavy
    from tocsin.profile.rules import unfit  # noqa: PLC0415 - heavy
    from tocsin.profile.window import add  # noqa: PLC0415 - heavy

    asked = methods.required(task.methods)
    terminal = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        *Progress.get_default_columns()[1:2],
        TimeElapsedColumn(),
        console=terminal,
        transient=True,
        # not the console's own word, which FORCE_COLOR turns into a terminal in any pipe
        disable=not sys.stderr.isatty(),
    )
    with bar:
        step = bar.add_task(_STEPS[0], total=len(_STEPS))

        def next_step(place: int) -> None:
            bar.update(step, completed=place, description=_STEPS[place])

        reference = read(task.reference, task.system)
        next_step(1)
        with told_of(task.reference):
            spec = learn(reference, task.system)
        task.refused.extend(unfit(task.system, spec.schema))
        rows = _rows(reference, spec, task, task.reference)
        baseline = Baseline.of(blocks(rows, spec), stretches(rows, spec))
        next_step(2)
        raw = read(task.current, task.system)
        current_rows = _rows(raw, spec, task, task.current)
        next_step(3)
        current = add(blocks(current_rows, spec, 1))
        budget = Budget.of(task.false_pages_per_month, _EVERY_S, task.false_tickets_per_month)
        compared = (current, baseline, spec, task.system, budget)
        promised = _promised(task.system, spec, current_rows)
        findings = evaluate(*compared, now=None, objectives=promised)
        rows_of = raw_columns(reference, raw, spec, task.system) if asked else {}
        findings += methods.compare(asked, rows_of, current.span)
    return _comparison(task, compared, findings, (reference.num_rows, raw.num_rows))


def _promised(system: "System", spec: "Spec", rows: "pa.Table") -> "list[Objective]":
    """Return the objectives of the system with their events among the rows of the file."""
    from tocsin.detect.alone import objectives  # noqa: PLC0415 - heavy
    from tocsin.profile.kernel import profile  # noqa: PLC0415 - heavy

    if not system.slos:
        return []
    return objectives(profile(rows, spec), spec, system, timed=system.columns.time is not None)


def _comparison(
    task: Task,
    compared: "tuple[Window, Baseline, Spec, System, Budget]",
    findings: "list[Finding]",
    rows: tuple[int, int],
) -> "Comparison":
    """Return the check with where it comes from; `rows` of the reference and of the file."""
    from tocsin.detect.check import Checked, Comparison  # noqa: PLC0415 - heavy
    from tocsin.detect.disparity import report as disparities  # noqa: PLC0415 - heavy
    from tocsin.detect.evaluate import look_at  # noqa: PLC0415 - heavy
    from tocsin.detect.finding import Origin  # noqa: PLC0415 - heavy
    from tocsin.detect.terms import config_hash  # noqa: PLC0415 - heavy
    from tocsin.lake.files import sha256_of  # noqa: PLC0415 - heavy

    current, _, spec, system, budget = compared
    timed = system.columns.time is not None
    origin = Origin(
        reference_sha256=sha256_of(task.reference),
        current_sha256=sha256_of(task.current),
        spec_hash=spec.hash,
        code=__version__,
        config=config_hash(system, budget),
    )
    checked = Checked(
        system=system.name,
        origin=origin,
        reference_rows=rows[0],
        rows=rows[1],
        start=current.span.start if timed else None,
        end=current.span.end if timed else None,
        fairness=disparities(current, spec, system),
    )
    said = [replace(finding, origin=origin) for finding in findings]
    return Comparison(findings=said, checked=checked, look=look_at(*compared))


def _rows(table: "pa.Table", spec: "Spec", task: Task, path: Path) -> "pa.Table":
    """Return the usable rows of a file in the lake's schema, and note those that are not."""
    rows, left_out = usable(table, spec, task.system, path)
    if left_out:
        task.refused.append(left_out)
    return rows


def _report(compared: "Comparison", format_: Format, context: typer.Context, *, plain: bool) -> str:
    """Return the report in the format asked for; `plain`: without a terminal's colours."""
    from tocsin.cli import report as reports  # noqa: PLC0415 - heavy
    from tocsin.detect.check import report  # noqa: PLC0415 - heavy

    if format_ is Format.HTML:
        return wiring_of(context).write_report(compared)
    facts = report(compared.findings, compared.checked)
    if format_ is Format.JSON:
        return reports.as_json(facts)
    return reports.as_text(facts, terminal=not plain and sys.stdout.isatty())
