import numpy as np
import pytest

from tocsin.detect.gather import OVER, gather


def told(values: list[float]) -> list[np.ndarray]:
    return [np.array([[value]]) for value in values]


def test_evidence_adds_up_and_a_step_that_tells_nothing_changes_nothing() -> None:
    found = gather(told([1.0, np.nan, 2.0]), np.array([4.0]), 1)
    assert found.log_e[0] == pytest.approx(2.0 + np.log(1 + np.e))
    assert not found.on[0]
    found = gather(told([1.0, np.nan, 2.0]), np.array([3.0]), 1)
    assert bool(found.on[0])
    assert found.since[0] == 0


def test_the_start_is_where_evidence_began_to_rise() -> None:
    found = gather(told([-1.0, -0.5, 2.0, 2.0]), np.array([3.5]), 1)
    assert found.since[0] == 2


def test_an_alarm_is_over_when_evidence_is_ten_times_less_and_then_begins_anew() -> None:
    enough = 5.0
    high = gather(told([6.0]), np.array([enough]), 1)
    assert high.log_e[0] == enough  # more would only delay the end
    low = gather(told([6.0, -OVER]), np.array([enough]), 1)
    assert bool(low.on[0])
    over = gather(told([6.0, -OVER - 0.1, -0.1]), np.array([enough]), 1)
    assert not over.on[0]
    assert over.log_e[0] == pytest.approx(-0.1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_change_alarms_come_less_than_once_in_a_steps(seed: int) -> None:
    r = np.random.default_rng(seed)
    size, length, a = 2000, 200, 50.0
    bets = np.array([0.2, 0.5, 1.0])
    alarms, on = 0, np.zeros(size, np.bool_)
    steps = [r.normal(size=(size, 1)) * bets - bets**2 / 2 for _ in range(length)]
    for upto in (50, 100, 150, 200):  # what is on now and was not before is at least one alarm
        now = gather(steps[:upto], np.full(size, np.log(a)), 3).on
        alarms, on = alarms + int((now & ~on).sum()), now
    assert alarms <= size * length / a
