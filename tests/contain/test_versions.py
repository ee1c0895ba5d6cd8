"""Which version to go back to."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contain.cases import NOON
from tests.store.examples import NOW, counts, finding
from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.contain.versions import Good, last_good, versions
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.profile.cell import CellKey

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
ZERO = counts(0)


def at(hour: int) -> datetime:
    return NOON + hour * HOUR


def reigns(*lengths: int, n: int = 100) -> dict[str, dict[datetime, int]]:
    """v1, v2 ... one after the other, each for as many hours."""
    found: dict[str, dict[datetime, int]] = {}
    hour = 0
    for k, length in enumerate(lengths):
        found[f"v{k + 1}"] = {at(hour + h): n for h in range(length)}
        hour += length
    return found


def alarm(hour: int, **changes: object) -> Finding:
    said = replace(finding(), window=Span(at(hour) - DAY, at(hour)), level=Level.PAGE)
    return replace(said, **changes)  # pyright: ignore[reportArgumentType]


def test_without_any_harm_it_is_the_version_before() -> None:
    assert last_good(reigns(30, 30, 5), [], "v3", HOUR) == Good("v2")


def test_a_version_under_which_harm_began_is_passed_over() -> None:
    found = last_good(reigns(30, 30, 5), [alarm(h) for h in range(40, 60)], "v3", HOUR)
    assert found == Good("v1", ("v2",))
    assert found is not None
    assert "passed over: v2" in found.why


def test_an_alarm_that_goes_on_after_a_rollback_is_not_the_good_versions_fault() -> None:
    # v1, then the harmful v2, back to v1 while windows still hold v2's hours, then v3
    decisions = {
        "v1": {at(h): 100 for h in [*range(30), *range(40, 60)]},
        "v2": {at(h): 100 for h in range(30, 40)},
        "v3": {at(h): 100 for h in range(60, 65)},
    }
    alarms = [alarm(h) for h in range(34, 58)]
    assert last_good(decisions, alarms, "v3", HOUR) == Good("v1", ("v2",))


def test_a_new_episode_later_is_put_down_to_who_decided_then() -> None:
    alarms = [alarm(20), alarm(50)]
    assert last_good(reigns(30, 30, 5), alarms, "v3", HOUR) is None


def test_an_alarm_that_names_its_version_is_believed() -> None:
    assert last_good(reigns(30, 30, 5), [alarm(45, version="v1")], "v3", HOUR) == Good("v2")


@pytest.mark.parametrize(
    "harmless",
    [
        {"layer": Layer.DRIFT},
        {"level": Level.INFO},
        {"verdict": Verdict.OK},
        {"window": None},
    ],
)
def test_what_is_no_harm_blames_nobody(harmless: dict[str, object]) -> None:
    assert last_good(reigns(30, 30, 5), [alarm(45, **harmless)], "v3", HOUR) == Good("v2")


def test_alarms_of_different_slices_are_episodes_of_their_own() -> None:
    alarms = [alarm(25), alarm(35, slice=Slice.of({"region": "north"}))]
    assert last_good(reigns(30, 30, 5), alarms, "v3", HOUR) is None


def test_a_version_too_short_lived_to_know_is_passed_over() -> None:
    decisions = reigns(30, 1, 5)
    decisions["v2"] = dict.fromkeys(decisions["v2"], 99)
    assert last_good(decisions, [], "v3", HOUR) == Good("v1", ("v2",))
    assert last_good(reigns(30, 30, 5, n=1), [], "v3", HOUR) is None


def test_where_there_is_nothing_before_there_is_nothing_to_go_back_to() -> None:
    assert last_good(reigns(30), [], "v1", HOUR) is None
    assert last_good(reigns(30), [], "v9", HOUR) is None
    assert last_good({}, [], "v1", HOUR) is None


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    hours=st.lists(st.integers(1, 200), max_size=20).map(sorted),
)
def test_a_good_version_is_before_the_present_one_and_no_harm_began_under_it(
    lengths: list[int], hours: list[int]
) -> None:
    decisions = reigns(*lengths)
    present = f"v{len(lengths)}"
    found = last_good(decisions, [alarm(h) for h in hours], present, HOUR)
    if found is not None:
        assert min(decisions[found.version]) < min(decisions[present])
        first = [h for k, h in enumerate(hours) if k == 0 or h - hours[k - 1] >= 24]
        assert not any(at(h - 1) in decisions[found.version] for h in first)


def test_the_newest_version_and_the_one_before_are_told_by_when_they_began() -> None:
    cells = {
        CellKey("b", "", NOW - 30 * HOUR): ZERO,
        CellKey("a", "", NOW - 90 * HOUR): ZERO,
        CellKey("a", "", NOW): ZERO,
        CellKey("c", "sex=f", NOW): ZERO,
    }
    known = versions(cells, NOW)
    assert (known.newest, known.previous, known.is_new) == ("b", "a", True)


def test_a_version_that_ran_for_days_before_the_harm_is_not_new() -> None:
    cells = {CellKey("a", "", NOW - 90 * HOUR): ZERO, CellKey("b", "", NOW - 60 * HOUR): ZERO}
    assert not versions(cells, NOW).is_new


def test_a_version_that_began_after_the_harm_is_not_its_cause() -> None:
    cells = {CellKey("a", "", NOW - 90 * HOUR): ZERO, CellKey("b", "", NOW): ZERO}
    assert not versions(cells, NOW - 5 * HOUR).is_new


def test_one_version_alone_or_none_can_not_be_rolled_back() -> None:
    assert versions({}, NOW).newest is None
    assert versions({CellKey("a", "", NOW): ZERO}, NOW).previous is None
