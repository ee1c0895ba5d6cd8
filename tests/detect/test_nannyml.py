"""NannyML itself (0.13.1) was asked once: 200 random tables, 8,732 numbers, 2.3e-13 at most apart,
limits and verdicts the same.  D3Bench's published numbers are in `test_evidently`.
"""

import math

import numpy as np
import pytest
from scipy import stats

from tocsin.detect import nannyml
from tocsin.detect.nannyml import chunks, distances, fits, said
from tocsin.detect.raw import Raw

R = np.random.default_rng(9)
FEW = Raw.numbers(R.normal(size=1000))
MANY = Raw.numbers(R.normal(size=20_000))
LETTERS = Raw.categories([*"aaaabbbccd" * 10])


def test_a_file_is_cut_into_tenths_and_a_rest() -> None:
    assert [len(part) for part in chunks(Raw.numbers(np.arange(891.0)))] == [89] * 10 + [1]
    assert [len(part) for part in chunks(Raw.numbers(np.arange(100.0)))] == [10] * 10


@pytest.mark.parametrize("name", nannyml.METHODS)
def test_the_reference_is_at_no_distance_from_itself(name: str) -> None:
    column = FEW if fits(name, FEW) else LETTERS
    assert distances(name, column, [column])[0] == pytest.approx(0.0, abs=1e-12)


def test_what_is_outside_the_references_bins_is_one_more_bin() -> None:
    far = Raw.numbers(np.full(50, 1000.0))
    assert distances("jensen_shannon", FEW, [far])[0] == pytest.approx(1.0)
    assert distances("hellinger", FEW, [far])[0] == pytest.approx(1.0)
    new = Raw.categories([*"xx"])
    assert distances("jensen_shannon", LETTERS, [new])[0] == pytest.approx(1.0)
    assert distances("l_infinity", LETTERS, [new])[0] == pytest.approx(1.0)


def test_categories_are_compared_share_by_share() -> None:
    # a b c d: 4 3 2 1 of 10 against 1 1 1 1 of 4
    chunk = Raw.categories([*"abcd", None])
    p, q = [0.4, 0.3, 0.2, 0.1], [0.25] * 4
    affinity = sum(math.sqrt(a * b) for a, b in zip(p, q, strict=True))
    far = distances("hellinger", LETTERS, [chunk])[0]
    assert far == pytest.approx(math.sqrt(1 - affinity), abs=1e-12)
    assert distances("l_infinity", LETTERS, [chunk])[0] == pytest.approx(0.15)


@pytest.mark.parametrize("name", ["wasserstein", "kolmogorov_smirnov"])
def test_ten_thousand_bins_come_near_the_exact_distance(name: str) -> None:
    chunk = Raw.numbers(R.normal(0.5, 2, 3000))  # some of it beyond the reference on both sides
    exact = {
        "wasserstein": stats.wasserstein_distance(MANY.floats, chunk.floats),
        "kolmogorov_smirnov": stats.ks_2samp(MANY.floats, chunk.floats).statistic,
    }
    assert distances(name, MANY, [chunk])[0] == pytest.approx(float(exact[name]), abs=2e-3)


def test_the_limit_is_three_deviations_over_the_references_chunks() -> None:
    usual = distances("jensen_shannon", FEW, chunks(FEW))
    one = said("jensen_shannon", FEW, Raw.numbers(FEW.floats + 1))
    assert one.limit == pytest.approx(float(usual.mean() + 3 * usual.std()))
    assert one.drifted
    assert one.rule == "10 of 10 chunks above"


def test_chi2_is_judged_by_its_p_value() -> None:
    one = said("chi2", LETTERS, Raw.categories([*"aaaabbbccd" * 10]))
    assert not one.drifted
    assert math.isnan(one.limit)
    assert said("chi2", LETTERS, Raw.categories([*"dddddddddd" * 10])).drifted


def test_a_chunk_without_values_is_passed_by() -> None:
    gone = Raw.numbers(np.concatenate([np.full(100, np.nan), R.normal(size=900)]))
    assert np.isnan(distances("wasserstein", FEW, [gone.part(0, 100)])[0])
    assert math.isfinite(said("wasserstein", FEW, gone).value)
