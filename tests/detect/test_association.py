from dataclasses import replace

import numpy as np
import pytest

from tests.detect.looks import alarms
from tests.detect.people import NAMES, look, mixed, people, usual
from tests.profile.rows import replaced
from tocsin.detect.association import association
from tocsin.detect.baseline import Baseline
from tocsin.detect.drift import drift
from tocsin.detect.finding import Finding, Level, Verdict
from tocsin.detect.levels import levelled

USUAL = {
    wobble: usual(people(20_000, np.random.default_rng(1), wobble=wobble)) for wobble in (0.0, 0.08)
}
SIZES = {100: 30, 300: 15, 1000: 15, 4000: 5}


def told(found: list[Finding]) -> list[str | None]:
    return [one.column for one in alarms(found)]


@pytest.mark.parametrize("wobble", USUAL)
def test_a_join_by_the_wrong_key_is_found_by_its_column_though_no_distribution_moved(
    wobble: float,
) -> None:
    for n in (1000, 4000):
        r = np.random.default_rng(n)
        seen = look(mixed(people(n, r, wobble=wobble, day=30), "age", r), USUAL[wobble])
        assert told(drift(seen)) == []
        (found,) = alarms(association(seen))
        assert found.column == "age"
        assert abs(found.value) < 0.1
        assert abs(found.baseline) > 0.45
        assert found.effect == pytest.approx(abs(found.value - found.baseline))
        assert found.threshold < found.interval[0] < found.effect < found.interval[1]
        assert found.why.startswith("age no longer hangs together as it did with ")
        assert ": rank correlations; n " in found.why
        assert ("1 more" in found.why) >= (n == 4000)


@pytest.mark.parametrize("column", ["income", "owner", "score"])
def test_the_column_that_was_mixed_up_is_named(column: str) -> None:
    r = np.random.default_rng(7)
    assert told(association(look(mixed(people(4000, r, day=30), column, r), USUAL[0.0]))) == [
        column
    ]


@pytest.mark.parametrize("wobble", USUAL)
def test_healthy_windows_of_any_size_raise_fewer_alarms_than_stated(wobble: float) -> None:
    alpha, raised, beyond, asked = 0.02, 0, 0, 0
    for n, draws in SIZES.items():
        for draw in range(draws):
            raw = people(n, np.random.default_rng([n, draw]), wobble=wobble, day=30)
            found = association(look(raw, USUAL[wobble], alpha))
            raised += len(alarms(found))
            # beyond chance alone, whether or not it matters: p - 1 pairs share a column's rate
            beyond += sum(one.evidence > -np.log10(2 * alpha / 6) for one in found)
            asked += len(found)
    assert raised == 0
    assert beyond <= max(3, 2 * alpha * asked)


def test_a_broken_join_of_a_large_system_is_found_in_one_row_of_eight() -> None:
    known = usual(people(20_000, np.random.default_rng(2)), every=8)
    r = np.random.default_rng(3)
    (found,) = alarms(association(look(mixed(people(8000, r, day=30), "income", r), known)))
    assert found.column == "income"
    assert 800 < found.n < 1200


def test_movement_alone_is_a_ticket() -> None:
    r = np.random.default_rng(7)
    seen = look(mixed(people(4000, r, day=30), "age", r), USUAL[0.0])
    found = levelled(association(seen), replace(seen.system))
    assert [one.level for one in found if one.verdict is Verdict.ALARM] == [Level.TICKET]


def test_values_that_stay_away_are_told_by_quality_and_not_here() -> None:
    raw = people(4000, np.random.default_rng(8), day=30)
    few = [one if k % 2 else None for k, one in enumerate(raw["income"].to_pylist())]
    found = association(look(replaced(raw, "income", few), USUAL[0.0]))
    assert told(found) == []
    assert "income" not in [one.column for one in found]


def test_what_hardly_varies_and_small_windows_are_not_judged() -> None:
    found = association(look(people(4000, np.random.default_rng(9), day=30), USUAL[0.0]))
    assert {one.column for one in found} == set(NAMES) - {"rare"}
    few = association(look(people(20, np.random.default_rng(9), day=30), USUAL[0.0]))
    assert {one.verdict for one in few} == {Verdict.INSUFFICIENT}


def test_a_column_that_stands_still_is_no_pair_and_raises_nothing() -> None:
    raw = replaced(people(1000, np.random.default_rng(9), day=30), "luck", [0.3] * 1000)
    found = association(look(raw, USUAL[0.0]))
    assert "luck" not in [one.column for one in found]
    assert told(found) == []


def test_specs_of_earlier_releases_say_nothing() -> None:
    _, baseline = USUAL[0.0]
    seen = look(people(300, np.random.default_rng(9), day=30), USUAL[0.0])
    bare = Baseline.of([replace(block, marks=None) for block in baseline.blocks])
    assert association(replace(seen, baseline=bare)) == []
    assert association(replace(seen, window=replace(seen.window, marks=None))) == []
