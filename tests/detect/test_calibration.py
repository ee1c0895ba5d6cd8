import numpy as np
from scipy import special

from tests.detect.counted import LAYOUT, SPEC
from tests.detect.scored import Truth, baseline
from tocsin.base.slices import parse
from tocsin.detect.baseline import slice_keys, stacked
from tocsin.detect.calibration import Calibration, calibrate, curve, supported, telling
from tocsin.detect.tails import Numbers

SLICES = [parse(key) for key in slice_keys(SPEC)]
GOVERNMENT = [s.key for s in SLICES].index("employer=government")


def outcomes(truth: Truth, n: int = 2000, seed: int = 1) -> tuple[Numbers, Numbers]:
    counts = stacked(baseline(n, np.random.default_rng(seed), truth).total, SPEC)
    return counts[:, LAYOUT.places["pos_hist"]], counts[:, LAYOUT.places["neg_hist"]]


def calibrated(truth: Truth) -> tuple[Calibration, Numbers, Numbers]:
    yes, no = outcomes(truth)
    return calibrate(yes, no), yes, no


def test_a_curve_never_falls_and_keeps_the_number_of_yes() -> None:
    r = np.random.default_rng(2)
    n = r.integers(0, 60, 100).astype(float)
    yes = r.binomial(n.astype(int), np.linspace(0.05, 0.9, 100)).astype(float)
    found = curve(yes, n - yes)
    assert (np.diff(found) >= 0).all()
    assert abs((n * found).sum() - yes.sum()) < 100  # half an outcome a bin, at most one


def test_a_slice_that_differs_gets_a_curve_of_its_own() -> None:
    found, yes, _ = calibrated(Truth(bias={"government": -0.8}))
    expected = (found.labels * found.share).sum(-1)
    assert np.abs(expected - yes.sum(-1)).max() < 0.01 * yes.sum(-1).max()
    odds = np.asarray(special.logit(found.share[[GOVERNMENT, 0], 50]), np.float64)
    shift = float(odds[0] - odds[1])
    assert -0.9 < shift < -0.4  # against everyone, of whom it is a part


def test_a_slice_without_outcomes_keeps_the_curve_of_everyone() -> None:
    yes, no = outcomes(Truth())
    yes[GOVERNMENT] = no[GOVERNMENT] = 0
    found = calibrate(yes, no)
    assert np.allclose(found.share[GOVERNMENT], found.share[0])
    assert (found.doubt[GOVERNMENT] == 0).all()


def test_the_doubt_of_a_slice_is_what_its_share_of_yes_varies_by() -> None:
    truth, seen, stated = Truth(bias={"government": -0.8}), list[float](), list[float]()
    for seed in range(60):
        yes, no = outcomes(truth, 100, seed)
        found = calibrate(yes, no)
        seen.append(float(found.share[GOVERNMENT].mean()))
        slope = found.slope[GOVERNMENT].mean(0)
        stated.append(float(slope @ found.doubt[GOVERNMENT] @ slope))
    assert 0.75 < np.std(seen, ddof=1) / np.sqrt(np.mean(stated)) < 1.4


def test_only_attributes_by_which_scores_mean_different_things_are_telling() -> None:
    found, yes, _ = calibrated(Truth(bias={"government": -0.8}))
    assert list(telling(found, yes, SLICES)) == ["employer"]
    plain, yes, _ = calibrated(Truth())
    assert telling(plain, yes, SLICES).keys() <= {"employer", "sex"}


def test_a_bin_is_known_by_the_outcomes_around_it() -> None:
    labels = np.zeros(100)
    labels[40:60] = 4
    assert np.flatnonzero(supported(labels, 10)).tolist() == list(range(41, 59))
