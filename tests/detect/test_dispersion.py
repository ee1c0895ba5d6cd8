import numpy as np
import pytest

from tocsin.detect import tails
from tocsin.detect.dispersion import (
    Dispersion,
    at_two_lengths,
    dispersion,
    each_apart,
    only_chance,
)
from tocsin.detect.rates import residuals
from tocsin.detect.tails import Numbers
from tocsin.profile.cell import Counts


def drawn(rho: float, seed: int, n: int = 500, cells: int = 12) -> Dispersion:
    """Return the dispersion of shares that wobble with intraclass correlation `rho`."""
    r = np.random.default_rng(seed)
    share = np.full((20, 4, cells), 0.3)
    if rho:
        a = 0.3 * (1 / rho - 1)
        share = r.beta(a, a * 0.7 / 0.3, (20, 4, cells))
    k = r.binomial(n, share)
    p = k.mean(0) / n
    return dispersion((k - n * p) / np.sqrt(n * p * (1 - p)), np.full(k.shape, float(n)))


@pytest.mark.parametrize("seed", range(5))
def test_chance_alone_is_not_charged(seed: int) -> None:
    found = drawn(0.0, seed)
    assert found.phi_block.mean() < 1.1
    assert found.phi(np.array([[10_000.0]])).mean() < 3


@pytest.mark.parametrize("rho", [0.002, 0.01])
@pytest.mark.parametrize("seed", range(3))
def test_wobble_is_found_in_its_true_size(rho: float, seed: int) -> None:
    found = drawn(rho, seed)
    assert found.rho.mean() == pytest.approx(rho, rel=0.5)
    assert found.phi(np.array([[5000.0]])).mean() == pytest.approx(1 + 4999 * rho, rel=0.5)


def test_a_cell_that_wobbles_alone_is_charged_more_than_its_calm_family() -> None:
    r = np.random.default_rng(3)
    residual = r.normal(size=(20, 4, 25))
    residual[:, 0, 0] *= 6
    found = dispersion(residual, np.full(residual.shape, 400.0))
    calm = np.delete(found.phi_block.ravel(), 0)
    assert found.phi_block[0, 0] > 5 * float(np.median(calm))


def test_known_dispersion_has_a_thin_tail_and_estimated_a_thick_one() -> None:
    assert np.isinf(only_chance((2, 2)).tail_dof(np.ones((2, 2)))).all()
    found = drawn(0.01, 1)
    phi = found.phi(np.full((4, 12), 5000.0))
    assert np.isfinite(found.tail_dof(phi)).all()


def test_a_window_longer_than_a_block_averages_its_wobbles() -> None:
    found = drawn(0.01, 1)
    n = np.array([[5000.0]])
    assert found.phi(n, blocks_long=10).mean() < found.phi(n).mean() / 4


def test_a_wobble_that_lasts_for_blocks_is_remembered() -> None:
    r = np.random.default_rng(4)
    slow = np.repeat(r.normal(size=(4, 3, 10)), 5, axis=0) * 3
    found = dispersion(slow, np.full(slow.shape, 300.0))
    assert (found.memory > 2).all()
    quick = dispersion(r.normal(size=(20, 3, 10)), np.full((20, 3, 10), 300.0))
    assert (quick.memory == 1).all()


def test_too_few_blocks_or_events_charge_nothing() -> None:
    one = dispersion(np.zeros((1, 2, 2)), np.full((1, 2, 2), 100.0))
    assert (one.phi_block == 1).all()
    nothing = np.full((20, 2, 2), np.nan)
    assert (dispersion(nothing, np.zeros((20, 2, 2))).phi_block == 1).all()


def test_measures_that_are_families_apart_do_not_shrink_to_one_another() -> None:
    r = np.random.default_rng(1)
    residual = r.normal(size=(20, 8, 2)) * [1.0, 4.0]
    n = np.full(residual.shape, 300.0)
    apart = each_apart(residual, n)
    assert (apart.phi_block[:, 0] < 1.5).all()
    assert (apart.phi_block[:, 1] > 8).all()
    assert apart.rho.shape == dispersion(residual, n).rho.shape == (8, 2)


def test_a_part_is_cut_along_the_measures() -> None:
    found = drawn(0.01, 1)
    assert np.array_equal(found.part(2, 5).rho, found.rho[:, 2:5])


def clumped(r: np.random.Generator, clumps: tuple[int, ...], rho: float = 0.2) -> Counts:
    """Return the events of clumps of 40 rows, whose shares differ by intraclass correlation."""
    a = 0.3 * (1 / rho - 1)
    return r.binomial(40, r.beta(a, a * 0.7 / 0.3, clumps))


def two_lengths(r: np.random.Generator) -> tuple[Dispersion, Dispersion]:
    """Return the dispersion of 20 blocks of 25 clumps, and with stretches of 2 clumps beside."""
    parts = clumped(r, (20, 25, 6))
    p = parts.mean((0, 1)) / 40

    def told(k: Numbers) -> Dispersion:
        n = np.full((20, 1, 6), 40.0 * (25 if k.max() > 80 else 2))
        return dispersion((k - n * p) / np.sqrt(n * p * (1 - p)), n)

    blocks, stretches = parts.sum(1)[:, None], parts[:, :2].sum(1)[:, None]
    return told(blocks.astype(float)), at_two_lengths(told, blocks, stretches)


@pytest.mark.parametrize("seed", range(4))
def test_a_wobble_shorter_than_a_block_is_charged_to_short_windows(seed: int) -> None:
    r = np.random.default_rng(seed)
    truth = 1 + 39 * 0.2
    alone, both = two_lengths(r)
    for clumps in (1, 2, 5, 25):
        n = np.array([[40.0 * clumps]])
        assert (both.phi(n) >= alone.phi(n)).all()
        assert truth / 2 < both.phi(n).mean() < truth * 2
    assert alone.phi(np.array([[80.0]])).mean() < truth / 3
    assert (both.phi(np.array([[5.0]])) <= 5).all()


@pytest.mark.parametrize("clumps", [2, 5, 15])
def test_the_stated_rate_holds_in_windows_shorter_than_the_wobbles_of_blocks(clumps: int) -> None:
    false = {"alone": 0, "both": 0}
    looks, n = 0, np.array([[40.0 * clumps]])
    for seed in range(40):
        r = np.random.default_rng(seed)
        for name, spread in zip(false, two_lengths(r), strict=True):
            phi = spread.phi(n)
            needed = tails.exponent(0.01 / 2, spread.tail_dof(phi))
            share = clumped(r, (50, clumps, 6)).sum(1) / n
            cost = tails.two_samples(share, n / phi, np.full_like(share, 0.3), 1e9 * n)
            false[name] += int((cost >= needed).sum())
        looks += 300
    assert false["both"] <= 0.01 * looks + 3 * np.sqrt(0.01 * looks)
    if clumps <= 5:
        assert false["alone"] > 3 * 0.01 * looks


CALM = 19


def beside(
    r: np.random.Generator, parts: int, n: int, moved: float = 0.0
) -> tuple[Numbers, Numbers]:
    """Return events and rows of one measure in clumps and of calm ones, (parts, slices, measures).

    Everyone is first, then two slices; the last measure is moved.
    """
    a = 0.1 * (1 / 0.02 - 1)
    share = np.full((parts, 1, CALM + 1), 0.1)
    share[:, 0, 0] = r.beta(a, 9 * a, parts)
    share[:, 0, -1] += moved
    rows = r.poisson([0.6 * n, 0.4 * n], (parts, 2))[:, :, None] + np.zeros((1, 1, CALM + 1), int)
    k = r.binomial(rows, share)
    both = [np.concatenate([x.sum(1, keepdims=True), x], 1).astype(float) for x in (k, rows)]
    return both[0], both[1]


def called(r: np.random.Generator, n: int, moved: float, *, lumped: bool) -> Numbers:
    """Return the share of 40 windows in which each measure is beyond chance of 1 %."""
    k, rows = beside(r, 20, n)
    residual, told = residuals(k, rows)
    kind = np.zeros(CALM + 1, np.intp) if lumped else None
    spread = dispersion(residual, rows, told=told, kind=kind)
    now, of = beside(r, 40, n, moved)
    phi = spread.phi(of)
    usual, size = k.sum(0) / rows.sum(0), rows.sum(0) / spread.phi_block
    cost = tails.two_samples(now / of, of / phi, usual, size)
    hits = cost >= tails.exponent(0.01 / 2, spread.tail_dof(phi))
    return np.asarray(hits.mean((0, 1)))


@pytest.mark.parametrize("n", [500, 2000])
def test_neither_clumps_nor_calm_beside_them_alarm_more_often_than_stated(n: int) -> None:
    looks = [called(np.random.default_rng([seed, n]), n, 0.0, lumped=False) for seed in range(30)]
    false = np.mean(looks, 0)
    assert false[0] <= 0.01
    assert false[1:].mean() <= 0.01 / 2


def test_a_calm_measure_beside_clumps_is_not_deaf() -> None:
    hits = {
        lumped: np.mean(
            [called(np.random.default_rng(s), 2000, 0.02, lumped=lumped)[-1] for s in range(20)]
        )
        for lumped in (False, True)
    }
    assert hits[False] > 1.4 * hits[True]


def test_a_measure_that_cannot_tell_is_charged_the_word_of_the_list() -> None:
    r = np.random.default_rng(2)
    residual = r.normal(size=(20, 3, 10))
    residual[..., 0] *= 5
    told = np.ones((3, 10), np.bool_)
    told[:, -1] = False
    n = np.full(residual.shape, 500.0)
    found = dispersion(residual, n, told=told)
    assert found.phi_block[0, 0] > 15
    assert (found.phi_block[:, 1:-1] < 1.2).all()
    assert (found.phi_block[:, -1] > 2).all()
    assert np.isfinite(found.dof[:, -1]).all()


def test_a_wobble_that_lasts_for_blocks_is_remembered_of_its_own_family_alone() -> None:
    r = np.random.default_rng(4)
    residual = r.normal(size=(20, 3, 10))
    residual[..., 0] = np.repeat(r.normal(size=(4, 3)), 5, axis=0) * 5
    found = dispersion(residual, np.full(residual.shape, 300.0))
    assert (found.memory[:, 0] > 2).all()
    assert (found.memory[:, 1:] == 1).all()


def test_slices_that_wobble_as_one_are_known_no_better_than_one() -> None:
    r = np.random.default_rng(4)
    one = np.repeat(5 * r.normal(size=(20, 1, 1)), 30, axis=1)
    found = dispersion(one, np.full(one.shape, 300.0))
    assert (found.dof == 19).all()


CLUMPS = np.array([1, 1, 1, 5, 40, 40])
"""Rows of a clump of each measure; the last one is rare."""


def in_clumps(r: np.random.Generator, n: int, parts: int, rare: float) -> Numbers:
    """Return how often each measure happened in parts of `n` rows, (parts, 1, measures)."""
    p = np.array([*[0.02] * (len(CLUMPS) - 1), rare])
    return (r.poisson(n * p / CLUMPS, (parts, 1, len(CLUMPS))) * CLUMPS).astype(np.float64)


def unheard(r: np.random.Generator) -> Dispersion:
    """Return the dispersion of measures that differ much; the last one never happened."""
    k = in_clumps(r, 1000, 20, 0.0)
    n = np.full(k.shape, 1000.0)
    residual, told = residuals(k, n)
    return dispersion(residual, n, told=told)


@pytest.mark.parametrize("seed", range(4))
def test_what_never_happened_is_charged_the_worst_of_its_list_and_is_not_deaf(seed: int) -> None:
    found = unheard(np.random.default_rng(seed))
    assert found.phi_block[0, -1] == pytest.approx(found.phi_block[0, :-1].max())
    assert found.dof[0, -1] > 15
    n, one = np.full((1, 1), 20_000.0), found.one(0, len(CLUMPS) - 1)
    phi = one.phi(n, 20.0)
    cost = tails.two_samples(np.full((1, 1), 0.2), n / phi, np.zeros((1, 1)), n / one.phi_block)
    assert cost[0, 0] > tails.exponent(1e-6, one.tail_dof(phi))[0, 0]


@pytest.mark.parametrize("n", [300, 2000, 10_000])
def test_what_is_too_rare_for_the_reference_alarms_no_more_than_stated(n: int) -> None:
    rare, false, looks = 2e-4, 0, 0
    for seed in range(40):
        r = np.random.default_rng([seed, n])
        found = unheard(r).one(0, len(CLUMPS) - 1)
        k = in_clumps(r, n, 100, rare)[:, 0, -1:]
        size = np.full(k.shape, float(n))
        phi, usual = found.phi(size), np.full(k.shape, 20_000.0) / found.phi_block
        cost = tails.two_samples(k / size, size / phi, np.zeros(k.shape), usual)
        false += int((cost >= tails.exponent(0.01 / 2, found.tail_dof(phi))).sum())
        looks += 100
    assert false <= 0.01 * looks
