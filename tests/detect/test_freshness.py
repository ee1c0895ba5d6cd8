from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.detect.counted import baseline, window
from tests.detect.looks import alarms, look
from tests.profile.rows import LENDING
from tocsin.detect.freshness import silence

R = np.random.default_rng(1)
LIVE = replace(LENDING, bucket_s=60)
USUAL = baseline(500, R, blocks=3)


def after(seconds: float, n: int = 8640, alpha: float = 1e-6) -> list[object]:
    """Return the alarms `seconds` after the last of `n` decisions a day."""
    now_window = window(n, R)
    end = now_window.span.end
    one = look(now_window, USUAL, alpha, LIVE)
    return list(alarms(silence(one, end + timedelta(seconds=seconds), end, [])))


@pytest.mark.parametrize(
    ("seconds", "is_alarm"),
    [(0, False), (100, False), (200, True), (-50, False)],
)
def test_one_decision_in_ten_seconds_may_be_silent_for_140(seconds: float, is_alarm: bool) -> None:
    assert bool(after(seconds)) == is_alarm


def test_a_busy_system_is_still_given_one_bucket() -> None:
    assert not after(50, n=864_00 * 5)
    assert after(70, n=864_00 * 5)


def test_without_decisions_there_is_no_usual_gap() -> None:
    now_window = replace(window(500, R), cells={})
    end = now_window.span.end
    assert silence(look(now_window, USUAL), end + timedelta(days=3), end, []) == []


def test_swinging_traffic_earns_patience() -> None:
    busy, calm = window(20_000, R), window(600, R)
    end = calm.span.end
    one = look(calm, USUAL, 1e-6, LIVE)
    later = end + timedelta(minutes=20)
    assert not alarms(silence(one, later, end, [busy, calm, busy, calm, busy]))
