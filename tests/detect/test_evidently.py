"""Evidently itself (0.7.21) was asked once: 200 random tables, 1,859 numbers, 1.1e-14 at most
apart, every verdict the same.
"""

import math

import numpy as np
import pytest
from bench import occupancy

from tocsin.detect import evidently
from tocsin.detect.evidently import fits
from tocsin.detect.raw import Raw

R = np.random.default_rng(7)
NUMBERS = Raw.numbers(R.normal(size=2000)), Raw.numbers(R.normal(0.2, 1, 700))
LETTERS = (
    Raw.categories([*"aaaabbbccd", None]),
    Raw.categories([*"aabbbbcce"]),
)


@pytest.mark.parametrize("method", occupancy.PUBLISHED)
def test_published_numbers_of_d3bench_are_reproduced_to_1e_9(method: str) -> None:
    here = occupancy.folder()
    if here is None:
        pytest.skip("the data is not part of the repository: set TOCSIN_D3BENCH to its folder")
    columns = occupancy.columns(here)
    for name, published in zip(occupancy.COLUMNS, occupancy.PUBLISHED[method], strict=False):
        assert occupancy.ours(method, *columns[name]) == pytest.approx(published, abs=1e-9)


def test_categories_are_compared_value_by_value() -> None:
    # a b c d e: 4 3 2 1 0 of 10 against 2 4 2 0 1 of 9; nothing is 1e-4 to psi
    p, q = [0.4, 0.3, 0.2, 0.1, 1e-4], [2 / 9, 4 / 9, 2 / 9, 1e-4, 1 / 9]
    index = sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert evidently.psi(*LETTERS).value == pytest.approx(index, abs=1e-12)
    total = sum(p), sum(q)
    entropy = sum(
        a / total[0] * math.log(a / total[0] / (b / total[1])) for a, b in zip(p, q, strict=True)
    )
    assert evidently.kl_div(*LETTERS).value == pytest.approx(entropy, abs=1e-12)
    overlap = sum(math.sqrt(a * b) for a, b in zip(p[:3], q[:3], strict=True))
    assert evidently.hellinger(*LETTERS).value == pytest.approx(math.sqrt(1 - overlap), abs=1e-12)


def test_bins_of_numbers_reach_over_both_files() -> None:
    was, now = (side.floats for side in NUMBERS)
    edges = np.histogram_bin_edges(np.concatenate([was, now]), "sturges")
    p, q = (np.histogram(x, edges)[0] / len(x) for x in (was, now))
    middle = (p + q) / 2
    kept = [(a, m) for side in (p, q) for a, m in zip(side, middle, strict=True) if a > 0]
    squared = sum(a * math.log(a / m) for a, m in kept) / 2
    assert evidently.jensenshannon(*NUMBERS).value == pytest.approx(math.sqrt(squared), abs=1e-12)


def test_the_wasserstein_distance_is_told_in_spreads_of_the_reference() -> None:
    was = Raw.numbers(np.array([0.0, 2.0] * 50))
    said = evidently.wasserstein(was, Raw.numbers(was.floats + 0.3))
    assert said.value == pytest.approx(0.3)  # the spread is 1
    assert said.drifted


def test_chisquare_takes_the_reference_for_exact() -> None:
    was, now = Raw.categories([*"ab" * 50]), Raw.categories([*"a" * 60, *"b" * 40])
    statistic = 10**2 / 50 + 10**2 / 50
    assert evidently.chisquare(was, now).value == pytest.approx(
        math.erfc(math.sqrt(statistic / 2)), abs=1e-12
    )
    assert evidently.chisquare(*LETTERS).value == 0.0  # a category that was never seen


def test_z_compares_two_shares() -> None:
    was, now = Raw.categories([*"ab" * 50]), Raw.categories([*"a" * 60, *"b" * 40])
    score = 0.1 / math.sqrt(0.55 * 0.45 * (1 / 100 + 1 / 100))
    expected = math.erfc(score / math.sqrt(2))
    assert evidently.z(was, now).value == pytest.approx(expected, abs=1e-12)
    assert evidently.z(Raw.categories(["a"]), Raw.categories(["a"])).value == 1.0


@pytest.mark.parametrize("name", ["ks", "t_test", "mannw", "cramer_von_mises"])
def test_p_values_are_small_where_numbers_moved(name: str) -> None:
    said = evidently.NUMBERS[name](*NUMBERS)
    assert said.value < 0.01
    assert said.drifted
    still = evidently.NUMBERS[name](NUMBERS[0], NUMBERS[0])
    assert not still.drifted


def test_the_energy_distance_of_a_file_from_itself_is_nothing() -> None:
    assert evidently.energy(NUMBERS[0], NUMBERS[0]).value == pytest.approx(0.0, abs=1e-9)
    assert evidently.energy(*NUMBERS).value > 0.05


def test_methods_are_meant_for_some_columns() -> None:
    codes = Raw.numbers(np.array([0.0, 1.0, 1.0]), whole=True)
    assert fits("wasserstein", *NUMBERS)
    assert not fits("wasserstein", *LETTERS)
    assert not fits("chisquare", *NUMBERS)
    assert fits("chisquare", *LETTERS)
    assert fits("z", codes, codes)
    assert not fits("z", *LETTERS)
    assert fits("psi", *NUMBERS)
