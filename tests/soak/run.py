"""One seed from beginning to end."""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

from tests.soak import ledger
from tests.soak.ledger import Count
from tests.soak.plan import Plan
from tests.soak.provider import Provider
from tests.soak.stage import Stage

_PATIENCE_S = 120.0
Tell = Callable[[str], None]
Act = tuple[float, Callable[[], object]]


def run(plan: Plan, database_url: str | None, crash: Callable[[], None], tell: Tell) -> Count:
    """Carry out a plan and count.

    Args:
        plan: what is to happen.
        database_url: an empty PostgreSQL database; None: SQLite in a folder of its own.
        crash: lets the database crash and start again.
        tell: takes what happens, line by line.
    """
    provider = Provider(plan)
    try:
        with tempfile.TemporaryDirectory(prefix="tocsin-soak-") as name:
            folder = Path(name)
            url = database_url or f"sqlite:///{folder}/data/tocsin.sqlite3"
            with Stage(folder, plan, provider.url, url) as stage:
                count = _carry_out(plan, stage, provider, crash, tell)
            if not count.kept:
                tell("the server's own words:\n" + (folder / "log").read_text()[-4000:])
            return count
    finally:
        provider.close()


def _carry_out(
    plan: Plan, stage: Stage, provider: Provider, crash: Callable[[], None], tell: Tell
) -> Count:
    # who opens an incident is a server that works, so one has looked at its clock
    while not stage.ups() and time.monotonic() < stage.starts[0] + _PATIENCE_S:
        time.sleep(0.1)
    began_s = time.monotonic()

    def declare() -> None:
        provider.know(stage.declare().id)

    acts: list[Act] = [(at_s, declare) for at_s in plan.incidents]
    acts.append((plan.told_s, stage.tell))
    if plan.taken_s is not None:
        acts.append((max(plan.taken_s, plan.incidents[0]), stage.take))
    acts += [(one.at_s, lambda by_s=one.by_s: stage.jump(by_s)) for one in plan.jumps]
    acts += [(at_s, lambda: stage.crash_database(crash)) for at_s in plan.database_crashes]
    for at_s, act in sorted(acts, key=lambda pair: pair[0]):
        time.sleep(max(0.0, began_s + at_s - time.monotonic()))
        act()
    time.sleep(max(0.0, began_s + plan.disturbed_s - time.monotonic()))
    stage.calm()
    until_s = time.monotonic()
    # the machine may be busy: a process that is still starting has not yet promised anything
    while time.monotonic() < max([until_s, *stage.ups()]) + _PATIENCE_S:
        if ledger.settled(stage, provider.seen(), until_s):
            break
        time.sleep(0.5)
    count = ledger.judge(stage, provider.seen(), until_s)
    _tell(stage, provider, count, began_s, tell)
    return count


def _tell(stage: Stage, provider: Provider, count: Count, began_s: float, tell: Tell) -> None:
    lines: list[tuple[float, str]] = []
    lines += [(one.at_s, f"incident {one.id}") for one in stage.opened]
    lines += [(at_s, f"incident {id_} is taken") for id_, (_, at_s) in stage.taken.items()]
    lines += [(at_s, "another system tells of an alert") for at_s in [stage.told_s] if at_s]
    lines += [(at_s, "a process starts") for at_s in stage.starts]
    lines += [(at_s, "a process works") for at_s in stage.ups()]
    lines += [(at_s, "a process is dead") for at_s in stage.crashes]
    lines += [(at_s, "the database crashes, or is back") for at_s in stage.database_crashes]
    lines += [(one.at_s, f"the clock jumps {one.by_s:+.0f} s") for one in stage.jumps]
    lines += [(one.at_s, f"{one.key}  {one.fault or 'taken'}") for one in provider.seen()]
    for at_s, line in sorted(lines):
        tell(f"{at_s - began_s:7.2f} s  {line}")
    for line in count.wrong:
        tell(f"WRONG: {line}")


def crash_of(postmaster: int, url: str) -> Callable[[], None]:
    """Return what makes a PostgreSQL server crash: it loses a process, and begins anew."""

    def crash() -> None:
        _there(url)  # who loses a process while it begins anew gives up
        children = psutil.Process(postmaster).children()
        if children:
            os.kill(children[0].pid, signal.SIGKILL)
        time.sleep(0.5)
        _there(url)

    return crash


def _there(url: str) -> None:
    """Return once the server at `url` takes connections."""
    end_s = time.monotonic() + _PATIENCE_S
    while True:
        with suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return
        if time.monotonic() > end_s:
            raise TimeoutError("PostgreSQL does not come back")
        time.sleep(0.5)


def total(counts: Sequence[Count]) -> Count:
    """Return the sum of many runs."""
    return Count(
        due=sum(one.due for one in counts),
        delivered=sum(one.delivered for one in counts),
        doubled=sum(one.doubled for one in counts),
        unexcused=sum(one.unexcused for one in counts),
        crashes=sum(one.crashes for one in counts),
        lost_answers=sum(one.lost_answers for one in counts),
        latest_s=max((one.latest_s for one in counts), default=0.0),
        slowest_start_s=max((one.slowest_start_s for one in counts), default=0.0),
        wrong=tuple(line for one in counts for line in one.wrong),
    )
