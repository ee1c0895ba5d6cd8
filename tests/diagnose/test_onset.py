import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma, poisson

from tocsin.base.errors import BadInput
from tocsin.diagnose.onset import Onset, onset


def test_the_posterior_is_the_integral_of_the_poisson_likelihood_over_the_rate_ratio() -> None:
    observed, expected = [3, 9, 8], [4.0, 4.0, 5.0]

    def evidence(start: int) -> float:
        before = np.prod(
            [poisson.pmf(o, e) for o, e in zip(observed[:start], expected[:start], strict=True)]
        )

        def likelihood(r: float) -> float:
            pairs = zip(observed[start:], expected[start:], strict=True)
            after = np.prod([poisson.pmf(o, r * e) for o, e in pairs])
            return float(after * gamma.pdf(r, 2.0, scale=1.0))

        return float(before) * float(quad(likelihood, 0, 30)[0])

    by_hand = np.array([evidence(k) for k in range(3)])
    assert onset(observed, expected).probability == pytest.approx(
        (by_hand / by_hand.sum()).tolist(), rel=1e-5
    )


@pytest.mark.parametrize(("ratio", "seed"), [(2.0, 1), (2.0, 2), (0.4, 3), (0.4, 4)])
def test_rises_and_drops_are_dated_and_the_credible_run_holds_the_truth(
    ratio: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    held, off = 0, list[int]()
    for _ in range(200):
        start = int(rng.integers(5, 40))
        expected = np.full(48, 8.0)
        observed = rng.poisson(np.where(np.arange(48) >= start, ratio * expected, expected))
        posterior = onset(observed.tolist(), expected.tolist())
        first, last = posterior.credible(0.9)
        held += first <= start <= last
        off.append(abs(posterior.likeliest - start))
    assert held >= 0.86 * 200  # 90 % less two standard errors
    assert np.median(off) <= 1


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.floats(0, 10_000)), min_size=1, max_size=60),
    st.floats(1, 20),
)
def test_any_counts_give_a_probability_for_every_bucket(
    pairs: list[tuple[int, float]], phi: float
) -> None:
    posterior = onset([o for o, _ in pairs], [e for _, e in pairs], phi=phi)
    assert len(posterior.probability) == len(pairs)
    assert sum(posterior.probability) == pytest.approx(1.0)
    assert all(p >= 0 for p in posterior.probability)


def test_over_dispersion_spreads_the_posterior() -> None:
    observed, expected = [5, 6, 5, 12, 11, 13], [5.0] * 6
    sharp = onset(observed, expected).probability
    assert max(onset(observed, expected, phi=4.0).probability) < max(sharp)


def test_the_credible_run_is_the_shortest_one() -> None:
    assert Onset((0.1, 0.1, 0.7, 0.1)).credible(0.75) == (1, 2)
    assert Onset((1.0,)).credible() == (0, 0)


def test_impossible_series_are_refused() -> None:
    for observed, expected in (([], []), ([1], [1, 2]), ([-1], [1]), ([1], [float("nan")])):
        with pytest.raises(BadInput, match="onset"):
            onset(observed, expected)
    with pytest.raises(BadInput, match="phi"):
        onset([1], [1], phi=0.0)
