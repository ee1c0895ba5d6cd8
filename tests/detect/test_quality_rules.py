"""A broken rule alarms beyond chance over the reference, and surely beyond what is allowed."""

from dataclasses import replace

import numpy as np
import pytest

from tests.detect.counted import DAY
from tests.profile.rows import LENDING, START, lake_rows, spec_of, table
from tocsin.base.spans import Span
from tocsin.detect import lasting as room
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import Alphas, Asked
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.look import Look
from tocsin.detect.quality import quality, rates
from tocsin.ingest.rule import Demand, Rule
from tocsin.profile.cells import vectors
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.merge import total
from tocsin.profile.window import Window

RULES = (
    Rule(column="purpose", demand=Demand.PRESENT, name="not {null}"),
    Rule(column="income", demand=Demand.BETWEEN, name="≥ 1", low=1.0, mostly=0.7),
)
STRICT, MOSTLY = RULES
SYSTEM = replace(LENDING, rules=RULES)
RAW = table(2000, 3)
SPEC = spec_of(RAW, SYSTEM)
LAYOUT = layout_of(SPEC)
PLAIN = vectors(total([*profile(lake_rows(RAW, SPEC, SYSTEM), SPEC).values()]), SPEC)


def window(n: int, shares: dict[Rule, float], r: np.random.Generator, day: int = 0) -> Window:
    """Return a day of `n` decisions that break each rule by chance."""
    cells = {key: counts.copy() for key, counts in PLAIN.items()}
    for counts in cells.values():
        for rule, share in shares.items():
            broken = int(r.binomial(n, share))
            LAYOUT.get(counts, f"{rule.place}.broken")[...] = broken
            LAYOUT.get(counts, f"{rule.place}.kept")[...] = n - broken
    start = START + day * DAY
    return Window(Span(start, start + DAY), cells)


def usual(shares: dict[Rule, float], r: np.random.Generator) -> Baseline:
    return Baseline.of([window(1000, shares, r, day) for day in range(-20, 0)])


def look(now: Window, baseline: Baseline, alpha: float) -> Look:
    return Look(
        layout=LAYOUT,
        system=SYSTEM,
        window=now,
        baseline=baseline,
        current=stacked(now, SPEC),
        reference=baseline.counts(SPEC)[0],
        harm=Alphas.alike(alpha),
        other=Alphas.alike(alpha),
        lasting_harm=Alphas.alike(alpha),
        lasting_other=Alphas.alike(alpha),
    )


def everyone(now: Window, baseline: Baseline, rule: Rule, alpha: float = 1e-4) -> Finding:
    found = quality(look(now, baseline, alpha))
    (said,) = [f for f in found if f.measure == rule.measure and not f.slice.conditions]
    return said


def test_every_rule_is_watched_and_counts_in_the_budget() -> None:
    watched = {(rate.measure, rate.column): rate.allowed for rate in rates(LAYOUT)}
    assert watched["breaks not {null}", "purpose"] == 0
    assert watched["breaks ≥ 1", "income"] == pytest.approx(0.3)
    bare = replace(SPEC, rules=())
    every = Asked.of_each(len(RULES), len(SPEC.slices))
    assert room.monitors(SPEC)[1] == room.monitors(bare)[1] + every


@pytest.mark.parametrize("seed", range(5))
def test_a_strict_rule_alarms_on_a_rise_beyond_chance(seed: int) -> None:
    r = np.random.default_rng(seed)
    baseline = usual({STRICT: 0.001}, r)
    said = everyone(window(2000, {STRICT: 0.02}, r), baseline, STRICT)
    assert (said.verdict, said.column) == (Verdict.ALARM, "purpose")
    assert said.why.startswith("purpose breaks “not {null}” in ")
    assert everyone(window(2000, {STRICT: 0.001}, r), baseline, STRICT).verdict is Verdict.OK


@pytest.mark.parametrize("seed", range(5))
def test_what_the_owner_allows_is_no_alarm_however_it_rose(seed: int) -> None:
    r = np.random.default_rng(seed)
    baseline = usual({MOSTLY: 0.05}, r)
    risen = everyone(window(2000, {MOSTLY: 0.27}, r), baseline, MOSTLY)
    assert (risen.verdict, risen.evidence > 20) == (Verdict.OK, True)
    assert risen.threshold == pytest.approx(0.25, abs=0.01)
    beyond = everyone(window(2000, {MOSTLY: 0.40}, r), baseline, MOSTLY)
    assert beyond.verdict is Verdict.ALARM
    assert "(allowed: 30.0 %)" in beyond.why


@pytest.mark.parametrize("seed", range(5))
def test_what_was_always_broken_is_no_alarm(seed: int) -> None:
    r = np.random.default_rng(seed)
    baseline = usual({MOSTLY: 0.5, STRICT: 0.5}, r)
    now = window(2000, {MOSTLY: 0.5, STRICT: 0.5}, r)
    assert [everyone(now, baseline, rule).verdict for rule in RULES] == [Verdict.OK] * 2


@pytest.mark.parametrize("share", [0.002, 0.05, 0.3])
def test_without_change_alarms_are_no_more_frequent_than_stated(share: float) -> None:
    alpha, false, said = 0.01, 0, 0
    for seed in range(4):
        r = np.random.default_rng([seed, 5])
        shares = dict.fromkeys(RULES, share)
        baseline = usual(shares, r)
        for _ in range(60):
            found = quality(look(window(1000, shares, r), baseline, alpha))
            false += sum(f.verdict is Verdict.ALARM for f in found if "breaks" in f.measure)
            said += len(RULES) * (len(SPEC.slices) + 1)
    assert said > 2000
    assert false <= alpha * said


@pytest.mark.parametrize("seed", range(3))
def test_what_lasts_is_held_against_what_is_allowed_as_well(seed: int) -> None:
    def lasting(share: float) -> list[str]:
        r = np.random.default_rng(seed)
        baseline = usual({MOSTLY: 0.05}, r)
        days = [window(400, {MOSTLY: share}, r, day) for day in range(12)]
        here = look(days[-1], baseline, 1e-3)
        found = room.lasting(here, room.past(here, iter(days[-2::-1])))
        return [f.measure for f in found if not f.slice.conditions]

    assert lasting(0.28) == []
    assert lasting(0.36) == [MOSTLY.measure]
