"""What was said can be computed again as of its time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from tests.detect.crossing import CROSSED, people
from tests.jobs.test_detect import (
    DAY,
    HOUR,
    REFERENCE,
    SPEC,
    day,
    decide,
    declare,
    faulty,
    learn_outcomes,
    rings_at,
    said,
)
from tests.profile.rows import LENDING, START, lake_rows, replaced, spec_of
from tocsin import __version__
from tocsin.base.errors import Conflict, NotFound
from tocsin.base.spans import Span
from tocsin.detect.budget import Budget
from tocsin.detect.finding import Finding, Level, Origin
from tocsin.detect.terms import config_hash
from tocsin.ingest.system import Risk
from tocsin.jobs import detect as duty
from tocsin.jobs import evaluation
from tocsin.jobs import profile as count
from tocsin.jobs.evaluation import explained, recompute
from tocsin.jobs.rings import Rings
from tocsin.profile.blocks import tallies
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window
from tocsin.store import epochs, findings, systems
from tocsin.store.codec import encode
from tocsin.store.epochs import Stamp


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Rings]:
    rings = rings_at(tmp_path)
    yield rings
    rings.database.close()


def comparable(found: list[Finding]) -> list[object]:
    """Return findings in a form in which NaN equals NaN."""
    return [encode(one) for one in found]


def test_what_was_said_is_computed_again_to_the_digit_whatever_came_later(rings: Rings) -> None:
    spoken: list[tuple[Stamp, list[Finding]]] = []

    def look(now: datetime) -> None:
        duty.run(rings, now)
        with rings.database.reading() as conn:
            stamp = findings.latest_stamp(conn, "lending")
            assert stamp is not None
            spoken.append((stamp, findings.latest(conn, "lending")))

    days = [day(0), faulty(day(1)), day(2), day(3)]
    for number, raw in enumerate(days[:3]):
        decide(rings, raw.slice(0, 900))
        look(START + (number + 1) * DAY)
    for late in (0, 1):  # outcomes of days that were judged already, in two portions
        learn_outcomes(rings, days[1].slice(450 * late, 450))
        look(START + 3 * DAY + (late + 1) * HOUR)
    decide(rings, days[1].slice(900), late=2 * DAY)  # decisions that arrive two days late
    decide(rings, days[3])
    look(START + 4 * DAY)
    assert [stamp.epoch for stamp, _ in spoken] == list(range(6))
    assert len({str(found) for _, found in spoken}) == 6
    with rings.database.reading() as conn:
        for stamp, found in spoken:
            assert comparable(recompute(conn, "lending", stamp)) == comparable(found)
        logged_with_stamp = findings.stamps(conn, "lending", Span(START, START + 9 * DAY))
        assert logged_with_stamp
        for stamp, alarm in logged_with_stamp:
            again = {one.key: one for one in recompute(conn, "lending", stamp)}
            assert comparable([again[alarm.key]]) == comparable([alarm])


def test_a_budget_and_a_declaration_changed_later_do_not_change_what_was_said(rings: Rings) -> None:
    decide(rings, faulty(day(0)))
    duty.run(rings, START + DAY)
    before = said(rings)
    declare(rings, replace(LENDING, risk=Risk.LOW, window_s=3600))
    declare(rings, replace(LENDING, name="another"))
    with rings.database.reading() as conn:
        stamp = findings.latest_stamp(conn, "lending")
        assert stamp is not None
        assert comparable(recompute(conn, "lending", stamp)) == comparable(before)


def test_what_was_said_under_another_reference_is_not_computed_under_this_one(rings: Rings) -> None:
    decide(rings, day(0))
    duty.run(rings, START + DAY)
    with rings.database.reading() as conn:
        stamp = findings.latest_stamp(conn, "lending")
    assert stamp is not None
    declare(rings, reference=faulty(REFERENCE, since=START - 20 * DAY), sha256="e" * 64)
    with rings.database.reading() as conn, pytest.raises(Conflict, match="said under spec"):
        recompute(conn, "lending", stamp)
    with rings.database.unit("test", START) as unit:
        renewed = replace(SPEC, threshold=0.6)
        systems.save(unit, LENDING, renewed, [], 0, "d" * 64)
    with rings.database.reading() as conn, pytest.raises(Conflict, match="declare the reference"):
        recompute(conn, "lending", stamp)


def test_an_evaluation_that_died_on_its_way_has_nothing_to_compute_again(rings: Rings) -> None:
    decide(rings, day(0))
    with rings.database.unit("test", START) as unit:
        stamp = epochs.close(unit, SPEC)
    with rings.database.reading() as conn, pytest.raises(NotFound, match="never completed"):
        recompute(conn, "lending", stamp)


def test_combinations_are_judged_from_stored_counts_and_computed_again(rings: Rings) -> None:
    reference = people(8000, 1, start=START - 20 * DAY)
    spec = spec_of(reference, CROSSED)
    baseline = [tally for _, tally in tallies(lake_rows(reference, spec, CROSSED), spec)]
    with rings.database.unit("test", START) as unit:
        systems.save(unit, CROSSED, spec, baseline, reference.num_rows, "e" * 64)
    raw = people(8640, 2, hurt=0.25)
    decided = lake_rows(raw, spec, CROSSED).drop_columns(["label"])
    rings.lake.append("lending", "predictions", decided)
    count.run(rings, START + DAY)
    duty.run(rings, START + DAY)
    found = said(rings)
    hit = [one for one in found if one.slice.key == "age_band=18-25&sex=f"]
    by_measure = {one.measure: one for one in hit}
    assert by_measure["selection_rate_gap"].level is Level.PAGE
    assert "four-fifths rule: violation" in by_measure["selection_rate_ratio"].why
    women = np.array(raw["sex"].to_pylist()) == "f"
    young = np.array(raw["age_band"].to_pylist()) == "18-25"
    approved = np.array(raw["approved"].to_pylist())
    others = approved[~(women & young)].mean() - approved[women & young].mean()
    assert by_measure["selection_rate_gap"].value == pytest.approx(others, abs=1e-12)
    with rings.database.reading() as conn:
        stamp = findings.latest_stamp(conn, "lending")
        assert stamp is not None
        assert comparable(recompute(conn, "lending", stamp)) == comparable(found)


def test_every_stored_finding_says_what_it_was_computed_from_and_by(rings: Rings) -> None:
    decide(rings, faulty(day(0)))
    duty.run(rings, START + DAY)
    budget = Budget.of(rings.false_pages_per_month, LENDING.bucket_s, rings.false_tickets_per_month)
    origin = Origin(
        reference_sha256="d" * 64,
        spec_hash=SPEC.hash,
        epoch=0,
        code=__version__,
        config=config_hash(LENDING, budget),
    )
    found = said(rings)
    assert {one.origin for one in found} == {origin}
    judged = [one for one in found if one.verdict != "insufficient" and one.alpha is not None]
    assert {one.measure for one in found if one not in judged} >= {"outcomes_known"}  # a state
    assert all(one.window is not None and one.method and one.alpha for one in judged)


def test_a_finding_is_explained_with_the_numbers_that_were_said(rings: Rings) -> None:
    decide(rings, faulty(day(0)))
    duty.run(rings, START + DAY)
    decide(rings, day(0).slice(0, 300), late=2 * DAY)  # what comes later does not change it
    with rings.database.reading() as conn:
        log = findings.logged(conn, "lending", Span(START, START + 9 * DAY), 500)
        assert log
        for one in log[:3]:
            again = explained(conn, "lending", str(one.number))
            assert (again.said, again.differs, again.obstacle) == (one.finding, (), "")
            assert again.same
            of_effect = again.said.measure in ("association", "conditional_shift")
            if not of_effect:  # what is of everyone's marks has its effect alone
                assert again.picture.groups or again.picture.bars
        assert explained(conn, "lending", log[0].finding.key).same
        with pytest.raises(NotFound, match="no finding is called"):
            explained(conn, "lending", "performance/happiness//")


def test_what_needs_outcomes_is_drawn_of_the_window_that_it_was_judged_on(rings: Rings) -> None:
    declare(rings, replace(LENDING, outcomes_after_s=3 * 86400))
    first = day(0)
    for raw in (first, *(day(number) for number in range(1, 4))):
        decide(rings, raw)
    learn_outcomes(
        rings, replaced(first, "repaid", [not yes for yes in first["repaid"].to_pylist()])
    )
    duty.run(rings, START + 4 * DAY)
    with rings.database.reading() as conn:
        for key in ("performance/calibration//", "drift/outcome_rate//", "performance/accuracy//"):
            again = explained(conn, "lending", key)
            assert again.same
            assert again.said.window == Span(START, START + DAY)
            assert again.picture.bars or again.picture.groups[0].now == again.said.value
        seen = explained(conn, "lending", "performance/calibration//")
        high, low = seen.picture.bars[-1], seen.picture.bars[0]
        assert high.now < high.was  # who was promised a yes got none
        assert low.now > low.was


def test_what_cannot_be_computed_again_says_why_and_is_drawn_as_it_was_said(rings: Rings) -> None:
    decide(rings, faulty(day(0)))
    duty.run(rings, START + DAY)
    (first, *_) = said(rings)
    declare(rings, reference=faulty(REFERENCE, since=START - 20 * DAY), sha256="e" * 64)
    with rings.database.unit("test", START) as unit:
        findings.save(unit, "lending", START, [replace(first, measure="told")])
    with rings.database.reading() as conn:
        lost = explained(conn, "lending", first.key)
        assert "declare the reference of then" in lost.obstacle
        assert lost.picture.finding == first
        assert not lost.same
        told = explained(conn, "lending", replace(first, measure="told").key)
        assert "not made from stored counts" in told.obstacle


def test_slices_are_read_so_far_back_and_everyone_further(
    rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "SLICES_BACK", 48)
    read: list[str | None] = []
    whole = evaluation.profiles.window

    def noted(conn: sa.Connection, spec: Spec, span: Span, **asked: Any) -> Window:
        read.append(asked.get("slice"))
        return whole(conn, spec, span, **asked)

    for number in range(5):
        decide(rings, day(number))
    monkeypatch.setattr(evaluation.profiles, "window", noted)
    duty.run(rings, START + 5 * DAY)
    assert read == [None, None, None, "", ""]
    assert said(rings)
