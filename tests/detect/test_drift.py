import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from tests.detect.counted import LAYOUT, SPEC, Truth, baseline, window
from tests.detect.looks import alarms, look
from tests.profile.rows import LENDING, START, lake_rows, replaced, spec_of, table
from tocsin.detect import drift as room
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import Alphas
from tocsin.detect.drift import components, divergence, drift
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.look import Look
from tocsin.profile.blocks import blocks
from tocsin.profile.layout import layout_of
from tocsin.profile.window import add

RAW = table(20_000, 21)
RAW_SPEC = spec_of(RAW)
USUAL = Baseline.of(blocks(lake_rows(RAW, RAW_SPEC), RAW_SPEC))


def drifted(raw: object, alpha: float = 1e-6) -> list[Finding]:
    rows = lake_rows(raw, RAW_SPEC)  # pyright: ignore[reportArgumentType] - a table
    current = add(blocks(rows, RAW_SPEC, 1))
    one = Look(
        layout=layout_of(RAW_SPEC),
        system=LENDING,
        window=current,
        baseline=USUAL,
        current=stacked(current, RAW_SPEC),
        reference=USUAL.counts(RAW_SPEC)[0],
        harm=Alphas.alike(alpha),
        other=Alphas.alike(alpha),
    )
    return drift(one)


def everyone(found: list[Finding], column: str) -> Finding:
    (one,) = [f for f in found if f.column == column and not f.slice.conditions]
    return one


def test_components_are_orthonormal_under_the_reference() -> None:
    r = np.random.default_rng(1)
    p = r.dirichlet(np.ones(10), 5)
    h = components(p)
    gram = np.einsum("sjb,skb,sb->sjk", h, h, p)
    assert gram == pytest.approx(np.broadcast_to(np.eye(4), (5, 4, 4)), abs=1e-8)
    assert np.einsum("skb,sb->sk", h, p) == pytest.approx(np.zeros((5, 4)), abs=1e-8)


def test_components_that_few_bins_cannot_carry_are_zero() -> None:
    h = components(np.array([[0.4, 0.6, 0.0, 0.0, 0.0]]))
    assert np.abs(h[0, 0]).max() > 0
    assert np.abs(h[0, 1:]).max() == 0


def test_divergence_is_scipys_less_what_chance_adds() -> None:
    r = np.random.default_rng(1)
    p, q = r.dirichlet(np.ones(10), 2)
    huge = np.array([1e15])
    exact = float(jensenshannon(p, q, base=2)) ** 2
    assert divergence(p[None], q[None], huge, huge)[0] == pytest.approx(exact)


def test_divergence_without_change_is_about_nothing_however_few_rows() -> None:
    r = np.random.default_rng(1)
    p = np.full((400, 10), 0.1)
    q = r.multinomial(50, p[0], 400) / 50
    found = divergence(p, q, np.full(400, 50.0), np.full(400, 1e6))
    assert found.mean() < 0.01  # the raw divergence is 0.03 here


def test_at_an_empty_bin_a_component_stays_between_its_values_at_filled_ones() -> None:
    p = np.array([[0.3, 0.0, 0.29, 0.01, 0.0, 0.2, 0.0, 0.19, 0.01]])
    h = components(p)[0]
    filled = h[:, p[0] > 0]
    assert (np.abs(filled) > 0).any(-1).all()
    assert (h <= filled.max(-1, keepdims=True)).all()
    assert (h >= filled.min(-1, keepdims=True)).all()


@pytest.mark.parametrize(
    ("truth", "n"),
    [
        *((Truth(rho=rho), n) for rho in (0.0, 0.002, 0.01) for n in (300, 3000)),
        (Truth(sway=0.05), 300),
        (Truth(sway=0.1), 300),
        (Truth(sway=0.1), 500),
    ],
)
def test_without_change_alarms_are_no_more_frequent_than_stated(
    truth: Truth, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "DRIFTED", 0.0)
    alpha, false = 0.01, 0
    for seed in range(3):
        r = np.random.default_rng([seed, n])
        usual = baseline(500, r, truth)
        for _ in range(60):
            false += len(alarms(drift(look(window(n, r, truth), usual, alpha))))
    tests_a_window = 4 * (len(SPEC.slices) + 1) + 2
    assert false <= alpha * 180 * tests_a_window


def test_no_change_in_real_rows_is_quiet() -> None:
    assert alarms(drifted(table(5000, 22, start=START))) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_shift_of_half_a_standard_deviation_is_found_in_1000_rows(seed: int) -> None:
    raw = table(1000, 30 + seed)
    years = [None if y is None else y + 2 for y in raw["education_years"].to_pylist()]
    one = everyone(drifted(replaced(raw, "education_years", years)), "education_years")
    assert one.verdict is Verdict.ALARM
    assert one.evidence > 6


def test_a_change_of_spread_alone_is_found() -> None:
    raw = table(2000, 41)
    years = [None if y is None else 13 + (y - 13) * 0.4 for y in raw["education_years"].to_pylist()]
    found = drifted(replaced(raw, "education_years", years))
    assert everyone(found, "education_years").verdict is Verdict.ALARM


def test_a_change_of_several_components_is_found_that_none_shows_alone() -> None:
    h, dof = np.ones((2, 4, 3)), np.full((2, 4), 30.0)
    squares = np.array([[9.0, 9.0, 9.0, 9.0], [9.0, 0.0, 0.0, 0.0]])
    several, one = 10 ** -room._of_components(squares, h, dof)  # pyright: ignore[reportPrivateUsage]
    assert several == pytest.approx(2 * stats.f.sf(9.0, 4, 30))
    assert one == pytest.approx(4 * stats.t.sf(3.0, 30))
    assert several < one / 10


def test_a_category_that_grew_is_named_with_its_shares() -> None:
    raw = table(2000, 42)
    purposes = ["phone" if k % 4 == 0 else p for k, p in enumerate(raw["purpose"].to_pylist())]
    one = everyone(drifted(replaced(raw, "purpose", purposes)), "purpose")
    assert one.verdict is Verdict.ALARM
    assert "phone is 4" in one.why


def test_a_change_in_the_mix_of_people_is_found() -> None:
    raw = table(2000, 43)
    employers = ["self" if k % 3 == 0 else e for k, e in enumerate(raw["employer"].to_pylist())]
    one = everyone(drifted(replaced(raw, "employer", employers)), "employer")
    assert one.verdict is Verdict.ALARM


def test_drift_in_one_slice_alone_is_strongest_there() -> None:
    raw = table(4000, 44)
    both = zip(raw["education_years"].to_pylist(), raw["employer"].to_pylist(), strict=True)
    years = [y + 4 if y is not None and e == "government" else y for y, e in both]
    found = alarms(drifted(replaced(raw, "education_years", years)))
    moved = [f for f in found if f.column == "education_years"]
    assert max(moved, key=lambda f: f.evidence).slice.key == "employer=government"


def test_missing_values_alone_are_no_drift() -> None:
    raw = table(4000, 45)
    years = [None if k % 2 else y for k, y in enumerate(raw["education_years"].to_pylist())]
    found = drifted(replaced(raw, "education_years", years))
    assert everyone(found, "education_years").verdict is Verdict.OK


def test_too_few_values_are_insufficient() -> None:
    found = drifted(table(40, 46))
    assert {f.verdict for f in found if f.column != "score"} == {Verdict.INSUFFICIENT}


def test_bins_cover_all_places_of_a_feature_once() -> None:
    r = np.random.default_rng(1)
    one = look(window(500, r), baseline(500, r))
    for binned in room.columns(one):
        counts = binned.of(one.current)
        places = one.current[:, binned.places]
        assert np.array_equal(counts.sum(-1), places.sum(-1))
        assert binned.column == "score" or LAYOUT.places[f"f_{binned.column}.missing"]
