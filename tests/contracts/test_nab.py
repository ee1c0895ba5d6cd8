"""The scoring of the Numenta benchmark on cases small enough to do by hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.nab_score import FEW_FALSE, FEW_MISSED, STANDARD, normalised, probation, score, sigmoid

ROOT = Path(__file__).parents[2]
WINDOW = (50, 59)
"""Ten rows of a hundred, of which the first fifteen are probation."""


def test_the_sigmoid_is_one_at_the_left_end_zero_at_the_right_and_minus_one_far_behind() -> None:
    assert sigmoid(-1.0) == pytest.approx(0.98661, abs=1e-5)
    assert sigmoid(0.0) == 0.0
    assert sigmoid(1.0) == pytest.approx(-sigmoid(-1.0))
    assert sigmoid(3.01) == -1.0


def test_a_detection_at_the_left_end_counts_whole_and_at_the_right_end_almost_nothing() -> None:
    assert score(100, [50], [WINDOW]).raw == pytest.approx(1.0)
    late = score(100, [59], [WINDOW]).raw
    assert late == pytest.approx(sigmoid(-0.1) / sigmoid(-1.0))
    assert 0 < late < 0.3


def test_only_the_earliest_detection_of_a_window_counts() -> None:
    assert score(100, [52, 53, 58, 58], [WINDOW]) == score(100, [52], [WINDOW])


def test_a_missed_window_costs_one() -> None:
    missed = score(100, [], [WINDOW])
    assert (missed.raw, missed.hit) == (-1.0, 0)
    assert score(100, [], [WINDOW], FEW_MISSED).raw == -2.0


def test_a_false_alarm_before_every_window_costs_its_whole_weight() -> None:
    found = score(100, [20], [WINDOW])
    assert found.raw == pytest.approx(-1.0 - 0.11)
    assert found.false == 1
    assert score(100, [20], []).raw == pytest.approx(-0.11)
    assert score(100, [20], [], FEW_FALSE).raw == pytest.approx(-0.22)


def test_a_false_alarm_just_behind_a_window_costs_less() -> None:
    near, far = (score(100, [50, row], [WINDOW]).raw - 1 for row in (60, 95))
    assert near == pytest.approx(0.11 * sigmoid(1 / 9))
    assert far == pytest.approx(-0.11)


def test_probation_is_not_scored() -> None:
    assert (probation(100), probation(20_000)) == (15, 750)
    assert score(100, [14], []).raw == 0.0
    assert score(100, [15], []).raw < 0


def test_nothing_is_zero_everything_at_once_a_hundred_and_noise_below_zero() -> None:
    windows = [(30, 39), (70, 79)]
    assert normalised([score(100, [], windows)]) == 0.0
    assert normalised([score(100, [30, 70], windows)]) == pytest.approx(100.0)
    assert normalised([score(100, [30], windows)]) == pytest.approx(50.0)
    everywhere = [score(1000, range(1000), [(500, 549)])]
    assert normalised(everywhere) < 0
    one = score(100, [30], windows, FEW_MISSED)
    assert normalised([one], FEW_MISSED) == pytest.approx(50.0)
    assert STANDARD.fp == 0.11


def test_the_bench_leaves_out_what_is_not_there_and_says_so(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "bench" / "nab.py")]
    environment = os.environ | {"NAB_DATA": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.startswith("skipped: the benchmark's files are not in")
