from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.looks import alarms
from tests.detect.orders import look, orders, rows_of, unmarked, usual
from tocsin.detect.baseline import Baseline
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.repeated import repeated
from tocsin.profile.blocks import blocks, stretches
from tocsin.profile.repeats import ToldBy
from tocsin.profile.spec import Spec

HOURS = {60: 0.7, 300: 3.6, 1000: 12.0, 3000: 36.0, 30_000: 360.0}


def by_inputs(seed: int) -> tuple[Spec, Baseline]:
    """Return a reference whose buyers who ask again are repeats."""
    raw = orders(20_000, np.random.default_rng(seed))
    spec = replace(usual(raw)[0], told_by=ToldBy.INPUTS)
    rows = rows_of(raw, spec)
    return spec, Baseline.of(blocks(rows, spec), stretches(rows, spec))


USUAL = {seed: by_inputs(seed) for seed in (1, 2)}
ONCE = usual(orders(20_000, np.random.default_rng(3), again=0.0))


def judged(raw: pa.Table, known: tuple[Spec, Baseline], alpha: float = 1e-6) -> Finding:
    (found,) = repeated(look(raw, *known, alpha))
    return found


@pytest.mark.parametrize("n", HOURS)
def test_everything_sent_twice_is_found_in_one_look(n: int) -> None:
    raw = orders(n, np.random.default_rng(n), again=0.0, hours=HOURS[n])
    found = judged(pa.concat_tables([raw, raw]), ONCE)
    assert found.verdict is Verdict.ALARM
    assert found.baseline == 0
    # more rows than the reference has are thinned to as many: then some come once or never
    assert found.value == 1 if n < 10_000 else 0.1 < found.value < 0.4


@pytest.mark.parametrize("seed", USUAL)
def test_people_who_ask_again_are_as_usual_at_every_size(seed: int) -> None:
    raised, values = 0, list[float]()
    for n, hours in HOURS.items():
        for draw in range(12 if n < 10_000 else 2):
            raw = orders(n, np.random.default_rng([seed, n, draw]), hours=hours)
            found = judged(raw, USUAL[seed], 0.01)
            raised += found.verdict is Verdict.ALARM
            values.append(found.value)
    assert raised == 0
    assert 0.15 < np.mean(values) < 0.25


@pytest.mark.parametrize("seed", USUAL)
def test_a_tenth_sent_again_is_found_in_most_windows(seed: int) -> None:
    found = list[bool]()
    for draw in range(12):
        r = np.random.default_rng([seed, draw])
        raw = orders(1000, r, again=0.0, hours=12)
        resent = pa.concat_tables([raw, raw.slice(0, 100)])
        found.append(judged(resent, ONCE, 1e-5).verdict is Verdict.ALARM)
    assert np.mean(found) > 0.8


def test_everything_twice_is_found_where_repeats_are_usual_and_wobble() -> None:
    raw = orders(2000, np.random.default_rng(8), again=0.2, hours=24)
    found = judged(pa.concat_tables([raw, raw]), USUAL[1])
    assert found.verdict is Verdict.ALARM
    assert found.why.startswith("100.0 % of different decisions")
    assert "came more than once with the same inputs and score (was 2" in found.why


def test_few_decisions_are_insufficient_and_specs_of_earlier_releases_say_nothing() -> None:
    raw = orders(20, np.random.default_rng(1), hours=1)
    assert judged(raw, ONCE).verdict is Verdict.INSUFFICIENT
    spec, baseline = ONCE
    seen = look(orders(300, np.random.default_rng(1), hours=3), spec, baseline)
    assert repeated(replace(seen, window=unmarked(seen.window))) == []
    bare = Baseline.of([unmarked(block) for block in baseline.blocks])
    assert repeated(replace(seen, baseline=bare)) == []
    before = replace(seen.layout, spec=replace(spec, told_by=""))
    assert repeated(replace(seen, layout=before)) == []


def test_rows_without_times_are_compared_with_the_whole_reference() -> None:
    # dealt out, the repeats of one person are in different blocks; the whole has them all
    raw = orders(6000, np.random.default_rng(4)).drop_columns(["at"])
    still = pa.array([0] * 6000, pa.timestamp("us", "UTC"))
    spec, baseline = usual(raw.append_column("at", still))
    assert not baseline.timed
    spec = replace(spec, told_by=ToldBy.INPUTS)
    rows = rows_of(raw.append_column("at", still), spec)
    known = spec, Baseline.of(blocks(rows, spec))
    ours = orders(200, np.random.default_rng(5), hours=3).drop_columns(["at"])
    found = judged(ours.append_column("at", still[:200]), known, 0.01)
    assert not alarms([found])
    assert found.baseline > 0.1
