"""A lake to be tended, and a worker that is killed (SIGKILL) at a chosen step on its shelf.

A step is one change on the shelf: a file stored, a name claimed, files removed.  The process dies
right before or right after it.  The duty knows nothing of this: the shelf is wrapped here.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import pyarrow as pa
from typing_extensions import override

from tests.jobs import counting
from tests.profile.rows import START
from tocsin.jobs import tend as duty
from tocsin.jobs.rings import Rings
from tocsin.lake.delta import Lake
from tocsin.lake.disk import Disk
from tocsin.lake.shelf import Bytes
from tocsin.lake.tend import GRACE

T = TypeVar("T")
LATER = datetime(2030, 1, 1, tzinfo=UTC)
"""Long after every file of these tests was made."""
CUT = START + timedelta(days=3)
"""Rows before this are past their age at `LATER`."""
KEPT = [row["id"] for row in counting.ROWS.select(["id", "at"]).to_pylist() if row["at"] >= CUT]
ROUNDS = (LATER, LATER + GRACE + timedelta(minutes=1), LATER + 2 * GRACE)


class Deadly(Disk):
    """Dies right before or right after its `step`-th change; counts them."""

    def __init__(self, root: str, step: int = 0, *, after: bool = False) -> None:
        super().__init__(root)
        self._step, self._after = step, after
        self.steps = 0

    @override
    def put(self, name: str, content: Bytes) -> None:
        self._change(lambda: super(Deadly, self).put(name, content))

    @override
    def claim(self, name: str, content: Bytes) -> bool:
        return self._change(lambda: super(Deadly, self).claim(name, content))

    @override
    def delete(self, names: Iterable[str]) -> None:
        for name in names:  # one by one, so that it can die in between
            self._change(lambda name=name: super(Deadly, self).delete([name]))

    def _change(self, act: Callable[[], T]) -> T:
        self.steps += 1
        if self.steps == self._step and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        done = act()
        if self.steps == self._step:
            os.kill(os.getpid(), signal.SIGKILL)
        return done


@dataclass(frozen=True)
class Plan:
    """Where one process works, and at which of its steps it is to die."""

    folder: str
    step: int = 0
    after: bool = False


def prepare(folder: Path) -> None:
    """Fill a lake with many small files, all of them counted."""
    rings = counting.rings_at(folder)
    for k in range(0, 600, 12):
        counting.predict(rings.lake, k, k + 12)
    for k in range(0, 600, 40):
        counting.label(rings.lake, k, k + 40)
    counting.count_until_done(rings)
    rings.database.close()


def copied(prepared: Path, folder: Path) -> Plan:
    """Return a plan for a copy of what was prepared."""
    shutil.copytree(prepared, folder)
    return Plan(str(folder))


def tended(plan: Plan) -> int:
    """Tend the lake in this process, and return how many steps that took."""
    shelf = Deadly(f"{plan.folder}/lake", plan.step, after=plan.after)
    rings = replace(counting.rings_at(Path(plan.folder)), lake=Lake(shelf))
    for now in ROUNDS:
        duty.run(dropping(rings, now), now)
    rings.database.close()
    return shelf.steps


def dropping(rings: Rings, now: datetime) -> Rings:
    """Return `rings` under which, at `now`, rows from before `CUT` are past their age."""
    return replace(rings, keep_predictions=now - CUT)


def append_again(plan: Plan, n: int) -> None:
    """Append rows under new names, one by one, from a process of its own."""
    lake = Lake(f"{plan.folder}/lake")
    rows = counting.ROWS.drop_columns(["label"])
    for k in range(n):
        row = rows.slice(k, 1)
        id_ = cast("Any", row.schema.field("id"))
        name = pa.array([f"again-{k}"])
        lake.append("lending", "predictions", row.set_column(0, id_, name))
