import numpy as np
import pytest

from tests.detect.tables import tables
from tocsin.detect import groups as room
from tocsin.detect.groups import RATES, Group


@pytest.mark.parametrize("name", sorted(RATES))
def test_a_rate_of_nobody_is_0(name: str) -> None:
    assert RATES[name](Group()) == 0.0


def test_rates_are_means_over_the_rows() -> None:
    for table in tables(50, seed=3):
        (whole,) = type(table)(0 * table.group, table.truth, table.answer, table.score).counted()
        right = table.truth == table.answer
        assert room.accuracy(whole) == pytest.approx(right.mean(), abs=1e-12)
        assert room.error(whole) == pytest.approx(1 - right.mean(), abs=1e-12)
        assert room.selection_rate(whole) == pytest.approx(table.answer.mean(), abs=1e-12)
        gap = table.score.mean() - table.truth.mean()
        assert room.calibration(whole) == pytest.approx(gap, abs=1e-12)
        for rate, inside in ((room.tpr, table.truth == 1), (room.fpr, table.truth == 0)):
            if inside.any():
                assert rate(whole) == pytest.approx(table.answer[inside].mean(), abs=1e-12)
        if table.answer.any():
            right = np.mean(table.truth[table.answer == 1])
            assert room.ppv(whole) == pytest.approx(right, abs=1e-12)


def test_groups_add_up_to_everyone() -> None:
    for table in tables(20, seed=4):
        (whole,) = type(table)(0 * table.group, table.truth, table.answer, table.score).counted()
        both = Group()
        for group in table.counted():
            both += group
        assert both.labelled == whole.labelled
        assert both.score_sum == pytest.approx(whole.score_sum)
