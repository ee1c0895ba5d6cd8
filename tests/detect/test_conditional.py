import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.looks import alarms
from tests.detect.people import look, people, usual
from tests.profile.rows import replaced
from tocsin.detect.baseline import Baseline
from tocsin.detect.conditional import SHIFTED, conditional
from tocsin.detect.drift import drift
from tocsin.detect.finding import Finding, Level, Verdict
from tocsin.detect.levels import levelled

USUAL = usual(people(20_000, np.random.default_rng(1)))
ALPHA = 0.02


def told(found: list[Finding]) -> list[str | None]:
    return [one.column for one in alarms(found)]


def shifted(raw: pa.Table, column: str, by: float) -> pa.Table:
    values: Any = raw[column].to_numpy(zero_copy_only=False)
    return replaced(raw, column, (values + by * np.nanstd(values)).tolist())


def weather(n: int, r: np.random.Generator, *, day: int = 0, sway: float = 0.5) -> pa.Table:
    """Return rows of ten days with two thermometers, and a weather for each half of a day."""
    shared = sway * r.standard_normal(20)[np.arange(n) * 20 // n]
    true = shared + r.standard_normal(n)
    raw = people(n, r, day=day)
    columns = {
        "first": pa.array(true + 0.2 * r.standard_normal(n)),
        "second": pa.array(true + 0.2 * r.standard_normal(n)),
    }
    for name, values in columns.items():
        raw = raw.append_column(name, values)
    return raw


SWAYING = usual(weather(20_000, np.random.default_rng(2)))


@pytest.mark.parametrize("seed", range(3))
def test_a_sensor_that_reads_a_little_high_is_named_where_its_drift_is_lost_in_the_weather(
    seed: int,
) -> None:
    raw = shifted(weather(2000, np.random.default_rng([9, seed]), day=30), "second", 0.2)
    seen = look(raw, SWAYING)
    assert told(drift(seen)) == []
    (found,) = alarms(conditional(seen))
    assert found.column == "second"
    assert found.value == pytest.approx(0.2, abs=0.06)
    assert SHIFTED < found.interval[0] < found.effect < found.interval[1]
    assert re.match(r"second is higher than the other \d columns tell, by 0\.\d\d ", found.why)


def test_the_column_that_moved_alone_is_named_however_the_blocks_wobbled() -> None:
    named = 0
    for seed in range(20):
        r = np.random.default_rng([11, seed])
        usually = usual(weather(8000, r))
        for column in ("first", "second"):  # nothing else tells which of the two is at fault
            seen = look(shifted(weather(4000, r, day=30), column, 0.3), usually)
            named += told(conditional(seen)) == [column]
    assert named >= 34  # of 40; 30 if whose blocks wobbled least is blamed


def test_a_score_that_falls_though_no_input_moved_is_named() -> None:
    raw = people(4000, np.random.default_rng(3), day=30)
    scores: Any = 0.85 * raw["score"].to_numpy()
    (found,) = alarms(conditional(look(replaced(raw, "score", scores.tolist()), USUAL)))
    assert found.column == "score"
    assert found.value < 0
    assert " is lower than " in found.why


def test_a_category_is_told_by_its_commonest_value() -> None:
    raw = people(4000, np.random.default_rng(4), day=30)
    owners = [one and k % 2 == 0 for k, one in enumerate(raw["owner"].to_pylist())]
    (found,) = alarms(conditional(look(replaced(raw, "owner", owners), USUAL)))
    assert found.column == "owner"
    assert " often " in found.why


def test_what_the_others_explain_is_no_alarm() -> None:
    """All that goes together moves as one: drift tells it, and here there is nothing to tell."""
    r = np.random.default_rng(5)
    raw = weather(4000, r, day=30, sway=0.0)
    for name in ("first", "second"):
        raw = shifted(raw, name, 0.4)
    found = conditional(look(raw, SWAYING))
    assert told(found) == []
    both = [one for one in found if one.column in ("first", "second")]
    assert all("by itself it moved by +0." in one.why for one in both)


@pytest.mark.parametrize("known", ["independent", "swaying"])
def test_healthy_windows_of_any_size_raise_no_more_alarms_than_stated(known: str) -> None:
    make: Callable[..., pa.Table] = people if known == "independent" else weather
    baseline = USUAL if known == "independent" else SWAYING
    beyond, asked, raised = 0, 0, 0
    for n, draws in {100: 40, 300: 25, 1000: 20, 4000: 10, 20_000: 3}.items():
        for draw in range(draws):
            raw = make(n, np.random.default_rng([n, draw]), day=30)
            found = conditional(look(raw, baseline, ALPHA))
            raised += len(alarms(found))
            beyond += sum(one.evidence > -np.log10(ALPHA) for one in found)
            asked += sum(one.verdict is not Verdict.INSUFFICIENT for one in found)
    assert asked > 400
    assert raised <= beyond <= 1.5 * ALPHA * asked + 3


def test_it_is_a_ticket() -> None:
    raw = shifted(people(4000, np.random.default_rng(6), day=30), "income", -0.3)
    seen = look(raw, USUAL)
    found = levelled(conditional(seen), replace(seen.system))
    assert [one.level for one in found if one.verdict is Verdict.ALARM] == [Level.TICKET]


def test_two_faults_are_told_and_nothing_that_goes_with_them() -> None:
    raw = shifted(people(8000, np.random.default_rng(7), day=30), "age", 0.4)
    assert set(told(conditional(look(shifted(raw, "luck", -0.3), USUAL)))) == {"age", "luck"}


def test_what_hardly_varies_or_is_missing_more_often_is_left_to_others() -> None:
    raw = people(400, np.random.default_rng(8), day=30)
    few = [one if k % 2 else None for k, one in enumerate(raw["income"].to_pylist())]
    found = conditional(look(replaced(raw, "income", few), USUAL))
    assert {one.column for one in found} == {"age", "debt", "luck", "owner", "score"}
    assert told(found) == []


def test_small_windows_are_insufficient_and_earlier_specs_say_nothing() -> None:
    few = conditional(look(people(20, np.random.default_rng(9), day=30), USUAL))
    assert {one.verdict for one in few} == {Verdict.INSUFFICIENT}
    _, baseline = USUAL
    seen = look(people(300, np.random.default_rng(9), day=30), USUAL)
    bare = Baseline.of([replace(block, marks=None) for block in baseline.blocks])
    assert conditional(replace(seen, baseline=bare)) == []
