from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.looks import alarms
from tests.detect.orders import look, orders, unmarked, usual
from tests.profile.rows import replaced
from tocsin.detect.distinct import distinct, watched
from tocsin.detect.finding import Finding, Verdict

USUAL = {seed: usual(orders(20_000, np.random.default_rng(seed))) for seed in (1, 2)}
HOURS = {60: 0.7, 300: 3.6, 1000: 12.0, 3000: 36.0, 30_000: 360.0}


def judged(raw: pa.Table, seed: int = 1, alpha: float = 1e-6) -> dict[str | None, Finding]:
    return {found.column: found for found in distinct(look(raw, *USUAL[seed], alpha))}


def alarmed(raw: pa.Table) -> set[str | None]:
    return {found.column for found in alarms([*judged(raw).values()])}


@pytest.mark.parametrize("seed", USUAL)
def test_a_healthy_window_of_any_size_holds_as_many_values_as_expected(seed: int) -> None:
    raised, far = 0, list[float]()
    for n, hours in HOURS.items():
        for draw in range(12 if n < 10_000 else 2):
            raw = orders(n, np.random.default_rng([seed, n, draw]), hours=hours)
            found = judged(raw, seed, 0.01)
            assert set(found) == {"amount", "country", "shop", "note", None}
            raised += len(alarms([*found.values()]))
            far += [one.effect for one in found.values()]
    assert raised == 0
    assert np.quantile(far, 0.95) < 0.2


@pytest.mark.parametrize("n", [300, 1000, 8000])
def test_session_ids_where_countries_stood_are_found(n: int) -> None:
    raw = orders(n, np.random.default_rng(n), hours=n / 83)
    ids = [f"session {k}" for k in range(n)]
    assert alarmed(replaced(raw, "country", ids)) == {"country"}
    found = judged(replaced(raw, "country", ids))["country"]
    assert found.value == pytest.approx(n, rel=0.3)
    assert found.baseline == pytest.approx(4, rel=0.1)
    assert found.why.endswith(f" different values in {n:,} (usual: {found.baseline:.3g}).")


@pytest.mark.parametrize("n", [1000, 8000])
def test_ever_the_same_few_are_found_for_texts_categories_and_numbers(n: int) -> None:
    raw = orders(n, np.random.default_rng(n), hours=n / 83)
    few = [k % 20 for k in range(n)]
    raw = replaced(raw, "shop", [f"shop {k}" for k in few])
    raw = replaced(raw, "note", [f"order {k}" for k in few])
    raw = replaced(raw, "amount", np.round(raw["amount"].to_numpy(), -1).tolist())
    assert alarmed(raw) == {"shop", "note", "amount"}


def test_four_times_as_many_shops_are_found_where_many_are_usual() -> None:
    raw = orders(8000, np.random.default_rng(5), hours=96)
    strange = [f"shop {k % 8000}" for k in range(8000)]
    found = judged(replaced(raw, "shop", strange))["shop"]
    assert found.verdict is Verdict.ALARM
    assert found.effect == pytest.approx(found.value / found.baseline - 1)
    assert found.interval[0] > found.threshold == 1.0


def test_one_decision_sent_over_and_over_leaves_fewer_different_ones() -> None:
    for n in (300, 1000, 3000, 8000):
        raw = orders(n, np.random.default_rng(n), hours=n / 83)
        stuck = pa.concat_tables([raw, *[raw.slice(0, 1)] * n])
        assert None in alarmed(stuck)
    assert judged(stuck)[None].value == pytest.approx(8000, rel=0.1)


def test_few_values_are_insufficient_and_specs_of_earlier_releases_say_nothing() -> None:
    found = judged(orders(20, np.random.default_rng(1), hours=1))
    assert {one.verdict for one in found.values()} == {Verdict.INSUFFICIENT}
    seen = look(orders(300, np.random.default_rng(1), hours=3), *USUAL[1])
    assert distinct(replace(seen, window=unmarked(seen.window))) == []
    assert watched(replace(USUAL[1][0], told_by="")) == ()
