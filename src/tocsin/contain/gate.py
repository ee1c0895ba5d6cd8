"""The release gate: the decisions of a candidate and of the champion, judged as a canary.

    by time   buckets that both decided in are compared, each with itself; both must have decided
              for as long as a canary must (`lasts`)
    whole     one table beside the other, whatever their times: of versions that were both put to
              the same decisions, or whose rows have no time

Only `promote` passes.  The tables are at rest, so every bucket in them is over; what needs outcomes
is compared on buckets as old as `outcomes_after` says, by the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.base.slices import EVERYONE
from tocsin.contain import canary
from tocsin.contain.canary import Answer, Call, Canary, Compared
from tocsin.contain.measure import FAILED_CALLS
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import System
from tocsin.ingest.trial import Trial
from tocsin.profile.cell import Cells
from tocsin.profile.cells import cells
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import VERSION_MAX_CHARS, Spec

_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
"""When everything happened where times are set aside."""
_NAMED = 5
"""Versions of a mixed table that an error names."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the gate says, and by what terms."""

    told: Canary
    trial: Trial
    whole: bool
    """Whether times were set aside."""
    rows: tuple[int, int]
    """Rows of the candidate's table and of the champion's."""

    @property
    def passes(self) -> bool:
        """Whether the candidate may go out."""
        return self.told.call is Call.PROMOTE

    @property
    def decided(self) -> tuple[Compared, ...]:
        """The comparisons that decided."""
        return self.told.decided

    @property
    def counted(self) -> tuple[int, int]:
        """The rows of both that were set beside each other: those in buckets of both."""
        for one in self.told.compared:
            if one.measure == FAILED_CALLS.name and one.slice == EVERYONE:
                return one.candidate.n, one.champion.n
        return 0, 0

    @property
    def needs(self) -> tuple[int, int] | None:
        """How many rows of both would answer what is open, about; None: nothing is, or none would.

        Two significant digits: a forecast has no more.
        """
        open_ = self.decided if self.told.call is Call.HOLD else ()
        times = [one.times for one in open_]
        if not times or None in times:
            return None
        most = max(time for time in times if time is not None)
        first, second = (_about(most * n) for n in self.counted)
        return first, second

    @property
    def hopeless(self) -> tuple[Compared, ...]:
        """What is open, and would stay so however many rows more came as they do."""
        return tuple(one for one in self.decided if one.answer is Answer.OPEN and one.times is None)


def gate(
    candidate: pa.Table,
    champion: pa.Table,
    spec: Spec,
    system: System,
    *,
    now: datetime,
    whole: bool = False,
) -> Gate:
    """Return whether the candidate may go out.

    Args:
        candidate: rows in the lake's schema with their labels, all of one version.
        champion: the same of the version that it would replace.
        spec: learnt from the system's reference.
        system: whose terms hold; without a time column its tables are compared as wholes.
        now: the time.
        whole: set times aside.

    Raises:
        BadInput: a table holds several versions, or both hold the same one.
    """
    whole = whole or system.columns.time is None
    names = version_of(candidate, "candidate"), version_of(champion, "champion")
    if names[0] == names[1]:
        raise BadInput(
            f"candidate and champion are both version {names[0]!r}",
            where="gate",
            do="give the files of two versions",
        )
    found: Cells = {}
    for rows, name in zip((candidate, champion), names, strict=True):
        found = {**found, **cells(profile(_of(rows, name, whole=whole), spec), spec)}
    bucket = timedelta(seconds=spec.bucket_s)
    # tables at rest may be of a time that this clock calls the future: what is in them is over
    over = max(now, *(key.bucket + bucket for key in found))
    trial = replace(system.trial, lasts=timedelta(0)) if whole else system.trial
    told = canary.judge(
        found,
        layout_of(spec),
        candidate=names[0],
        champion=names[1],
        now=over,
        trial=trial,
        outcomes_after=timedelta(seconds=system.outcomes_after_s),
        foresee=True,
    )
    rows = candidate.num_rows, champion.num_rows
    return Gate(told=told, trial=trial, whole=whole, rows=rows)


def version_of(rows: pa.Table, unnamed: str) -> str:
    """Return the one version of a table; `unnamed` where its rows name none.

    Raises:
        BadInput: there are several.
    """
    named = sorted({str(one)[:VERSION_MAX_CHARS] for one in _distinct(rows) if one})
    if len(named) > 1:
        shown = [repr(one) for one in named[:_NAMED]] + (["…"] if len(named) > _NAMED else [])
        raise BadInput(
            f"the {unnamed}'s rows are of {len(named)} versions: {listing(shown)}",
            where=unnamed,
            do="give the rows of one version",
        )
    return named[0] if named else unnamed


def facts(said: Gate, system: str) -> Facts:
    """Return the verdict ready for JSON, without where the files are."""
    told, trial = said.told, said.trial
    return {
        "system": system,
        "verdict": told.call.value,
        "passes": said.passes,
        "why": told.why,
        "paired": "whole" if said.whole else "time",
        "from": told.span.start.isoformat() if told.span and not said.whole else None,
        "to": told.span.end.isoformat() if told.span and not said.whole else None,
        "candidate": _side(told.candidate, said, 0),
        "champion": _side(told.champion, said, 1),
        "terms": {
            "least": trial.least,
            "most": trial.most,
            "in_slice": trial.in_slice,
            "share": trial.share,
            "error": trial.error,
            "lasts_s": trial.lasts.total_seconds(),
            "most_of": dict(trial.most_of),
        },
        "decided": [_compared(one) for one in said.decided],
        "compared": [_compared(one) for one in told.compared],
    }


def _side(version: str, said: Gate, place: int) -> Facts:
    needs = said.needs
    return {
        "version": version,
        "rows": said.rows[place],
        "counted": said.counted[place],
        "needs": None if needs is None else needs[place],
    }


def _compared(one: Compared) -> Facts:
    return {
        "measure": one.measure,
        "slice": one.slice.as_dict(),
        "candidate": {"k": one.candidate.k, "n": one.candidate.n},
        "champion": {"k": one.champion.k, "n": one.champion.n},
        "harm": one.harm,
        "interval": list(one.interval),
        "surely": one.surely,
        "borne": one.borne,
        "must": one.must,
        "answer": one.answer.value,
        "text": one.text,
    }


def _distinct(rows: pa.Table) -> Sequence[object]:
    return pc.unique(rows["version"]).to_pylist()


def _of(rows: pa.Table, name: str, *, whole: bool) -> pa.Table:
    """Return the rows under one name; `whole`: all of one instant."""
    columns: dict[str, Any] = {"version": pa.repeat(name, rows.num_rows)}
    if whole:
        columns["at"] = pa.repeat(pa.scalar(_ONCE, INSTANT), rows.num_rows)
    for column, values in columns.items():
        place = rows.column_names.index(column)
        rows = rows.set_column(place, column, values.cast(rows.schema.field(column).type))
    return rows


def _about(n: float) -> int:
    """Return a number rounded up to two significant digits.

    >>> _about(12_345), _about(9.2), _about(100)
    (13000, 10, 100)
    """
    step = 10 ** max(0, len(str(int(n))) - 2)
    return int(-(-n // step) * step)
