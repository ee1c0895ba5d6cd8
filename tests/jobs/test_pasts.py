"""Own monitors over a real database: compared with what was known, and again the same."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.jobs.test_detect import DAY, HIT, day, decide, declare, faulty, rings_at, said
from tests.profile.rows import LENDING, START, replaced
from tocsin.detect.finding import Finding, Verdict
from tocsin.ingest.monitor import Monitor
from tocsin.jobs import detect as duty
from tocsin.jobs.evaluation import recompute
from tocsin.jobs.rings import Rings
from tocsin.store import findings
from tocsin.store.codec import encode

SIGMA = Monitor(name="sigma", measure="selection_rate", slice=HIT.key, k_sigma=4)
WEEK = Monitor(
    name="week", measure="selection_rate", slice=HIT.key, previous_s=7 * 86400, least=0.1
)
WATCHED = replace(LENDING, auto=False, monitors=(SIGMA, WEEK))


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Rings]:
    rings = rings_at(tmp_path)
    yield rings
    rings.database.close()


def by_name(rings: Rings) -> dict[str, Finding]:
    return {one.measure: one for one in said(rings)}


def test_past_windows_are_compared_with_and_late_rows_change_nothing_that_was_said(
    rings: Rings,
) -> None:
    declare(rings, WATCHED)
    for number in range(9):
        decide(rings, day(number))
        duty.run(rings, START + (number + 1) * DAY)
    healthy = by_name(rings)
    assert {one.verdict for one in healthy.values()} == {Verdict.OK}
    assert healthy["sigma"].n_baseline == 8
    week_ago = [row for row in day(1).to_pylist() if row["employer"] == "government"]
    approved = sum(row["approved"] for row in week_ago) / len(week_ago)
    assert healthy["week"].baseline == pytest.approx(approved)
    decide(rings, faulty(day(9)))
    duty.run(rings, START + 10 * DAY)
    sick = by_name(rings)
    assert {one.verdict for one in sick.values()} == {Verdict.ALARM}
    with rings.database.reading() as conn:
        stamp = findings.latest_stamp(conn, "lending")
    assert stamp is not None
    more = [f"late-{k}" for k in range(400)]
    decide(rings, replaced(faulty(day(3)).slice(0, 400), "id", more))
    with rings.database.reading() as conn:
        again = {one.measure: one for one in recompute(conn, "lending", stamp)}
    assert {k: encode(v) for k, v in again.items()} == {k: encode(v) for k, v in sick.items()}
