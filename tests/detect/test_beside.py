"""Gaps between some people and others, of counts drawn from a known truth."""

import math

import numpy as np
import pytest

from tocsin.detect.beside import Beside, Question, Widened, widened, wobble
from tocsin.detect.tails import Numbers

GROUPS, BLOCKS = 6, 20


def drawn(
    r: np.random.Generator, parts: int, n: int, *, sway: float = 0.0, worse: float = 0.0
) -> Beside:
    """Return parts (parts, groups) of about `n` rows a group, whose shares sway as one."""
    share = np.clip(0.5 + r.normal(0, sway, (parts, 1)) if sway else np.full((parts, 1), 0.5), 0, 1)
    rows = r.poisson(n, (parts, GROUPS)).astype(float)
    own = np.clip(share - worse * np.eye(1, GROUPS), 0, 1) * np.ones((parts, GROUPS))
    yes = r.binomial(rows.astype(int), own).astype(float)
    others = 1 - np.eye(GROUPS)
    return Beside(yes, rows, yes @ others, rows @ others)


def at(one: Beside, part: int) -> Beside:
    return Beside(one.k[part], one.n[part], one.k_rest[part], one.n_rest[part])


def asked(usual: Beside, now: Beside, alpha: float, sign: float = 1.0) -> Widened:
    spread = wobble([[usual]], None, timed=True)
    question = Question(spread, 1.0, alpha, np.full(GROUPS, sign), parity=False)
    return widened(now, usual.total(), question)


def test_a_gap_is_the_others_share_less_the_groups() -> None:
    one = Beside(*(np.array([x]) for x in (10.0, 40.0, 60.0, 120.0)))
    assert one.own == pytest.approx(0.25)
    assert one.rest == pytest.approx(0.5)
    assert one.gap == pytest.approx(0.25)
    assert one.rows == pytest.approx(30.0)
    assert one.fewest == pytest.approx(40.0)
    assert one.events(np.array([2.0])) == pytest.approx(5.0)
    by_hand = 0.25 * 0.75 / 40 + 0.5 * 0.5 / 120
    assert one.variance(np.ones(1)) == pytest.approx(by_hand, rel=0.1)
    low, high = one.limits(np.ones(1), np.array([1.96**2 / 2]))
    assert low[0] < 0.25 < high[0]
    assert float(high[0] - low[0]) == pytest.approx(2 * 1.96 * math.sqrt(by_hand), rel=0.1)


def test_nobody_has_no_gap() -> None:
    one = Beside(*(np.zeros((3, 2)) for _ in range(4)))
    assert not one.gap.any()
    assert np.isnan(one.residuals()).all()
    assert not one.tells().any()


@pytest.mark.parametrize("seed", range(4))
def test_what_everybody_shares_is_no_wobble_of_the_gap(seed: int) -> None:
    r = np.random.default_rng(seed)
    spread = wobble([[drawn(r, BLOCKS, 500, sway=0.1)]], None, timed=True)
    assert (spread.phi_block < 1.6).all()  # each share alone wobbles by 20


def test_gaps_of_several_comparisons_are_one_list() -> None:
    r = np.random.default_rng(1)
    one, other = drawn(r, BLOCKS, 400), drawn(r, BLOCKS, 400)
    spread = wobble([[one, other], [other, one]], [[one, other], [other, one]], timed=True)
    assert spread.phi_block.shape == (2 * GROUPS, 2)
    assert np.array_equal(spread.rows(0, GROUPS).rho[:, 0], spread.rows(GROUPS, 12).rho[:, 1])
    assert spread.near is not None
    still = wobble([[one, other]], None, timed=False)
    assert (still.phi_block == 1).all()


@pytest.mark.parametrize(("n", "sway"), [(100, 0.0), (100, 0.1), (2000, 0.0), (2000, 0.1)])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_chance_is_ruled_out_no_more_often_than_stated(n: int, sway: float, alpha: float) -> None:
    false, questions = 0, 0
    for seed in range(25):
        r = np.random.default_rng(seed)
        usual, now = drawn(r, BLOCKS, n, sway=sway), drawn(r, 30, n, sway=sway)
        for part in range(30):
            seen = asked(usual, at(now, part), alpha)
            false += int(seen.proven.sum())
            questions += GROUPS
            assert (seen.low <= seen.effect).all()
            assert (seen.effect <= seen.high).all()
    # one baseline judges 180 questions, so they are fewer than they seem
    assert false <= alpha * questions + 5 * math.sqrt(alpha * questions)


def test_a_gap_that_opened_is_proven_and_only_the_way_that_is_asked() -> None:
    r = np.random.default_rng(3)
    usual, now = drawn(r, BLOCKS, 500, sway=0.1), at(drawn(r, 1, 500, sway=0.1, worse=0.15), 0)
    seen = asked(usual, now, 1e-4)
    assert seen.proven.tolist() == [True, *[False] * (GROUPS - 1)]
    assert seen.evidence[0] > 4
    judged = seen.judged(0, 0.03)
    assert judged.alarms
    assert judged.effect == pytest.approx(judged.value - judged.baseline)
    assert not asked(usual, now, 1e-4, sign=-1.0).proven[0]


def test_nobody_among_many_is_not_proof_beyond_what_it_weighs() -> None:
    """Far from the normal: 0 of 30 where three in ten are usual has a chance of 2 in 100,000."""
    rows = np.full((BLOCKS, 1), 100.0)
    usual = Beside(0.3 * rows, rows, 3 * rows, 10 * rows)
    now = Beside(*(np.array([x]) for x in (0.0, 30.0, 90.0, 300.0)))

    def proven(alpha: float) -> bool:
        spread = wobble([[usual]], None, timed=False)
        question = Question(spread, 1.0, alpha, np.ones(1), parity=False)
        return bool(widened(now, usual.total(), question).proven[0])

    assert proven(1e-3)
    assert not proven(1e-5)


def test_a_gap_the_other_way_counts_as_none_where_parity_is_owed() -> None:
    sides: list[Numbers] = [np.array([x]) for x in (700.0, 1000.0, 5000.0, 10000.0)]
    was = Beside(*(side[None] for side in sides))
    now = Beside(*(np.array([x]) for x in (300.0, 1000.0, 5000.0, 10000.0)))
    spread = wobble([[was]], None, timed=False)
    effects = [
        float(widened(now, was.total(), Question(spread, 1.0, 0.01, np.ones(1), parity)).effect[0])
        for parity in (True, False)
    ]
    assert effects == pytest.approx([0.2, 0.4])
