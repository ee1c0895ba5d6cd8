"""Shadow copies: whatever the other version does, the caller's answer is the same."""

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.server import Faults
from tests.gateway.stage import Stage, stage_of, until
from tests.patience import PATIENCE_S

FAULTS = st.one_of(
    st.builds(Faults),
    st.builds(Faults, status=st.sampled_from([400, 404, 500, 503])),
    st.builds(Faults, delay_s=st.sampled_from([0.05, 30.0])),
    st.builds(Faults, garbage=st.one_of(st.binary(max_size=50), st.just(b"x" * 2_000_000))),
)
CALLS = st.lists(st.lists(st.integers(0, 1000), min_size=1, max_size=4), min_size=1, max_size=4)


@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_whatever_a_shadow_does_answers_and_rows_are_what_they_are_without_it(
    protocol: str,
) -> None:
    with (
        stage_of(timeout_s=20, shadow={"timeout_s": 0.3, "waiting": 3, "at_once": 2}) as stage,
        stage_of(timeout_s=20) as plain,
    ):

        @settings(
            max_examples=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(faults=FAULTS, calls=CALLS, contained=st.booleans())
        def holds(faults: Faults, calls: list[list[int]], contained: bool) -> None:
            rest = [{"action": "fallback", "slice": {"region": "north"}}] if contained else []
            stage.desk.direct({"action": "shadow", "to_version": "v3"}, *rest)
            plain.desk.direct(*rest)
            stage.other.faults = faults
            for incomes in calls:
                start_s = time.monotonic()
                answer = getattr(stage, protocol)(*incomes)
                assert time.monotonic() - start_s < 20  # a hanging copy would take 30
                same = getattr(plain, protocol)(*incomes)
                assert (answer.status_code, answer.content) == (same.status_code, same.content)
            count = sum(map(len, calls))
            ours = [_known(row) for row in stage.desk.taken(count)]
            assert ours == [_known(row) for row in plain.desk.taken(count)]
            stage.desk.rows.clear()
            plain.desk.rows.clear()

        holds()


def _known(row: dict[str, object]) -> dict[str, object]:
    of_its_own = ("id", "at", "latency_ms", "directive")
    return {name: value for name, value in row.items() if name not in of_its_own}


def test_copies_are_compared_row_by_row_and_only_of_the_slice(stage: Stage) -> None:
    stage.desk.direct({"action": "shadow", "to_version": "v3", "slice": {"region": "north"}})
    assert stage.v1(901, 700).status_code == 200  # both versions say yes of 901
    assert until(lambda: stage.shadows("same") == 1) < PATIENCE_S
    assert json.loads(stage.other.seen[0][1]) == {"instances": [{"income": 901, "region": "north"}]}
    stage.v1(501)  # 0.4 here, 0.6 there
    assert until(lambda: stage.shadows("different") == 1) < PATIENCE_S
    stage.v1(500)
    stage.desk.taken(4)
    assert len(stage.other.seen) == 2


def test_a_share_of_the_people_is_copied() -> None:
    with stage_of(sticky="income") as stage:
        stage.desk.direct({"action": "shadow", "to_version": "v3", "share": 0.4})
        stage.v1(*range(300))
        assert until(lambda: stage.shadows("same") + stage.shadows("different") == 1) < PATIENCE_S
        copied = json.loads(stage.other.seen[0][1])["instances"]
        assert 80 < len(copied) < 160


def test_beyond_the_limit_copies_are_dropped_not_kept() -> None:
    with stage_of(shadow={"waiting": 2, "at_once": 1, "timeout_s": PATIENCE_S}) as stage:
        stage.desk.direct({"action": "shadow", "to_version": "v3"})
        stage.other.faults.delay_s = PATIENCE_S
        for _ in range(10):
            assert stage.v1(700).status_code == 200
        assert until(lambda: stage.shadows("dropped") >= 7) < PATIENCE_S / 2  # the first one hangs


def test_a_copy_that_takes_too_long_is_given_up() -> None:
    with stage_of(shadow={"timeout_s": 0.2}) as stage:
        stage.desk.direct({"action": "shadow", "to_version": "v3"})
        stage.other.faults.delay_s = PATIENCE_S
        stage.v1(700)
        assert until(lambda: stage.shadows("failed") == 1) < PATIENCE_S / 2


@pytest.mark.parametrize("stream", [False, True])
def test_a_chat_is_copied_and_no_texts_are_compared(stage: Stage, stream: bool) -> None:
    stage.desk.direct({"action": "shadow", "to_version": "v3"})
    more: dict[str, Any] = {"stream": True} if stream else {}
    assert stage.chat("hello", **more).status_code == 200
    assert until(lambda: stage.shadows("answered") == 1) < PATIENCE_S


def test_a_shadow_of_a_version_nobody_serves_fails_quietly(stage: Stage) -> None:
    stage.desk.direct({"action": "shadow", "to_version": "v9"})
    assert stage.v1(700).status_code == 200
    assert (
        until(
            lambda: (
                stage.gateway.counts.get("shadow", system="loans", version="v9", result="failed")
                == 1
            )
        )
        < PATIENCE_S
    )


def test_copies_of_one_versions_answers_are_made_of_those_alone(stage: Stage) -> None:
    copies = {"action": "shadow", "to_version": "v3", "of_version": "v2"}
    stage.desk.direct(
        copies, {"action": "rollback", "to_version": "v1", "slice": {"region": "north"}}
    )
    assert stage.v1(901).status_code == 200  # answered by v1
    assert stage.v1(900).status_code == 200  # answered by v2, in the south
    assert until(lambda: stage.shadows("same") == 1) < PATIENCE_S
    asked = [json.loads(body)["instances"][0]["income"] for _, body in stage.other.seen]
    assert asked == [901, 900]
