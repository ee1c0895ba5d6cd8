"""Acts move as an outbox does, one after the other for each actuator."""

from dataclasses import replace
from datetime import timedelta

from tests.store.examples import HOUR, NOW
from tocsin.contain.act import Act, Deed, Phase
from tocsin.store import acts, audit
from tocsin.store.acts import ActRow
from tocsin.store.outbox import PageState
from tocsin.store.unit import Database

LEASE = timedelta(seconds=30)
FIRST = Act(
    id="act_1",
    actuator="registry",
    target="alias",
    seq=1,
    system="loans",
    incident="inc_1",
    directive="dir_1",
    deed=Deed.APPLY,
    holds=("dir_1",),
    made_at=NOW,
)


def added(database: Database, *new: Act) -> None:
    with database.unit("tocsin", NOW) as unit:
        for act in new:
            acts.add(unit, act)


def claimed(database: Database, after: timedelta = timedelta(0), owner: str = "w") -> list[ActRow]:
    with database.unit(owner, NOW + after) as unit:
        return acts.claim(unit, owner, LEASE, 10)


def ended(database: Database, row: ActRow, phase: Phase, error: str | None = None) -> bool:
    over = replace(row.act, phase=phase, ended_at=NOW + HOUR, after='"7"', error=error)
    with database.unit("tocsin", NOW + HOUR) as unit:
        return acts.save(unit, row, over)


def test_two_that_follow_the_same_act_are_one(database: Database) -> None:
    added(database, FIRST, replace(FIRST, id="act_2"))
    with database.reading() as conn:
        assert acts.tip(conn, "registry") == FIRST
        assert acts.tip(conn, "other") is None
        assert [row.id for row in acts.every(conn, "registry")] == ["act_1"]


def test_what_was_written_down_is_there_for_whoever_comes_next(database: Database) -> None:
    added(database, FIRST)
    (row,) = claimed(database)
    assert claimed(database) == []
    intent = replace(row.act, phase=Phase.APPLYING, base='"8"', ours=('"8"', '"7"'), touched=True)
    with database.unit("w", NOW) as unit:
        assert acts.save(unit, row, intent)
    (again,) = claimed(database, LEASE, "other")
    assert (again.act, again.attempts) == (intent, 2)
    with database.unit("w", NOW + LEASE) as unit:
        assert not acts.save(unit, row, intent)
        assert not acts.again(unit, row, "late", NOW)
        acts.renew(unit, [again], LEASE)
    assert claimed(database, LEASE) == []


def test_a_failed_try_waits_and_says_why_and_an_end_is_audited(database: Database) -> None:
    added(database, FIRST)
    (row,) = claimed(database)
    with database.unit("w", NOW) as unit:
        assert acts.again(unit, row, "answered 503", NOW + HOUR)
    with database.reading() as conn:
        assert not acts.due(conn, NOW)
        assert acts.due(conn, NOW + HOUR)
        (tip,) = acts.tips(conn)
        assert (tip.state, tip.error, tip.act.phase) == (
            PageState.DUE,
            "answered 503",
            Phase.PENDING,
        )
    (row,) = claimed(database, HOUR)
    assert ended(database, row, Phase.APPLIED)
    assert not ended(database, row, Phase.APPLIED)
    with database.reading() as conn:
        assert not acts.due(conn, NOW + 9 * HOUR)
        assert acts.of_incident(conn, "inc_1")[0].act.after == '"7"'
        assert acts.of_directives(conn, ["dir_1"]) == acts.of_incident(conn, "inc_1")
        assert acts.of_directives(conn, ["dir_2"]) == []
        assert audit.recent(conn, 1)[0].act.action == "act.applied"


def test_what_is_carried_out_outside_is_known_since_when(database: Database) -> None:
    added(database, FIRST)
    (row,) = claimed(database)
    with database.reading() as conn:
        assert acts.applied(conn, ["dir_1"]) == {}
    ended(database, row, Phase.APPLIED)
    with database.reading() as conn:
        assert acts.applied(conn, ["dir_1", "dir_2"]) == {"dir_1": NOW + HOUR}
    back = replace(FIRST, id="act_2", seq=2, deed=Deed.REVERT, holds=(), held=("dir_1",))
    added(database, back)
    (row,) = claimed(database)
    ended(database, row, Phase.REVERTED)
    with database.reading() as conn:
        assert acts.applied(conn, ["dir_1"]) == {}
        assert acts.abandoned(conn, ()) == []


def test_what_it_failed_at_and_what_it_let_go_of_is_given_up(database: Database) -> None:
    added(database, FIRST, replace(FIRST, id="act_b", actuator="other", directive="dir_9"))
    rows = {row.id: row for row in claimed(database)}
    ended(database, rows["act_1"], Phase.FAILED, "no")
    ended(database, rows["act_b"], Phase.DROPPED)
    with database.reading() as conn:
        assert acts.given_up(conn, "registry") == {"dir_1"}
        assert acts.given_up(conn, "other") == frozenset()
    back = replace(
        FIRST, id="act_2", seq=2, deed=Deed.REVERT, held=("dir_3", "dir_4"), holds=("dir_4",)
    )
    added(database, back)
    (row,) = claimed(database)
    with database.reading() as conn:
        assert [one.id for one in acts.abandoned(conn, ["other"])] == ["act_2"]
        assert acts.abandoned(conn, ["other", "registry"]) == []
    ended(database, row, Phase.FAILED, "no")
    with database.reading() as conn:
        assert acts.given_up(conn, "registry") == {"dir_1", "dir_3", "dir_4"}
