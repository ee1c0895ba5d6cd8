"""A drill passes only if every expectation was met, in order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.drill.score import Play, score

REPAIR = "repair judged as a canary, and not promoted on so little"
T0 = datetime(2026, 11, 20, 14, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


GOOD = Play(
    started_at=T0,
    fault_at=at(40),
    finding_at=at(50),
    paged_at=at(51),
    acknowledged_at=at(52),
    contained_at=at(55),
    recovered_at=at(70),
    resolved_at=at(80),
    incidents=1,
    harmed_ids=frozenset("abc"),
    ledger_ids=frozenset("abcd"),
    first_change="pipeline 311",
    review="caused by pipeline 311",
    canary_call="hold",
    canary_n=(130, 300),
)


def test_a_good_play_meets_every_expectation() -> None:
    assert all(check.met for check in score(GOOD, planted_change="pipeline 311"))


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        (replace(GOOD, pages_before_fault=1), "no page while healthy"),
        (replace(GOOD, finding_at=at(39)), "finding"),
        (replace(GOOD, paged_at=None), "page"),
        (replace(GOOD, contained_at=at(51)), "contained"),
        (replace(GOOD, recovered_at=None), "recovered"),
        (replace(GOOD, incidents=2), "one incident"),
        (replace(GOOD, ledger_ids=frozenset("a")), "affected decisions listed"),
        (replace(GOOD, harmed_ids=frozenset[str]()), "affected decisions listed"),
        (replace(GOOD, first_change="banner"), "planted change first"),
        (replace(GOOD, review="nobody knows"), "review names the planted change"),
        (replace(GOOD, canary_call="promote"), REPAIR),
        (replace(GOOD, canary_call=""), REPAIR),
        (replace(GOOD, canary_n=(130, 0)), REPAIR),
    ],
)
def test_each_shortfall_is_named(bad: Play, name: str) -> None:
    failed = {check.name for check in score(bad, planted_change="pipeline 311") if not check.met}
    assert name in failed
