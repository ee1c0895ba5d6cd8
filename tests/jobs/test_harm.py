import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from tests.jobs.story import FAULT_S, HIT, REGIONAL, Story, alarm, at, regional, rows, story
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


BOTH = Slice.of({"employer": "government", "region": "north"})
REGIONAL_ROWS = [
    regional(rows(0, FAULT_S, hit_rate=0.6, seed=1)),
    regional(rows(FAULT_S, 160, hit_rate=0.6, seed=2), hit_rate=0.1),
]


@pytest.fixture
def crossed(tmp_path: Path) -> Iterator[Story]:
    """A story in which government employees in the north alone are hit; outcomes are known."""
    with story(tmp_path, REGIONAL) as one:
        for part in REGIONAL_ROWS:
            one.decide(part)
            one.learn_outcomes(part)
        yield one


def of_both(crossed: Story, measure: str = "selection_rate") -> Harmed:
    seen = replace(alarm(Layer.PERFORMANCE, measure), slice=BOTH)
    incident = crossed.incident(crossed.detect(seen, slice_=BOTH))
    with crossed.rings.database.reading() as conn:
        return harmed(crossed.rings, conn, incident, at(160))


def in_both(table: pa.Table, start_s: float, end_s: float) -> list[tuple[bool, bool]]:
    """Return by hand answer and outcome of each decision about those who are hit."""
    span = Span(at(start_s), at(end_s))
    return [
        (row["prediction"] == "true", k % 2 == 1)
        for k, row in enumerate(table.to_pylist())
        if (row["s_employer"], row["s_region"]) == ("government", "north") and span.holds(row["at"])
    ]


def crossed_by_hand(start_s: float, end_s: float) -> Rate:
    mine = [pair for part in REGIONAL_ROWS for pair in in_both(part, start_s, end_s)]
    return Rate(sum(yes for yes, _ in mine), len(mine))


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(100, 150), (101.3, 148.7), (121.1, 123.9), (123, 128), (130, 130)]
)
def test_a_rate_of_an_intersection_is_exact_to_the_second(
    crossed: Story, start_s: float, end_s: float
) -> None:
    one = of_both(crossed)
    assert one.profiled == BOTH
    assert rate(crossed, one, start_s, end_s) == crossed_by_hand(start_s, end_s)


def test_whole_buckets_of_an_intersection_are_counted_without_the_lake(
    crossed: Story, tmp_path: Path
) -> None:
    one = of_both(crossed)
    shutil.rmtree(tmp_path / "lake")
    assert rate(crossed, one, 100, 150) == crossed_by_hand(100, 150)


def test_an_intersection_is_compared_with_its_own_reference(crossed: Story) -> None:
    reference = regional(rows(0, 600, hit_rate=0.6, seed=99))
    mine = in_both(reference, 0, 600)
    baseline, phi = of_both(crossed).baseline()
    assert baseline == Rate(sum(yes for yes, _ in mine), len(mine))
    assert 1 <= phi < 2


def test_errors_of_an_intersection_are_counted_once_outcomes_are_known(crossed: Story) -> None:
    one = of_both(crossed, "accuracy")
    assert one.counted is ERROR_RATE
    mine = [pair for part in REGIONAL_ROWS for pair in in_both(part, 100, 150)]
    wrong = sum(yes is not truth for yes, truth in mine)
    assert rate(crossed, one, 100, 150) == Rate(wrong, len(mine))


def test_a_series_of_an_intersection_has_a_rate_in_each_bucket(crossed: Story) -> None:
    one = of_both(crossed)
    with crossed.rings.database.reading() as conn:
        series = one.series(conn, Span(at(110), at(165)))
    assert [found for _, found in series] == [
        crossed_by_hand(110 + 5 * k, 115 + 5 * k) for k in range(11)
    ]


def test_an_intersection_that_is_hit_is_scanned_beside_the_single_slices(crossed: Story) -> None:
    one = of_both(crossed)
    with crossed.rings.database.reading() as conn:
        sums = one.cells(conn, Span(at(120), at(160)))
        assert one.cells(conn, Span(at(900), at(960))) == {}
    cells = {slice_: (now, was) for slice_, now, was in scan_cells(one, sums)}
    assert len(cells) == 1 + 4 + 1
    assert cells[BOTH] == (crossed_by_hand(120, 160), one.baseline()[0])


def test_people_deeper_than_the_cube_is_asked_are_counted_on_the_lake(crossed: Story) -> None:
    one = of_both(crossed)
    deep = Slice.of({**BOTH.as_dict(), "sex": "f"})
    narrow = replace(one, incident=replace(one.incident, slice=deep))
    assert narrow.profiled == HIT
    assert rate(crossed, narrow, 100, 150) == Rate(0, 0)


def test_every_slice_is_scanned_against_its_own_reference(told: Story) -> None:
    one = opened(told)
    with told.rings.database.reading() as conn:
        sums = one.cells(conn, Span(at(120), at(160)))
    cells = {slice_: (now, was) for slice_, now, was in scan_cells(one, sums)}
    assert set(cells) == {EVERYONE, HIT, Slice.of({"employer": "private"})}
    now, was = cells[HIT]
    assert now == by_hand(120, 160)
    assert was.share == pytest.approx(0.6, abs=0.04)
