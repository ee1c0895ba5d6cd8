"""The detect duty over a real database and lake: what it says, when, and how often."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.jobs import counting
from tests.profile.made import made
from tests.profile.rows import LENDING, START, lake_rows, replaced, spec_of, table
from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.detect.finding import Finding, Level, Verdict
from tocsin.ingest.rows import INSTANT, OUTCOMES
from tocsin.ingest.system import System
from tocsin.jobs import detect as duty
from tocsin.jobs import profile as count
from tocsin.jobs.evaluation import recompute
from tocsin.jobs.rings import Rings
from tocsin.profile.blocks import tallies
from tocsin.store import findings, profiles, stages, systems, tables
from tocsin.store.stages import Stage

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
A_DAY = 1200
"""Decisions a day."""
REFERENCE = table(6000, seed=1, start=START - 20 * DAY)
SPEC = spec_of(REFERENCE)
HIT = Slice.of({"employer": "government"})


def declare(
    rings: Rings, system: System = LENDING, reference: pa.Table = REFERENCE, sha256: str = "d" * 64
) -> None:
    """Declare a system with its baseline."""
    spec = replace(SPEC, system=system.name)
    baseline = [tally for _, tally in tallies(lake_rows(reference, spec), spec)]
    with rings.database.unit("test", START) as unit:
        systems.save(unit, system, spec, baseline, reference.num_rows, sha256)


def rings_at(folder: Path) -> Rings:
    rings = counting.rings_at(folder)
    declare(rings)
    return rings


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Rings]:
    rings = rings_at(tmp_path)
    yield rings
    rings.database.close()


def instants(raw: pa.Table) -> list[datetime]:
    return cast("list[datetime]", raw["at"].to_pylist())


def decide(rings: Rings, raw: pa.Table, *, late: timedelta | None = MINUTE) -> None:
    """Let decisions arrive `late` after they were made (None: a year, as in a replay); count."""
    rows = lake_rows(raw, SPEC)
    if late is not None:
        arrived = [at + late for at in instants(rows)]
        rows = replaced(rows, "received_at", pa.array(arrived, INSTANT)).cast(rows.schema)
    rings.lake.append("lending", "predictions", rows.drop_columns(["label"]))
    count.run(rings, START)


def learn_outcomes(rings: Rings, raw: pa.Table) -> None:
    """Let the outcomes of `raw` become known; count."""
    rows = lake_rows(raw, SPEC).select(["id", "at", "received_at", "label"])
    rings.lake.append("lending", "outcomes", rows.cast(OUTCOMES))
    count.run(rings, START)


def day(number: int, n: int = A_DAY) -> pa.Table:
    """Return a healthy day."""
    return table(n, seed=100 + number, hours=24, start=START + number * DAY)


def faulty(raw: pa.Table, since: datetime = START) -> pa.Table:
    """Return `raw` with every government employee denied from `since` on."""
    later = np.array([at >= since for at in instants(raw)], np.bool_)
    hit = later & (raw["employer"].to_numpy(zero_copy_only=False) == "government")
    denied = np.where(hit, 0.01, raw["score"].to_numpy())
    return replaced(replaced(raw, "score", denied.tolist()), "approved", (denied >= 0.5).tolist())


def said(rings: Rings, system: str = "lending") -> list[Finding]:
    with rings.database.reading() as conn:
        return findings.latest(conn, system)


def of(found: list[Finding], measure: str, slice_: Slice | None = None) -> list[Finding]:
    where = slice_ or Slice()
    return [one for one in found if one.measure == measure and one.slice == where]


def alarms(found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.verdict is Verdict.ALARM]


def logged(rings: Rings) -> list[str]:
    """Return the keys of every alarm ever said."""
    with rings.database.reading() as conn:
        log = findings.alarms(conn, "lending", Span(START - 100 * DAY, START + 100 * DAY))
    return [finding.key for _, finding in log]


def last_look(rings: Rings, system: str = "lending") -> Stage | None:
    with rings.database.reading() as conn:
        return stages.get(conn, duty.STAGE, system)


def test_before_the_first_decision_nothing_is_said(rings: Rings) -> None:
    duty.run(rings, START)
    assert said(rings) == []
    assert last_look(rings) is None


def test_a_bucket_that_is_still_open_is_not_judged(rings: Rings) -> None:
    decide(rings, table(200, seed=2, hours=0.5))
    duty.run(rings, START + 45 * MINUTE)
    assert last_look(rings) is None
    duty.run(rings, START + HOUR)
    assert last_look(rings) is not None


def test_a_few_first_decisions_are_insufficient_and_no_alarm(rings: Rings) -> None:
    decide(rings, faulty(table(12, seed=3, hours=1)))
    duty.run(rings, START + HOUR)
    found = said(rings)
    assert alarms(found) == []
    (selection,) = of(found, "selection_rate")
    assert selection.verdict is Verdict.INSUFFICIENT
    assert "12 decisions in the window" in selection.why


def test_without_a_baseline_nothing_is_said(tmp_path: Path) -> None:
    rings = counting.rings_at(tmp_path)
    counting.predict(rings.lake, 0, 600)
    count.run(rings, START)
    duty.run(rings, START + 20 * DAY)
    assert said(rings) == []
    assert last_look(rings) is None
    rings.database.close()


def test_healthy_days_raise_no_alarm(rings: Rings) -> None:
    for number in range(4):
        decide(rings, day(number))
        duty.run(rings, START + (number + 1) * DAY)
        (selection,) = of(said(rings), "selection_rate")
        assert selection.verdict is Verdict.OK
        assert selection.n == A_DAY
    assert logged(rings) == []


def test_a_fault_in_the_newest_window_is_an_alarm_that_names_its_slice(rings: Rings) -> None:
    decide(rings, day(0))
    duty.run(rings, START + DAY)
    assert logged(rings) == []
    decide(rings, faulty(day(1), since=START + DAY + 12 * HOUR))
    duty.run(rings, START + 2 * DAY)
    first = said(rings)[0]
    assert (first.verdict, first.level, first.slice) == (Verdict.ALARM, Level.PAGE, HIT)
    assert first.window == Span(START + DAY, START + 2 * DAY)
    assert first.key in logged(rings)
    assert {one.key for one in alarms(said(rings))} == set(logged(rings))


def test_when_the_fault_has_left_the_window_the_alarm_ends_and_the_log_remembers(
    rings: Rings,
) -> None:
    decide(rings, faulty(day(0)))
    duty.run(rings, START + DAY)
    before = logged(rings)
    assert before
    decide(rings, day(1))
    duty.run(rings, START + 2 * DAY)
    assert alarms(said(rings)) == []
    assert logged(rings) == before


def test_a_window_is_looked_at_once_a_bucket_however_often_the_duty_runs(rings: Rings) -> None:
    decide(rings, faulty(day(0)))
    duty.run(rings, START + DAY)
    once, keys = last_look(rings), logged(rings)
    assert keys
    assert len(keys) == len(set(keys))
    duty.run(rings, START + DAY)
    duty.run(rings, START + DAY + 59 * MINUTE)
    assert last_look(rings) == once
    assert logged(rings) == keys
    duty.run(rings, START + DAY + HOUR)
    assert last_look(rings) != once


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 5 * 60), min_size=1, max_size=8))
def test_looks_at_the_same_decisions_are_never_less_than_a_bucket_apart(
    minutes: list[int],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rings = rings_at(Path(folder))
        decide(rings, day(0, 100))
        looks: list[datetime] = []
        for after in sorted(minutes):
            now = START + DAY + after * MINUTE
            duty.run(rings, now)
            look = last_look(rings)
            assert look is not None
            assert now - look.at < HOUR
            if not looks or looks[-1] != look.at:
                looks.append(look.at)
        assert all(b - a >= HOUR for a, b in pairwise(looks))
        rings.database.close()


def test_new_decisions_in_a_closed_bucket_are_looked_at_at_once(rings: Rings) -> None:
    decide(rings, table(100, seed=4, hours=1))
    duty.run(rings, START + HOUR + 50 * MINUTE)
    decide(rings, table(100, seed=5, hours=1, start=START + HOUR))
    duty.run(rings, START + 2 * HOUR)
    assert of(said(rings), "selection_rate")[0].n == 200


def test_silence_becomes_a_page(rings: Rings) -> None:
    decide(rings, day(0))
    duty.run(rings, START + DAY)
    (quiet,) = of(said(rings), "silence")
    assert quiet.verdict is Verdict.OK
    duty.run(rings, START + DAY + 5 * HOUR)
    silence = said(rings)[0]
    assert (silence.measure, silence.level) == ("silence", Level.PAGE)
    assert silence.why.startswith("No decision has arrived for 5 h")
    decide(rings, table(50, seed=6, hours=1, start=START + DAY + 5 * HOUR))
    duty.run(rings, START + DAY + 6 * HOUR)
    (again,) = of(said(rings), "silence")
    assert again.verdict is Verdict.OK


def test_the_silence_of_a_replayed_feed_means_nothing(rings: Rings) -> None:
    decide(rings, day(0), late=None)
    duty.run(rings, START + 9 * DAY)
    assert of(said(rings), "selection_rate")[0].verdict is Verdict.OK
    assert of(said(rings), "silence") == []


def test_volume_is_compared_with_the_days_since_the_first_decision_only(rings: Rings) -> None:
    for number in range(6):
        decide(rings, day(number, 300))
    duty.run(rings, START + 6 * DAY)
    assert of(said(rings), "volume") == []  # five days before it are too few to tell
    decide(rings, day(6, 300))
    duty.run(rings, START + 7 * DAY)
    (usual,) = of(said(rings), "volume")
    assert (usual.verdict, usual.value, usual.baseline) == (Verdict.OK, 300, 300)
    decide(rings, day(7, 60))
    duty.run(rings, START + 8 * DAY)
    (fell,) = of(said(rings), "volume")
    assert (fell.verdict, fell.level, fell.value) == (Verdict.ALARM, Level.PAGE, 60)


def test_late_outcomes_change_the_next_evaluation(rings: Rings) -> None:
    raw = day(0)
    wrong = replaced(raw, "repaid", [not yes for yes in raw["approved"].to_pylist()])
    decide(rings, wrong)
    duty.run(rings, START + DAY)
    (unknown,) = of(said(rings), "accuracy")
    assert (unknown.verdict, unknown.n) == (Verdict.INSUFFICIENT, 0)
    learn_outcomes(rings, wrong)
    duty.run(rings, START + DAY + 30 * MINUTE)
    assert of(said(rings), "accuracy") == [unknown]  # its turn comes with the next bucket
    duty.run(rings, START + DAY + HOUR)
    (known,) = of(said(rings), "accuracy")
    assert (known.verdict, known.level) == (Verdict.ALARM, Level.PAGE)
    assert (known.n, known.value) == (A_DAY, 0.0)
    assert known.window == unknown.window


def test_a_reference_declared_anew_is_compared_with_at_once(rings: Rings) -> None:
    decide(rings, faulty(day(0)))
    duty.run(rings, START + DAY)
    assert alarms(of(said(rings), "selection_rate", HIT))
    declare(rings, reference=faulty(REFERENCE, since=START - 20 * DAY), sha256="e" * 64)
    duty.run(rings, START + DAY + HOUR)
    assert of(said(rings), "selection_rate", HIT)[0].verdict is Verdict.OK


def test_a_system_in_trouble_holds_up_no_other_and_is_tried_again(rings: Rings) -> None:
    declare(rings, replace(LENDING, name="broken"))
    decide(rings, day(0))
    with rings.database.unit("test", START) as unit:
        broken = replace(SPEC, system="broken")
        cells = profiles.cells(unit.conn, SPEC, Span(START, START + DAY))
        profiles.advance(unit, broken, moves={}, delta=made(cells, SPEC))
        stored = tables.baseline
        ours = sa.update(stored).where(stored.c.system == "broken")
        unit.conn.execute(ours.values(body=b"not counts"))
    with pytest.raises(ExceptionGroup) as caught:
        duty.run(rings, START + DAY)
    (trouble,) = caught.value.exceptions
    assert trouble.__notes__ == ["system broken"]
    assert of(said(rings), "selection_rate")[0].n == A_DAY
    assert said(rings, "broken") == []
    assert last_look(rings, "broken") is None
    declare(rings, replace(LENDING, name="broken"))
    duty.run(rings, START + DAY + MINUTE)
    assert of(said(rings, "broken"), "selection_rate")[0].n == A_DAY


def test_a_backlog_is_counted_before_anything_is_said_of_it(rings: Rings) -> None:
    decide(rings, day(0))
    rows = lake_rows(day(1), SPEC)
    rings.lake.append("lending", "predictions", rows.drop_columns(["label"]))
    duty.run(rings, START + 2 * DAY)
    with rings.database.reading() as conn:
        assert findings.latest(conn, "lending") == []
    count.run(rings, START)
    duty.run(rings, START + 2 * DAY)
    with rings.database.reading() as conn:
        assert findings.latest(conn, "lending") != []


def test_a_system_that_is_no_longer_declared_is_left_in_peace(rings: Rings) -> None:
    decide(rings, day(0))
    others = replace(rings, policies={"another": rings.policy})
    duty.run(others, START + DAY)
    with rings.database.reading() as conn:
        assert findings.latest(conn, "lending") == []


def test_what_needs_outcomes_is_judged_at_the_age_at_which_they_are_complete(
    rings: Rings,
) -> None:
    declare(rings, replace(LENDING, outcomes_after_s=3 * 86400))
    days = [day(number) for number in range(5)]
    for raw in days:
        decide(rings, raw)
    wrong = replaced(days[0], "repaid", [not yes for yes in days[0]["repaid"].to_pylist()])
    learn_outcomes(rings, wrong)
    learn_outcomes(rings, days[3].slice(0, 100))  # early ones, which are not waited for
    now = START + 4 * DAY
    duty.run(rings, now)
    (accuracy,) = of(said(rings), "accuracy")
    assert accuracy.verdict is Verdict.ALARM
    assert accuracy.window == Span(START, START + DAY)
    assert accuracy.n > 1000
    (known,) = of(said(rings), "outcomes_known")
    assert "of decisions that are 3 d old are known" in known.why
    (selected,) = of(said(rings), "selection_rate")
    assert selected.window == Span(START + 3 * DAY, START + 4 * DAY)
    (estimate,) = of(said(rings), "estimated_accuracy")
    assert "is invalid because outcomes contradict it" in estimate.why
    with rings.database.reading() as conn:
        stamp = findings.latest_stamp(conn, "lending")
        assert stamp is not None
        again = {one.key: one for one in recompute(conn, "lending", stamp)}
    assert again[accuracy.key] == accuracy
    assert again[estimate.key].why == estimate.why


def test_before_a_declared_age_outcomes_lack_and_estimates_stand_in(rings: Rings) -> None:
    declare(rings, replace(LENDING, outcomes_after_s=30 * 86400))
    for number in range(2):
        decide(rings, day(number))
    duty.run(rings, START + 2 * DAY)
    assert [f.verdict for f in of(said(rings), "accuracy")] == [Verdict.INSUFFICIENT]
    (estimate,) = of(said(rings), "estimated_accuracy")
    assert estimate.verdict is Verdict.OK
