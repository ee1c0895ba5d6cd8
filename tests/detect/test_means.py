import numpy as np

from tests.detect.counted import LAYOUT
from tests.detect.looks import look
from tests.detect.scored import Truth, baseline, hidden, window
from tocsin.detect.finding import Verdict
from tocsin.detect.means import Mean, Sample, judge_means
from tocsin.detect.rates import Watch
from tocsin.detect.tails import Numbers


def right(counts: Numbers) -> Sample:
    """Return the mean of 1 for a right decision and 0 for a wrong one."""
    parts = counts[..., [LAYOUT.places[k].start for k in ("tp", "tn", "fp", "fn")]]
    n = parts.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = parts[..., :2].sum(-1) / n
    return Sample(*(x[..., None] for x in (mean, mean * (1 - mean), np.ones(n.shape), n)))


def mean(watch: Watch) -> Mean:
    return Mean("right", watch, np.full(6, 0.01), lambda now, was, whom: f"{whom}: {now} ({was})")


def test_a_mean_that_fell_is_an_alarm_only_where_falls_are_watched() -> None:
    r = np.random.default_rng(1)
    one = look(window(3000, r, Truth(spread=0.3)), baseline(1000, r))
    for watch, verdict in ((Watch.DOWN, Verdict.ALARM), (Watch.BOTH, Verdict.ALARM)):
        (first, *_) = judge_means(one, [mean(watch)], right, f"{watch}")
        assert first.verdict is verdict
        assert first.effect > 0
    (first, *_) = judge_means(one, [mean(Watch.UP)], right, "up")
    assert first.verdict is Verdict.OK


def test_small_slices_are_not_judged_and_empty_ones_not_named() -> None:
    r = np.random.default_rng(1)
    usual = baseline(1000, r)
    found = judge_means(look(hidden(window(500, r)), usual), [mean(Watch.DOWN)], right, "few")
    assert [(f.slice.key, f.verdict) for f in found] == [("", Verdict.INSUFFICIENT)]


def test_nothing_is_said_where_the_reference_has_no_rows() -> None:
    r = np.random.default_rng(1)
    usual = baseline(300, r, Truth(known=0.0))
    assert judge_means(look(window(500, r), usual), [mean(Watch.DOWN)], right, "none") == []
