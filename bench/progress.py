"""Progress: the parts of a long run that are done, so that it may be stopped at any time and go on.

One line of JSON for each part, in a file that is named after what its numbers depend on: the code
that counts and judges, the bench itself, and what was asked for.  Whatever changes, a new run
begins.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing import Pool
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WORK = ROOT / ".bench"
"""Where downloads and parts are kept unless told otherwise."""
_ROOMS = ("base", "ingest", "profile", "detect")
_EVERY_S = 60.0


class Parts:
    """What is known of each part."""

    def __init__(self, work: Path, name: str, asked: Sequence[object]) -> None:
        """Read what an earlier run left.

        Args:
            work: the folder.
            name: of the bench.
            asked: what numbers depend on besides the code.
        """
        work.mkdir(parents=True, exist_ok=True)
        self._file = work / f"{name}-{_digest(asked)}.jsonl"
        self.done: dict[str, Any] = {}
        for line in self._file.read_text().splitlines() if self._file.exists() else ():
            try:
                part = json.loads(line)
            except ValueError:  # a run ended while it wrote
                continue
            self.done[part["part"]] = part["found"]

    def add(self, part: str, found: object) -> None:
        """Keep what was found of a part."""
        with self._file.open("a") as file:
            file.write(f"\n{json.dumps({'part': part, 'found': found})}\n")
            file.flush()
            os.fsync(file.fileno())
        self.done[part] = found

    def run(
        self,
        todo: Sequence[str],
        work_out: Callable[[str], tuple[str, object]],
        tell: Callable[[], None],
        *,
        processes: int,
        begin: Callable[..., None],
        given: tuple[object, ...],
    ) -> None:
        """Work out each part of `todo` that is not known, and `tell` the results now and then.

        Args:
            todo: the names of all parts, in order.
            work_out: gives a part's name and what was found; runs in a process of its own.
            tell: prints what is known so far.
            processes: how many.
            begin: what each process does first, with `given`.
            given: see `begin`.
        """
        left = [part for part in todo if part not in self.done]
        print(f"{len(todo) - len(left)} of {len(todo)} parts are known", flush=True)
        if left:
            started = told = time.monotonic()
            with Pool(processes, begin, given) as pool:
                for k, (part, found) in enumerate(pool.imap_unordered(work_out, left), start=1):
                    self.add(part, found)
                    now = time.monotonic()
                    if now - told > _EVERY_S:
                        told, rest_s = now, (now - started) / k * (len(left) - k)
                        print(f"\n{len(left) - k} parts left, about {rest_s / 60:.0f} min")
                        tell()
        tell()


def one_thread() -> None:
    """Let linear algebra use no thread but this one: products here are small, and cores shared."""
    threads: Any = import_module("threadpoolctl")
    threads.threadpool_limits(1)


def _digest(asked: Sequence[object]) -> str:
    found = hashlib.sha256(repr(asked).encode())
    folders = [*(ROOT / "src" / "tocsin" / room for room in _ROOMS), Path(__file__).parent]
    for folder in folders:
        for file in sorted(folder.glob("*.py")):
            found.update(file.read_bytes())
    return found.hexdigest()[:12]
