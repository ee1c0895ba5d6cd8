"""The real server, killed while it pages: two short plans of `make soak`, and how it counts."""

import pytest

from tests.soak import ledger
from tests.soak.ledger import Due
from tests.soak.plan import Engine, Fault, plan
from tests.soak.run import run
from tests.soak.stage import Opened


@pytest.mark.parametrize("seed", [6, pytest.param(9, marks=pytest.mark.soak)])
def test_no_page_is_lost_and_none_doubled_for_no_reason(seed: int) -> None:
    said: list[str] = []
    drawn = plan(seed, Engine.SQLITE, disturbed_s=5.0)
    assert drawn.kills
    count = run(drawn, None, lambda: None, said.append)
    # how late they are is measured where nothing else runs: by `make soak`
    assert count.due == count.delivered > 0, "\n".join(said)
    assert count.unexcused == 0, "\n".join(said)


def test_what_is_due_is_reckoned_from_the_words_of_the_policy() -> None:
    one = Opened("inc", 100.0)
    assert ledger.expected([one], 99.0) == []
    rungs = [(due.rung, due.round, due.at_s) for due in ledger.expected([one], 134.5)]
    assert rungs == [(0, 0, 100), (2, 0, 104), (2, 1, 114), (3, 0, 124), (3, 1, 134)]


def test_a_call_is_met_by_itself_or_a_later_round_of_the_same_step() -> None:
    due = Due("inc", 2, 1, "head", 9.0)
    assert due.is_met_by("inc/2/1/head/sms")
    assert due.is_met_by("inc/2/2/head/hook")
    for other in ("inc/2/0/head/sms", "inc/3/1/head/sms", "inc/2/1/boss/sms", "in/2/1/head/sms"):
        assert not due.is_met_by(other)


def test_a_seed_says_everything_and_seeds_differ() -> None:
    assert plan(17, Engine.POSTGRESQL) == plan(17, Engine.POSTGRESQL)
    assert len({plan(seed, Engine.SQLITE).words for seed in range(20)}) > 10
    plans = [plan(seed, Engine.POSTGRESQL) for seed in range(50)]
    assert {kind for one in plans for kind in one.faults} == set(Fault)
    assert any(one.jumps for one in plans)
    assert any(one.database_crashes for one in plans)
    assert any(one.lookup_s for one in plans)
