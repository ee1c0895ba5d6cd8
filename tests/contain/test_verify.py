import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.contain.verify import Rate, Recovery, Verification, verify

AT = datetime(2026, 11, 20, 14, 31, tzinfo=UTC)


def look(
    baseline: Rate, before: Rate, after: Rate, *, phi: float = 1.0, odds: float = 20.0
) -> Verification:
    return verify(
        baseline,
        before,
        after,
        incident="inc_1",
        measure="selection_rate",
        at=AT,
        slice_=Slice.of({"region": "north"}),
        phi=phi,
        odds=odds,
    )


def test_a_return_to_the_baseline_is_recovery_and_its_sentence_holds_the_numbers() -> None:
    said = look(Rate(5_800, 10_000), Rate(42, 200), Rate(142, 244))
    assert said.verdict is Recovery.RECOVERED
    for words in ("58.2 %", "142 of 244", "21.0 %", "58.0 %", "region=north", "recovered"):
        assert words in said.text


def test_the_incident_going_on_is_not_yet() -> None:
    assert look(Rate(5_800, 10_000), Rate(42, 200), Rate(21, 100)).verdict is Recovery.NOT_YET


def test_deeper_harm_is_worse() -> None:
    assert look(Rate(5_800, 10_000), Rate(420, 2_000), Rate(10, 300)).verdict is Recovery.WORSE
    assert look(Rate(500, 10_000), Rate(200, 1_000), Rate(150, 300)).verdict is Recovery.WORSE


def test_a_fallback_that_is_near_but_not_at_the_baseline_counts_as_recovered() -> None:
    assert look(Rate(5_800, 10_000), Rate(420, 2_000), Rate(150, 300)).verdict is Recovery.RECOVERED


def test_no_decisions_since_containment_say_nothing() -> None:
    said = look(Rate(58, 100), Rate(21, 100), Rate(0, 0))
    assert (said.verdict, said.evidence) == (Recovery.NOT_YET, 0.0)
    assert "cannot be said yet" in said.text


def test_the_evidence_is_the_ratio_of_two_beta_binomial_likelihoods() -> None:
    baseline, before, after = Rate(58, 100), Rate(9, 40), Rate(12, 25)
    expected = betabinom.logpmf(12, 25, 58.5, 42.5) - betabinom.logpmf(12, 25, 9.5, 31.5)
    assert look(baseline, before, after).evidence == pytest.approx(float(expected), abs=1e-9)


@given(k=st.integers(0, 50), phi=st.floats(1.0, 8.0), before=st.integers(0, 40))
def test_over_dispersion_never_strengthens_clear_evidence(k: int, phi: float, before: int) -> None:
    plain = look(Rate(600, 1_000), Rate(before, 100), Rate(k, 50))
    spread = look(Rate(600, 1_000), Rate(before, 100), Rate(k, 50), phi=phi)
    if abs(plain.evidence) > 3:
        assert abs(spread.evidence) <= abs(plain.evidence) + 1e-9
    assert math.isfinite(spread.evidence)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("p0", "p1"), [(0.6, 0.25), (0.05, 0.12)])
def test_watched_at_every_batch_an_incident_that_goes_on_is_called_recovered_at_most_once_in_20(
    seed: int, p0: float, p1: float
) -> None:
    rng = np.random.default_rng(seed)
    runs, wrong, called_worse = 400, 0, 0
    for _ in range(runs):
        before = Rate(int(rng.binomial(300, p1)), 300)
        baseline = Rate(int(rng.binomial(5_000, p0)), 5_000)
        totals = np.cumsum(rng.binomial(20, p1, size=60))
        verdicts = [
            look(baseline, before, Rate(int(k), 20 * (i + 1))).verdict for i, k in enumerate(totals)
        ]
        wrong += Recovery.RECOVERED in verdicts
        called_worse += Recovery.WORSE in verdicts
    # three standard errors of a share of 1/20 in 400 runs
    limit = runs * (1 / 20 + 3 * math.sqrt(0.05 * 0.95 / runs))
    assert wrong <= limit
    assert called_worse <= limit


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_error_rate_holds_for_clumped_decisions_of_known_dispersion(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    p1, size, rho, runs, wrong = 0.25, 20, 0.1, 400, 0
    phi = 1 + (size - 1) * rho  # variance of a batch over its binomial value
    a, b = p1 * (1 / rho - 1), (1 - p1) * (1 / rho - 1)
    for _ in range(runs):
        before = Rate(int(rng.binomial(size, rng.beta(a, b, 30)).sum()), size * 30)
        totals = np.cumsum(rng.binomial(size, rng.beta(a, b, 60)))
        wrong += any(
            look(Rate(3_000, 5_000), before, Rate(int(k), size * (i + 1)), phi=phi).verdict
            is Recovery.RECOVERED
            for i, k in enumerate(totals)
        )
    assert wrong <= runs * (1 / 20 + 3 * math.sqrt(0.05 * 0.95 / runs))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_true_recovery_is_nearly_always_seen_within_200_decisions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen = sum(
        look(
            Rate(int(rng.binomial(5_000, 0.6)), 5_000),
            Rate(int(rng.binomial(300, 0.25)), 300),
            Rate(int(rng.binomial(200, 0.55)), 200),
        ).verdict
        is Recovery.RECOVERED
        for _ in range(200)
    )
    assert seen >= 196


def test_impossible_counts_are_refused() -> None:
    good = Rate(5, 10)
    for bad in (Rate(11, 10), Rate(-1, 10)):
        with pytest.raises(BadInput, match="is no rate"):
            look(good, good, bad)
    with pytest.raises(BadInput, match="baseline"):
        look(Rate(0, 0), good, good)
    with pytest.raises(BadInput, match="phi"):
        look(good, good, good, phi=0.5)


def test_of_one_version_the_sentence_says_whose_decisions_were_compared() -> None:
    rates = (Rate(5_800, 10_000), Rate(42, 200), Rate(142, 244))
    said = verify(*rates, incident="inc_1", measure="selection_rate", at=AT, version="v2")
    assert said.version == "v2"
    whom = "selection rate of everyone whom version v2 decides or would decide recovered"
    assert said.text.startswith(whom)
