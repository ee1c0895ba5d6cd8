from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.jobs.story import FAULT_S, HIT, Story, alarm, at, rows, story
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.contain.measure import ERROR_RATE
from tocsin.contain.verify import Rate
from tocsin.detect.finding import Layer
from tocsin.jobs.harm import Harmed, harmed, scan_cells


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Story]:
    with story(tmp_path) as one:
        one.fault()
        yield one


def opened(told: Story, measure: str = "selection_rate") -> Harmed:
    incident = told.incident(told.detect(alarm(Layer.PERFORMANCE, measure)))
    with told.rings.database.reading() as conn:
        return harmed(told.rings, conn, incident, at(160))


def rate(told: Story, one: Harmed, start_s: float, end_s: float) -> Rate:
    with told.rings.database.reading() as conn:
        return one.rate(conn, Span(at(start_s), at(end_s)))


def by_hand(start_s: float, end_s: float) -> Rate:
    parts = [
        *rows(0, FAULT_S, hit_rate=0.6, seed=1).to_pylist(),
        *rows(FAULT_S, 160, hit_rate=0.15, seed=2).to_pylist(),
    ]
    span = Span(at(start_s), at(end_s))
    mine = [r for r in parts if r["s_employer"] == "government" and span.holds(r["at"])]
    return Rate(sum(r["prediction"] == "true" for r in mine), len(mine))


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(100, 150), (101.3, 148.7), (121.1, 123.9), (123, 128), (130, 130)]
)
def test_a_rate_is_exact_to_the_second_whatever_the_buckets(
    told: Story, start_s: float, end_s: float
) -> None:
    assert rate(told, opened(told), start_s, end_s) == by_hand(start_s, end_s)


def test_a_series_holds_every_bucket_the_empty_ones_as_well(told: Story) -> None:
    one = opened(told)
    with told.rings.database.reading() as conn:
        series = one.series(conn, Span(at(110), at(175)))
    assert [span.start for span, _ in series] == [at(110 + 5 * k) for k in range(13)]
    assert series[-1][1] == Rate(0, 0)
    assert series[2][1] == by_hand(120, 125)


def test_the_baseline_is_the_reference_of_the_slice(told: Story) -> None:
    baseline, phi = opened(told).baseline()
    assert baseline.share == pytest.approx(0.6, abs=0.04)
    assert 1 <= phi < 2


def test_what_needs_outcomes_is_counted_by_buckets_and_is_none_without_them(told: Story) -> None:
    one = opened(told, "accuracy")
    assert one.counted is ERROR_RATE
    assert rate(told, one, 100, 150) == Rate(0, 0)


def test_an_unprofiled_slice_is_counted_on_the_lake_and_compared_by_its_condition(
    told: Story,
) -> None:
    one = opened(told)
    both = Slice.of({"employer": "government", "region": "north"})
    narrow = replace(one, incident=replace(one.incident, slice=both))
    assert narrow.profiled == HIT
    # the lake has no attribute `region`: nobody is in the slice
    assert rate(told, narrow, 100, 150) == Rate(0, 0)


def test_every_slice_is_scanned_against_its_own_reference(told: Story) -> None:
    one = opened(told)
    with told.rings.database.reading() as conn:
        sums = one.cells(conn, Span(at(120), at(160)))
    cells = {slice_: (now, was) for slice_, now, was in scan_cells(one, sums)}
    assert set(cells) == {EVERYONE, HIT, Slice.of({"employer": "private"})}
    now, was = cells[HIT]
    assert now == by_hand(120, 160)
    assert was.share == pytest.approx(0.6, abs=0.04)
