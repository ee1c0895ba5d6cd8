"""The queue duty: routed and sampled rows come before people once; outcomes and alarms follow."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest

from tests.jobs import counting
from tests.jobs.counting import ROWS, SPEC
from tests.profile.rows import LENDING
from tocsin.base.slices import Slice
from tocsin.contain import answers
from tocsin.contain.directive import Action, Directive
from tocsin.contain.referral import UNDO, Kind, Referral, State, claim, judge, sampled
from tocsin.ingest.queue import Queue
from tocsin.ingest.rows import INSTANT
from tocsin.jobs import alert, erase, profile
from tocsin.jobs import queue as duty
from tocsin.jobs.rings import Rings
from tocsin.profile.layout import layout_of
from tocsin.store import alerts, containment, erasures, outside, referrals, systems
from tocsin.store.referrals import Wanted

NOW = counting.NOW
SOON = NOW + timedelta(minutes=1)
PRIVATE = Slice.of({"employer": "private"})


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Rings]:
    rings = counting.rings_at(tmp_path)
    yield rings
    rings.committer.close()
    rings.database.close()


def declare(rings: Rings, queue: Queue) -> None:
    with rings.database.unit("test", NOW) as unit:
        systems.save(unit, replace(LENDING, queue=queue), SPEC, [], 0, "0" * 64)


def route(rings: Rings) -> None:
    with rings.database.unit("test", NOW) as unit:
        directive = Directive(
            id="dir_1",
            system="lending",
            action=Action.REVIEW,
            slice=PRIVATE,
            created_at=NOW,
            expires_at=NOW + timedelta(hours=4),
        )
        containment.add_directives(unit, [directive])


def decide(
    rings: Rings, start: int, stop: int, *, routed: bool = False, received: datetime = NOW
) -> list[str]:
    """Append decisions made just now; people decide the routed ones."""
    n = stop - start
    rows = ROWS.slice(start, n).drop_columns(["label"])
    values: dict[str, Any] = {
        "at": pa.repeat(pa.scalar(NOW - timedelta(minutes=1), INSTANT), n),
        "received_at": pa.repeat(pa.scalar(received, INSTANT), n),
    }
    if routed:
        values |= {
            "decided_by": pa.repeat(pa.scalar("review"), n),
            "directive": pa.repeat(pa.scalar("dir_1"), n),
            "prediction": pa.nulls(n, pa.string()),
            "score": pa.nulls(n, pa.float64()),
        }
    for name, column in values.items():
        field = cast("Any", rows.schema.field(name))
        rows = rows.set_column(rows.column_names.index(name), field, column)
    rings.lake.append("lending", "predictions", rows)
    return [str(name) for name in rows["id"].to_pylist()]


def waiting(rings: Rings) -> list[Referral]:
    with rings.database.reading() as conn:
        return referrals.listed(conn, Wanted(state=None), 1000)


def settle(rings: Rings, one: Referral, answer: str, now: datetime) -> None:
    with rings.database.unit("aspen", now) as unit:
        system = systems.get(unit.conn, "lending").system
        held = claim(referrals.get(unit.conn, one.id), "aspen", system.queue.lease, now)
        after = judge(
            held, "aspen", answer, system.queue, lambda a, b: answers.same(system, a, b), now
        )
        referrals.save(unit, after, system)


def test_nothing_comes_before_people_unless_it_is_wanted(rings: Rings) -> None:
    decide(rings, 0, 50)
    duty.run(rings, NOW)
    decide(rings, 50, 60, routed=True)
    duty.run(rings, NOW)
    assert waiting(rings) == []
    with rings.database.reading() as conn:
        assert referrals.mark(conn, "lending") is None


def test_what_a_directive_routes_comes_before_people_once_with_its_reason(rings: Rings) -> None:
    decide(rings, 0, 20, routed=True)  # from before anybody looked
    route(rings)
    duty.run(rings, NOW)
    ids = decide(rings, 20, 30, routed=True)
    decide(rings, 30, 60)
    for _ in range(2):
        duty.run(rings, NOW)
    found = waiting(rings)
    assert sorted(one.facts.prediction_id for one in found) == sorted(ids)
    assert {one.facts.kind for one in found} == {Kind.ROUTED}
    assert {one.facts.why for one in found} == {"A directive sends employer=private to people."}
    assert set(found[0].facts.inputs) == {field.name for field in SPEC.schema.features}


def test_a_service_with_people_of_its_own_keeps_what_is_routed(rings: Rings) -> None:
    declare(rings, Queue(routed=False))
    route(rings)
    duty.run(rings, NOW)
    decide(rings, 0, 20, routed=True)
    duty.run(rings, NOW)
    assert waiting(rings) == []


def test_a_share_of_the_systems_own_decisions_is_drawn_by_their_ids_alone(rings: Rings) -> None:
    declare(rings, Queue(sample=0.2))
    duty.run(rings, NOW)
    ids = decide(rings, 0, 300)
    duty.run(rings, NOW)
    found = waiting(rings)
    assert sorted(one.facts.prediction_id for one in found) == sorted(
        name for name in ids if sampled(name, 0.2)
    )
    assert 30 < len(found) < 90
    assert {(one.facts.kind, one.facts.probability) for one in found} == {(Kind.SAMPLED, 0.2)}
    assert {one.facts.answer for one in found} == {"true", "false"}


def test_history_that_is_replayed_is_nobodys_to_judge(rings: Rings) -> None:
    declare(rings, Queue(sample=1.0))
    duty.run(rings, NOW)
    decide(rings, 0, 50, received=NOW + timedelta(days=2))
    duty.run(rings, NOW)
    assert waiting(rings) == []


def test_a_worker_that_dies_before_its_unit_ends_looks_again_and_adds_each_once(
    rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(rings, Queue(sample=1.0))
    duty.run(rings, NOW)
    ids = decide(rings, 0, 20)

    def die(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(referrals, "move_mark", die)
        with pytest.raises(ExceptionGroup):
            duty.run(rings, NOW)
    assert waiting(rings) == []
    duty.run(rings, NOW)
    assert sorted(one.facts.prediction_id for one in waiting(rings)) == sorted(ids)


def test_a_judgement_becomes_the_outcome_once_it_stands(rings: Rings) -> None:
    declare(rings, Queue(sample=1.0, second=0.0))
    duty.run(rings, NOW)
    decide(rings, 0, 2)
    duty.run(rings, NOW)
    first, second = waiting(rings)
    settle(rings, first, "true", SOON)
    settle(rings, second, "false", SOON)
    duty.run(rings, SOON)
    assert rings.lake.scan("lending", "outcomes").num_rows == 0
    for _ in range(2):
        duty.run(rings, SOON + UNDO)
    found = rings.lake.scan("lending", "outcomes", columns=["id", "label", "at"]).to_pylist()
    assert {(row["id"], row["label"]) for row in found} == {
        (first.facts.prediction_id, "true"),
        (second.facts.prediction_id, "false"),
    }
    assert len(found) == 2
    assert {row["at"] for row in found} == {SOON}


def labelled(rings: Rings) -> int:
    """How many outcomes are counted for everyone."""
    cells = counting.stored(rings)
    place = layout_of(SPEC).places["n_labelled"].start
    return sum(int(counts[place]) for key, counts in cells.items() if key.slice == "")


@pytest.mark.parametrize("routed", [True, False])
def test_outcomes_of_routed_decisions_do_not_stand_for_everyone(rings: Rings, routed: bool) -> None:
    declare(rings, Queue(sample=0.0 if routed else 1.0, second=0.0))
    if routed:
        route(rings)
    duty.run(rings, NOW)
    decide(rings, 0, 10, routed=routed)
    duty.run(rings, NOW)
    for one in waiting(rings):
        settle(rings, one, "true", SOON)
    duty.run(rings, SOON + UNDO)
    profile.run(rings, SOON + UNDO)
    assert rings.lake.scan("lending", "outcomes").num_rows == 10
    assert labelled(rings) == (0 if routed else 10)


def fired(rings: Rings) -> list[tuple[str, bool]]:
    with rings.database.reading() as conn:
        return [(one.alert.title, one.alert.pages) for one in outside.firing(conn, "lending")]


def test_overdue_decisions_fire_one_alert_that_ends_when_nobody_waits(rings: Rings) -> None:
    declare(rings, Queue(sample=1.0, second=0.0, due=timedelta(hours=1), pages=True))
    route(rings)
    duty.run(rings, NOW)
    decide(rings, 0, 1)
    duty.run(rings, NOW)
    assert fired(rings) == []
    late = NOW + timedelta(hours=1)
    for _ in range(2):
        duty.run(rings, late)
    assert fired(rings) == [("1 decision waits for a person beyond the due time", False)]
    decide(rings, 1, 3, routed=True)
    duty.run(rings, late)
    later = late + timedelta(hours=1)
    duty.run(rings, later)  # now callers wait: that pages
    assert fired(rings) == [("3 decisions wait for a person beyond the due time", True)]
    alert.run(rings, later)
    with rings.database.reading() as conn:
        (one,) = alerts.firing(conn, "lending")
    assert one.finding.method == duty.SOURCE
    for one in waiting(rings):
        settle(rings, one, "true", later)
    duty.run(rings, later)
    assert fired(rings) == []


def test_what_is_as_old_as_predictions_may_be_is_forgotten(rings: Rings) -> None:
    declare(rings, Queue(sample=1.0))
    duty.run(rings, NOW)
    decide(rings, 0, 5)
    duty.run(rings, NOW)
    month = timedelta(days=30)
    kept = replace(rings, keep_predictions=month)
    duty.run(kept, NOW + month)
    assert len(waiting(rings)) == 5
    duty.run(kept, NOW + month + timedelta(seconds=1))
    assert waiting(rings) == []


def test_an_erasure_reaches_what_people_were_shown_and_what_they_said(rings: Rings) -> None:
    declare(rings, Queue(sample=1.0, second=0.0))
    duty.run(rings, NOW)
    ids = decide(rings, 0, 3)
    duty.run(rings, NOW)
    (one,) = (one for one in waiting(rings) if one.facts.prediction_id == ids[0])
    settle(rings, one, "true", NOW)
    with rings.database.unit("officer", NOW) as unit:
        erasures.ask(unit, "lending", ids[:2])
    erase.run(rings, NOW)
    left = waiting(rings)
    assert [one.facts.prediction_id for one in left] == ids[2:]
    assert left[0].state is State.WAITING
    duty.run(rings, NOW + UNDO)
    assert rings.lake.scan("lending", "outcomes").num_rows == 0
