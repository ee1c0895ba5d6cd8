from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.crossing import CROSSED, SPEC, look_at, people
from tests.profile.rows import replaced
from tocsin.base.slices import Slice
from tocsin.detect.look import Look
from tocsin.detect.search import Cause, causes, findings

REFERENCE = people(20_000, 1)
YOUNG_WOMEN = Slice.of({"age_band": "18-25", "sex": "f"})


def seen(raw: pa.Table, alpha: float = 1e-4) -> Look:
    return replace(look_at(raw, REFERENCE), search_alpha=alpha)


def which(raw: pa.Table, *wanted: tuple[str, str]) -> np.ndarray:
    found = np.ones(raw.num_rows, np.bool_)
    for column, value in wanted:
        found &= np.array(raw[column].to_pylist()) == value
    return found


def wrong(raw: pa.Table, hit: np.ndarray, share: float, seed: int) -> pa.Table:
    """Return the decisions with some outcomes of those hit turned."""
    turned = hit & (np.random.default_rng(seed).random(raw.num_rows) < share)
    return replaced(raw, "repaid", (np.array(raw["repaid"].to_pylist()) ^ turned).tolist())


def told(found: list[Cause]) -> set[tuple[str, str]]:
    return {(one.measure, one.slice.key) for one in found}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_that_no_attribute_shows_are_found_where_they_are(seed: int) -> None:
    found = causes(seen(people(3000, 100 + seed, hurt=0.25)))
    hit = [f"age_band={age}&sex={sex}" for age in ("18-25", "over 60") for sex in ("f", "m")]
    assert told(found) == {("selection_rate", key) for key in hit}
    for one in found:
        assert one.judged.interval[0] > one.judged.threshold


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fault_of_all_women_is_not_told_as_one_of_young_women(seed: int) -> None:
    raw = people(4000, 200 + seed)
    found = causes(seen(wrong(raw, which(raw, ("sex", "f")), 0.4, seed)))
    assert told(found) == {("accuracy", "sex=f")}
    assert findings(seen(raw), found) == []  # a monitor of its own watches them


def test_a_fault_of_everyone_is_everyone_s() -> None:
    raw = people(4000, 7)
    found = causes(seen(wrong(raw, which(raw), 0.3, 7)))
    assert told(found) == {("accuracy", "")}


def test_two_faults_are_two_causes_and_said_in_words() -> None:
    raw = people(6000, 9)
    hit = which(raw, ("sex", "f"), ("age_band", "18-25"))
    hit |= which(raw, ("sex", "m"), ("age_band", "over 60"))
    here = seen(wrong(raw, hit, 0.5, 9))
    found = findings(here, causes(here))
    assert {one.slice.key for one in found} == {YOUNG_WOMEN.key, "age_band=over 60&sex=m"}
    assert all("that nobody configured" in one.why for one in found)
    assert {one.method for one in found} == {"search"}
    assert {one.alpha for one in found} == {1e-4}


def test_without_change_a_search_alarms_no_more_often_than_stated() -> None:
    alpha, false = 0.05, 0
    for seed in range(120):
        false += bool(causes(seen(people(1500, 1000 + seed), alpha)))
    assert false <= alpha * 120


def test_too_few_people_and_unknown_leaves_tell_nothing() -> None:
    raw = people(25, 3)
    assert causes(seen(wrong(raw, which(raw), 1.0, 3))) == []
    here = seen(people(3000, 4, hurt=0.3))
    assert causes(replace(here, window=replace(here.window, leaves=None))) == []
    assert {name for name, _ in SPEC.dimensions} == set(CROSSED.protected)
