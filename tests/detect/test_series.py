import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.series import Row, Series, variance
from tocsin.ingest.kpi import KpiKind

ROWS = st.lists(
    st.builds(
        Row,
        st.integers(0, 10**6).map(float),
        st.integers(0, 100).map(float),
        st.integers(100, 200).map(float),
    ),
    min_size=1,
    max_size=40,
)


@given(ROWS, st.randoms())
def test_the_order_in_which_pieces_come_does_not_matter(rows: list[Row], random) -> None:  # pyright: ignore  # noqa: ANN001, PGH003 - hypothesis gives it no public type
    straight = Series.of(rows, 3600)
    random.shuffle(rows)
    again = Series.of(rows, 3600)
    for part in ("start_s", "total", "n"):
        assert getattr(straight, part).tolist() == getattr(again, part).tolist()


@given(ROWS)
def test_buckets_hold_all_that_came(rows: list[Row]) -> None:
    series = Series.of(rows, 3600)
    assert series.total.sum() == sum(row.total for row in rows)
    assert (np.diff(series.start_s) > 0).all()
    assert (series.start_s % 3600 == 0).all()


def test_each_kind_says_its_own_value() -> None:
    series = Series.of([Row(0, 3, 4), Row(10, 3, 8), Row(3600, 0, 0)], 3600)
    assert series.value(KpiKind.SUM).tolist() == [6, 0]
    assert series.value(KpiKind.RATE)[0] == 0.5
    assert np.isnan(series.value(KpiKind.MEAN)[1])


def test_more_rows_tell_a_rate_and_a_mean_more_surely() -> None:
    expected, n = np.array([0.5, 0.5]), np.array([100.0, 400.0])
    assert variance(KpiKind.RATE, expected, n).tolist() == [0.0025, 0.000625]
    assert variance(KpiKind.MEAN, expected, n).tolist() == [0.01, 0.0025]


def test_a_larger_sum_wobbles_more() -> None:
    wide = variance(KpiKind.SUM, np.array([10.0, 1000.0]), np.ones(2))
    assert wide[1] == 100 * wide[0]


def test_no_rows_are_no_buckets() -> None:
    assert len(Series.of([], 3600)) == 0
