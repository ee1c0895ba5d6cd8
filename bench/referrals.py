"""Ten thousand decisions that wait for people: is the next one there at once, is the list?

    python bench/referrals.py [WAITING]

The server is the real one on SQLite, one process, as `tocsin up` starts it; one client asks it over
HTTP, one request after the other.  Half of what waits was judged by the asker already and waits for
a second person, and comes first: the worst case for whoever asks for the next one.  The query plans
are SQLite's own words.
"""

import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pyarrow as pa
import served
from pyarrow import csv
from sqlalchemy import event

from tocsin.contain.referral import UNDO, Kind, Referred, judge, refer
from tocsin.store import access, referrals, systems
from tocsin.store.unit import Database

WAITING, TIMES = 10_000, 200
DECLARATION = """\
version: 1
systems:
  loans:
    reference: reference.csv
    columns: {id: id, time: at, score: score, prediction: approved}
    features: [income, purpose]
    bucket: 1d
    queue: {second: 1}
"""


def prepare(folder: Path) -> None:
    (folder / "tocsin.yaml").write_text(DECLARATION)
    rng, rows = np.random.default_rng(7), 400
    score = rng.random(rows)
    at = np.datetime64("2026-10-01", "us") + np.arange(rows) * np.timedelta64(60, "m")
    facts = {"id": np.arange(rows), "at": at, "income": rng.lognormal(10, 1, rows)}
    facts |= {"purpose": rng.choice(["car", "house"], rows), "score": score}
    csv.write_csv(pa.table(facts | {"approved": score >= 0.5}), folder / "reference.csv")


def fill(database: Database, waiting: int) -> str:
    """Put decisions before people, half of them judged once by `asker`; return their token."""
    now = datetime.now(UTC)
    with database.unit("bench", now - timedelta(minutes=5)) as unit:
        system = systems.get(unit.conn, "loans").system
        first = [_referred(k, now) for k in range(waiting // 2)]
        referrals.add(unit, system, [_referred(k, now) for k in range(waiting // 2, waiting)])
        for facts in first:
            one = refer(unit.new_id("ref"), "loans", facts, system.queue, unit.now - 2 * UNDO)
            judged = judge(one, "asker", "true", system.queue, _same, unit.now - 2 * UNDO)
            referrals.save(unit, judged, system)
    with database.unit("bench", now) as unit:
        return access.make_token(unit, "asker", ["respond", "read", "ingest"], None)[1]


def _same(one: str, other: str) -> bool:
    return one == other


def _referred(k: int, now: datetime) -> Referred:
    return Referred(
        prediction_id=f"p{k}",
        at=now,
        version="v1",
        inputs={"income": 31_000 + k, "purpose": "car"},
        attributes={},
        answer="true",
        why="north is in trouble",
        kind=Kind.ROUTED,
    )


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(
    what: str, pid: int, base: str, token: str, asks: Callable[[int], tuple[str, object]]
) -> None:
    """Print how long each of `TIMES` requests took, and what it cost the server in CPU."""
    before_s = cpu_s(pid)
    took = timed(base, token, asks)
    used_ms = 1000 * (cpu_s(pid) - before_s) / TIMES
    late = took[int(0.95 * (len(took) - 1))]
    print(
        f"{what:34} median {statistics.median(took):6.1f} ms, 95th percentile {late:6.1f} ms,"
        f" CPU {used_ms:4.0f} ms"
    )


def timed(base: str, token: str, asks: Callable[[int], tuple[str, object]]) -> list[float]:
    """Return how long each of `TIMES` requests took, in ms, shortest first."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    took: list[float] = []
    for k in range(TIMES):
        path, body = asks(k)
        sent = None if body is None else json.dumps(body).encode()
        began_s = time.perf_counter()
        with urlopen(Request(base + path, sent, headers), timeout=60) as answer:
            answer.read()
        took.append((time.perf_counter() - began_s) * 1000)
    return sorted(took)


def plans(database: Database, asker: str) -> None:
    """Print how SQLite finds the next one and a page of the list."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        if "FROM referral" in statement and not statement.startswith("EXPLAIN"):
            seen.append(statement)
            kept.append(values)

    kept: list[object] = []
    with database.reading() as conn:
        event.listen(conn, "before_cursor_execute", note)
        now = datetime.now(UTC)
        referrals.next_for(conn, asker, now)
        referrals.next_for(conn, asker, now, system="loans")
        found = referrals.listed(conn, referrals.Wanted(), 50)
        after = found[-1].place
        referrals.listed(conn, referrals.Wanted(system="loans", after=after), 50)
        event.remove(conn, "before_cursor_execute", note)
        for statement, values in zip(seen, kept, strict=True):
            rows = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # pyright: ignore[reportArgumentType] - as the driver was given them
            print("  " + "; ".join(str(row[3]) for row in rows))


def main(waiting: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        server, base = served.start(folder)
        database = Database(f"sqlite:///{folder}/tocsin-data/tocsin.sqlite3")
        try:
            token = fill(database, waiting)
            time.sleep(3)  # the first round of every duty loads what it needs
            print(f"{waiting:,} wait, load {os.getloadavg()[0]:.0f}")
            of = (server.pid, base, token)
            told("the page of the queue", *of, lambda _: ("/queue", None))
            told("the list, 100 of them", *of, lambda _: ("/v1/referrals", None))
            told("the next one, and taken", *of, lambda _: ("/v1/referrals/next", {}))
            ids = [""]

            def judge_next(k: int) -> tuple[str, object]:
                if k % 2 == 0:
                    with database.reading() as conn:
                        ids[0] = referrals.next_for(conn, "asker", datetime.now(UTC)) or ""
                    return f"/v1/referrals/{ids[0]}/judge", {"answer": "true"}
                return "/v1/referrals/next", {}

            told("judged, or the next one taken", *of, judge_next)
            row = {"id": "p1", "at": datetime.now(UTC).isoformat(), "features": {"income": 1}}
            path = "/v1/systems/loans/referrals"
            told("one sent by a service", *of, lambda k: (path, [row | {"id": f"new{k}"}]))
            plans(database, "another")
        finally:
            database.close()
            server.send_signal(signal.SIGTERM)
            server.wait(60)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else WAITING)
