"""`tocsin kpi`: a file of one KPI over time, judged as the server judges it."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin import __version__
from tocsin.base.errors import BadInput
from tocsin.base.spans import parse_duration
from tocsin.cli.decisions import written

if TYPE_CHECKING:
    import pyarrow as pa

    from tocsin.detect.kpi import Watched
    from tocsin.detect.tails import Numbers
    from tocsin.ingest.kpi import Kpi, KpiKind

Facts = dict[str, Any]


class Format(StrEnum):
    """How to report."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Options:
    """How the file's KPI is watched, as typed; see `ingest.kpi.Kpi`."""

    kind: str
    watch: str
    least: float
    season: str
    holidays: tuple[str, ...]
    every: str | None
    learn: str


def kpi(  # noqa: PLR0917 - one parameter per option
    file: Annotated[
        Path, typer.Argument(help="CSV or Parquet with columns timestamp, value and maybe n.")
    ],
    kind: Annotated[str, typer.Option(help="rate (value of n), mean or sum.")] = "mean",
    watch: Annotated[str, typer.Option(help="up, down or both.")] = "both",
    least: Annotated[float, typer.Option(help="Smallest relative change of interest.")] = 0.02,
    season: Annotated[str, typer.Option(help="auto, none, day or week.")] = "auto",
    holiday: Annotated[
        list[str] | None, typer.Option(help="Day like a Sunday, 2026-12-25; repeatable.")
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="Bucket, e.g. 1h; default: the spacing of the rows.")
    ] = None,
    learn: Annotated[str, typer.Option(help="How long to learn before judging.")] = "7d",
    false_alarms: Annotated[float, typer.Option(help="False alarms accepted a month.")] = 1.0,
    format_: Annotated[Format, typer.Option("--format", help="How to report.")] = Format.TEXT,
    out: Annotated[Path | None, typer.Option(help="File to write; default: print.")] = None,
) -> None:
    """Judge one KPI of a file over time; exit 1 if an alarm lasts at its end, 2 on bad input."""
    from tocsin.lake.files import read_table  # noqa: PLC0415 - heavy

    options = Options(kind, watch, least, season, tuple(holiday or ()), every, learn)
    if false_alarms <= 0:
        raise BadInput("no false alarms", where="--false-alarms", do="give a number above 0")
    watched = judged(read_table(file), str(file), options, false_alarms)
    facts = report(watched)
    text = as_text(facts) if format_ is Format.TEXT else as_json(facts)
    written(text, out)
    if facts["verdict"] == "alarm":
        raise typer.Exit(1)


def judged(table: "pa.Table", where: str, options: Options, false_alarms: float) -> "Watched":
    """Return the table's KPI, judged.

    Args:
        table: with columns `timestamp` (UTC unless it says a zone), `value` and maybe `n`.
        where: names it in errors.
        options: how it is watched.
        false_alarms: accepted a month.

    Raises:
        BadInput: a column is missing or unreadable; an option is none.
    """
    import numpy as np  # noqa: PLC0415 - heavy

    from tocsin.detect.kpi import watch  # noqa: PLC0415 - heavy
    from tocsin.detect.series import Series  # noqa: PLC0415 - heavy

    rows = _rows(table, where)
    times: Numbers = np.unique(rows[:, 0])
    every_s = round(float(np.median(times[1:] - times[:-1]))) if len(times) > 1 else 3600
    chosen = _kpi(Path(where).stem, options, min(max(every_s, 60), 86400))
    _check(rows, chosen.kind, where)
    return watch(chosen, Series.of_table(rows, chosen.every_s), false_alarms)


def report(watched: "Watched") -> Facts:
    """Return what was found, ready for JSON: every alarm, and what is said of the end."""
    from tocsin.detect.check import facts_of, verdict  # noqa: PLC0415 - heavy
    from tocsin.detect.kpi_findings import alarms, findings, instant  # noqa: PLC0415 - heavy

    kpi, start_s = watched.kpi, watched.series.start_s.tolist()
    said = findings(watched)
    return {
        "tocsin": __version__,
        "kpi": kpi.name,
        "kind": kpi.kind.value,
        "every_s": kpi.every_s,
        "buckets": len(start_s),
        "from": instant(start_s[0]).isoformat(),
        "to": instant(start_s[-1] + kpi.every_s).isoformat(),
        "verdict": verdict(said).value,
        "alarms": [
            {
                "raised_at": at.isoformat(),
                "over_at": over.isoformat() if over else None,
                **facts_of(found),
            }
            for at, found, over in alarms(watched)
        ],
        "findings": [facts_of(found) for found in said],
    }


def as_json(facts: Facts) -> str:
    """Return the report as JSON, which holds no NaN."""
    return json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_text(facts: Facts) -> str:
    """Return the report as lines of text: the end first, then every alarm."""
    from tocsin.base.phrases import count  # noqa: PLC0415 - beside the rest

    of = f"{facts['kpi']}, {count(facts['buckets'], 'bucket')} of {facts['every_s']} s"
    lines = [f"{facts['verdict']}: {of}, {facts['from']} to {facts['to']}"]
    lines += [f"  {_test(one)}: {one['why']}" for one in facts["findings"]]
    if facts["alarms"]:
        lines.append(f"{count(len(facts['alarms']), 'alarm')} over the whole file")
    for one in facts["alarms"]:
        over = f"until {one['over_at']}" if one["over_at"] else "lasts"
        lines.append(f"  {one['raised_at']} {_test(one)}, {over}: {one['why']}")
    return "\n".join(lines) + "\n"


def _test(finding: Facts) -> str:
    """Return which test spoke, as people say it."""
    return str(finding["measure"]).partition("_")[2].replace("_", " ")


def _rows(table: "pa.Table", where: str) -> "Numbers":
    """Return instants in s, values and counts, shape (R, 3)."""
    import numpy as np  # noqa: PLC0415 - heavy
    import pyarrow as pa  # noqa: PLC0415 - heavy

    from tocsin.ingest import arrays  # noqa: PLC0415 - heavy

    if missing := {"timestamp", "value"} - set(table.column_names):
        raise BadInput(
            f"no column {min(missing)!r}", where=where, do="name them timestamp, value, n"
        )
    if table.num_rows == 0:
        raise BadInput("no rows", where=where, do="give at least one")
    read = arrays.instants(table["timestamp"].combine_chunks(), naive_is_utc=True)
    columns = [arrays.ticks(read.values) / 1e6]
    for name in ("value", "n"):
        if name in table.column_names:
            column = arrays.numbers(table[name].combine_chunks(), read_text=True)
            columns.append(np.asarray(column.cast(pa.float64()).fill_null(np.nan)))
        else:
            columns.append(np.ones(table.num_rows))
    rows = np.stack(columns, axis=1)
    bad = np.flatnonzero(~np.isfinite(rows).all(1) | arrays.nulls(read.values))
    if len(bad):
        first = int(bad[0])
        what = f"row {first}: timestamp, value or n cannot be read ({len(bad):,} such rows)"
        raise BadInput(what, where=where, do="mend or remove them")
    return rows


def _kpi(name: str, options: Options, spacing_s: int) -> "Kpi":
    from pydantic import ValidationError  # noqa: PLC0415 - heavy

    from tocsin.config.systems import kpi_of  # noqa: PLC0415 - heavy
    from tocsin.config.watched import KpiForm  # noqa: PLC0415 - heavy

    words = {
        "kind": options.kind,
        "watch": options.watch,
        "least": options.least,
        "season": options.season,
        "holidays": options.holidays,
        "every": parse_duration(options.every or f"{spacing_s}s"),
        "learn": options.learn,
    }
    try:
        form = KpiForm.model_validate(words)
    except ValidationError as error:
        first = error.errors()[0]
        option = f"--{first['loc'][0]}".replace("--holidays", "--holiday")
        do = "tocsin kpi --help tells what it may be"
        raise BadInput(f"{first['input']!r}: {first['msg']}", where=option, do=do) from None
    return kpi_of(name, form)


def _check(rows: "Numbers", kind: "KpiKind", where: str) -> None:
    from tocsin.ingest.kpis import check  # noqa: PLC0415 - heavy

    for place, (_, total, n) in enumerate(rows.tolist()):
        try:
            check(kind, total, n)
        except BadInput as fault:
            raise BadInput(f"row {place}: {fault.what}", where=where, do=fault.do) from None
