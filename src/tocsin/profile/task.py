"""What an engine is asked to count, and what it answers: the same for every engine.

A table comes in one of two forms: the user's own columns, as `System.columns` tells them, or the
lake's (see `ingest.rows`).  Ids are not looked at: every row counts, as in any split of the rows.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import pyarrow as pa

from tocsin.ingest import wire
from tocsin.ingest.countable import countable
from tocsin.ingest.requests import refuse_parts
from tocsin.ingest.rows import Schema
from tocsin.ingest.system import System
from tocsin.ingest.tabular import from_table
from tocsin.profile.cell import Profile
from tocsin.profile.kernel import profile
from tocsin.profile.merge import merge
from tocsin.profile.spec import Spec

_LAKE = frozenset(Schema((), ()).predictions().names)
_FAR = timedelta(days=36500)


class Portion(Protocol):
    """Some rows at rest that can be read apart: `lake.portions.Portion` and its like."""

    @property
    def rows(self) -> int:
        """How many rows; 0 where that is not known before reading."""
        ...

    def read(self, columns: Collection[str]) -> Iterator[pa.Table]:
        """Yield the rows in handy tables; of `columns`, those that there are."""
        ...


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of some rows.

    `rows` were looked at, `refused` of them not counted; `reason` says why one of those was not
    (the first in the alphabet, so that it is the same whoever merges).
    """

    profile: Profile
    rows: int = 0
    refused: int = 0
    reason: str = ""


NOTHING = Counted({})
"""The counts of no rows."""


def add(a: Counted, b: Counted) -> Counted:
    """Return the counts of both; associative and commutative."""
    return Counted(
        merge(a.profile, b.profile),
        a.rows + b.rows,
        a.refused + b.refused,
        min(filter(None, (a.reason, b.reason)), default=""),
    )


class Task(Protocol):
    """Count tables of one system; `spec` gives the counts their meaning."""

    @property
    def spec(self) -> Spec:
        """Learnt from the system's reference."""
        ...

    @property
    def columns(self) -> frozenset[str]:
        """The columns that are worth reading."""
        ...

    def __call__(self, table: pa.Table, /) -> Counted:
        """Return the counts of one table.

        Raises:
            BadInput: the table lacks a column, or has rows of items where requests are counted.
        """
        ...


def task_of(columns: Collection[str], spec: Spec, system: System, now: datetime) -> Task:
    """Return the task for tables that have `columns`, which tell whose form they are in."""
    return LakeTask(spec) if set(columns) >= _LAKE else UserTask(spec, system, now)


@dataclass(frozen=True, slots=True)
class LakeTask:
    """Count predictions in the lake's form; columns that a table lacks are null."""

    spec: Spec

    @property
    def columns(self) -> frozenset[str]:
        """See `Task`."""
        return frozenset(self.spec.schema.predictions().names) - {"id", "received_at"}

    def __call__(self, table: pa.Table, /) -> Counted:
        """See `Task`."""
        return Counted(profile(table, self.spec), table.num_rows)


@dataclass(frozen=True, slots=True)
class UserTask:
    """Count decisions in the user's own columns, as `system` names them.

    `now` is where rows without a time count.
    """

    spec: Spec
    system: System
    now: datetime

    @property
    def columns(self) -> frozenset[str]:
        """See `Task`."""
        roles = wire.own_names(self._system.columns).values()
        features = (feature.name for feature in self.spec.schema.features)
        return frozenset(filter(None, (*roles, *features, *self.system.attributes)))

    def __call__(self, table: pa.Table, /) -> Counted:
        """See `Task`."""
        if table.num_rows == 0:
            return NOTHING
        refuse_parts(table, self.system)
        # rows at rest are not early: their times may lie in what our clock calls the future
        timed = self.system.columns.time is not None
        received_at = self.now + _FAR if timed else self.now
        spotless = countable(table, self.spec.schema, self._system, received_at)
        if spotless is not None:
            return Counted(profile(spotless, self.spec), table.num_rows)
        accepted = from_table(table, self.spec.schema, self._system, received_at)
        reasons = {f"{fault.field}: {fault.reason}" for fault in accepted.rejected}
        return Counted(
            profile(accepted.table, self.spec),
            table.num_rows,
            len(accepted.rejected),
            min(reasons, default=""),
        )

    @property
    def _system(self) -> System:
        return replace(self.system, columns=replace(self.system.columns, id=None))
